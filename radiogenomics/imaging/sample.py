"""The one definition of slice -> model input, for training, evaluation and serving alike.

A raw slice is normalised to [0, 1] by the voxels that count of all of it (or of its series), then cropped, laid on a
canvas, resized, and quantised to 65535ths. Training and evaluation do so in numpy, once, and keep the integers in the
store; an exported model does so in its graph, where a raw slice is all that the recipe needs. Both sides quantise:
eight bits on one side alone move probabilities visibly, while sixteen are finer than a scanner's twelve.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from radiogenomics.errors import PixelError
from radiogenomics.imaging.cuts import Box
from radiogenomics.imaging.normalise import windowed
from radiogenomics.recipe import ImagePart, Recipe
from radiogenomics.registry import load
from radiogenomics.tables.normalisations import NORMALISATIONS

LEVELS = 65535  # quantisation steps between 0 and 1
STEP = np.float32(1 / LEVELS)  # multiplied by, never divided by LEVELS: graph optimisers rewrite a division
Pixels = npt.NDArray[np.uint16]  # in 65535ths
Window = tuple[np.float32, np.float32]  # the raw intensities that become 0 and 1
LEAST_OVERLAP = 1e-3  # of a pixel: OpenCV's area resize leaves out any part smaller than that


def channels(recipe: Recipe) -> int:
    """How many channels the model's input has."""
    return filled(len(recipe.modalities))


def filled(planes: int) -> int:
    """The channels that so many planes make: one is repeated to fill three, any other number stays as it is."""
    return 3 if planes == 1 else planes


def to_sample(
    pixels: npt.NDArray[np.float32],
    image: ImagePart,
    box: Box | None = None,
    over: npt.NDArray[np.bool_] | None = None,
    window: Window | None = None,
) -> Pixels:
    """One raw slice, or a rectangle of it, as a plane of model input, in 65535ths.

    Args:
        pixels: [H, W], as decoded; any range.
        image: The size [h, w] to reach, the normalisation, and the canvas.
        box: The rectangle to cut, after normalisation; what it has beyond the slice is 0. None takes all.
        over: Which pixels count [H, W]; None: as `window_of` has it.
        window: The raw intensities that become 0 and 1; None takes them from this slice.

    Raises:
        PixelError: A pixel is nan or infinite, or there is none.
    """
    if pixels.ndim != 2 or not pixels.size:
        raise PixelError(f"its pixels have the shape {pixels.shape}, where one plane is needed")
    if not np.isfinite(pixels).all():
        raise PixelError("its pixels are not all finite numbers")
    pixels = pixels.astype(np.float32, copy=False)
    low, high = window or window_of(pixels, image, over)
    unit = windowed(pixels, low, high, np) if box is None else _cropped(pixels, box, (low, high))
    if image.canvas:
        unit = _on_canvas(unit, image.canvas)
    return quantise(_resize(unit, *image.size))


def window_of(pixels: npt.NDArray[np.float32], image: ImagePart, over: npt.NDArray[np.bool_] | None = None) -> Window:
    """The raw intensities that become 0 and 1, by the statistics of one slice [H, W] or of one volume [n, H, W].

    Args:
        pixels: Finite, as decoded.
        image: The normalisation, and over which voxels.
        over: Which voxels count, of the pixels' shape; None: all, or where the recipe says brain those not zero.
    """
    if over is None and image.over == "brain":
        over = pixels != 0
    normalisation = load(NORMALISATIONS[image.normalisation])
    low, high = normalisation(pixels, tuple(range(pixels.ndim)), np, over)
    return np.float32(low.item()), np.float32(high.item())


def quantise(unit: npt.NDArray[np.float32]) -> Pixels:
    """[0, 1] to whole 65535ths; half-way values go to the even one, as in the graph."""
    return np.rint(np.clip(unit, 0, 1) * np.float32(LEVELS)).astype(np.uint16)


def to_unit(planes: Pixels) -> npt.NDArray[np.float32]:
    """Whole 65535ths back to [0, 1], any shape."""
    return planes.astype(np.float32) * STEP


