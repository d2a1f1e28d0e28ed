"""Raw intensities to [0, 1], written once for numpy and for the graph.

A normalisation is a window: which intensity becomes 0 and which 1, told from the voxels that count. `windowed` lays it
on pixels, linearly between and clipped beyond, whether they counted or not: a crop is laid in the window of its whole
slice, a slice in that of its whole series, and what lies outside the brain in that of the brain.

Every normalisation has the signature (pixels, axes, ops, over) -> (low, high): the axes are those of one image (or
volume) whose statistics are taken together, ops is the array namespace, numpy or keras.ops, and over says which voxels
count (None: all). Where high is not above low (equal voxels, or none that count) all becomes 0.
"""

from collections.abc import Sequence
from typing import Any

SD_LIMIT = 5.0  # z-scores beyond are clipped


def minmax(pixels: Any, axes: Sequence[int], ops: Any, over: Any = None) -> tuple[Any, Any]:
    """The darkest voxel to 0, the brightest to 1.

    Args:
        pixels: Finite float32, any shape.
        axes: The axes to take the extremes over; they are kept, with length 1.
        ops: numpy or keras.ops.
        over: Booleans of the pixels' shape.
    """
    axes = tuple(axes)
    low, high = ops.min(pixels, axis=axes, keepdims=True), ops.max(pixels, axis=axes, keepdims=True)
    if over is None:
        return low, high
    # A voxel that does not count stands at the far end; where none counts, low and high change places.
    darkest = ops.min(ops.where(over, pixels, high), axis=axes, keepdims=True)
    return darkest, ops.max(ops.where(over, pixels, low), axis=axes, keepdims=True)


def zscore(pixels: Any, axes: Sequence[int], ops: Any, over: Any = None) -> tuple[Any, Any]:
    """(x - mean) / sd, of which -5 becomes 0 and +5 becomes 1.

    Args:
        pixels: Finite float32, any shape.
        axes: The axes to take mean and standard deviation over; they are kept, with length 1.
        ops: numpy or keras.ops.
        over: Booleans of the pixels' shape.
    """
    axes = tuple(axes)
    darkest, brightest = minmax(pixels, axes, ops, over)
    if over is None:
        mean = ops.mean(pixels, axis=axes, keepdims=True)
        centred = pixels - mean
        sd = ops.sqrt(ops.mean(centred * centred, axis=axes, keepdims=True))
    else:
        zeros = ops.zeros_like(pixels)
        count = ops.sum(ops.where(over, ops.ones_like(pixels), zeros), axis=axes, keepdims=True)
        count = ops.where(count > 0, count, ops.ones_like(count))
        mean = ops.sum(ops.where(over, pixels, zeros), axis=axes, keepdims=True) / count
        centred = ops.where(over, pixels - mean, zeros)
        sd = ops.sqrt(ops.sum(centred * centred, axis=axes, keepdims=True) / count)
    # Equal voxels are told by their extremes: rounding of the mean leaves them a tiny sd that would be blown up.
    reach = ops.where(brightest > darkest, SD_LIMIT * sd, ops.zeros_like(sd))
    return mean - reach, mean + reach


def windowed(pixels: Any, low: Any, high: Any, ops: Any) -> Any:
    """Pixels laid in a window: low to 0, high to 1, linearly between, clipped beyond.

    Args:
        pixels: Finite float32, any shape.
        low: What becomes 0; of a shape that fits the pixels'.
        high: What becomes 1.
        ops: numpy or keras.ops.
    """
    span = high - low
    # Clipped before divided: by a window 1e-38 wide what lies beyond it would overflow. By infinity all becomes 0,
    # without another pass over the pixels.
    within = ops.minimum(ops.maximum(pixels, low), high)
    return (within - low) / ops.where(span > 0, span, ops.full_like(span, float("inf")))
