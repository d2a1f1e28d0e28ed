"""Intensities reach [0, 1] as each normalisation promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from radiogenomics.imaging.normalise import minmax, zscore
from radiogenomics.registry import load
from radiogenomics.tables.normalisations import NORMALISATIONS

IMAGES = arrays(np.float32, (5, 7), elements=st.floats(-(2**15), 2**16, width=32))


@pytest.mark.parametrize("name", sorted(NORMALISATIONS))
@given(pixels=IMAGES)
def test_every_normalisation_stays_within_zero_and_one(name, pixels):
    unit = load(NORMALISATIONS[name])(pixels, (0, 1), np)
    assert unit.dtype == np.float32
    assert unit.shape == pixels.shape
    assert np.isfinite(unit).all()
    assert unit.min() >= 0
    assert unit.max() <= 1


def test_minmax_is_linear_between_the_extremes():
    np.testing.assert_allclose(minmax(np.float32([[-10, 0, 30]]), (0, 1), np), [[0, 0.25, 1]])


def test_zscore_maps_the_mean_to_a_half_and_clips_at_five_sd():
    pixels = np.zeros((100, 100), np.float32)
    pixels[:50] = 2
    unit = zscore(pixels, (0, 1), np)
    np.testing.assert_allclose(np.unique(unit), [0.4, 0.6], atol=1e-6)
    pixels[0, 0] = 1e6
    assert zscore(pixels, (0, 1), np)[0, 0] == 1


def test_statistics_are_taken_over_the_axes_given():
    stack = np.float32([[[0, 1]], [[0, 10]]])
    np.testing.assert_array_equal(minmax(stack, (1, 2), np), [[[0, 1]], [[0, 1]]])
    np.testing.assert_allclose(minmax(stack, (0, 1, 2), np), [[[0, 0.1]], [[0, 1]]])