def _cropped(pixels: npt.NDArray[np.float32], box: Box, window: Window) -> npt.NDArray[np.float32]:
    """The box of the normalised slice, 0 beyond its edges."""
    x0, y0, x1, y1 = box
    unit = np.zeros((y1 - y0, x1 - x0), np.float32)
    inside = pixels[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    top, left = max(-y0, 0), max(-x0, 0)
    unit[top : top + inside.shape[0], left : left + inside.shape[1]] = windowed(inside, *window, np)
    return unit


def _on_canvas(unit: npt.NDArray[np.float32], side: int) -> npt.NDArray[np.float32]:
    """The image in the middle of a square of zeros, its aspect kept; shrunk where it is larger."""
    longest = max(*unit.shape, side)
    height, width = (max(_fitted(length, longest, side), 1) for length in unit.shape)
    canvas = np.zeros((side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    canvas[top : top + height, left : left + width] = _resize(unit, height, width)
    return canvas


def _fitted(length: Any, longest: Any, side: int) -> Any:
    """How long a side becomes in whole pixels when the longest becomes `side`; of integers or of tensors."""
    return (length * side + longest // 2) // longest


def _resize(unit: npt.NDArray[np.float32], height: int, width: int) -> npt.NDArray[np.float32]:
    """Each axis by the mean over areas where it shrinks, linearly between pixel centres where it grows."""
    rows, columns = unit.shape
    shrunk = (min(columns, width), min(rows, height))
    for size, rule in ((shrunk, cv2.INTER_AREA), ((width, height), cv2.INTER_LINEAR)):
        if unit.shape[::-1] != size:
            unit = cv2.resize(unit, size, interpolation=rule).astype(np.float32, copy=False)
    return unit


def sample_graph(raw: Any, image: ImagePart) -> Any:
    """Raw slices as model input, inside a TensorFlow graph: what `to_sample` does of whole slices, for any H and W.

    Args:
        raw: tf.Tensor [B, H, W, C] float32, as decoded; any range, H and W may be known only when it runs.
        image: The size [h, w] to reach, the normalisation, and the canvas; its scope must be the slice.

    Returns:
        tf.Tensor [B, h, w, C] float32 in [0, 1], whole 65535ths. Against `to_sample` about one pixel in a thousand
        lies one 65535th off, where float rounding decides a tie.
    """
    import keras
    import tensorflow as tf

    over = keras.ops.not_equal(raw, 0) if image.over == "brain" else None
    low, high = load(NORMALISATIONS[image.normalisation])(raw, (1, 2), keras.ops, over)
    resized = _resize_graph(windowed(raw, low, high, keras.ops), image)
    return tf.round(tf.clip_by_value(resized, 0.0, 1.0) * LEVELS) * STEP


def _resize_graph(unit: Any, image: ImagePart) -> Any:
    """As `_on_canvas` and `_resize`, by one weight matrix an axis.

    tf.image.resize follows the same two rules, but reckons coordinates in float32: on 512 -> 300 it strays from OpenCV
    by up to 2.5e-5 (two 65535ths in a seventh of the pixels of a noise image); weights from float64 by 2e-7.
    """
    import tensorflow as tf

    rows, columns = tf.shape(unit)[1], tf.shape(unit)[2]
    longest = tf.maximum(rows, columns)
    vertical, horizontal = (
        tf.cast(_weights(before, longest, after, image.canvas), tf.float32)
        for before, after in zip((rows, columns), image.size, strict=True)
    )
    resized = tf.einsum("hr,brcn->bhcn", vertical, unit)
    return tf.einsum("wc,bhcn->bhwn", horizontal, resized)


def _weights(before: Any, longest: Any, after: int, canvas: int | None) -> Any:
    """[after, before]: the share of each old pixel in each new one, by way of the canvas where there is one."""
    import tensorflow as tf

    if canvas is None:
        return _axis_weights(before, after)
    fitted = tf.maximum(_fitted(before, tf.maximum(longest, canvas), canvas), 1)
    top = (canvas - fitted) // 2
    placed = tf.pad(_axis_weights(before, fitted), [[top, canvas - fitted - top], [0, 0]])
    return tf.matmul(_axis_weights(canvas, after), placed)


def _axis_weights(before: Any, after: Any) -> Any:
    """[after, before], as `_resize` weighs one axis: by areas where it shrinks, linearly where it grows."""
    import tensorflow as tf

    old = tf.cast(tf.range(before), tf.float64)[None, :]
    new = tf.cast(tf.range(after), tf.float64)[:, None]
    scale = tf.cast(before, tf.float64) / tf.cast(after, tf.float64)
    overlap = tf.minimum(old + 1, (new + 1) * scale) - tf.maximum(old, new * scale)
    area = tf.where(overlap > LEAST_OVERLAP, tf.minimum(overlap, 1), 0) / scale  # as OpenCV's INTER_AREA
    centre = tf.clip_by_value((new + 0.5) * scale - 0.5, 0, tf.cast(before - 1, tf.float64))
    linear = tf.maximum(1 - tf.abs(centre - old), 0)  # edges repeated, as OpenCV's INTER_LINEAR
    return tf.where(before >= after, area, linear)
