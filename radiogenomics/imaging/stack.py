"""Several slices of a series in memory, where statistics or resampling need more than one at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import PixelError
from radiogenomics.imaging.pixels import read_slice
from radiogenomics.records import Series


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Neighbouring slices of a series."""

    series: Series
    first: int  # place in the series of the first slice held
    pixels: npt.NDArray[np.float32]  # [n, rows, columns]; zero where a slice has none
    faults: Mapping[int, str]  # by place in the series: why a slice has no pixels

    def plane(self, place: int) -> npt.NDArray[np.float32]:
        """The pixels of the slice at that place in the series.

        Raises:
            PixelError: It has none.
        """
        if place in self.faults:
            raise PixelError(self.faults[place])
        return self.pixels[place - self.first]

    @property
    def readable(self) -> npt.NDArray[np.bool_]:
        """Which of the slices held have pixels, [n]."""
        return np.array([place not in self.faults for place in range(self.first, self.first + len(self.pixels))])


def read_stack(root: Path, series: Series, places: range) -> Stack:
    """Read the slices at these places of the series; what can't be decoded is a fault of the stack.

    Args:
        root: What the slices' paths are relative to.
        series: All its slices are of one size.
        places: One after the other.
    """
    pixels = np.zeros((len(places), series.rows, series.columns), np.float32)
    faults = {}
    for plane, place in zip(pixels, places, strict=True):
        s = series.slices[place]
        try:
            plane[...] = _finite(read_slice(root, s), plane.shape)
        except PixelError as error:
            faults[place] = str(error)
    return Stack(series, places.start, pixels, faults)


def _finite(pixels: npt.NDArray[np.float32], shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    if pixels.shape != shape:
        raise PixelError(f"its pixels have the shape {pixels.shape}, where its header says {shape}")
    if not np.isfinite(pixels).all():
        raise PixelError("its pixels are not all finite numbers")
    return pixels
