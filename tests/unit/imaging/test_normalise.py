"""Intensities reach [0, 1] as each normalisation promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from radiogenomics.imaging.normalise import windowed
from radiogenomics.registry import load
from radiogenomics.tables.normalisations import NORMALISATIONS

IMAGES = arrays(np.float32, (5, 7), elements=st.floats(-(2**15), 2**16, width=32))


def _unit(name, pixels, axes=(0, 1), over=None):
    return windowed(pixels, *load(NORMALISATIONS[name])(pixels, axes, np, over), np)


@pytest.mark.parametrize("name", sorted(NORMALISATIONS))
@given(pixels=IMAGES, over=arrays(np.bool_, (5, 7)) | st.none())
def test_every_normalisation_stays_within_zero_and_one(name, pixels, over):
    unit = _unit(name, pixels, over=over)
    assert unit.dtype == np.float32
    assert unit.shape == pixels.shape
    assert np.isfinite(unit).all()
    assert unit.min() >= 0
    assert unit.max() <= 1


@pytest.mark.parametrize("name", sorted(NORMALISATIONS))
@given(pixels=arrays(np.float32, (5, 7), elements=st.integers(-1000, 4095).map(np.float32)), seed=st.integers(0, 99))
def test_what_does_not_count_changes_nothing(name, pixels, seed):
    over = np.random.default_rng(seed).random((5, 7)) < 0.5
    window = load(NORMALISATIONS[name])
    counted = window(pixels[over][None, :], (0, 1), np) if over.any() else (np.zeros((1, 1)),) * 2
    masked = window(pixels, (0, 1), np, over)
    if over.any():
        np.testing.assert_allclose(masked, counted, rtol=1e-4, atol=0.02)
    else:
        assert not windowed(pixels, *masked, np).any()


@pytest.mark.parametrize("name", sorted(NORMALISATIONS))
@pytest.mark.parametrize("value", [0.0, 0.1, -1000.3, 4095.0])
def test_equal_voxels_become_zero(name, value):
    pixels = np.full((3, 40, 40), value, np.float32)
    over = np.zeros(pixels.shape, np.bool_)
    over[1] = True
    assert not _unit(name, pixels, (0, 1, 2)).any()
    assert not _unit(name, pixels, (0, 1, 2), over).any()


def test_minmax_is_linear_between_the_extremes():
    np.testing.assert_allclose(_unit("minmax", np.float32([[-10, 0, 30]])), [[0, 0.25, 1]])


def test_zscore_maps_the_mean_to_a_half_and_clips_at_five_sd():
    pixels = np.zeros((100, 100), np.float32)
    pixels[:50] = 2
    np.testing.assert_allclose(np.unique(_unit("zscore", pixels)), [0.4, 0.6], atol=1e-6)
    pixels[0, 0] = 1e6
    assert _unit("zscore", pixels)[0, 0] == 1


def test_statistics_are_taken_over_the_axes_given():
    stack = np.float32([[[0, 1]], [[0, 10]]])
    np.testing.assert_array_equal(_unit("minmax", stack, (1, 2)), [[[0, 1]], [[0, 1]]])
    np.testing.assert_allclose(_unit("minmax", stack, (0, 1, 2)), [[[0, 0.1]], [[0, 1]]])
