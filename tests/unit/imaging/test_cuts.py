"""Slices and rectangles lie where the recipe and the lesions say."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.errors import CohortError
from radiogenomics.imaging.cuts import cuts, mid_section
from radiogenomics.recipe import LesionCentre, LesionExtent, MidSection, RegionPart
from radiogenomics.records import Lesion, Outline, Series, Slice

WHOLE, BOX, MASK = (RegionPart(policy=policy) for policy in ("whole", "box", "mask"))


def _series(count, gap=5.0, first=1):
    """A series of 64x48 pixels of 2x1 mm, numbered against its order, as many scanners do."""
    slices = tuple(Slice(f"{k}.dcm", str(k), None, first + count - 1 - k, gap * k, 1, 1) for k in range(count))
    return replace(_EMPTY, slices=slices, n_files=count)


_EMPTY = Series(
    *("p", "study", "series", "t1w", "folder", "axial"), (), 0, 64, 48, (2.0, 1.0), (), "frame", "", "", None, "", ""
)


def _lesion(name, boxes, areas=None):
    """A lesion from {slice number: (x_min, y_min, x_max, y_max)}."""
    areas = areas or {}
    outlines = (
        Outline(number, *box, areas.get(number, (box[2] - box[0]) * (box[3] - box[1])))
        for number, box in sorted(boxes.items())
    )
    return Lesion("p", name, tuple(outlines))


def _numbers(found):
    return [cut.slice.number for cut in found]


@given(count=st.integers(1, 500), fraction=st.floats(0.001, 1))
def test_mid_section_is_contiguous_centred_and_as_large_as_asked(count, fraction):
    series = _series(count)
    chosen = [series.slices.index(s) for s in mid_section(series, MidSection(fraction=fraction))]
    assert chosen == list(range(chosen[0], chosen[-1] + 1))
    assert len(chosen) == max(1, round(fraction * count))
    before, behind = chosen[0], count - 1 - chosen[-1]
    assert behind - before in (0, 1)


@pytest.mark.parametrize(("count", "places"), [(1, [0]), (2, [0]), (10, [4, 5]), (20, [8, 9, 10, 11])])
def test_whole_slices_around_the_middle_need_no_lesion(count, places):
    series = _series(count)
    found = cuts(series, (), MidSection(fraction=0.2), WHOLE)
    assert [series.slices.index(cut.slice) for cut in found] == places
    assert {(cut.lesion_id, cut.box) for cut in found} == {("", None)}


SMALL = (10, 10, 14, 12)  # 4 mm wide and high
LARGE = (8, 10, 20, 16)  # 12 mm wide and high


@pytest.mark.parametrize(
    ("boxes", "areas", "centre"),
    [
        ({3: SMALL, 4: LARGE, 5: SMALL}, {}, 4),
        ({3: SMALL, 4: LARGE, 5: SMALL}, {3: 9, 4: 7, 5: 8}, 3),  # a contour's own area counts
        ({3: SMALL, 4: SMALL, 5: SMALL, 6: SMALL, 7: SMALL}, {}, 5),  # of equals the middle one
        ({3: SMALL, 4: SMALL}, {}, 4),  # and of two middle ones the first in order, here the higher number
        ({3: LARGE, 4: SMALL, 9: LARGE}, {}, 9),
    ],
)
def test_the_centre_is_the_largest_outline(boxes, areas, centre):
    series = _series(12)
    found = cuts(series, [_lesion("1", boxes, areas)], LesionCentre(policy="lesion-centre", reach=1), BOX)
    assert _numbers(found) == [centre + 1, centre, centre - 1]
    assert {cut.lesion_id for cut in found} == {"1"}


def test_reach_is_cut_off_at_the_ends_and_shorter_for_small_lesions():
    series = _series(6)
    lesions = [_lesion("a", {1: LARGE}), _lesion("b", {5: SMALL})]
    rule = LesionCentre(policy="lesion-centre", reach=2, small_mm=12, small_reach=0)
    found = cuts(series, lesions, rule, BOX)
    assert [(cut.lesion_id, cut.slice.number) for cut in found] == [("a", 3), ("a", 2), ("a", 1), ("b", 5)]
    assert _numbers(cuts(series, lesions[1:], rule.model_copy(update={"small_mm": 4}), BOX)) == [6, 5, 4, 3]


def test_extent_holds_the_gaps_and_the_margin_in_millimetres():
    series = _series(12)
    lesion = _lesion("1", {5: SMALL, 7: SMALL})
    for margin, numbers in [(0, [7, 6, 5]), (4.8, [7, 6, 5]), (4.95, [8, 7, 6, 5, 4]), (10, [9, 8, 7, 6, 5, 4, 3])]:
        found = cuts(series, [lesion], LesionExtent(policy="lesion-extent", margin_mm=margin), BOX)
        assert _numbers(found) == numbers


@given(
    gaps=st.lists(st.integers(5, 80), min_size=3, max_size=40),  # tenths of a millimetre
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    margin=st.integers(0, 300),
)
def test_a_margin_counts_millimetres_whatever_the_slices_are_apart(gaps, ends, margin):
    """Against the definition: every slice that lies within the margin of the lesion's outer slices, and no other."""
    tenths = [sum(gaps[:k]) for k in range(len(gaps))]
    numbered = enumerate(_series(len(gaps)).slices)
    series = replace(_EMPTY, slices=tuple(replace(s, position=tenths[k] / 10 - 70) for k, s in numbered))
    first, last = sorted(round(end * (len(gaps) - 1)) for end in ends)
    lesion = _lesion("1", {series.slices[k].number: SMALL for k in (first, last)})
    found = cuts(series, [lesion], LesionExtent(policy="lesion-extent", margin_mm=margin / 10), BOX)
    reach = margin + (1 if margin else 0)  # headers state positions rounded to a tenth
    far = [t for t in tenths if tenths[first] - reach < t < tenths[last] + reach or tenths[first] <= t <= tenths[last]]
    edge = {tenths[first] - reach, tenths[last] + reach}  # where rounding decides
    chosen = [tenths[series.slices.index(cut.slice)] for cut in found]
    assert [t for t in chosen if t not in edge] == [t for t in far if t not in edge]
    assert chosen == [t for t in tenths if chosen[0] <= t <= chosen[-1]]


