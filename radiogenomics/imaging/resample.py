"""The planes of one series' slices through the volume of another, by where both lie in the patient.

Slices are parallel but need not be equally far apart, which a volume of SimpleITK's must be; so the place between two
slices is reckoned here, and the rest is the same linear interpolation (a test holds the two against each other).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import CohortError, PixelError
from radiogenomics.imaging.plane import from_patient, slice_gap, to_patient
from radiogenomics.imaging.stack import Stack
from radiogenomics.records import Series, Slice

REACH = 0.6  # of the usual slice spacing: half, as a slice is thick, and a tenth as spacings differ
_DIGITS = 4  # of a voxel's index: rounding errors must not call for one slice more

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where points lie in a series, in pixels and slices counted from 0."""

    k: Array  # between its slices
    v: Array  # between rows
    u: Array  # between columns
    inside: npt.NDArray[np.bool_]  # within its field of view


def locate(series: Series, reference: Series, s: Slice, x: Array, y: Array) -> Places:
    """Where pixels (x, y) of a slice of the reference lie in a series.

    Inside is what lies on a pixel of the series, and within 0.6 of its usual slice spacing of one of its slices: a
    gap where slices are missing is none of it.

    Args:
        series: Its slices' positions may be unequally far apart.
        reference: Whose slice it is.
        s: The slice.
        x: Columns.
        y: Rows; of a shape that broadcasts with that of x.

    Raises:
        CohortError: A header does not state where it lies.
    """
    positions = np.array([_stated(series, one) for one in series.slices])
    positions -= positions[0]
    to_series = from_patient(series) @ np.vstack([to_patient(reference, s), (0.0, 0.0, 1.0)])
    u, v, along = (np.round(a * x + b * y + c, _DIGITS) for a, b, c in to_series)
    k = np.round(np.interp(along, positions, np.arange(len(positions))), _DIGITS)
    nearest = np.minimum(*(np.abs(along - positions[end(k).astype(int)]) for end in (np.floor, np.ceil)))
    reach = REACH * (slice_gap(series.slices) or slice_gap(reference.slices))
    inside = (
        (nearest <= max(reach, 10**-_DIGITS))
        & (u >= -0.5)
        & (u <= series.columns - 0.5)
        & (v >= -0.5)
        & (v <= series.rows - 0.5)
    )
    return Places(k, v, u, inside)


def resample(stack: Stack, reference: Series, s: Slice) -> npt.NDArray[np.float32]:
    """A series where a slice of the reference lies, [rows, columns] of the reference, interpolated linearly.

    Outside its field of view is 0; where it has lower values (as CT has), the lowest that was read.

    Args:
        stack: At least the slices that `needed` names.
        reference: Whose grid it is.
        s: One of the reference's slices.

    Raises:
        PixelError: A slice that it needs has no pixels.
        CohortError: A header does not state where it lies.
    """
    from scipy.ndimage import map_coordinates

    places = locate(stack.series, reference, s, *_grid(reference))
    missing = sorted(stack.faults.keys() & _slices(places))
    if missing:
        raise PixelError(f"slice {stack.series.slices[missing[0]].number} has no pixels: {stack.faults[missing[0]]}")
    found = np.broadcast_arrays(places.k - stack.first, places.v, places.u)
    plane = map_coordinates(stack.pixels, np.stack(found), np.float32, order=1, mode="nearest")
    plane[~places.inside] = min(0.0, float(stack.pixels.min()))
    return plane


def needed(series: Series, reference: Series, chosen: Sequence[Slice]) -> range:
    """The places of the slices of `series` on which the chosen slices of the reference lie, and all between."""
    x, y = _corners(reference)
    found = [locate(series, reference, s, x, y).k for s in chosen]
    return range(int(np.floor(min(k.min() for k in found))), int(np.ceil(max(k.max() for k in found))) + 1)


def _grid(series: Series) -> tuple[Array, Array]:
    return np.arange(series.columns, dtype=float)[None, :], np.arange(series.rows, dtype=float)[:, None]


def _corners(series: Series) -> tuple[Array, Array]:
    return np.array([[0.0, series.columns - 1.0]]), np.array([[0.0], [series.rows - 1.0]])


def _slices(places: Places) -> set[int]:
    """The slices that carry weight in any point inside."""
    k = places.k[places.inside]
    return {int(place) for end in (np.floor, np.ceil) for place in np.unique(end(k))}


def _stated(series: Series, s: Slice) -> float:
    if s.position is None:
        raise CohortError(f"slice {s.number} of {series.modality or 'the series'} states no position")
    return s.position
