"""The mid-section is the middle of the series, and never outside it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.imaging.midsection import mid_section
from radiogenomics.recipe import MidSection
from radiogenomics.records import Series, Slice


def _series(count):
    slices = tuple(Slice(f"{k}.dcm", str(k), None, k + 1, float(k), 1, 1) for k in range(count))
    return replace(_EMPTY, slices=slices, n_files=count)


_EMPTY = Series(
    *("p", "study", "series", "t1w", "folder", "axial"), (), 0, 8, 8, None, (), "frame", "", "", None, "", ""
)


@given(count=st.integers(1, 500), fraction=st.floats(0.001, 1))
def test_contiguous_centred_and_as_many_as_asked(count, fraction):
    series = _series(count)
    chosen = [series.slices.index(s) for s in mid_section(series, MidSection(fraction=fraction))]
    assert chosen == list(range(chosen[0], chosen[-1] + 1))
    assert len(chosen) == max(1, round(fraction * count))
    before, behind = chosen[0], count - 1 - chosen[-1]
    assert behind - before in (0, 1)


@pytest.mark.parametrize(("count", "numbers"), [(1, [1]), (2, [1]), (10, [5, 6]), (20, [9, 10, 11, 12])])
def test_a_fifth(count, numbers):
    assert [s.number for s in mid_section(_series(count), MidSection(fraction=0.2))] == numbers


def test_a_series_without_slices_has_none():
    assert mid_section(_series(0), MidSection(fraction=0.2)) == ()
