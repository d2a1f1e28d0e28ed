"""Which slices of a series are used, and which rectangle of each: around the middle, or where lesions lie."""

from collections.abc import Sequence
from dataclasses import dataclass

from radiogenomics.errors import CohortError
from radiogenomics.recipe import LesionCentre, LesionExtent, MidSection, RegionPart, SlicesPart
from radiogenomics.records import Lesion, Outline, Series, Slice

ROUNDING_MM = 0.1  # headers state positions rounded

Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels: x counts columns, y rows, both from 0; the ends excluded


@dataclass(frozen=True, slots=True)
class Cut:
    """One slice of the reference series, and the rectangle of it that becomes a sample."""

    lesion_id: str  # "" for whole slices
    slice: Slice
    box: Box | None  # None for whole slices; may reach beyond the image, where all is 0


def cuts(series: Series, lesions: Sequence[Lesion], slices: SlicesPart, region: RegionPart) -> tuple[Cut, ...]:
    """The cuts of one patient: lesion by lesion, each in the series' anatomical order.

    Where whole slices are used, lesions are united: a slice comes once, and belongs to none of them.

    Args:
        series: The reference, on which the lesions were drawn.
        lesions: The patient's.
        slices: Which slices.
        region: Which part of them.

    Raises:
        CohortError: There is no slice, or no lesion where one is needed, or the header lacks what millimetres need;
            a reason for exclusions.csv.
    """
    if not series.slices:
        raise CohortError(f"{_named(series)} has no slice")
    if slices.policy == "mid-section" and region.policy == "whole":
        return tuple(Cut("", s, None) for s in mid_section(series, slices))
    if not lesions:
        raise CohortError("it has no lesion, and the recipe needs one")
    drawn = [(lesion.lesion_id, _drawn(series, lesion)) for lesion in lesions]
    chosen = [(name, outlines, _places(series, outlines, slices)) for name, outlines in drawn]
    if region.policy == "whole":
        return tuple(Cut("", series.slices[k], None) for k in sorted({k for _, _, places in chosen for k in places}))
    return tuple(
        Cut(name, series.slices[k], _box(series, _outlines(series, outlines, k, region), region))
        for name, outlines, places in chosen
        for k in places
    )


def mid_section(series: Series, slices: MidSection) -> tuple[Slice, ...]:
    """The middle `fraction` of a series, at least one slice of it, in anatomical order.

    Where the rest can't be halved, the slice more lies behind. Source: Spoorthy et al., preprocessing ("20%").
    """
    total = len(series.slices)
    count = min(total, max(1, round(slices.fraction * total)))
    start = (total - count) // 2
    return series.slices[start : start + count]


def _named(series: Series) -> str:
    return series.modality or "the series"


def _drawn(series: Series, lesion: Lesion) -> dict[int, Outline]:
    """The lesion's outlines by their slice's place in the series; those of slices that the series lost are left out."""
    places = {s.number: place for place, s in enumerate(series.slices)}
    drawn = {places[outline.slice]: outline for outline in lesion.outlines if outline.slice in places}
    if not drawn:
        raise CohortError(f"{_named(series)} has none of the slices on which lesion {lesion.lesion_id} is drawn")
    return dict(sorted(drawn.items()))


def _places(series: Series, outlines: dict[int, Outline], slices: SlicesPart) -> Sequence[int]:
    """The places in the series of the slices to use."""
    match slices:
        case MidSection():
            chosen = mid_section(series, slices)
            first = series.slices.index(chosen[0])
            return range(first, first + len(chosen))
        case LesionCentre():
            centre = _centre(outlines)
            reach = slices.small_reach if _is_small(series, outlines[centre], slices.small_mm) else slices.reach
            return range(max(centre - reach, 0), min(centre + reach + 1, len(series.slices)))
        case LesionExtent():
            return _extent(series, min(outlines), max(outlines), slices.margin_mm)


def _centre(outlines: dict[int, Outline]) -> int:
    """The place of the largest outline; of equally large ones that nearest the lesion's middle, then the first."""
    middle = (min(outlines) + max(outlines)) / 2
    return min(outlines, key=lambda place: (-outlines[place].area, abs(place - middle), place))


def _is_small(series: Series, outline: Outline, small_mm: float) -> bool:
    if not small_mm:
        return False
    between_rows, between_columns = _spacing(series)
    width, height = (outline.x_max - outline.x_min) * between_columns, (outline.y_max - outline.y_min) * between_rows
    return max(width, height) < small_mm


def _spacing(series: Series) -> tuple[float, float]:
    if not series.spacing:
        raise CohortError(f"{_named(series)} states no pixel spacing, which the recipe's millimetres need")
    return series.spacing


def _extent(series: Series, first: int, last: int, margin_mm: float) -> Sequence[int]:
    """From the first slice through the lesion to the last, and those within the margin of either."""
    if not margin_mm:
        return range(first, last + 1)
    positions = [s.position for s in series.slices if s.position is not None]
    if len(positions) < len(series.slices):
        raise CohortError(f"{_named(series)} states no slice positions, which the recipe's margin in mm needs")
    reach = margin_mm + ROUNDING_MM
    return [k for k, p in enumerate(positions) if positions[first] - reach <= p <= positions[last] + reach]


def _outlines(series: Series, outlines: dict[int, Outline], place: int, region: RegionPart) -> Sequence[Outline]:
    """The outlines whose union is a slice's region: all of the lesion's for a box; for a mask its own or the nearest.

    Of two equally near ones it is the first.
    """
    if region.policy == "box":
        return list(outlines.values())

    def distance(other: int) -> float:
        here, there = series.slices[place].position, series.slices[other].position
        return abs(other - place) if here is None or there is None else round(abs(there - here), 3)

    return [outlines[min(outlines, key=lambda other: (distance(other), other))]]


def _box(series: Series, outlines: Sequence[Outline], region: RegionPart) -> Box:
    down = right = 0
    if region.margin_mm:
        between_rows, between_columns = _spacing(series)
        down, right = round(region.margin_mm / between_rows), round(region.margin_mm / between_columns)
    x0 = max(min(o.x_min for o in outlines) - right, 0)
    y0 = max(min(o.y_min for o in outlines) - down, 0)
    x1 = min(max(o.x_max for o in outlines) + right, series.columns)
    y1 = min(max(o.y_max for o in outlines) + down, series.rows)
    if x0 >= x1 or y0 >= y1:
        raise CohortError(f"a lesion lies outside the {series.columns}x{series.rows} pixels of {_named(series)}")
    return _squared(x0, y0, x1, y1) if region.square else (x0, y0, x1, y1)


def _squared(x0: int, y0: int, x1: int, y1: int) -> Box:
    side = max(x1 - x0, y1 - y0)
    left, top = x0 - (side - (x1 - x0)) // 2, y0 - (side - (y1 - y0)) // 2
    return left, top, left + side, top + side
