"""Augmentation layers that a recipe names, from keras or keras-cv: found, tried, and run with a seed for each batch.

A layer's own generator goes on from batch to batch, so what it draws would hang on the order in which batches are made,
and a resumed phase would see other images. Each batch is given a layer of its own, with a seed of its own, instead.
"""

import importlib.util
import inspect
import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from radiogenomics.errors import RecipeError, raise_faults
from radiogenomics.pipeline.mixing import Batch
from radiogenomics.recipe import LayerPart, Recipe
from radiogenomics.registry import unknown

OURS = {
    "seed": "each batch has its own, from training.seed",
    "value_range": "images are in [0, 1], and the layer is told so",
    "dtype": "it is float32",
}
CPU = tf.compat.v1.ConfigProto(device_count={"GPU": 0})

Data = dict[str, Any]  # "images" [B, h, w, C] and "labels" [B, 2]: label and weight, to be mixed alike if at all


def apply_layers(batch: Batch, parts: Sequence[LayerPart], generator: np.random.Generator) -> Batch:
    """The batch after the layers, in order; after each its images are cut off at 0 and 1.

    Args:
        batch: Labels and weights change only where a layer mixes images.
        parts: Layers that `check_layers` has let through.
        generator: Of this batch alone.
    """
    if not parts:
        return batch
    images, labels, weights = batch
    data = {"images": images, "labels": np.column_stack((labels, weights))}
    for part, seed in zip(parts, generator.integers(2**31, size=len(parts)).tolist(), strict=True):
        data = _run(part, data, seed)
    return data["images"], data["labels"][:, :1], data["labels"][:, 1]


def check_layers(recipe: Recipe) -> None:
    """Try each augmentation layer of the recipe on a small batch, so that training doesn't begin with one that fails.

    TensorFlow starts here, so the device is to be configured first.

    Raises:
        RecipeError: A library lacks a layer or is not installed, or a layer refuses its arguments, changes the
            image's shape, or draws numbers that no seed governs; lists every fault.
    """
    shape = (*recipe.image.size, len(recipe.modalities))
    faults = []
    for place, part in enumerate(recipe.augmentation.layers):
        fault = _name_fault(part) or _argument_fault(part) or _trial_fault(part, shape)
        if fault:
            faults.append(f"augmentation.layers.{place}: {fault}")
    raise_faults(RecipeError, faults, f"recipe {recipe.name}")


def _known(library: str) -> dict[str, type[Any]]:
    """The random layers for images that a library has."""
    layers = importlib.import_module(_module(library))
    if library == "keras":
        parents: tuple[type[Any], ...] = (keras.layers.RandomErasing.__base__,)  # it has no public name
    else:
        parents = (layers.BaseImageAugmentationLayer, layers.VectorizedBaseImageAugmentationLayer)
    return {
        name: layer
        for name, layer in vars(layers).items()
        if inspect.isclass(layer) and issubclass(layer, parents) and "seed" in inspect.signature(layer).parameters
    }


def _module(library: str) -> str:
    return f"{library.replace('-', '_')}.layers"


def _name_fault(part: LayerPart) -> str:
    library, name = part.layer.split(".")
    if importlib.util.find_spec(library.replace("-", "_")) is None:
        return f"{part.layer} needs {library}, which is not installed: pip install 'radiogen[{library}]'"
    known = _known(library)
    return "" if name in known else unknown(name, known, f"random image layer of {library}")


def _argument_fault(part: LayerPart) -> str:
    taken = [f"{name} can't be set ({why})" for name, why in OURS.items() if name in part.arguments]
    if taken:
        return f"{part.layer}: {'; '.join(taken)}"
    try:
        _make(part, 0)
    except Exception as error:  # whatever a library raises at an argument it does not like
        return f"{part.layer} refuses its arguments: {_reason(error)}"
    return ""


def _trial_fault(part: LayerPart, shape: tuple[int, int, int]) -> str:
    images = np.random.default_rng(0).random((4, *shape), np.float32)
    data = {"images": images, "labels": np.array([[0, 1], [1, 1]] * 2, np.float32)}
    try:
        first, second = (_run(part, data, 1) for _ in range(2))
        _run(part, {name: values[:1] for name, values in data.items()}, 1)  # an epoch's last batch may hold one
    except Exception as error:  # whatever a library raises
        return f"{part.layer} fails on images of {shape}: {_reason(error)}"
    if first["images"].shape != images.shape:
        return f"{part.layer} makes images of {first['images'].shape[1:]} from {shape}: their shape is to stay"
    if not np.isfinite(first["images"]).all():
        return f"{part.layer} makes values that are not finite"
    if any(not np.array_equal(first[name], second[name]) for name in data):
        return f"{part.layer} draws numbers that its seed does not govern, so training could not be repeated"
    return ""


def _make(part: LayerPart, seed: int) -> Any:
    library, name = part.layer.split(".")
    layer = getattr(importlib.import_module(_module(library)), name)
    given = {"value_range": (0.0, 1.0)} if "value_range" in inspect.signature(layer).parameters else {}
    return layer(**part.arguments, **given, seed=seed, dtype="float32")


def _run(part: LayerPart, data: Data, seed: int) -> Data:
    """The data after a layer that was made for it alone."""
    changed = (_run_eagerly if part.layer.startswith("keras.") else _run_apart)(part, data, seed)
    return {"images": np.clip(changed["images"], 0, 1), "labels": changed["labels"]}


def _run_eagerly(part: LayerPart, data: Data, seed: int) -> Data:
    """Keras draws all its numbers from the layer's seed."""
    with tf.device("CPU:0"):
        changed = _make(part, seed)(dict(data), training=True)
    return {name: np.asarray(changed[name]) for name in data}


def _run_apart(part: LayerPart, data: Data, seed: int) -> Data:
    """keras-cv draws from TensorFlow's global state, too, so it gets a graph of its own whose state is the seed.

    To seed the global state anew for each batch would throw away the compiled training step, too (8 s each time for
    EfficientNetB0 on two cores). The tf.function keeps random operations in order; that loops over a batch run one
    turn after the other has to be written into the graph.
    """
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        tf.random.set_seed(seed)  # of this graph
        layer = _make(part, seed)
        inputs = {name: v1.placeholder(tf.float32, values.shape, name) for name, values in data.items()}
        outputs = tf.function(lambda x: layer(x, training=True), autograph=False)(inputs)
        names = [tf.identity(outputs[name]).name for name in data]
        start = v1.global_variables_initializer().name
        definition = graph.as_graph_def()
    for node in (*definition.node, *chain.from_iterable(f.node_def for f in definition.library.function)):
        if node.op in {"While", "StatelessWhile"}:
            node.attr["parallel_iterations"].i = 1
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
        with v1.Session(graph=graph, config=CPU) as session:
            session.run(start)
            changed = session.run(names, {f"{name}:0": values for name, values in data.items()})
    return dict(zip(data, changed, strict=True))


def _reason(error: Exception) -> str:
    """The sentence in the middle of what keras writes about an error, on one line."""
    text = str(error)
    marked = re.search(r"\x1b\[1m(.*?)\x1b\[0m", text, re.DOTALL)
    return " ".join((marked[1] if marked else text).split()) or type(error).__name__
