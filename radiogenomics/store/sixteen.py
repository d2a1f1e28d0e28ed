"""Volumes of float32 in sixteen bits, each over its own range."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radiogenomics.store.planes import PIXEL, Pixels

_STEPS = 65534  # of the 65535 there are between sixteen bits: one is left for rounding 0 to a whole number of them

Volume = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StoredVolume:
    """How a volume was brought to sixteen bits: a voxel's value is (stored - zero) * step, so that 0 stays 0."""

    shape: tuple[int, int, int]  # slices, rows, columns
    zero: int  # beyond sixteen bits where the volume's range does not hold 0
    step: float


def quantised(volume: Volume) -> tuple[Pixels, StoredVolume]:
    """A volume in sixteen bits over its own range; none of its values moves by more than half a step, and 0 by none.

    Args:
        volume: [slices, rows, columns]; empty and constant ones too.

    Raises:
        ValueError: It is of another type or shape, or not all its values are finite.
    """
    if volume.ndim != 3 or volume.dtype != np.float32:
        raise ValueError(f"a volume of {volume.shape} {volume.dtype}, where slices of float32 are stored")
    low, high = (float(volume.min()), float(volume.max())) if volume.size else (0.0, 0.0)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError("a volume whose values are not all finite numbers")
    step = (high - low) / _STEPS or abs(high) or 1.0
    zero = int(np.ceil(-low / step))
    stored = np.empty(volume.shape, PIXEL)
    for numbers, plane in zip(stored, volume, strict=True):
        numbers[...] = np.rint(plane.astype(np.float64) / step) + zero
    shape = (volume.shape[0], volume.shape[1], volume.shape[2])
    return stored, StoredVolume(shape, zero, step)


def restored(stored: Pixels, volume: StoredVolume) -> Volume:
    """The values of a volume's slices, or of some of them, [n, rows, columns]."""
    values = np.empty(stored.shape, np.float32)
    for plane, numbers in zip(values, stored, strict=True):  # one at a time: sixty-four bits need four times the memory
        plane[...] = (numbers.astype(np.float64) - volume.zero) * volume.step
    return values
