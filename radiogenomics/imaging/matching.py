"""How a series comes to lie on the slices of another: slice by slice as it is, or resampled by geometry."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radiogenomics.errors import CohortError
from radiogenomics.imaging.cuts import Cut
from radiogenomics.imaging.geometry import normal, same_orientation
from radiogenomics.imaging.plane import slice_gap
from radiogenomics.imaging.resample import REACH, locate
from radiogenomics.records import Series, Slice

FIELD_TOLERANCE = 0.01  # of the field of view
OFFSET_TOLERANCE = 0.1  # of the slice spacing
LEAST_TOLERANCE = 0.1  # mm, above rounding in headers
LOOKS = 33  # points an axis, at which it is told whether a series reaches a cut


@dataclass(frozen=True, slots=True)
class Laid:
    """One series as it lies on the cuts of a reference."""

    series: Series
    slices: tuple[Slice | None, ...]  # for each cut its slice nearest to it; None where the series does not reach
    resampled: bool  # by geometry on the reference's grid; else the slices are taken as they are


def lay(series: Series, reference: Series, cuts: Sequence[Cut], same_pixels: bool) -> Laid:
    """Lay a series on the cuts of a reference.

    Slices are taken as they are where both have one orientation and field of view and every slice lies on its
    counterpart within a tenth of the slice spacing; where a header states no position, those of the same number are.
    What is sheared lies on no other series; whatever else lies in one frame of reference (or does not state another) is
    resampled.

    Args:
        series: Of the same patient.
        reference: Its slice spacing counts.
        cuts: Of the reference.
        same_pixels: Whether the matrices must be the same too, because pixels are counted: in boxes, or on a canvas.
            If not, every slice is resized by itself.

    Raises:
        CohortError: The two can't be laid over each other; a reason for exclusions.csv.
    """
    chosen = [cut.slice for cut in cuts]
    if series.series_uid == reference.series_uid:
        return Laid(series, tuple(chosen), False)
    difference = _difference(reference, series, same_pixels)
    if not difference:
        if any(s.position is None for s in (*chosen, *series.slices)):
            return _reaching(Laid(series, _by_number(chosen, series), False), reference)
        slices = tuple(_nearest(s, reference, series) for s in chosen)
        difference = _offset(chosen, slices, reference, series)
        if not difference:
            return _reaching(Laid(series, slices, False), reference)
    return _reaching(_resampled(series, reference, cuts, difference), reference)


def _reaching(laid: Laid, reference: Series) -> Laid:
    if any(laid.slices):
        return laid
    count = len(laid.slices)
    raise CohortError(f"{laid.series.modality} reaches none of the {count} slices chosen of {reference.modality}")


def _difference(a: Series, b: Series, same_pixels: bool) -> str:
    if not b.slices:
        raise CohortError(f"{b.modality} has no slice")
    if sheared := [s.modality for s in (a, b) if s.sheared]:
        return f"{' and '.join(sheared)} sheared"
    if not same_orientation(a.orientation, b.orientation):
        return f"{a.plane or 'unknown'} against {b.plane or 'unknown'} orientation, or tilted"
    same_matrix = (a.rows, a.columns) == (b.rows, b.columns)
    matrices = f"{a.columns}x{a.rows} against {b.columns}x{b.rows} pixels"
    if a.spacing is None or b.spacing is None:
        return "" if same_matrix else f"{matrices}, and no pixel spacing is stated"
    fields = [(s.rows * s.spacing[0], s.columns * s.spacing[1]) for s in (a, b) if s.spacing]
    if any(abs(x - y) > FIELD_TOLERANCE * x for x, y in zip(*fields, strict=True)):
        return f"field of view {fields[0][0]:g}x{fields[0][1]:g} against {fields[1][0]:g}x{fields[1][1]:g} mm"
    if same_pixels and not same_matrix:
        return matrices
    apart = _apart(a, b)
    return f"first pixel {apart:.1f} mm apart" if apart > max(*a.spacing, *b.spacing) else ""


def _apart(a: Series, b: Series) -> float:
    """How far the corners of two parallel series are apart within the plane, mm; 0 where a header does not say."""
    if not a.origin or not b.origin or not a.orientation:
        return 0.0
    offset = [y - x for x, y in zip(a.origin, b.origin, strict=True)]
    along = sum(x * y for x, y in zip(offset, normal(a.orientation), strict=True))
    return math.sqrt(max(sum(x * x for x in offset) - along * along, 0.0))


def _by_number(chosen: Sequence[Slice], series: Series) -> tuple[Slice | None, ...]:
    numbered = {s.number: s for s in series.slices}
    return tuple(numbered.get(s.number) for s in chosen)


def _nearest(wanted: Slice, reference: Series, series: Series) -> Slice | None:
    nearest = min(series.slices, key=lambda s: _distance(s, wanted))
    reach = REACH * (slice_gap(series.slices) or slice_gap(reference.slices))
    return nearest if _distance(nearest, wanted) <= max(reach, LEAST_TOLERANCE) else None


def _distance(a: Slice, b: Slice) -> float:
    return math.inf if a.position is None or b.position is None else abs(a.position - b.position)


def _offset(chosen: Sequence[Slice], slices: Sequence[Slice | None], reference: Series, series: Series) -> str:
    """How far the slices lie from those chosen, in words; "" where they lie on them."""
    spacing = slice_gap(reference.slices) or slice_gap(series.slices)
    most = max((_distance(a, b) for a, b in zip(chosen, slices, strict=True) if b), default=0.0)
    tolerance = max(OFFSET_TOLERANCE * spacing, LEAST_TOLERANCE) * (1 + 1e-6)
    return f"slices {most:.1f} mm apart" if most > tolerance else ""


def _resampled(series: Series, reference: Series, cuts: Sequence[Cut], difference: str) -> Laid:
    """The series by geometry, or the reason why it can't be laid: `difference`, and what is missing."""
    frames = series.frame_of_reference_uid, reference.frame_of_reference_uid
    if all(frames) and frames[0] != frames[1]:
        raise CohortError(
            f"{series.modality} is not co-registered with {reference.modality}: it lies in another frame of "
            f"reference on another grid ({difference})"
        )
    try:
        return Laid(series, tuple(_met(series, reference, cut) for cut in cuts), True)
    except CohortError as error:
        raise CohortError(
            f"{series.modality} does not lie on {reference.modality} ({difference}), and can't be resampled: {error}"
        ) from error


def _met(series: Series, reference: Series, cut: Cut) -> Slice | None:
    """The slice of the series nearest to the middle of what it has of a cut; None where it has nothing."""
    x0, y0, x1, y1 = cut.box or (0, 0, reference.columns, reference.rows)
    x, y = np.linspace(x0, x1 - 1, LOOKS)[None, :], np.linspace(y0, y1 - 1, LOOKS)[:, None]
    places = locate(series, reference, cut.slice, x, y)
    k = np.sort(places.k[places.inside])
    return series.slices[math.ceil(k[len(k) // 2] - 0.5)] if len(k) else None
