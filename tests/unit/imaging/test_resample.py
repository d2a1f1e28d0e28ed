"""Resampled voxels hold what lies at their place in the patient."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_grids import AXIAL, axes, centred, grid, points, rotated, stack_of

from radiogenomics.errors import CohortError, PixelError
from radiogenomics.imaging.resample import locate, needed, resample

ANGLE = st.floats(-3.0, 3.0)
ORIENTATION = st.one_of(st.just(AXIAL), st.builds(rotated, ANGLE, ANGLE, ANGLE))
GAPS = st.lists(st.floats(2.0, 2.4), min_size=2, max_size=8)  # of slices; unequal ones
SPACING = st.tuples(st.floats(0.7, 4.0), st.floats(0.7, 4.0))


@st.composite
def grids(draw, modality):
    offsets = np.cumsum([0.0, *draw(GAPS)]).tolist()
    shape = (draw(st.integers(2, 14)), draw(st.integers(2, 14)))
    one = grid(modality, offsets=offsets, shape=shape, spacing=draw(SPACING), orientation=draw(ORIENTATION))
    origin = centred(one, [draw(st.floats(-4, 4)) for _ in range(3)])
    return grid(modality, offsets=offsets, shape=shape, spacing=one.spacing, orientation=one.orientation, origin=origin)


@given(series=grids("t1w"))
def test_every_voxel_of_a_series_is_found_at_its_own_place(series):
    y, x = np.arange(series.rows, dtype=float)[:, None], np.arange(series.columns, dtype=float)[None, :]
    for k, s in enumerate(series.slices):
        found = locate(series, series, s, x, y)
        np.testing.assert_allclose(found.k, np.full(found.k.shape, k), atol=2e-4)
        np.testing.assert_allclose(np.broadcast_to(found.u, (series.rows, series.columns)), x + 0 * y, atol=2e-4)
        np.testing.assert_allclose(np.broadcast_to(found.v, (series.rows, series.columns)), y + 0 * x, atol=2e-4)
        assert found.inside.all()


@given(reference=grids("t1w"), other=grids("flair"), slope=st.tuples(ANGLE, ANGLE, ANGLE))
@settings(deadline=None)
def test_a_ramp_stays_a_ramp_on_whatever_grid(reference, other, slope):
    """Linear interpolation leaves a linear function as it is, so any fault of geometry shows."""
    ramp = stack_of(other, lambda where: where @ np.asarray(slope) + 1000)
    origin, row, column, depth = axes(other)
    for place, s in enumerate(reference.slices):
        where = points(reference)[place]
        plane = resample(ramp, reference, s)
        assert plane.shape == (reference.rows, reference.columns)
        along = (where - origin) @ depth
        offsets = np.array([one.position - other.slices[0].position for one in other.slices])
        u, v = (where - origin) @ row / (row @ row), (where - origin) @ column / (column @ column)
        # What lies within the outermost voxels' centres is told exactly; what lies well outside is 0.
        within = (along >= 0) & (along <= offsets[-1])
        within &= (u >= 0) & (u <= other.columns - 1) & (v >= 0) & (v <= other.rows - 1)
        np.testing.assert_allclose(plane[within], (where @ np.asarray(slope) + 1000)[within], atol=0.02)
        beyond = (along < -2) | (along > offsets[-1] + 2)
        beyond |= (u < -0.51) | (u > other.columns - 0.49) | (v < -0.51) | (v > other.rows - 0.49)
        assert not plane[beyond].any()


@given(series=grids("t1w"), seed=st.integers(0, 9))
@settings(deadline=None)
def test_on_its_own_grid_a_series_stays_as_it_is(series, seed):
    noise = np.random.default_rng(seed).uniform(0, 1000, (len(series.slices), series.rows, series.columns))
    stack = stack_of(series, lambda _: noise)
    for place, s in enumerate(series.slices):
        np.testing.assert_allclose(resample(stack, series, s), noise[place], atol=0.5)


def test_it_is_the_interpolation_of_simple_itk():
    import SimpleITK

    other = grid("flair", offsets=np.arange(9) * 3.0, shape=(20, 24), spacing=(1.5, 2.0), orientation=rotated(1, 2, 3))
    other = grid(
        "flair",
        offsets=np.arange(9) * 3.0,
        shape=(20, 24),
        spacing=(1.5, 2.0),
        orientation=other.orientation,
        origin=centred(other, (0, 0, 0)),
    )
    reference = grid(offsets=np.arange(12) * 2.5 - 13.0, shape=(30, 26), spacing=(1.1, 1.3), origin=(-16, -16, 0))
    noise = np.random.default_rng(0).uniform(0, 1000, (9, 20, 24)).astype(np.float32)
    image = SimpleITK.GetImageFromArray(noise)
    _, row, column, depth = axes(other)
    image.SetSpacing((2.0, 1.5, 3.0))
    image.SetOrigin(other.origin)
    image.SetDirection(np.column_stack([row / 2.0, column / 1.5, depth]).ravel().tolist())
    onto = SimpleITK.Image(26, 30, 12, SimpleITK.sitkFloat32)
    onto.SetSpacing((1.3, 1.1, 2.5))
    onto.SetOrigin(reference.origin)
    theirs = SimpleITK.GetArrayFromImage(
        SimpleITK.Resample(image, onto, SimpleITK.Transform(), SimpleITK.sitkLinear, 0.0)
    )
    stack = stack_of(other, lambda _: noise)
    ours = np.stack([resample(stack, reference, s) for s in reference.slices])
    # Half a slice beyond the ends is the last slice; a tenth more is inside here and outside there.
    same = (theirs > 0) == (ours > 0)
    assert same.mean() > 0.97
    assert (ours > 0).mean() > 0.2
    np.testing.assert_allclose(ours[same], theirs[same], atol=0.5)


def test_outside_is_zero_or_the_lowest_of_a_series_that_goes_below():
    reference = grid(shape=(40, 40))
    for lowest, outside in ((7.0, 0.0), (-1024.0, -1024.0)):
        values = np.full((4, 12, 10), 50.0)
        values[0, 0, 0] = lowest
        plane = resample(stack_of(grid("ct"), lambda _, v=values: v), reference, reference.slices[1])
        assert plane[30, 30] == outside
        assert plane[5, 5] == 50


def test_what_lies_between_missing_slices_is_outside():
    reference = grid(offsets=(5.0, 10.0, 15.0, 20.0, 22.0))
    other = grid("flair", offsets=(0.0, 5.0, 15.0, 20.0))  # the one at 10 mm was lost
    one = np.ones((4, 12, 10))
    found = [resample(stack_of(other, lambda _: one), reference, s).max() for s in reference.slices]
    assert found == [1, 0, 1, 1, 1]


def test_only_the_slices_needed_are_asked_for_and_a_fault_counts_where_it_carries_weight():
    other = grid("flair", offsets=np.arange(10) * 5.0)
    on_it, between = grid(offsets=(10.0, 15.0)), grid(offsets=(12.0, 17.0))
    assert needed(other, on_it, on_it.slices) == range(2, 4)
    assert needed(other, between, between.slices) == range(2, 5)
    stack = stack_of(other, lambda where: where[..., 0] + 1, {3: "truncated"})
    assert resample(stack, on_it, on_it.slices[0]).any()
    for reference, place in ((on_it, 1), (between, 0), (between, 1)):
        with pytest.raises(PixelError, match="slice 4 has no pixels: truncated"):
            resample(stack, reference, reference.slices[place])


@pytest.mark.parametrize("change", [{"origin": ()}, {"spacing": None}, {"orientation": ()}])
def test_a_series_that_lies_nowhere_says_so(change):
    series = grid()
    with pytest.raises(CohortError, match="states no position"):
        locate(replace(series, **change), series, series.slices[0], np.zeros((1, 1)), np.zeros((1, 1)))
