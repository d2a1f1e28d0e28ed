"""Slices of another series that lie where those of a reference lie, so that both can be channels of one image."""

import math
from collections.abc import Sequence

from radiogenomics.errors import CohortError
from radiogenomics.imaging.geometry import normal, same_orientation
from radiogenomics.imaging.plane import slice_gap
from radiogenomics.records import Series, Slice

FIELD_TOLERANCE = 0.01  # of the field of view
LEAST_TOLERANCE = 0.1  # mm, above rounding in headers


def counterparts(reference: Series, chosen: Sequence[Slice], other: Series) -> tuple[Slice, ...]:
    """For each chosen slice of the reference the nearest one of the other series, at most half a slice spacing away.

    Where a header states no position, slices are matched by number. The matrices may differ, as every slice is resized
    to one size; orientation and field of view may not.

    Args:
        reference: Its slice spacing counts.
        chosen: Slices of the reference.
        other: The series to lay over it.

    Raises:
        CohortError: The two can't be laid over each other, or a slice has no counterpart; a reason for exclusions.csv.
    """
    if difference := _difference(reference, other):
        raise CohortError(f"{other.modality} does not lie on {reference.modality}: {difference}")
    if any(s.position is None for s in (*chosen, *other.slices)):
        return _by_number(reference, chosen, other)
    return tuple(_nearest(reference, s, other) for s in chosen)


def _difference(a: Series, b: Series) -> str:
    if not b.slices:
        return "it has no slice"
    if not same_orientation(a.orientation, b.orientation):
        return f"{a.plane or 'unknown'} against {b.plane or 'unknown'} orientation, or tilted"
    if a.spacing is None or b.spacing is None:
        return "" if (a.rows, a.columns) == (b.rows, b.columns) else "another matrix, and no pixel spacing is stated"
    fields = [(s.rows * s.spacing[0], s.columns * s.spacing[1]) for s in (a, b) if s.spacing]
    if any(abs(x - y) > FIELD_TOLERANCE * x for x, y in zip(*fields, strict=True)):
        return f"field of view {fields[0][0]:g}x{fields[0][1]:g} against {fields[1][0]:g}x{fields[1][1]:g} mm"
    apart = _apart(a, b)
    return f"first pixel {apart:.1f} mm apart" if apart > max(*a.spacing, *b.spacing) else ""


def _apart(a: Series, b: Series) -> float:
    """How far the corners of two parallel series are apart within the plane, mm; 0 where a header does not say."""
    if not a.origin or not b.origin or not a.orientation:
        return 0.0
    offset = [y - x for x, y in zip(a.origin, b.origin, strict=True)]
    along = sum(x * y for x, y in zip(offset, normal(a.orientation), strict=True))
    return math.sqrt(max(sum(x * x for x in offset) - along * along, 0.0))


def _by_number(reference: Series, chosen: Sequence[Slice], other: Series) -> tuple[Slice, ...]:
    numbered = {s.number: s for s in other.slices}
    missing = [s.number for s in chosen if s.number not in numbered]
    if missing:
        raise CohortError(
            f"{other.modality} has no slice {missing[0]}, which {reference.modality} has (no positions are stated)"
        )
    return tuple(numbered[s.number] for s in chosen)


def _nearest(reference: Series, wanted: Slice, other: Series) -> Slice:
    tolerance = max((slice_gap(reference.slices) or slice_gap(other.slices)) / 2, LEAST_TOLERANCE)
    nearest = min(other.slices, key=lambda s: _distance(s, wanted))
    if _distance(nearest, wanted) > tolerance * (1 + 1e-6):
        raise CohortError(
            f"{other.modality} has no slice within {tolerance:.1f} mm of slice {wanted.number} of {reference.modality}"
        )
    return nearest


def _distance(a: Slice, b: Slice) -> float:
    return math.inf if a.position is None or b.position is None else abs(a.position - b.position)
