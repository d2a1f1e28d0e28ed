"""The two sides of the sample's definition agree, whatever the size; a crop holds the source's pixels."""

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
        if image not in traced:
            spec = tf.TensorSpec([None, None, None, 1], tf.float32)
            traced[image] = tf.function(lambda raw: sample_graph(raw, image), input_signature=[spec])
        return traced[image]

    return graph


def _noise(height, width, seed=0):
    """The hardest image for a resize: every pixel of its own; 12 bits, as a scanner gives."""
    return np.random.default_rng(seed).integers(0, 4096, (height, width)).astype(np.float32)


IMAGES = [
    ImagePart(size=(64, 64), normalisation="minmax"),
    ImagePart(size=(300, 300), normalisation="minmax"),
    ImagePart(size=(96, 33), normalisation="zscore"),
    ImagePart(size=(300, 300), normalisation="zscore", over="brain"),
    ImagePart(size=(64, 64), normalisation="minmax", over="brain", canvas=256),
    ImagePart(size=(96, 33), normalisation="zscore", canvas=400),
]


@given(height=SIDES, width=SIDES, image=st.sampled_from(IMAGES))
@settings(max_examples=80, deadline=None)
@example(height=64, width=64, image=IMAGES[1])
@example(height=512, width=512, image=IMAGES[1])
@example(height=511, width=333, image=IMAGES[1])
@example(height=512, width=200, image=IMAGES[3])
@example(height=300, width=300, image=IMAGES[1])
@example(height=128, width=128, image=IMAGES[0])
@example(height=512, width=200, image=IMAGES[4])
@example(height=400, width=400, image=IMAGES[5])
def test_graph_and_numpy_differ_by_one_level_at_most(graphs, height, width, image):
    raw = _noise(height, width) * (np.arange(width) > width // 4)  # a quarter of the pixels is no brain
    ours = to_sample(raw, image).astype(np.int64)
    theirs = graphs(image)(raw[None, ..., None]).numpy()[0, ..., 0]
    levels = np.rint(theirs * LEVELS).astype(np.int64)
    np.testing.assert_allclose(theirs * LEVELS, levels, atol=0.01)
    assert np.abs(ours - levels).max() <= 1
    assert (ours != levels).mean() < 0.02


def _sixteen_bits(height, width):
    """Pixels that minmax carries over as they are."""
    raw = np.random.default_rng(0).integers(0, LEVELS + 1, (height, width)).astype(np.float32)
    raw[0, 0], raw[-1, -1] = 0, LEVELS
    return raw


CORNER = st.integers(-60, 60)


@given(x=CORNER, y=CORNER, width=st.integers(16, 70), height=st.integers(16, 70))
@settings(deadline=None)
@example(x=47, y=39, width=16, height=16)  # one pixel of the source
@example(x=48, y=0, width=16, height=16)  # none
def test_a_crop_holds_the_pixels_of_the_source_and_zeros_beyond(x, y, width, height):
    raw = _sixteen_bits(40, 48)
    image = ImagePart(size=(height, width), normalisation="minmax")
    crop = to_sample(raw, image, (x, y, x + width, y + height))
    padded = np.pad(raw, 200)[200 + y : 200 + y + height, 200 + x : 200 + x + width]
    np.testing.assert_array_equal(crop, padded.astype(np.uint16))


def test_a_crop_keeps_the_window_of_its_slice_or_of_the_one_given():
    raw = _noise(64, 64)
    raw[:20] = 4000 + raw[:20] / 100
    image = ImagePart(size=(16, 16), normalisation="minmax")
    box = (0, 0, 16, 16)
    assert to_sample(raw, image, box).min() > 0.9 * LEVELS
    window = (np.float32(4000), np.float32(8000))
    unit = np.clip((raw[:16, :16] - 4000) / 4000, 0, 1)
    np.testing.assert_array_equal(to_sample(raw, image, box, window=window), quantise(unit.astype(np.float32)))


def test_only_the_brain_counts_given_or_not_zero():
    raw = np.zeros((32, 32), np.float32)
    raw[8:24, 8:24] = np.random.default_rng(0).uniform(100, 200, (16, 16))
    image = ImagePart(size=(32, 32), normalisation="minmax", over="brain")
    not_zero = to_sample(raw, image)
    assert (not_zero == 0).sum() == 32 * 32 - 16 * 16 + 1
    assert not_zero.max() == LEVELS
    half = np.zeros((32, 32), np.bool_)
    half[8:16, 8:24] = True
    unit = np.clip((raw - raw[half].min()) / (raw[half].max() - raw[half].min()), 0, 1)
    np.testing.assert_allclose(to_sample(raw, image, over=half), quantise(unit), atol=1)
    assert not to_sample(raw, image, over=np.zeros((32, 32), np.bool_)).any()


@pytest.mark.parametrize(("height", "width"), [(20, 40), (64, 16), (128, 256), (200, 50)])
def test_a_canvas_keeps_the_aspect(height, width):
    raw = np.ones((height, width), np.float32)
    raw[0, 0] = 0
    plane = to_sample(raw, ImagePart(size=(64, 64), normalisation="minmax", canvas=64)) > LEVELS / 2
    rows, columns = np.flatnonzero(plane.any(1)), np.flatnonzero(plane.any(0))
    scale = min(1, 64 / max(height, width))
    assert (len(rows), len(columns)) == (round(height * scale), round(width * scale))
    assert abs(rows[0] + rows[-1] - 63) <= 1
    assert abs(columns[0] + columns[-1] - 63) <= 1


def test_each_axis_is_averaged_where_it_shrinks_and_interpolated_where_it_grows():
    columns = np.random.default_rng(0).uniform(0, 1, 128).astype(np.float32)
    columns[:2] = 0, 1
    raw = np.stack([columns, columns])  # 2 rows grow to 16, 128 columns shrink to 16
    plane = to_unit(to_sample(raw, ImagePart(size=(16, 16), normalisation="minmax")))
    np.testing.assert_allclose(plane, np.tile(columns.reshape(16, 8).mean(1), (16, 1)), atol=2 / LEVELS)


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
