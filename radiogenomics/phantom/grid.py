"""Where voxels lie: in patient coordinates, and as shares of the field of view; and shapes drawn at such places."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Volume = npt.NDArray[np.floating[Any]]  # [slices, rows, columns]
Place = tuple[Volume, Volume, Volume]  # z [slices, 1, 1], y [1, rows, 1], x [1, 1, columns]


class Located(Protocol):
    """Voxels in the patient: those of a grid, or the places of the anatomy that they show where it has moved."""

    @property
    def place(self) -> Place:
        """z, y and x of the voxels' centres, mm; they broadcast to [slices, rows, columns]."""

    @property
    def spacing(self) -> tuple[float, float, float]:
        """From voxel to voxel, mm, along columns, rows and slices."""


@dataclass(frozen=True, slots=True)
class Grid:
    """An axial grid in the patient: x to the patient's left, y to the back, z to the head (DICOM), all in mm."""

    origin: tuple[float, float, float]  # x, y, z of the first voxel's centre
    spacing: tuple[float, float, float]  # along x, y, z
    shape: tuple[int, int, int]  # slices, rows, columns

    @property
    def place(self) -> Place:
        """Positions of the voxels' centres, mm."""
        x, y, z = (
            np.asarray(start + step * np.arange(count), np.float32)
            for start, step, count in zip(self.origin, self.spacing, reversed(self.shape), strict=True)
        )
        return z[:, None, None], y[None, :, None], x[None, None, :]

    def corner(self, index: int) -> tuple[float, float, float]:
        """ImagePositionPatient of a slice."""
        x, y, z = self.origin
        return x, y, round(z + index * self.spacing[2], 4)


def centred(x: float, y: float, field: float, first: float, thickness: float, shape: tuple[int, int, int]) -> Grid:
    """A grid with square pixels around x, y; `field` mm wide, `thickness` mm from slice to slice, from z `first` on.

    Lengths are rounded as the header will hold them: a decimal string has sixteen characters.
    """
    pixel = round(field / shape[2], 4)
    corner = (round(x - pixel * (shape[2] - 1) / 2, 4), round(y - pixel * (shape[1] - 1) / 2, 4), round(first, 4))
    return Grid(corner, (pixel, pixel, round(thickness, 4)), shape)


def unit_place(shape: tuple[int, int, int]) -> Place:
    """Positions of voxel centres from -1 to 1, each along its own axis."""
    z, y, x = (np.linspace(1 / n - 1, 1 - 1 / n, n, dtype=np.float32) for n in shape)
    return z[:, None, None], y[None, :, None], x[None, None, :]


def distance(place: Place, centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Volume:
    """Distance from the centre (z, y, x) of an ellipsoid: 1 on its surface."""
    squares = [((p - c) / r) ** 2 for p, c, r in zip(place, centre, radii, strict=True)]
    result: Volume = np.sqrt(squares[0] + squares[1] + squares[2])
    return result


def inside(depth: Volume, softness: float) -> Volume:
    """A mask with a soft edge (partial volume): 0 outside, 1 where `depth` is well above 0."""
    return np.clip(depth / np.float32(softness) + np.float32(0.5), 0, 1)
