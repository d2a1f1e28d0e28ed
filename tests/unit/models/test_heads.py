"""VGG's own head, and the one that is a logistic regression; weights files with a top for the first."""

import h5py
import keras
import numpy as np
import pytest
import toy_models
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

from radiogenomics.models.build import build_model, feature_map, pretrained_dense
from radiogenomics.models.seeding import reseed

VGG_HEAD = 'model.head={"kind": "vgg-dense", "units": [12, 7], "dropout": 0.5}'


def with_top(base: keras.Model, *units: int) -> keras.Model:
    """The base under VGG's own top, as `keras.applications.VGG19` has it, with fewer units."""
    x = keras.layers.Flatten(name="flatten")(base.output)
    for place, count in enumerate(units, 1):
        x = keras.layers.Dense(count, "relu", name=f"fc{place}")(x)
    model = keras.Model(base.input, keras.layers.Dense(10, "softmax", name="predictions")(x))
    reseed(model, 4)
    return model


def write_legacy(model: keras.Model, path) -> None:
    """The layout of Keras' own ImageNet .h5 files."""
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, model)


@pytest.fixture(scope="module")
def mobilenet(tmp_path_factory):
    """A MobileNet under a top of 12 and 7 units at 64 pixels (2x2 positions, so that the order of Flatten counts)."""
    path = tmp_path_factory.mktemp("weights") / "with_top.h5"
    base = keras.applications.MobileNet(alpha=0.25, include_top=False, weights=None, input_shape=(64, 64, 3))
    model = with_top(base, 12, 7)
    toy_models.awaken(model)
    write_legacy(model, path)
    return model, path


def test_the_vgg_head_goes_on_from_the_files_top(mobilenet):
    theirs, path = mobilenet
    recipe = toy_models.recipe(VGG_HEAD, size=64)
    model = build_model(recipe, path, 3, seed=0)
    assert pretrained_dense(model, recipe.model.head, path) == ("fc1", "fc2")
    pixels, _ = toy_models.images(4, 64)
    pixels[..., 0] *= 0.5  # colours tell channels apart
    mine = keras.Model(model.input, model.get_layer("fc2").output)(pixels).numpy()
    expected = keras.Model(theirs.input, theirs.get_layer("fc2").output)(pixels * 2 - 1).numpy()
    assert np.ptp(expected) > 0.05
    np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-5)


def test_caffe_networks_flatten_as_their_top_expects(tmp_path):
    base = keras.applications.VGG19(include_top=False, weights=None, input_shape=(64, 64, 3))
    theirs = with_top(base, 12)
    write_legacy(theirs, tmp_path / "vgg19.h5")
    recipe = toy_models.recipe('model.head={"kind": "vgg-dense", "units": [12]}', size=64, backbone="vgg19")
    model = build_model(recipe, tmp_path / "vgg19.h5", 3, seed=0)
    pixels = np.random.default_rng(4).random((3, 64, 64, 3), np.float32)
    mine = keras.Model(model.input, model.get_layer("fc1").output)(pixels).numpy()
    prepared = keras.applications.vgg19.preprocess_input(pixels * 255)
    expected = keras.Model(theirs.input, theirs.get_layer("fc1").output)(prepared).numpy()
    assert np.ptp(expected) > 0.05
    np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "units", "started"), [(64, [12, 9], ("fc1",)), (64, [5, 7], ()), (96, [12, 7], ()), (64, [12], ("fc1",))]
)
def test_dense_layers_start_from_the_top_as_far_as_it_fits(mobilenet, size, units, started):
    recipe = toy_models.recipe(f'model.head={{"kind": "vgg-dense", "units": {units}}}', size=size)
    one, other = (build_model(recipe, weights, 3, seed=0) for weights in (mobilenet[1], None))
    assert pretrained_dense(one, recipe.model.head, mobilenet[1]) == started
    for name in ("fc1", "fc2")[: len(units)]:
        same = np.array_equal(one.get_layer(name).kernel, other.get_layer(name).kernel)
        assert same == (name not in started), name


def test_a_file_without_top_leaves_the_dense_layers_random(mobilenet, tmp_path):
    write_legacy(keras.Model(mobilenet[0].input, mobilenet[0].get_layer("conv_pw_13_relu").output), tmp_path / "no.h5")
    recipe = toy_models.recipe(VGG_HEAD, size=64)
    model = build_model(recipe, tmp_path / "no.h5", 3, seed=0)
    assert pretrained_dense(model, recipe.model.head, tmp_path / "no.h5") == ()


@pytest.mark.parametrize("suffix", [".h5", ".weights.h5", ".keras"])
def test_another_head_leaves_a_files_top_alone(mobilenet, tmp_path, suffix):
    theirs, path = mobilenet
    if suffix != ".h5":
        path = tmp_path / f"with_top{suffix}"
        theirs.save_weights(path) if suffix == ".weights.h5" else theirs.save(path)
    model = build_model(toy_models.recipe(size=64), path, 3, seed=0)
    pixels, _ = toy_models.images(2, 64)
    features = keras.Model(model.input, feature_map(model))(pixels).numpy()
    expected = keras.Model(theirs.input, theirs.get_layer("conv_pw_13_relu").output)(pixels * 2 - 1).numpy()
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (VGG_HEAD, ["flatten", "fc1", "head_dropout_1", "fc2", "head_dropout_2", "probability"]),
        ('model.head={"kind": "gap-linear"}', ["pool", "head_bn_1", "head_dropout_1", "probability"]),
    ],
)
def test_heads_are_built_in_order_and_from_the_seed_alone(head, expected):
    one, two, other = (build_model(toy_models.recipe(head, size=64), None, 3, seed) for seed in (5, 5, 6))
    assert [layer.name for layer in one.layers[2:]] == ["base", *expected]
    kernels = [layer for layer in expected if hasattr(one.get_layer(layer), "kernel")]
    for name in kernels:
        np.testing.assert_array_equal(one.get_layer(name).kernel, two.get_layer(name).kernel)
        assert not np.array_equal(one.get_layer(name).kernel, other.get_layer(name).kernel)
    assert one.output_shape == (None, 1)


def test_the_linear_head_is_a_logistic_regression_of_standardised_features():
    model = build_model(toy_models.recipe('model.head={"kind": "gap-linear"}'), None, 3, seed=0)
    features = model.get_layer("base").output_shape[-1]
    head = [v for layer in model.layers if layer.name != "base" for v in layer.trainable_variables]
    assert [tuple(v.shape) for v in head] == [(features, 1), (1,)]
