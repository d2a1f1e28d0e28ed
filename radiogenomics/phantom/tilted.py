"""A grid that is turned in the patient, as every sequence is planned on its own."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radiogenomics.phantom.grid import Place
from radiogenomics.phantom.motion import Points, Triple, turn


@dataclass(frozen=True, slots=True)
class Tilted:
    """A grid in the patient, its axes at right angles to each other; all in mm, as the header will hold it."""

    origin: Triple  # x, y, z of the first voxel's centre
    spacing: Triple  # from column to column, row to row, slice to slice
    shape: tuple[int, int, int]  # slices, rows, columns
    orientation: tuple[float, ...]  # ImageOrientationPatient

    @property
    def axes(self) -> npt.NDArray[np.float64]:
        """Unit vectors along columns, rows and slices, [3, 3]."""
        right, down = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        return np.stack([right, down, np.cross(right, down)])

    @property
    def direction(self) -> tuple[float, ...]:
        """The axes as SimpleITK has them: nine numbers, an axis a column."""
        return tuple(float(value) for value in self.axes.T.ravel())

    @property
    def points(self) -> Points:
        """The voxels' centres, [slices, rows, columns, 3]: x, y, z."""
        along = [np.arange(count) * step for count, step in zip(reversed(self.shape), self.spacing, strict=True)]
        x, y, z = (steps[:, None] * axis for steps, axis in zip(along, self.axes, strict=True))
        return np.asarray(np.array(self.origin) + z[:, None, None] + y[None, :, None] + x[None, None, :])

    def corner(self, index: int) -> Triple:
        """ImagePositionPatient of a slice."""
        x, y, z = np.round(np.array(self.origin) + index * self.spacing[2] * self.axes[2], 4)
        return float(x), float(y), float(z)


@dataclass(frozen=True, slots=True)
class Displaced:
    """The places of the anatomy that a grid's voxels show, where the patient has moved."""

    points: Points  # [slices, rows, columns, 3]: x, y, z, mm
    spacing: Triple  # of the grid

    @property
    def place(self) -> Place:
        """z, y and x of the places, mm, each [slices, rows, columns]."""
        x, y, z = np.moveaxis(self.points.astype(np.float32), -1, 0)
        return z, y, x


def tilted(centre: Triple, degrees: Triple, field: float, stack: float, shape: tuple[int, int, int]) -> Tilted:
    """A grid with square pixels about a point.

    Args:
        centre: x, y, z, mm.
        degrees: How an axial grid is turned, as in `motion.turn`.
        field: Its width, mm.
        stack: Its height, mm.
        shape: Slices, rows, columns.
    """
    right, down, _ = np.round(turn(degrees).T, 9)
    pixel, thickness = round(field / shape[2], 4), round(stack / shape[0], 4)
    axes = np.stack([right, down, np.cross(right, down)])
    reach = [step * (count - 1) / 2 for step, count in zip((pixel, pixel, thickness), reversed(shape), strict=True)]
    x, y, z = np.round(np.array(centre) - np.array(reach) @ axes, 4)
    orientation = tuple(float(value) for value in (*right, *down))
    return Tilted((float(x), float(y), float(z)), (pixel, pixel, thickness), shape, orientation)
