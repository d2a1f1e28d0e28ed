"""Closed contours in patient coordinates, and the pixels of a series' slices that they enclose."""

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import CohortError
from radiogenomics.imaging.matching import LEAST_TOLERANCE
from radiogenomics.imaging.plane import from_patient, slice_gap
from radiogenomics.imaging.voxels import LEAST_SHARE, Covered
from radiogenomics.records import Series

Points = npt.NDArray[np.float64]

_DIGITS = 4  # of a pixel: a corner drawn at a pixel's centre lies there, whatever the rounding errors
_SAME_PLANE = 0.05  # mm between contours that headers round to one plane


def filled(polygons: Sequence[Points], shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """The pixels whose centres lie in an odd number of polygons, [rows, columns]: a polygon within another is a hole.

    A ray from each centre to the right crosses an edge an odd number of times within a polygon. An edge counts for the
    rows from its upper end on and before its lower one, and a centre on an edge counts as right of it, so that two
    polygons that share an edge share no pixel.

    Args:
        polygons: Corners [n, 2] as column and row, counted from 0 at the centre of the first pixel; the last corner is
            joined to the first.
        shape: Rows and columns.
    """
    starts = [np.round(polygon, _DIGITS) for polygon in polygons]
    edges = np.concatenate([np.hstack([p, np.roll(p, -1, axis=0)]) for p in starts] or [np.empty((0, 4))])
    downward = edges[:, 1] <= edges[:, 3]
    x0, y0, x1, y1 = np.where(downward[:, None], edges, edges[:, [2, 3, 0, 1]]).T
    first, end = (np.clip(np.ceil(y), 0, shape[0]).astype(np.int64) for y in (y0, y1))
    edge = np.repeat(np.arange(len(edges)), end - first)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(end - first) - (end - first), end - first) + first[edge]
    crossing = x0[edge] + (row - y0[edge]) * (x1 - x0)[edge] / (y1 - y0)[edge]
    column = np.clip(np.ceil(np.round(crossing, _DIGITS)), 0, shape[1]).astype(np.int64)
    crossings = np.zeros((shape[0], shape[1] + 1), np.int64)
    np.add.at(crossings, (row, column), 1)
    # Of the centre at a column those crossings lie to the right that begin at a later one.
    to_the_right: npt.NDArray[np.int64] = np.cumsum(crossings[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return to_the_right % 2 == 1


def enclosed(contours: Sequence[Points], series: Series) -> Covered:
    """The pixels of all slices that closed contours enclose; contours in one plane cancel where they overlap.

    A slice takes the nearest plane of contours, at most half a slice's spacing away.

    Args:
        contours: Each [n, 3], patient coordinates in mm; all in planes parallel to the slices.
        series: The series to lay them on.

    Raises:
        CohortError: They are not parallel to the slices, most of them lie above or below the series, or they enclose
            no pixel's centre; a reason for exclusions.csv.
    """
    name, reach = series.modality or "the series", max(slice_gap(series.slices) / 2, LEAST_TOLERANCE) * (1 + 1e-6)
    into = from_patient(series)
    placed = [points @ into[:, :3].T + into[:, 3] for points in contours]
    if any(np.ptp(points[:, 2]) > reach for points in placed):
        raise CohortError(f"its contours are not drawn in planes of {name}, but across them")
    planes = _planes(placed)
    positions = [(s.position or 0.0) - (series.slices[0].position or 0.0) for s in series.slices]
    missed = [z for z, _ in planes if min(abs(z - position) for position in positions) > reach]
    if len(missed) > (1 - LEAST_SHARE) * len(planes):
        raise CohortError(
            f"{len(missed)} of its {len(planes)} planes of contours lie more than half a slice's spacing "
            f"({reach:.1f} mm) from any slice of {name}"
        )
    found: Covered = {}
    for s, position in zip(series.slices, positions, strict=True):
        z, polygons = min(planes, key=lambda plane: (abs(plane[0] - position), plane[0]))
        if abs(z - position) <= reach and (pixels := filled(polygons, (series.rows, series.columns))).any():
            found[s.number] = pixels
    if not found:
        raise CohortError(f"its contours enclose no pixel's centre of {name}")
    return found


def _planes(placed: Sequence[Points]) -> list[tuple[float, list[Points]]]:
    """Position along the normal and polygons of each plane, in the order of the positions."""
    ordered = sorted(((float(points[:, 2].mean()), points[:, :2]) for points in placed), key=lambda one: one[0])
    planes: list[tuple[float, list[Points]]] = []
    for (before, _), (z, polygon) in zip(itertools.chain([(-np.inf, None)], ordered), ordered, strict=False):
        if z - before > _SAME_PLANE:
            planes.append((z, []))
        planes[-1][1].append(polygon)
    return planes
