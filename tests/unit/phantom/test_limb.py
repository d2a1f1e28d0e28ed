"""The synthetic limb: one anatomy on any grid, and a label that shows in the tumour alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.phantom.grid import centred
from radiogenomics.phantom.limb import (
    AIR,
    BONE_RADIUS,
    TISSUES,
    bone_outline,
    dose,
    draw_limb,
    draw_waves,
    image,
    reach,
    tissue_fractions,
    tumour_outline,
)


def _limb(seed, positive=True):
    return draw_limb(np.random.default_rng(seed), positive)


def _slice(limb, z, pixel=0.5, field=130.0):
    """A fine grid of one slice around the tumour."""
    width = round(field / pixel)
    return centred(limb.lesion[0], limb.lesion[1], field, z, 1.0, (1, width, width))


def _area(polygon):
    x, y = polygon.T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), height=st.floats(-0.9, 0.9))
def test_the_contour_holds_the_tumours_area(seed, height):
    limb = _limb(seed)
    z = limb.lesion[2] + height * limb.lesion_length
    grid = _slice(limb, z)
    area = (reach(limb, grid) < 1).sum() * grid.spacing[0] ** 2
    assert _area(tumour_outline(limb, z)) == pytest.approx(area, rel=0.03)


def test_a_slice_beside_the_tumour_has_no_contour():
    limb = _limb(0)
    for height in (-1.01, 1.01, 0.999999):
        assert len(tumour_outline(limb, limb.lesion[2] + height * limb.lesion_length)) == 0


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_tumour_lies_within_the_limb_beside_the_bone_and_within_the_stack(seed):
    limb = _limb(seed)
    tumour = tumour_outline(limb, limb.lesion[2])
    assert np.hypot(*(tumour - limb.bone).T).min() > BONE_RADIUS
    outward = np.hypot(*((tumour - limb.centre[:2]) / np.array(limb.radii)).T)
    assert outward.max() < 0.98
    assert abs(limb.lesion[2] - limb.centre[2]) + limb.lesion_length < 65  # of 75: a margin of 1 cm is in it
    assert np.hypot(*(bone_outline(limb) - limb.centre[:2]).T).max() < min(limb.radii) - limb.fat


def test_only_necrosis_and_texture_depend_on_the_label():
    for seed in range(60):
        one, other = _limb(seed, True), _limb(seed, False)
        assert replace(one, necrosis=0.0, texture=0.0) == replace(other, necrosis=0.0, texture=0.0)
        assert one.necrosis > other.necrosis
        assert one.texture > other.texture


@pytest.mark.parametrize("modality", sorted(AIR))
def test_the_label_shows_in_every_image_and_only_inside_the_tumour(modality):
    limbs = [_limb(3, positive) for positive in (False, True)]
    grid = centred(*limbs[0].centre[:2], 240.0, limbs[0].centre[2] - 30, 10.0, (7, 80, 80))
    tissues, waves = tissue_fractions(limbs[0], grid), draw_waves(np.random.default_rng(1)).on(grid)
    images = [image(limb, tissues, waves, waves, modality) for limb in limbs]
    tumour = tissues[TISSUES.index("core") :].sum(axis=0)
    difference = images[1] - images[0]
    np.testing.assert_array_equal(difference[tumour == 0], 0)
    spread = {"ct": 20.0}.get(modality, 0.1)
    assert difference[tumour > 0.9].std() > spread
    assert images[0].min() == AIR[modality]


def test_tissues_share_a_voxel_out_and_leave_the_air_empty():
    limb = _limb(2)
    tissues = tissue_fractions(limb, centred(*limb.centre[:2], 300.0, limb.centre[2] - 60, 10.0, (13, 64, 64)))
    total = tissues.sum(axis=0)
    assert tissues.min() >= 0
    assert total.max() == pytest.approx(1, abs=1e-5)
    assert 0.2 < (total > 0.5).mean() < 0.6
    assert (total[:, :2] == 0).all()


def test_waves_have_one_value_at_a_place_whatever_the_grid():
    waves = draw_waves(np.random.default_rng(4))
    coarse = centred(30.0, -20.0, 240.0, -500.0, 10.0, (9, 60, 60))
    fine = replace(coarse, spacing=(2.0, 2.0, 5.0), shape=(17, 119, 119))
    np.testing.assert_allclose(waves.on(fine)[::2, ::2, ::2], waves.on(coarse), atol=0.01)
    values = waves.on(coarse)
    assert abs(values.mean()) < 0.2
    assert values.std() == pytest.approx(1, abs=0.2)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_dose_covers_the_tumour_falls_off_and_ignores_the_label(seed):
    limb = _limb(seed)
    grid = _slice(limb, limb.lesion[2], pixel=4.0, field=400.0)
    gray, near = dose(limb, grid), reach(limb, grid)
    assert gray[near <= 1].min() > 0.95 * limb.prescription
    assert gray.max() <= limb.prescription
    assert gray[(near - 1) * limb.lesion_radius > 100].max() < 0.1 * limb.prescription
    np.testing.assert_array_equal(gray, dose(_limb(seed, False), grid))
