"""Trained models to one SavedModel, which takes raw slices where they are all it needs, ready for TF Serving."""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from radiogenomics.errors import ModelError, StoreError
from radiogenomics.files import explained, must_be_new
from radiogenomics.imaging.sample import channels, sample_graph
from radiogenomics.recipe import Recipe
from radiogenomics.serving.card import EXTRA, Card, takes_raw_slices, write_card


def export_saved_model(
    models: Sequence[keras.Model],
    recipe: Recipe,
    out: Path,
    *,
    threshold: float | None = None,
    papers: Mapping[str, str] | None = None,
) -> Path:
    """Write the mean of the models' probabilities as one SavedModel.

    Its signatures, each with the output `probability` [n, 1]:
    `prepared` takes `images` [n, h, w, channels] in [0, 1], as the pipeline gives them;
    `serving_default` takes `slices` [n, H, W, modalities], raw and of any size, and does all that `prepare` does. Where
    the recipe needs more than a raw slice (a lesion to crop by, a volume's statistics) it is the same as `prepared`,
    and serving.json says what the client must prepare.
    Beside the graph lie assets.extra/recipe.json and assets.extra/serving.json.

    Args:
        models: At least one, all of this recipe, such as the folds' of a run.
        recipe: What they were trained by.
        out: A new folder; it appears whole or not at all.
        threshold: The probability from which the class is positive; by default the recipe's, where that is a number.
        papers: Texts to lie beside recipe.json, by file name, such as a model card.

    Raises:
        ExistsError: Something lies at `out`.
        ModelError: There is no model, or the models do not fit the recipe.
        StoreError: The disk can't take it.
    """
    _check(models, recipe)
    must_be_new(out, "export")
    if threshold is None:
        threshold = recipe.evaluation.fixed_threshold
    with explained(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}.", suffix=".part"))
        try:
            _write_graph(models, recipe, part)
            write_card(part, Card(recipe, threshold, len(models)))
            for name, text in (papers or {}).items():
                (part / EXTRA / name).write_text(text, encoding="utf-8")
            part.chmod(0o755)
            os.replace(part, out)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    return out


def _check(models: Sequence[keras.Model], recipe: Recipe) -> None:
    if not models:
        raise ModelError("there is no model to export: train first")
    shape = (None, *recipe.image.size, channels(recipe))
    for number, model in enumerate(models):
        if model.input_shape != shape:
            raise ModelError(
                f"model {number} takes images of {model.input_shape[1:]}, the recipe {recipe.name} gives {shape[1:]}: "
                "export a model with the recipe of its own run"
            )


def _write_graph(models: Sequence[keras.Model], recipe: Recipe, folder: Path) -> None:
    archive = keras.export.ExportArchive()
    for model in models:
        archive.track(model)
    from_images, from_slices = _endpoints(models, recipe)
    images = tf.TensorSpec(models[0].input_shape, tf.float32, name="images")
    slices = tf.TensorSpec((None, None, None, len(recipe.modalities)), tf.float32, name="slices")
    archive.add_endpoint("prepared", from_images, input_signature=[images])
    if takes_raw_slices(recipe):
        archive.add_endpoint("serving_default", from_slices, input_signature=[slices])
    else:
        archive.add_endpoint("serving_default", from_images, input_signature=[images])
    try:
        archive.write_out(str(folder), verbose=False)
    except tf.errors.OpError as error:  # TensorFlow writes by itself, and has errors of its own for a full disk
        raise StoreError(f"can't write the SavedModel in {folder.parent}: {error.message}") from error


def _endpoints(models: Sequence[keras.Model], recipe: Recipe) -> tuple[Callable[..., Any], Callable[..., Any]]:
    copies = channels(recipe) // len(recipe.modalities)  # of a single modality

    def from_images(images: Any) -> dict[str, Any]:
        images = tf.ensure_shape(images, models[0].input_shape)
        return {"probability": tf.add_n([model(images, training=False) for model in models]) / len(models)}

    def from_slices(slices: Any) -> dict[str, Any]:
        # Not even a loaded signature checks shapes, and six channels on a kernel for three is a grouped convolution.
        slices = tf.ensure_shape(slices, (None, None, None, len(recipe.modalities)))
        planes = sample_graph(slices, recipe.image)
        return from_images(tf.repeat(planes, copies, axis=-1))

    return from_images, from_slices
