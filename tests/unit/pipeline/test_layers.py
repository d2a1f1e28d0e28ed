"""Layers named in a recipe run with a seed for each batch, and what can't be run is said before training."""

import importlib.util
import json

import numpy as np
import pytest

from radiogenomics.errors import RecipeError
from radiogenomics.overrides import override
from radiogenomics.pipeline.layers import apply_layers, check_layers
from radiogenomics.pipeline.sampling import generator
from radiogenomics.recipes import find

KERAS_CV = importlib.util.find_spec("keras_cv") is not None
needs_keras_cv = pytest.mark.skipif(not KERAS_CV, reason="keras-cv, the extra of that name, is not installed")
CUTOUT = ("keras-cv.RandomCutout", {"height_factor": 0.4, "width_factor": 0.4})
# Keras-cv is no longer looked after: it and what it imports warn of what newer versions will drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def _recipe(*layers, size=32):
    data = [{"layer": name, "arguments": arguments} for name, arguments in layers]
    return override(find("mgmt"), [f"image.size={size}", f"augmentation.layers={json.dumps(data)}"])


def _batch(count=4, channels=1):
    images = np.random.default_rng(0).random((count, 32, 32, channels), np.float32) * 0.8 + 0.1
    return images, np.arange(count, dtype=np.float32)[:, None] % 2, np.linspace(0.5, 2, count, dtype=np.float32)


def _applied(*layers, key=0, **batch):
    return apply_layers(_batch(**batch), _recipe(*layers).augmentation.layers, generator(0, "layers", key))


@pytest.mark.parametrize(
    "layer",
    [
        ("keras.RandomErasing", {}),
        ("keras.RandomContrast", {"factor": 0.5}),
        ("keras.RandomGaussianBlur", {}),
        pytest.param(CUTOUT, marks=needs_keras_cv),
        pytest.param(("keras-cv.GridMask", {}), marks=needs_keras_cv),
    ],
    ids=lambda layer: layer[0],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_layer_changes_images_by_the_batch_s_key_and_leaves_the_rest(layer, channels):
    check_layers(_recipe(layer))
    before = _batch(channels=channels)
    one, again, other = (_applied(layer, key=key, channels=channels) for key in (1, 1, 2))
    assert one[0].dtype == np.float32
    assert one[0].shape == before[0].shape
    assert one[0].min() >= 0
    assert one[0].max() <= 1
    np.testing.assert_array_equal(one[0], again[0])
    assert not np.array_equal(one[0], other[0])
    assert not np.array_equal(one[0], before[0])
    for part, original in zip(one[1:], before[1:], strict=True):
        np.testing.assert_array_equal(part, original)


@pytest.mark.parametrize(
    "layer",
    [("keras.MixUp", {}), pytest.param(("keras-cv.FourierMix", {}), marks=needs_keras_cv)],
    ids=lambda layer: layer[0],
)
def test_a_layer_that_mixes_images_mixes_labels_and_weights_alike(layer):
    check_layers(_recipe(layer))
    labels = np.array([[0], [1]] * 4, np.float32)
    images = np.broadcast_to(labels[:, :, None, None], (8, 32, 32, 1)).copy()
    batch = (images, labels, 1 + labels[:, 0])
    mixed, again = (apply_layers(batch, _recipe(layer).augmentation.layers, generator(0, "layers", 0)) for _ in "ab")
    np.testing.assert_allclose(mixed[0].mean(axis=(1, 2, 3)), mixed[1][:, 0], atol=0.01)
    np.testing.assert_allclose(mixed[2], 1 + mixed[1][:, 0], atol=1e-5)
    assert ((mixed[1] > 0) & (mixed[1] < 1)).any()
    for one, other in zip(mixed, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_layers_run_in_order_each_with_its_own_seed():
    fill = [("keras.RandomErasing", {"factor": [1, 1], "scale": [0.3, 0.5], "fill_value": value}) for value in (0, 1)]
    images = _applied(*fill)[0]
    assert (images == 1).any(axis=(1, 2, 3)).all()  # what the second fills lies on top
    assert (images == 0).any()  # and elsewhere than what the first filled


def test_without_layers_the_batch_itself_comes_back():
    batch = _batch()
    assert apply_layers(batch, (), generator(0, "layers", 0)) is batch


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (("keras.RandomErasng", {}), r"unknown .* 'RandomErasng': did you mean 'RandomErasing'\? Known: .*RandomZoom"),
        (("keras.Dense", {"units": 3}), "unknown random image layer of keras 'Dense'"),
        (("keras.RandomErasing", {"strength": 2}), "refuses its arguments: .*strength"),
        (("keras.RandomErasing", {"factor": 7}), r"refuses its arguments: .*\[0, 1\]"),
        (("keras.RandomErasing", {"seed": 1}), "seed can't be set .*training.seed"),
        (("keras.RandomErasing", {"value_range": [0, 255]}), "value_range can't be set"),
        (("keras.RandomCrop", {"height": 9, "width": 8}), r"images of \(9, 8, 1\) from \(32, 32, 1\)"),
        (("keras.RandomHue", {"factor": 0.1}), r"fails on images of \(32, 32, 1\)"),
        (("keras.AugMix", {}), "its seed does not govern"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_a_library_lacks_or_refuses_is_said_with_its_place(layer, words):
    with pytest.raises(RecipeError, match=rf"augmentation\.layers\.1: .*{words}"):
        check_layers(_recipe(("keras.RandomErasing", {}), layer))


def test_all_faults_are_said_at_once():
    with pytest.raises(RecipeError, match="2 faults"):
        check_layers(_recipe(("keras.Nothing", {}), ("keras.RandomErasing", {}), ("keras.AugMix", {})))


@pytest.mark.skipif(KERAS_CV, reason="keras-cv is installed here")
def test_a_missing_keras_cv_is_said_with_how_to_install_it():
    with pytest.raises(RecipeError, match=r"keras-cv\.GridMask needs keras-cv.*pip install 'radiogen\[keras-cv\]'"):
        check_layers(_recipe(("keras-cv.GridMask", {})))


def test_a_recipe_without_layers_has_no_fault():
    check_layers(find("mgmt"))
