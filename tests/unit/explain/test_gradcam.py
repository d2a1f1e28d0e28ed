"""Grad-CAM and the logit it is taken of: any head, any order of channels, any batch."""

import keras
import numpy as np
import pytest
import toy_models

from radiogenomics.explain.gradcam import BATCH_SIZE, grad_cam
from radiogenomics.explain.heat import hottest, is_cold, share_within
from radiogenomics.explain.logits import halve
from radiogenomics.models.build import build_model

HEADS = [
    'model.head={"kind": "gap-linear"}',
    'model.head={"kind": "vgg-dense", "units": [6], "dropout": 0.3}',
    "model.head.units=8",
]


@pytest.mark.parametrize("head", HEADS)
def test_the_halves_give_the_logit_of_the_models_own_probability(head):
    recipe = toy_models.recipe(head)
    model = toy_models.awaken(toy_models.tiny_build(recipe, None, 3, seed=1))
    images, _ = toy_models.images(6)
    parts = halve(model)
    logits = parts.logit(parts.base(images, training=False)).numpy()
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), model(images, training=False)[:, 0], atol=1e-6)
    assert np.ptp(logits) > 1e-3
    assert parts.cells == (8, 8)


def test_a_nested_base_seen_in_every_order_of_its_channels_is_explained_as_the_mean_that_the_head_reads():
    recipe = toy_models.recipe(HEADS[0], 'modalities=["flair", "t1w"]', "model.channel_orders=all", size=64)
    model = toy_models.awaken(build_model(recipe, None, 2, seed=0), channels=2)
    images, _ = toy_models.images(3, 64, channels=2)
    images[..., 1] *= np.linspace(0, 1, 64, dtype=np.float32)
    heat = grad_cam(model)(images)
    assert heat.shape == (3, 64, 64)
    assert heat.max() == 1
    np.testing.assert_allclose(grad_cam(model)(images[..., ::-1].copy()), heat, atol=1e-3)


def test_heat_is_that_of_the_formula_and_of_no_batch():
    model = toy_models.awaken(toy_models.tiny_build(toy_models.recipe(HEADS[0]), None, 3, seed=1))
    images, _ = toy_models.images(BATCH_SIZE + 3)
    heat = grad_cam(model)
    together = heat(images)
    np.testing.assert_allclose(
        np.concatenate([heat(images[n : n + 1]) for n in range(len(images))]), together, atol=1e-5
    )
    # Of a linear head behind an average every channel weighs as its kernel, over the spread that it is divided by.
    features = halve(model).base(images).numpy()
    bn, dense = model.get_layer("head_bn_1"), model.layers[-1]
    weights = dense.kernel.numpy()[:, 0] / np.sqrt(bn.moving_variance.numpy() + bn.epsilon)
    cells = np.maximum((features * weights).sum(axis=-1), 0)
    small = keras.ops.image.resize(cells[..., None], (32, 32), interpolation="bilinear").numpy()[..., 0]
    greatest = small.max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(together, small / np.where(greatest > 0, greatest, 1), atol=1e-5)


def test_where_nothing_speaks_for_the_class_there_is_no_heat():
    model = toy_models.awaken(toy_models.tiny_build(toy_models.recipe(HEADS[0]), None, 3, seed=1))
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([-np.abs(kernel), bias])
    maps = grad_cam(model)(toy_models.images(4)[0])
    assert not maps.any()
    assert is_cold(maps[0])
    assert np.isnan(share_within(maps[0], np.ones((32, 32), np.float32)))


def test_no_image_gives_no_map():
    model = toy_models.tiny_build(toy_models.recipe(HEADS[0]), None, 3, seed=1)
    assert grad_cam(model)(np.zeros((0, 32, 32, 3), np.float32)).shape == (0, 32, 32)


def test_the_share_within_a_region_weighs_heat_by_what_is_covered():
    heat = np.array([[1, 3], [0, 0]], np.float32)
    assert share_within(heat, np.array([[0, 0.5], [1, 1]], np.float32)) == pytest.approx(1.5 / 4)
    assert share_within(np.ones((2, 2), np.float32), np.eye(2, dtype=np.float32)) == 0.5
    assert np.isnan(share_within(heat, np.zeros((2, 2), np.float32)))


def test_the_hottest_place_is_told_in_words():
    heat = np.zeros((9, 9), np.float32)
    assert hottest(heat) == ""
    assert hottest(heat - 1) == ""
    assert hottest(heat + 1) == "everywhere"
    for (y, x), told in {(0, 0): "upper left", (4, 4): "middle", (8, 4): "lower", (4, 8): "right"}.items():
        one = heat.copy()
        one[y, x] = 1
        assert hottest(one) == told
    heat[6:, 6:] = 1  # of a whole corner its middle counts
    assert hottest(heat) == "lower right"