def test_a_centimetre_is_not_ten_slices():
    """1 cm each way takes 20 slices more where they are 1 mm apart, 4 where they are 5, and none where they are 12."""
    for gap, numbers in [(1.0, 21), (5.0, 5), (12.0, 1), (2.5, 9)]:
        found = cuts(
            _series(60, gap), [_lesion("1", {30: SMALL})], LesionExtent(policy="lesion-extent", margin_mm=10), WHOLE
        )
        assert len(found) == numbers


def test_lesions_are_united_where_whole_slices_are_used():
    lesions = [_lesion("a", {3: SMALL, 4: SMALL}), _lesion("b", {4: LARGE, 9: LARGE})]
    found = cuts(_series(12), lesions, LesionExtent(policy="lesion-extent"), WHOLE)
    assert _numbers(found) == [9, 8, 7, 6, 5, 4, 3]
    assert {(cut.lesion_id, cut.box) for cut in found} == {("", None)}


BOXES = {4: (10, 20, 14, 26), 5: (12, 18, 20, 24)}


@pytest.mark.parametrize(
    ("region", "box"),
    [
        (BOX, (10, 18, 20, 26)),
        (RegionPart(policy="box", margin_mm=3), (7, 16, 23, 28)),  # 3 columns, 1.5 (so 2) rows
        (RegionPart(policy="box", margin_mm=100), (0, 0, 48, 64)),
        (RegionPart(policy="box", square=True), (10, 17, 20, 27)),
        (RegionPart(policy="box", margin_mm=100, square=True), (-8, 0, 56, 64)),
    ],
)
def test_a_box_is_the_union_over_the_lesion_with_its_margin(region, box):
    found = cuts(_series(8), [_lesion("1", BOXES)], LesionExtent(policy="lesion-extent"), region)
    assert {cut.box for cut in found} == {box}


