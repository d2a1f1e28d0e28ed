"""The two sides of the sample's definition agree, whatever the size."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from radiogenomics.errors import PixelError
from radiogenomics.imaging.sample import LEVELS, channels, quantise, sample_graph, to_sample, to_unit
from radiogenomics.overrides import override
from radiogenomics.recipe import ImagePart
from radiogenomics.recipes import find

SIDES = st.integers(8, 400)


@pytest.fixture(scope="module")
def graphs():
    """One traced function a (size, normalisation), of dynamic H and W as in an exported model."""
    traced = {}

    def graph(image):
        key = (image.size, image.normalisation)
        if key not in traced:
            spec = tf.TensorSpec([None, None, None, 1], tf.float32)
            traced[key] = tf.function(lambda raw: sample_graph(raw, image), input_signature=[spec])
        return traced[key]

    return graph


def _noise(height, width, seed=0):
    """The hardest image for a resize: every pixel of its own; 12 bits, as a scanner gives."""
    return np.random.default_rng(seed).integers(0, 4096, (height, width)).astype(np.float32)


@pytest.mark.parametrize("normalisation", ["minmax", "zscore"])
@given(height=SIDES, width=SIDES, size=st.sampled_from([(64, 64), (300, 300), (96, 33)]))
@settings(max_examples=40, deadline=None)
@example(height=64, width=64, size=(300, 300))
@example(height=512, width=512, size=(300, 300))
@example(height=511, width=333, size=(300, 300))
@example(height=512, width=200, size=(300, 300))
@example(height=300, width=300, size=(300, 300))
@example(height=128, width=128, size=(64, 64))
def test_graph_and_numpy_differ_by_one_level_at_most(graphs, normalisation, height, width, size):
    image = ImagePart(size=size, normalisation=normalisation)
    raw = _noise(height, width)
    ours = to_sample(raw, image).astype(np.int64)
    theirs = graphs(image)(raw[None, ..., None]).numpy()[0, ..., 0]
    levels = np.rint(theirs * LEVELS).astype(np.int64)
    np.testing.assert_allclose(theirs * LEVELS, levels, atol=0.01)
    assert np.abs(ours - levels).max() <= 1
    assert (ours != levels).mean() < 0.02


def test_unshrunk_slice_keeps_its_pixels(graphs):
    image = ImagePart(size=(48, 40), normalisation="minmax")
    raw = _noise(48, 40)
    expected = quantise((raw - raw.min()) / (raw.max() - raw.min()))
    np.testing.assert_array_equal(to_sample(raw, image), expected)
    np.testing.assert_array_equal(graphs(image)(raw[None, ..., None]).numpy()[0, ..., 0], to_unit(expected))


def test_area_resize_averages():
    raw = np.kron(np.array([[0, 1], [3, 4]], np.float32), np.ones((32, 32), np.float32))
    sample = to_sample(raw, ImagePart(size=(16, 16), normalisation="minmax"))
    assert sample[0, 0] == 0
    assert sample[15, 15] == LEVELS
    assert sample[0, 15] == round(LEVELS / 4)
    assert sample.dtype == np.uint16


@pytest.mark.parametrize("normalisation", ["minmax", "zscore"])
@pytest.mark.parametrize("value", [0.0, 0.1, -1000.3, 4095.0])
def test_constant_slice_becomes_zero_on_both_sides(graphs, normalisation, value):
    image = ImagePart(size=(16, 16), normalisation=normalisation)
    raw = np.full((33, 47), value, np.float32)
    assert not to_sample(raw, image).any()
    assert not graphs(image)(raw[None, ..., None]).numpy().any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pixels_that_are_not_finite_are_refused(bad):
    raw = _noise(20, 20)
    raw[3, 4] = bad
    with pytest.raises(PixelError, match="not all finite"):
        to_sample(raw, ImagePart(size=(16, 16), normalisation="minmax"))


def test_planes_of_a_batch_are_normalised_alone(graphs):
    image = ImagePart(size=(16, 16), normalisation="zscore")
    raw = np.stack([_noise(32, 32, 1), 7 * _noise(32, 32, 2)])[..., None]
    both = graphs(image)(raw).numpy()
    np.testing.assert_allclose(both[1], graphs(image)(raw[1:]).numpy()[0], atol=1.5 / LEVELS)


def test_one_modality_fills_three_channels():
    recipe = find("mgmt")
    assert channels(recipe) == 3
    assert channels(override(recipe, ['modalities=["t1w","flair"]'])) == 2
    assert channels(override(recipe, ['modalities=["t1w","flair","t2w"]'])) == 3
