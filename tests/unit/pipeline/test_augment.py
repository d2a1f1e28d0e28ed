"""A change does to an image what its words say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.imaging.sample import LEVELS, to_unit
from radiogenomics.pipeline.augment import Change, affine, augment, draw
from radiogenomics.pipeline.sampling import generator
from radiogenomics.recipe import AugmentationPart
from radiogenomics.recipes import find

SIDE = 64


def _plane(seed=0, shape=(SIDE, SIDE)):
    return np.random.default_rng(seed).integers(0, LEVELS + 1, shape).astype(np.uint16)


def _spot(row, column):
    plane = np.zeros((SIDE, SIDE), np.uint16)
    plane[row, column] = LEVELS
    return plane


def _brightest(image):
    return tuple(int(place) for place in np.unravel_index(image[..., 0].argmax(), image.shape[:2]))


def test_no_change_is_the_scoring_image_bit_for_bit():
    plane = _plane()
    np.testing.assert_array_equal(augment([plane], Change())[..., 0], to_unit(plane))


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (Change(shift=(0.25, 0.0)), (10, 20), (26, 20)),
        (Change(shift=(0.0, -0.125)), (10, 20), (10, 12)),
        (Change(horizontal_flip=True), (10, 20), (10, SIDE - 1 - 20)),
        (Change(rotation=90), (10, 20), (SIDE - 1 - 20, 10)),
        (Change(horizontal_flip=True, shift=(0.0, 0.125)), (10, 20), (10, SIDE - 1 - 20 + 8)),
        (Change(vertical_flip=True), (10, 20), (SIDE - 1 - 10, 20)),
        (Change(horizontal_flip=True, vertical_flip=True), (10, 20), (SIDE - 1 - 10, SIDE - 1 - 20)),
    ],
)
def test_a_spot_goes_where_the_words_say(change, before, after):
    assert _brightest(augment([_spot(*before)], change)) == after


def test_rotation_is_counter_clockwise_as_seen():
    right_of_centre, above_centre = _spot(32, 50), (13, 32)
    assert _brightest(augment([right_of_centre], Change(rotation=90))) == above_centre


def test_zoom_enlarges_about_the_centre():
    square = np.zeros((SIDE, SIDE), np.uint16)
    square[24:40, 24:40] = LEVELS
    assert augment([square], Change(zoom=1.5)).sum() == pytest.approx(256 * 1.5**2, rel=0.05)
    rows, columns = np.nonzero(augment([square], Change(zoom=1.5))[..., 0] > 0.5)
    assert (rows.mean(), columns.mean()) == pytest.approx(((SIDE - 1) / 2, (SIDE - 1) / 2))


def test_what_comes_from_outside_is_zero():
    image = augment([np.full((SIDE, SIDE), LEVELS, np.uint16)], Change(shift=(0.5, 0.0)))
    assert not image[: SIDE // 2 - 1].any()
    assert (image[SIDE // 2 + 1 :] == 1).all()


def test_brightness_is_a_factor_clipped_at_one():
    plane = np.array([[0, LEVELS // 2, LEVELS]] * 3, np.uint16)
    np.testing.assert_allclose(augment([plane], Change(brightness=1.2))[0, :, 0], [0, 0.6, 1], atol=1e-4)
    np.testing.assert_allclose(augment([plane], Change(brightness=0.8))[0, :, 0], [0, 0.4, 0.8], atol=1e-4)


def test_contrast_is_a_factor_about_the_mean_clipped_to_the_unit_range():
    plane = np.array([[0, LEVELS // 4, LEVELS // 2]] * 3, np.uint16)
    np.testing.assert_allclose(augment([plane], Change(contrast=0.5))[0, :, 0], [0.125, 0.25, 0.375], atol=1e-4)
    np.testing.assert_allclose(augment([plane], Change(contrast=1.4))[0, :, 0], [0, 0.25, 0.6], atol=1e-4)
    high = augment([LEVELS - plane], Change(contrast=1.4))
    np.testing.assert_allclose(high[0, :, 0], [1, 0.75, 0.4], atol=1e-4)
    assert high.max() <= 1


def test_contrast_keeps_each_channel_about_its_own_mean():
    dark, bright = _plane(1) // 8 + 8000, _plane(2) // 8 + 48000
    still, changed = (augment([dark, bright], Change(contrast=c)) for c in (1.0, 0.5))
    np.testing.assert_allclose(changed.mean(axis=(0, 1)), still.mean(axis=(0, 1)), atol=1e-5)
    np.testing.assert_allclose(changed.std(axis=(0, 1)), still.std(axis=(0, 1)) / 2, rtol=1e-3)


def test_channels_are_changed_alike():
    change = Change(1.1, 12.0, (0.03, -0.05), True, 0.9, True, 1.3)
    first, second = _plane(1), _plane(2)
    both = augment([first, second], change)
    np.testing.assert_array_equal(both[..., :1], augment([first], change))
    np.testing.assert_array_equal(both[..., 1:], augment([second], change))


@given(sample=st.integers(0, 10**6), height=st.integers(16, 80), width=st.integers(16, 80))
def test_draws_stay_within_their_ranges(sample, height, width):
    part = AugmentationPart(
        zoom=(0.8, 1.2),
        rotation=15.0,
        shift=(0.1, 0.2),
        horizontal_flip=True,
        vertical_flip=True,
        brightness=(0.8, 1.2),
        contrast=(0.7, 1.3),
    )
    change = draw(part, generator(7, "augmentation", 2, sample))
    assert 0.8 <= change.zoom <= 1.2
    assert abs(change.rotation) <= 15
    assert abs(change.shift[0]) <= 0.1
    assert abs(change.shift[1]) <= 0.2
    assert 0.8 <= change.brightness <= 1.2
    assert 0.7 <= change.contrast <= 1.3
    # The composed map keeps areas up to the zoom: nothing is sheared.
    assert abs(np.linalg.det(affine(change, height, width)[:, :2])) == pytest.approx(change.zoom**2)


OPEN = AugmentationPart(
    zoom=(0.8, 1.2),
    rotation=15.0,
    shift=(0.1, 0.1),
    horizontal_flip=True,
    vertical_flip=True,
    brightness=(0.8, 1.2),
    contrast=(0.8, 1.2),
)


@pytest.mark.parametrize(
    "name", ["zoom", "rotation", "shift", "horizontal_flip", "vertical_flip", "brightness", "contrast"]
)
def test_closing_one_range_leaves_the_others(name):
    closed = OPEN.model_copy(update={name: AugmentationPart.model_fields[name].default})
    for sample in range(5):
        full, part = (draw(p, generator(0, "augmentation", 0, sample)) for p in (OPEN, closed))
        assert getattr(part, name) == getattr(Change(), name)
        assert replace(part, **{name: getattr(full, name)}) == full


def test_a_recipe_draws_what_it_drew_before_contrast_and_vertical_flips_came():
    # As version 0.1.0 drew it, whose runs are to be repeatable.
    assert draw(find("mgmt").augmentation, generator(7, "augmentation", 2, 5)) == Change(
        zoom=1.198462573322428,
        rotation=0.07522753068043464,
        shift=(0.007954428156930926, -0.08239104401397646),
        horizontal_flip=True,
        brightness=0.909335884881371,
    )


@pytest.mark.parametrize("name", ["horizontal_flip", "vertical_flip"])
def test_half_of_the_samples_are_flipped(name):
    flips = [getattr(draw(OPEN, generator(0, "augmentation", 0, sample)), name) for sample in range(400)]
    assert 160 < sum(flips) < 240
