"""A series lies on another slice by slice, by geometry, or not at all, and then says why."""

from dataclasses import replace

import pytest

from radiogenomics.errors import CohortError
from radiogenomics.imaging.cuts import Cut
from radiogenomics.imaging.matching import lay
from radiogenomics.records import Series, Slice

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def series(modality="t1w", n=20, gap=5.0, start=0.0, **changes):
    slices = tuple(
        Slice(f"{modality}/{k}", f"{modality}.{k}", None, k, start + gap * (k - 1), 0, 0) for k in range(1, n + 1)
    )
    one = Series(
        "p", "1", modality, modality, "folder", "axial", slices, n, 256, 256, (1.0, 1.0), AXIAL, "", "", "", None, "",
        "", origin=(-128.0, -128.0, start),
    )  # fmt: skip
    return replace(one, **changes)


def laid(other, reference=None, box=None, same_pixels=False):
    reference = reference or series()
    return lay(other, reference, [Cut("", s, box) for s in reference.slices], same_pixels)


def test_a_sheared_series_lies_on_itself_alone():
    sheared = series(sheared=8.0)
    assert laid(sheared, sheared).slices == sheared.slices
    for pair in ((series("flair"), sheared), (replace(sheared, series_uid="2", modality="flair"), series())):
        with pytest.raises(CohortError, match=r"sheared.*can't be resampled: .* shift sideways by up to 8\.0 mm"):
            laid(*pair)


def numbers(found):
    return [s and s.number for s in found.slices]


def without_positions(one):
    return replace(one, slices=tuple(replace(s, position=None) for s in one.slices), origin=())


FINER = series("flair", rows=512, columns=512, spacing=(0.5, 0.5), origin=(-128.25, -128.25, 0.0))


@pytest.mark.parametrize(
    "other",
    [
        series("flair"),
        FINER,  # the same field of view: the first pixels' centres lie a quarter of a millimetre apart
        series("flair", start=0.5, frame_of_reference_uid="9"),
        series("flair", n=24),
        series("flair", origin=()),
        series("flair", spacing=None),
    ],
    ids=["same", "finer", "moved", "longer", "no-origin", "no-spacing"],
)
def test_slices_that_lie_on_each_other_are_taken_as_they_are(other):
    found = laid(other)
    assert (numbers(found), found.resampled) == (list(range(1, 21)), False)


@pytest.mark.parametrize(
    ("other", "nearest"),
    [
        (series("flair", start=2.5), [1, *range(1, 20)]),  # half a slice: no neighbour is taken in silence
        (series("flair", start=0.6), list(range(1, 21))),
        (series("flair", spacing=(0.9, 0.9)), list(range(1, 21))),
        (series("flair", origin=(-126.0, -128.0, 0.0)), list(range(1, 21))),
        (series("flair", gap=10.0, n=10), [k for k in range(1, 11) for _ in (0, 1)]),
    ],
    ids=["half-a-slice", "an-eighth", "smaller-field", "other-origin", "thicker"],
)
def test_what_lies_otherwise_is_resampled(other, nearest):
    found = laid(other)
    assert found.resampled
    assert numbers(found) == nearest


def test_another_orientation_is_resampled_where_it_reaches():
    coronal = series(
        "flair", n=40, gap=4.0, start=-80.0, orientation=CORONAL, plane="coronal", origin=(-128.0, -80.0, 60.0), rows=50
    )
    found = laid(coronal)
    assert found.resampled
    assert [s is None for s in found.slices] == [not 11 <= 5.0 * k <= 60 for k in range(20)]


def test_counted_pixels_need_the_same_matrix():
    assert not laid(FINER).resampled
    assert laid(FINER, same_pixels=True).resampled
    assert not laid(series("flair"), same_pixels=True).resampled
    assert laid(FINER, box=(10, 10, 20, 20), same_pixels=True).slices == FINER.slices


def test_a_cut_is_reached_where_its_own_box_is():
    half = series("flair", columns=64)  # covers x below 64
    assert all(laid(half, box=(50, 0, 80, 20), same_pixels=True).slices)
    with pytest.raises(CohortError, match="flair reaches none of the 20 slices chosen of t1w"):
        laid(half, box=(70, 0, 80, 20), same_pixels=True)


def test_positions_count_and_not_numbers_or_counts():
    thin = laid(series("flair", n=120, gap=1.0, start=-10.0))
    assert (numbers(thin), thin.resampled) == ([11 + 5 * k for k in range(20)], False)


def test_slices_beyond_its_reach_or_missing_are_none():
    assert numbers(laid(series("flair", n=18))) == [*range(1, 19), None, None]
    whole = series("flair")
    gap = laid(replace(whole, slices=(*whole.slices[:7], *whole.slices[8:])))
    assert (numbers(gap), gap.resampled) == ([*range(1, 8), None, *range(9, 21)], False)
    by_number = laid(without_positions(series("flair", n=19)))
    assert numbers(by_number) == [*range(1, 20), None]


def test_without_positions_the_numbers_match():
    assert numbers(laid(without_positions(series("flair", n=24)))) == list(range(1, 21))


def test_a_series_lies_on_itself_whatever_its_headers_lack():
    one = without_positions(series(spacing=None, orientation=()))
    assert laid(one, one, same_pixels=True).slices == one.slices


def test_frames_of_reference_must_agree_where_grids_do_not():
    reference = series(frame_of_reference_uid="1")
    assert laid(series("flair", start=2.0, frame_of_reference_uid="1"), reference).resampled
    assert laid(series("flair", start=2.0), reference).resampled
    with pytest.raises(CohortError, match=r"flair is not co-registered with t1w: .*\(slices 2\.0 mm apart\)"):
        laid(series("flair", start=2.0, frame_of_reference_uid="2"), reference)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (series("flair", start=500.0), "flair reaches none of the 20 slices"),
        (series("flair", n=0), "flair has no slice"),
        (series("flair", rows=512, columns=512, spacing=None), "512x512 pixels, and no pixel spacing.*can't be res"),
        (series("flair", orientation=(), plane=""), "axial against unknown orientation.*states no position"),
        (series("flair", start=2.0, origin=()), r"slices 2\.0 mm apart.*can't be resampled: flair states no position"),
        (
            without_positions(series("flair", spacing=(0.9, 0.9))),
            r"field of view 256x256 against 230\.4x230\.4 mm.*can't be resampled",
        ),
    ],
)
def test_what_can_not_be_laid_says_why(other, words):
    with pytest.raises(CohortError, match=words):
        laid(other)
