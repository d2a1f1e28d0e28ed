"""Backbones of keras.applications without top, their weights loaded from a file and checked."""

import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from radiogenomics.errors import WeightsError
from radiogenomics.models.seeding import reseed
from radiogenomics.models.topfile import weighted_layers

CAFFE = ("ResNet50", "VGG19")  # their ImageNet weights were trained on BGR
IMAGENET_SD = (0.229, 0.224, 0.225)  # of RGB in [0, 1]; keras.applications.efficientnet.IMAGENET_STDDEV_RGB
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, zipfile.BadZipFile)


def build(
    input_shape: tuple[int, int, int],
    weights: Path | None,
    seed: int,
    *,
    application: str,
    alpha: float | None = None,
) -> keras.Model:
    """A network of keras.applications without top; channels come in RGB order whatever the weights were trained on.

    Args:
        input_shape: (height, width, channels). For other than 3 channels a pretrained first kernel is averaged over
            its inputs and multiplied by 3/channels, which keeps its answer to a gray image.
        weights: A file (.h5, .weights.h5 or .keras), whose top, where it has one, is left alone; or None for a random
            start.
        seed: Of the random start.
        application: The name in keras.applications.
        alpha: MobileNet's width.

    Raises:
        WeightsError: The file holds no weights, or those of another architecture.
    """
    arguments = {} if alpha is None else {"alpha": alpha}
    model = _random(application, input_shape, arguments)
    reseed(model, seed)
    if weights is None:
        return model
    three = model if input_shape[2] == 3 else _random(application, (*input_shape[:2], 3), arguments)
    _load(three, weights, application, arguments)
    if application.startswith("EfficientNet"):
        _fold_imagenet_scaling(three)
    if application in CAFFE:
        first = _first_convolution(three)
        first.kernel.assign(first.kernel.numpy()[:, :, ::-1])
    if three is not model:
        _copy_channels(three, model)
    return model


def _random(application: str, input_shape: tuple[int, int, int], arguments: dict[str, float]) -> keras.Model:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="This model usually expects 1 or 3 input channels")
        return getattr(keras.applications, application)(
            include_top=False, weights=None, input_shape=input_shape, **arguments
        )


def _load(model: keras.Model, path: Path, application: str, arguments: dict[str, float]) -> None:
    name = application + "".join(f" ({key} {value:g})" for key, value in arguments.items())
    floating = [weight for weight in model.weights if keras.backend.is_float_dtype(weight.dtype)]
    for weight in floating:
        # A file can match in part, or in nothing: what was not loaded stays nan and is seen.
        weight.assign(np.full(weight.shape, np.nan))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras only warns of what a file lacks; here that is an error below
            # By name where the file holds a top besides; else by order, for some files name their layers otherwise.
            whole = _weighted(model) < weighted_layers(path)
            model.load_weights(path, **({"by_name": True} if whole else {}))
    except UNREADABLE as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"{path} holds no weights that fit {name} without top ({reason}): give a file of this "
            "architecture (`radiogen weights BACKBONE` shows which), another backbone, or --weights none"
        ) from error
    missing = [weight.path for weight in floating if not np.isfinite(weight.numpy()).all()]
    if missing:
        raise WeightsError(
            f"{path} leaves {len(missing)} of {len(floating)} weights of {name} without a finite value, the first "
            f"{missing[0]}: the file is damaged or of another architecture; fetch it again, or give --weights none"
        )


def _weighted(model: keras.Model) -> set[str]:
    return {layer.name for layer in model.layers if layer.weights}


def _first_convolution(model: keras.Model) -> Any:
    return next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))


def _fold_imagenet_scaling(model: keras.Model) -> None:
    """Bring Keras' second scaling into the first, 1 / sqrt(variance) / sqrt(sd) being 1 / sqrt(variance * sd).

    Keras' ImageNet files hold the standard deviation of each colour where the layer wants the variance (tensorflow
    issue 49930), and weights="imagenet" mends it by a further layer that weights=None lacks. A file with other
    statistics was not made that way and stays as it is.
    """
    layer = next(layer for layer in model.layers if isinstance(layer, keras.layers.Normalization))
    mean, variance, count = (weight.numpy() for weight in layer.weights)
    if np.allclose(variance, IMAGENET_SD, atol=1e-3):
        _set(layer, (mean, variance * np.asarray(IMAGENET_SD, np.float32), count))


def _copy_channels(three: keras.Model, model: keras.Model) -> None:
    """Carry weights for three channels over to the same architecture with another number of channels."""
    channels = model.input_shape[-1]
    first = _first_convolution(three)
    for source, target in zip(three.layers, model.layers, strict=True):
        values = [weight.numpy() for weight in source.weights]
        if source is first:
            kernel = values[0].mean(axis=2, keepdims=True) * (3 / channels)
            values[0] = np.repeat(kernel, channels, axis=2)
        elif isinstance(source, keras.layers.Normalization):
            values[:2] = [np.full(channels, value.mean()) for value in values[:2]]
        _set(target, values)


def _set(layer: keras.Layer, values: Sequence[npt.NDArray[Any]]) -> None:
    for weight, value in zip(layer.weights, values, strict=True):
        weight.assign(value)
    if isinstance(layer, keras.layers.Normalization):
        layer.finalize_state()  # it computes with constants made from its weights