def test_a_mask_gives_each_slice_its_own_outline_or_the_nearest():
    rule = LesionExtent(policy="lesion-extent", margin_mm=5)
    found = cuts(_series(12), [_lesion("1", BOXES | {7: SMALL})], rule, MASK)
    assert [(cut.slice.number, cut.box) for cut in found] == [
        *((8, SMALL), (7, SMALL), (6, SMALL)),  # midway between 7 and 5: the first in order
        *((5, BOXES[5]), (4, BOXES[4]), (3, BOXES[4])),
    ]


def test_the_mid_section_may_be_cropped_too():
    found = cuts(_series(10), [_lesion("a", {9: SMALL}), _lesion("b", {2: LARGE})], MidSection(fraction=0.2), BOX)
    assert [(cut.lesion_id, cut.slice.number, cut.box) for cut in found] == [
        *(("a", 6, SMALL), ("a", 5, SMALL), ("b", 6, LARGE), ("b", 5, LARGE))
    ]


@pytest.mark.parametrize(
    ("series", "lesions", "rule", "region", "words"),
    [
        (_series(0), [], MidSection(fraction=0.2), WHOLE, "t1w has no slice"),
        (_series(9), [], LesionExtent(policy="lesion-extent"), WHOLE, "has no lesion"),
        (_series(9), [_lesion("b", {10: SMALL})], LesionExtent(policy="lesion-extent"), BOX, "on which lesion b is"),
        (_series(9), [_lesion("b", {1: (48, 1, 50, 9)})], LesionExtent(policy="lesion-extent"), BOX, "outside the 48x"),
    ],
)
def test_what_can_not_be_cut_says_why(series, lesions, rule, region, words):
    with pytest.raises(CohortError, match=words):
        cuts(series, lesions, rule, region)


def test_millimetres_need_a_spacing_and_positions():
    lesion, series = _lesion("1", BOXES), replace(_series(9), spacing=None)
    for rule, region in (
        (LesionCentre(policy="lesion-centre", reach=1, small_mm=5), BOX),
        (LesionExtent(policy="lesion-extent"), RegionPart(policy="mask", margin_mm=1)),
    ):
        with pytest.raises(CohortError, match="no pixel spacing"):
            cuts(series, [lesion], rule, region)
    nowhere = replace(series, slices=tuple(replace(s, position=None) for s in series.slices))
    with pytest.raises(CohortError, match="no slice positions"):
        cuts(nowhere, [lesion], LesionExtent(policy="lesion-extent", margin_mm=1), BOX)
    assert _numbers(cuts(nowhere, [lesion], LesionExtent(policy="lesion-extent"), MASK)) == [5, 4]


SIDE = st.integers(0, 40)


@given(x=SIDE, y=SIDE, width=st.integers(1, 60), height=st.integers(1, 60), margin=st.floats(0, 30))
def test_a_square_is_a_square_that_holds_the_box(x, y, width, height, margin):
    lesion = _lesion("1", {1: (x, y, x + width, y + height)})
    rule = LesionExtent(policy="lesion-extent")
    (plain,) = cuts(_series(3), [lesion], rule, RegionPart(policy="box", margin_mm=margin))
    (square,) = cuts(_series(3), [lesion], rule, RegionPart(policy="box", margin_mm=margin, square=True))
    x0, y0, x1, y1 = plain.box
    left, top, right, bottom = square.box
    assert right - left == bottom - top == max(x1 - x0, y1 - y0)
    assert left <= x0
    assert top <= y0
    assert x1 <= right
    assert y1 <= bottom
    assert abs((left + right) - (x0 + x1)) <= 1
    assert abs((top + bottom) - (y0 + y1)) <= 1
