"""The measures tell likeness and motion as they are, and before and after alike."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_head import head
from toy_motions import sheared, turned

from radiogenomics.preparation.measures import (
    LEAST,
    clipped,
    coarse,
    gain,
    likeness,
    middle,
    motion,
    mutual_information,
    overlap,
    pair_of,
)

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

FIXED, MOVING = (head(name, size=(40, 48, 24), spacing=(5.0, 5.0, 8.0)).image for name in ("t1w", "ct"))
ANGLE = st.integers(-50000, 50000).map(lambda n: n / 1000)
SHIFT = st.integers(-80000, 80000).map(lambda n: n / 1000)


def shift(x, y=0.0, z=0.0):
    return sitk.TranslationTransform(3, (x, y, z))


def test_mutual_information_of_one_image_with_itself_is_its_entropy():
    values = np.repeat(np.arange(4.0), 25)
    assert mutual_information(values, -3 * values) == pytest.approx(np.log(4))
    assert mutual_information(values, values % 2) == pytest.approx(np.log(2))


def test_mutual_information_of_strangers_is_nothing():
    rng = np.random.default_rng(0)
    assert mutual_information(rng.random(200_000), rng.random(200_000)) < 0.005
    assert mutual_information(np.arange(100.0), np.ones(100)) == 0
    assert mutual_information(np.empty(0), np.empty(0)) == 0


@pytest.mark.parametrize("way", [(12.0, 0, 0), (0, -12.0, 0), (0, 0, 16.0)])
def test_what_lies_well_is_more_alike_though_contrasts_differ(way):
    information, shares = likeness(pair_of(FIXED, MOVING), shift(*way), None)
    assert information.after > information.before + 0.1
    assert information.unit == "nats"
    assert shares.after > shares.before


def test_before_and_after_are_told_at_the_same_points():
    pair = pair_of(FIXED, MOVING)
    # Alone, the far one would be told of a corner; the one that lies well must be told of that corner too.
    information, shares = likeness(pair, shift(60.0), shift(60.0))
    assert information.before == information.after
    assert shares.before == shares.after
    reverse = likeness(pair, None, shift(60.0))[0]
    assert likeness(pair, shift(60.0), None)[0].after == reverse.before


def test_a_small_common_place_does_not_count_as_a_good_one():
    pair = pair_of(FIXED, MOVING)
    far = max((shift(170.0 * sign) for sign in (-1, 1)), key=lambda transform: gain(pair, transform))
    assert gain(pair, None) > 2 * gain(pair, far)


def test_overlap_is_the_share_that_both_show():
    pair = pair_of(FIXED, MOVING)
    assert overlap(pair, None) == 1
    assert overlap(pair, shift(100.0)) == pytest.approx(0.5, abs=0.03)
    assert overlap(pair, shift(500.0)) == 0


@settings(max_examples=30, deadline=None)
@given(st.tuples(ANGLE, ANGLE, ANGLE), st.tuples(SHIFT, SHIFT, SHIFT))
def test_motion_is_that_of_the_middle(degrees, way):
    transform = turned(degrees, way)
    centre = middle(FIXED)
    found = motion(FIXED, transform)
    angle = np.degrees(np.arccos(np.clip((np.trace(np.reshape(transform.GetMatrix(), (3, 3))) - 1) / 2, -1, 1)))
    assert found.turn == pytest.approx(angle, abs=1e-3)
    assert found.shift == pytest.approx(np.linalg.norm(transform.TransformPoint(centre.tolist()) - centre), abs=1e-6)
    assert (found.least, found.largest) == (pytest.approx(1), pytest.approx(1))


def test_scales_are_told_in_any_direction():
    stretch = sheared(np.diag([0.8, 1.0, 1.3]), (0.0, 0.0, 0.0))
    found = motion(FIXED, sitk.CompositeTransform([turned((20, 30, 10), (0.0, 0.0, 0.0)), stretch]))
    assert (found.least, found.largest) == (pytest.approx(0.8), pytest.approx(1.3))


@settings(max_examples=20, deadline=None)
@given(st.floats(0.5, 20), st.tuples(st.integers(3, 40), st.integers(3, 40), st.integers(3, 40)))
def test_a_coarse_image_shows_the_same_place_and_keeps_slices(width, size):
    image = sitk.PhysicalPointSource(sitk.sitkVectorFloat32, list(size), (5.0, -3.0, 2.0), (1.0, 1.0, 5.0))
    along = sitk.VectorIndexSelectionCast(image, 2)
    small = coarse(along, width)
    assert all(now >= min(LEAST, was) for now, was in zip(small.GetSize(), size, strict=True))
    if width < 7.5:
        assert small.GetSize()[2] == size[2]
    shown = sitk.GetArrayFromImage(small)[:, 0, 0]
    places = [small.TransformIndexToPhysicalPoint((0, 0, k))[2] for k in range(small.GetSize()[2])]
    np.testing.assert_allclose(shown, places, atol=1e-3)


def test_metal_does_not_fill_the_histogram():
    values = np.random.default_rng(0).normal(40, 10, (10, 20, 20)).astype(np.float32)
    values[0, 0, 0] = 30_000
    assert sitk.GetArrayFromImage(clipped(sitk.GetImageFromArray(values))).max() < 100
