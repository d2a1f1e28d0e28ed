"""Raw intensities to [0, 1], written once for numpy and for the graph.

Every function has the signature (pixels, axes, ops): the axes are those of one image (or volume) whose statistics are
taken together, and ops is the array namespace, numpy or keras.ops. Where all pixels are equal the result is 0.
"""

from collections.abc import Sequence
from typing import Any

SD_LIMIT = 5.0  # z-scores beyond are clipped


def minmax(pixels: Any, axes: Sequence[int], ops: Any) -> Any:
    """The darkest pixel to 0, the brightest to 1, linearly between.

    Args:
        pixels: Finite float32, any shape.
        axes: The axes to take the extremes over.
        ops: numpy or keras.ops.
    """
    low = ops.min(pixels, axis=tuple(axes), keepdims=True)
    span = ops.max(pixels, axis=tuple(axes), keepdims=True) - low
    return (pixels - low) / ops.where(span > 0, span, ops.ones_like(span))


def zscore(pixels: Any, axes: Sequence[int], ops: Any) -> Any:
    """(x - mean) / sd, clipped to +-5 sd, then -5 sd to 0 and +5 sd to 1.

    Args:
        pixels: Finite float32, any shape.
        axes: The axes to take mean and standard deviation over.
        ops: numpy or keras.ops.
    """
    axes = tuple(axes)
    centred = pixels - ops.mean(pixels, axis=axes, keepdims=True)
    sd = ops.sqrt(ops.mean(centred * centred, axis=axes, keepdims=True))
    # Equal pixels are told by their extremes: rounding of the mean leaves them a tiny sd that would be blown up.
    extent = ops.max(pixels, axis=axes, keepdims=True) - ops.min(pixels, axis=axes, keepdims=True)
    varies = ops.logical_and(extent > 0, sd > 0)  # squares of the tiniest numbers underflow to a sd of 0
    scores = centred / ops.where(varies, sd, ops.ones_like(sd))
    unit = (ops.clip(scores, -SD_LIMIT, SD_LIMIT) + SD_LIMIT) / (2 * SD_LIMIT)
    return ops.where(varies, unit, ops.zeros_like(unit))
