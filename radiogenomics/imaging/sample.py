"""The one definition of slice -> model input, for training, evaluation and serving alike.

A raw slice is normalised to [0, 1] at its own size, resized, and quantised to 65535ths. Training and evaluation do so
in numpy, once, and keep the integers in the store; an exported model does so in its graph. Both sides quantise: eight
bits on one side alone move probabilities visibly, while sixteen are finer than a scanner's twelve.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from radiogenomics.errors import PixelError
from radiogenomics.recipe import ImagePart, Recipe
from radiogenomics.registry import load
from radiogenomics.tables.normalisations import NORMALISATIONS

LEVELS = 65535  # quantisation steps between 0 and 1
STEP = np.float32(1 / LEVELS)  # multiplied by, never divided by LEVELS: graph optimisers rewrite a division
Pixels = npt.NDArray[np.uint16]  # in 65535ths
LEAST_OVERLAP = 1e-3  # of a pixel: OpenCV's area resize leaves out any part smaller than that


def channels(recipe: Recipe) -> int:
    """How many channels the model's input has."""
    return filled(len(recipe.modalities))


def filled(planes: int) -> int:
    """The channels that so many planes make: one is repeated to fill three, any other number stays as it is."""
    return 3 if planes == 1 else planes


def to_sample(pixels: npt.NDArray[np.float32], image: ImagePart) -> Pixels:
    """One raw slice as a plane of model input, in 65535ths.

    Args:
        pixels: [H, W], as decoded; any range.
        image: The size [h, w] to reach, and the normalisation.

    Raises:
        PixelError: A pixel is nan or infinite, or there is none.
    """
    if pixels.ndim != 2 or not pixels.size:
        raise PixelError(f"its pixels have the shape {pixels.shape}, where one plane is needed")
    if not np.isfinite(pixels).all():
        raise PixelError("its pixels are not all finite numbers")
    unit = load(NORMALISATIONS[image.normalisation])(pixels.astype(np.float32, copy=False), (0, 1), np)
    return quantise(_resize(unit, *image.size))


def quantise(unit: npt.NDArray[np.float32]) -> Pixels:
    """[0, 1] to whole 65535ths; half-way values go to the even one, as in the graph."""
    return np.rint(np.clip(unit, 0, 1) * np.float32(LEVELS)).astype(np.uint16)


def to_unit(planes: Pixels) -> npt.NDArray[np.float32]:
    """Whole 65535ths back to [0, 1], any shape."""
    return planes.astype(np.float32) * STEP


def _resize(unit: npt.NDArray[np.float32], height: int, width: int) -> npt.NDArray[np.float32]:
    shrinks = unit.shape[0] >= height and unit.shape[1] >= width
    rule = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized: npt.NDArray[np.float32] = cv2.resize(np.ascontiguousarray(unit), (width, height), interpolation=rule)
    return resized


def sample_graph(raw: Any, image: ImagePart) -> Any:
    """Raw slices as model input, inside a TensorFlow graph: what `to_sample` does, for any H and W.

    Args:
        raw: tf.Tensor [B, H, W, C] float32, as decoded; any range, H and W may be known only when it runs.
        image: The size [h, w] to reach, and the normalisation.

    Returns:
        tf.Tensor [B, h, w, C] float32 in [0, 1], whole 65535ths. Against `to_sample` about one pixel in a thousand
        lies one 65535th off, where float rounding decides a tie.
    """
    import keras
    import tensorflow as tf

    unit = load(NORMALISATIONS[image.normalisation])(raw, (1, 2), keras.ops)
    resized = _resize_graph(unit, *image.size)
    return tf.round(tf.clip_by_value(resized, 0.0, 1.0) * LEVELS) * STEP


def _resize_graph(unit: Any, height: int, width: int) -> Any:
    """As `_resize`, by one weight matrix an axis.

    tf.image.resize follows the same two rules, but reckons coordinates in float32: on 512 -> 300 it strays from OpenCV
    by up to 2.5e-5 (two 65535ths in a seventh of the pixels of a noise image); weights from float64 by 2e-7.
    """
    import tensorflow as tf

    rows, columns = tf.shape(unit)[1], tf.shape(unit)[2]
    shrinks = tf.logical_and(rows >= height, columns >= width)
    vertical = tf.where(shrinks, _area_weights(rows, height), _linear_weights(rows, height))
    horizontal = tf.where(shrinks, _area_weights(columns, width), _linear_weights(columns, width))
    resized = tf.einsum("hr,brcn->bhcn", tf.cast(vertical, tf.float32), unit)
    return tf.einsum("wc,bhcn->bhwn", tf.cast(horizontal, tf.float32), resized)


def _axes(before: Any, after: int) -> tuple[Any, Any, Any]:
    """Old positions [1, before], new positions [after, 1] and old pixels per new pixel, in float64."""
    import tensorflow as tf

    old = tf.cast(tf.range(before), tf.float64)[None, :]
    new = tf.range(after, dtype=tf.float64)[:, None]
    return old, new, tf.cast(before, tf.float64) / after


def _area_weights(before: Any, after: int) -> Any:
    """[after, before]: the share of each old pixel in each new one, as OpenCV's INTER_AREA reckons it."""
    import tensorflow as tf

    old, new, scale = _axes(before, after)
    overlap = tf.minimum(old + 1, (new + 1) * scale) - tf.maximum(old, new * scale)
    return tf.where(overlap > LEAST_OVERLAP, tf.minimum(overlap, 1), 0) / scale


def _linear_weights(before: Any, after: int) -> Any:
    """[after, before]: linear interpolation between pixel centres, edges repeated, as OpenCV's INTER_LINEAR."""
    import tensorflow as tf

    old, new, scale = _axes(before, after)
    centre = tf.clip_by_value((new + 0.5) * scale - 0.5, 0, tf.cast(before - 1, tf.float64))
    return tf.maximum(1 - tf.abs(centre - old), 0)
