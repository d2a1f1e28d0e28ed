from dataclasses import replace

import pytest

from radiogenomics.errors import CohortError
from radiogenomics.imaging.matching import counterparts
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


def matched(reference, other):
    return [s.number for s in counterparts(reference, reference.slices, other)]


def without_positions(one):
    return replace(one, slices=tuple(replace(s, position=None) for s in one.slices), origin=())


@pytest.mark.parametrize(
    "other",
    [
        series("flair"),
        # The same field of view on a finer matrix: the first pixels' centres lie a quarter of a millimetre apart.
        series("flair", rows=512, columns=512, spacing=(0.5, 0.5), origin=(-128.25, -128.25, 0.0)),
        series("flair", start=0.5, frame_of_reference_uid="9"),
        series("flair", start=2.4),
        series("flair", n=24),
        series("flair", origin=()),
        series("flair", spacing=None),
    ],
    ids=["same", "finer", "moved", "almost-half-a-slice", "longer", "no-origin", "no-spacing"],
)
def test_every_slice_finds_the_one_that_lies_on_it(other):
    assert matched(series(), other) == list(range(1, 21))


def test_positions_count_and_not_numbers_or_counts():
    thin = series("flair", n=120, gap=1.0, start=-10.0)
    assert matched(series(), thin) == [11 + 5 * k for k in range(20)]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (series("flair", n=19), r"no slice within 2\.5 mm of slice 20 of t1w"),
        (series("flair", start=2.6), r"no slice within 2\.5 mm of slice 1 "),
        (series("flair", orientation=CORONAL, plane="coronal"), "axial against coronal orientation"),
        (series("flair", spacing=(0.9, 0.9)), "field of view 256x256 against 230.4x230.4 mm"),
        (series("flair", origin=(-126.0, -128.0, 0.0)), r"first pixel 2\.0 mm apart"),
        (series("flair", rows=512, columns=512, spacing=None), "another matrix, and no pixel spacing"),
        (series("flair", n=0), "it has no slice"),
        (without_positions(series("flair", n=19)), r"no slice 20, .*\(no positions are stated\)"),
    ],
)
def test_what_can_not_be_laid_over_says_why(other, words):
    with pytest.raises(CohortError, match=words):
        counterparts(series(), series().slices, other)


def test_without_positions_the_numbers_match():
    assert matched(series(), without_positions(series("flair", n=24))) == list(range(1, 21))
