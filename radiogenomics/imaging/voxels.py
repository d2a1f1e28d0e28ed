"""Voxels that belong to something (a lesion, a brain), and which pixels of a series' slices they cover."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radiogenomics.imaging.plane import to_patient
from radiogenomics.records import Series, Slice

_DIGITS = 4  # of a voxel's index: where a pixel lies midway between two, rounding errors must not choose


@dataclass(frozen=True, slots=True, eq=False)
class VoxelMask:
    """A volume of voxels, and where they lie in the patient."""

    inside: npt.NDArray[np.bool_]  # [k, j, i]
    to_patient: npt.NDArray[np.float64]  # [4, 4]: voxel centres (i, j, k, 1) to patient coordinates (LPS) in mm


def on_slice(mask: VoxelMask, series: Series, s: Slice) -> npt.NDArray[np.bool_]:
    """The pixels of a slice whose centres lie in a voxel of the mask, [rows, columns]; outside its volume none do.

    Grids may differ in shape, spacing, order of axes and tilt, for only coordinates in the patient count.

    Raises:
        CohortError: The slice's header does not state where it lies.
    """
    # Columns: a step along x, a step along y, the first pixel; rows: i, j, k of the voxel there.
    plane = np.vstack([to_patient(series, s), (0.0, 0.0, 1.0)])
    index = (np.linalg.inv(mask.to_patient) @ plane)[:3]
    found = np.zeros((series.rows, series.columns), np.bool_)
    if not _meets(index, found.shape, mask.inside.shape[::-1]):
        return found
    x, y = np.arange(series.columns)[None, :], np.arange(series.rows)[:, None]
    i, j, k = (np.floor(np.round(a * x + b * y + c, _DIGITS) + 0.5).astype(np.int64) for a, b, c in index)
    within = np.ones(found.shape, np.bool_)
    for number, count in zip((i, j, k), mask.inside.shape[::-1], strict=True):
        within &= (number >= 0) & (number < count)
    found[within] = mask.inside[k[within], j[within], i[within]]
    return found


def _meets(index: npt.NDArray[np.float64], pixels: tuple[int, ...], voxels: tuple[int, ...]) -> bool:
    """Whether a slice can meet a volume at all, told by the slice's corners."""
    corners = [(x, y, 1) for x, y in itertools.product((0, pixels[1] - 1), (0, pixels[0] - 1))]
    reach = index @ np.transpose(corners)
    return bool(np.all((reach.max(axis=1) > -1) & (reach.min(axis=1) < voxels)))


def cropped(mask: VoxelMask) -> VoxelMask:
    """The same voxels in the smallest volume that holds them all, so that most slices need no look at it."""
    if not mask.inside.any():
        return VoxelMask(mask.inside[:0, :0, :0], mask.to_patient)
    ends = []
    for axis in range(3):
        filled = np.flatnonzero(mask.inside.any(axis=tuple({0, 1, 2} - {axis})))
        ends.append(slice(int(filled[0]), int(filled[-1]) + 1))
    k, j, i = ends
    moved = mask.to_patient.copy()
    moved[:, 3] = mask.to_patient @ (i.start, j.start, k.start, 1)
    return VoxelMask(mask.inside[k, j, i], moved)
