import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.cohort.planes import SAME_PLACE_MM, Plane, fitting, in_order
from radiogenomics.cohort.walk import FileEntry
from radiogenomics.imaging.header import Acquisition

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def acquisition(rows):
    return Acquisition(
        "p", "1", "2", "", "MR", "", "", "", "", None, None, None, "", None, "", "", rows, 64, None, AXIAL
    )  # fmt: skip


def plane(name, number, place, rows=64, orientation=AXIAL):
    return Plane(
        FileEntry(name, 1, 1), name, acquisition(rows), None, number, orientation, (0.0, 0.0, place or 0.0), place
    )  # fmt: skip


planes = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(1, 50)),
        st.floats(-100, 100),
        st.sampled_from([64, 64, 64, 32]),
        st.sampled_from([AXIAL, AXIAL, AXIAL, SAGITTAL]),
    ),
    min_size=1,
    max_size=25,
).map(lambda rows: [plane(f"f{index:03}", *row) for index, row in enumerate(rows)])


@given(planes, st.randoms(use_true_random=False))
def test_order_does_not_depend_on_the_order_of_reading(found, rng: random.Random):
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert in_order(shuffled) == in_order(found)
    assert [p.position for p in in_order(found)] == sorted(p.position for p in found)


@given(planes)
def test_every_plane_is_kept_or_dropped_once_and_what_is_kept_fits_together(found):
    kept, dropped = fitting(found)
    assert sorted([*(p.entry.path for p in kept), *(d.plane.entry.path for d in dropped)]) == [
        p.entry.path for p in found
    ]
    assert len({(p.acquisition.rows, p.orientation) for p in kept}) == 1
    assert all(b.position - a.position > 0 for a, b in pairwise(kept))
    assert all(d.reason for d in dropped)


@given(st.lists(st.integers(1, 99), min_size=2, max_size=10, unique=True))
def test_of_planes_at_one_place_the_lowest_number_stays(numbers):
    found = [plane(f"f{index:03}", number, index * SAME_PLACE_MM / 20) for index, number in enumerate(numbers)]
    kept, dropped = fitting(found)
    assert [p.number for p in kept] == [min(numbers)]
    assert len(dropped) == len(numbers) - 1


def test_half_the_positions_are_none_of_them():
    found = [plane("a", 3, 0.0), plane("b", 1, None), plane("c", 2, 9.0)]
    assert [p.number for p in in_order(found)] == [1, 2, 3]
