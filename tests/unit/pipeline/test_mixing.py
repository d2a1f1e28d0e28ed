"""Mixup and CutMix give labels and weights the shares that the images have."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.pipeline.mixing import mix
from radiogenomics.pipeline.sampling import generator
from radiogenomics.recipe import AugmentationPart

COUNT = 200
BOTH = AugmentationPart(mixup=0.4, cutmix=1.0)
EITHER = pytest.mark.parametrize("name", ["mixup", "cutmix"])


def _batch(count=COUNT, size=(24, 16), channels=2):
    """Images filled with their own label; weights 1 and 3."""
    labels = np.arange(count, dtype=np.float32)[:, None] % 2
    images = np.broadcast_to(labels[:, :, None, None], (count, *size, channels)).copy()
    return images, labels, 1 + 2 * labels[:, 0]


def _mixed(part, key=0, **batch):
    return mix(_batch(**batch), part, generator(1, "mixing", 0, key))


@EITHER
@settings(max_examples=30, deadline=None)
@given(alpha=st.floats(0.1, 10), key=st.integers(0, 10**6), count=st.integers(1, 9))
def test_label_and_weight_have_the_share_that_the_image_has(name, alpha, key, count):
    images, labels, weights = _mixed(AugmentationPart(**{name: alpha}), key, count=count)
    assert images.dtype == labels.dtype == weights.dtype == np.float32
    assert labels.shape == (count, 1)
    assert weights.shape == (count,)
    np.testing.assert_allclose(images.mean(axis=(1, 2, 3)), labels[:, 0], atol=1e-5)
    np.testing.assert_allclose(weights, 1 + 2 * labels[:, 0], atol=1e-5)
    assert images.min() >= 0
    assert images.max() <= 1


def test_mixup_mixes_every_pixel_alike_and_cutmix_cuts_one_rectangle():
    blended, pasted = _mixed(AugmentationPart(mixup=1.0))[0], _mixed(AugmentationPart(cutmix=1.0))[0]
    assert (blended == blended[:, :1, :1]).all()
    assert set(np.unique(pasted)) == {0, 1}
    for image, own in zip(pasted[..., 0], _batch()[1][:, 0], strict=True):
        rows, columns = np.nonzero(image != own)
        assert len(rows) == (len(set(rows)) * len(set(columns)))


@EITHER
def test_a_batch_of_one_stays_as_it_is(name):
    for part, before in zip(_mixed(AugmentationPart(**{name: 1.0}), count=1), _batch(1), strict=True):
        np.testing.assert_array_equal(part, before)


def test_without_mixing_the_batch_itself_comes_back():
    batch = _batch(4)
    assert mix(batch, AugmentationPart(), generator(0, "mixing", 0)) is batch


def test_with_both_on_each_batch_takes_one_of_the_two():
    cut = [set(np.unique(_mixed(BOTH, key, count=8)[0])) <= {0, 1} for key in range(100)]
    assert 30 < sum(cut) < 70


@EITHER
def test_a_batch_is_mixed_by_its_own_key_alone(name):
    one, again, other = (_mixed(AugmentationPart(**{name: 1.0}), key)[1] for key in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("part", "layer"),
    [
        (AugmentationPart(mixup=0.4), keras.layers.MixUp(alpha=0.4, seed=0)),
        (AugmentationPart(cutmix=1.0), keras.layers.CutMix(factor=(1.0, 1.0), seed=0)),
    ],
    ids=["mixup", "cutmix"],
)
def test_labels_are_spread_as_the_layers_of_keras_spread_them(part, layer):
    images, labels, _ = _batch(2000)
    with tf.device("CPU:0"):
        theirs = np.asarray(layer({"images": images, "labels": labels}, training=True)["labels"])[:, 0]
    ours = mix((images, labels, labels[:, 0]), part, generator(1, "mixing", 0))[1][:, 0]
    # Half of the samples have a partner of their own label; the shares of the others follow the same Beta law.
    assert abs(np.mean(np.isin(ours, [0, 1])) - np.mean(np.isin(theirs, [0, 1]))) < 0.08
    quantiles = np.linspace(0.05, 0.95, 7)
    ours, theirs = (np.quantile(v[(v > 0) & (v < 1)], quantiles) for v in (ours, theirs))
    np.testing.assert_allclose(ours, theirs, atol=0.08)
