"""The top of a weights file: VGG's own dense layers, as Keras' ImageNet .h5 with top holds them.

Only Keras' older .h5 layout names its layers, and only there is a top looked for. Loads h5py where it reads.
"""

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def weighted_layers(path: Path) -> frozenset[str]:
    """The names of the layers whose weights a file of the older .h5 layout holds; empty for any other file."""
    with _layers(path) as layers:
        return frozenset(name for name, group in layers.items() if len(group.attrs["weight_names"]))


def fitting(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, ...]:
    """The names of the dense layers that the file's top can give, from the input upward.

    Args:
        path: A weights file; one of another layout or without top gives nothing.
        shapes: The kernel's shape of each dense layer by name, in order. The first that the file lacks, or has in
            another shape, ends the list: what lies above it would read other features than it learnt from.
    """
    with _layers(path) as layers:
        fits = (name in layers and _weights(layers[name])[0].shape == shape for name, shape in shapes.items())
        return tuple(name for name, fit in zip(shapes, itertools.takewhile(bool, fits), strict=False) if fit)


def read_layer(path: Path, name: str) -> list[npt.NDArray[Any]]:
    """The weights of one layer that `fitting` named: kernel and bias."""
    with _layers(path) as layers:
        return [np.asarray(weight) for weight in _weights(layers[name])]


@contextlib.contextmanager
def _layers(path: Path) -> Iterator[Mapping[str, Any]]:
    """Each layer's group by name; nothing where the file has another layout or can't be read."""
    import h5py

    if path.suffix != ".h5" or path.name.endswith(".weights.h5") or not h5py.is_hdf5(path):
        yield {}
        return
    with h5py.File(path, "r") as file:
        root = file.get("model_weights", file)
        yield {_text(name): root[_text(name)] for name in root.attrs.get("layer_names", ())}


def _weights(layer: Any) -> list[Any]:
    return [layer[_text(name)] for name in layer.attrs["weight_names"]]


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
