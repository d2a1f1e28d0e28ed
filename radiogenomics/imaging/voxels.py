"""Voxels that belong to something (a lesion, a brain), and which pixels of a series' slices they cover."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import CohortError
from radiogenomics.imaging.plane import from_patient, slice_gap, to_patient
from radiogenomics.records import Series, Slice

Covered = dict[int, npt.NDArray[np.bool_]]  # Slice.number to pixels [rows, columns]; slices without any are left out

LEAST_SHARE = 0.5  # of a mask within the series: below, it lies somewhere else and touches the series by chance
_DIGITS = 4  # of a voxel's index: where a pixel lies midway between two, rounding errors must not choose


@dataclass(frozen=True, slots=True, eq=False)
class VoxelMask:
    """A volume of voxels, and where they lie in the patient."""

    inside: npt.NDArray[np.bool_]  # [k, j, i]
    to_patient: npt.NDArray[np.float64]  # [4, 4]: voxel centres (i, j, k, 1) to patient coordinates (LPS) in mm
    labels: tuple[float, ...] = ()  # the values that the file had inside, where it told them


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


def covered(mask: VoxelMask, series: Series) -> Covered:
    """The pixels of all slices that a mask covers.

    Raises:
        CohortError: The mask is empty, or most of it lies outside of the series; a reason for exclusions.csv.
    """
    mask = cropped(mask)
    if not mask.inside.any():
        raise CohortError("it is empty")
    within, name = _share_within(mask, series), series.modality or "the series"
    if within < LEAST_SHARE:
        place = f"only {within:.0%} of it lies within {name}" if within else f"it lies outside of {name}"
        raise CohortError(f"{place}: it needs the coordinates of the images that it was drawn on")
    found = {s.number: pixels for s in series.slices if (pixels := on_slice(mask, series, s)).any()}
    if not found:
        raise CohortError(f"it covers no pixel's centre of {name}: it is smaller than a pixel, or lies between slices")
    return found


def _share_within(mask: VoxelMask, series: Series) -> float:
    """The share of a mask's voxels whose centres lie in the field of view and between the ends of a series."""
    into = from_patient(series) @ mask.to_patient
    k, j, i = np.nonzero(mask.inside)
    column, row, along = into @ np.stack([i, j, k, np.ones_like(i)])
    # The outer slices reach half a gap beyond their middle, and at least as far as a voxel does.
    reach = max(slice_gap(series.slices), float(np.abs(into[2, :3]).sum())) / 2
    last = (series.slices[-1].position or 0.0) - (series.slices[0].position or 0.0)
    inside = (np.abs(column - (series.columns - 1) / 2) <= series.columns / 2) & (along >= -reach)
    inside &= (np.abs(row - (series.rows - 1) / 2) <= series.rows / 2) & (along <= last + reach)
    return float(inside.mean())
