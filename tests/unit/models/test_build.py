import random

import keras
import numpy as np
import pytest
import toy_models

from radiogenomics.models.build import build_model, feature_map, to_input_range
from radiogenomics.models.seeding import leaves
from radiogenomics.tables.backbones import BACKBONES

CHEAP = ["mobilenet-0.25", "alexnet", "resnet10", "efficientnetb0"]
LARGE = [name for name in BACKBONES if name.startswith("efficientnet") and name not in CHEAP]
OTHERS = [pytest.param(name, marks=[pytest.mark.slow] * (name in LARGE)) for name in BACKBONES if name not in CHEAP]


@pytest.fixture(autouse=True)
def _forget():
    yield
    keras.backend.clear_session()


@pytest.mark.parametrize("backbone", [*CHEAP, *OTHERS])
def test_every_backbone_builds_at_its_least_size_and_reloads_the_same(backbone, tmp_path):
    size = BACKBONES[backbone].min_size
    recipe = toy_models.recipe(backbone=backbone, size=max(size, 64))
    recipe = recipe.model_copy(update={"image": recipe.image.model_copy(update={"size": (size, size)})})
    model = toy_models.awaken(build_model(recipe, None, 3, seed=1))
    assert model.input_shape == (None, size, size, 3)
    assert model.output_shape == (None, 1)
    model.save(tmp_path / "model.keras")
    reloaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    pixels, _ = toy_models.images(2, size)
    mine, theirs = (keras.Model(m.input, m.get_layer("pool").output)(pixels).numpy() for m in (model, reloaded))
    assert np.ptp(mine) > 0.01  # the features: an untrained head answers alike to everything
    np.testing.assert_allclose(theirs, mine, atol=1e-5)
    np.testing.assert_allclose(reloaded(pixels), model(pixels), atol=1e-6)


@pytest.mark.parametrize("backbone", CHEAP)
def test_a_seed_decides_every_variable_and_nothing_else_does(backbone):
    recipe = toy_models.recipe(backbone=backbone)
    random.seed(1)
    one = build_model(recipe, None, 3, seed=5)
    random.seed(2)  # as any other work in the process might do
    two = build_model(recipe, None, 3, seed=5)
    other = build_model(recipe, None, 3, seed=6)
    drawn = [v.path.endswith(("kernel", "seed_generator_state")) for v in one.variables]
    assert sum(drawn) > 5
    for a, b, c, random_start in zip(one.variables, two.variables, other.variables, drawn, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)
        assert random_start != np.array_equal(a.numpy(), c.numpy()), f"{a.path} and the seed"


def test_no_two_layers_start_alike():
    model = build_model(toy_models.recipe(backbone="resnet10"), None, 3, seed=0)
    kernels = [layer.kernel.numpy() for layer in leaves(model) if hasattr(layer, "kernel")]
    first = [kernel.ravel()[0] for kernel in kernels]
    assert len({*first}) == len(first)


def test_the_head_is_the_papers():
    recipe = toy_models.recipe("model.head.units=16", "model.head.dropout=0.3")
    model = build_model(recipe, None, 3, seed=0)
    kinds = [type(layer).__name__ for layer in model.layers]
    head = ["BatchNormalization", "Dropout", "Dense", "BatchNormalization", "Dropout", "Dense"]
    assert kinds == ["InputLayer", "Rescaling", "Functional", "GlobalAveragePooling2D", *head]
    assert model.get_layer("head_dense").units == 16
    assert model.get_layer("head_dropout_2").rate == 0.3
    assert model.get_layer("head_dense").activation is keras.activations.relu
    assert model.get_layer("probability").activation is keras.activations.sigmoid


def test_untrained_batchnorm_is_quick_and_pretrained_is_left_alone():
    def momenta(weights):
        base = build_model(toy_models.recipe(), weights, 3, seed=0).get_layer("base")
        return {layer.momentum for layer in leaves(base) if isinstance(layer, keras.layers.BatchNormalization)}

    assert momenta(None) == {0.9}
    if not toy_models.MOBILENET.exists():
        pytest.skip("no shared/weights here")
    assert momenta(toy_models.MOBILENET) == {0.99}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("0..1", [0, 0.5, 1]), ("0..255", [0, 127.5, 255]), ("-1..1", [-1, 0, 1])],
)
def test_images_reach_the_range_a_backbone_was_trained_on(name, expected):
    image = np.array([0, 0.5, 1], np.float32).reshape(1, 1, 3, 1)
    np.testing.assert_allclose(to_input_range(name, 1)(image).numpy().ravel(), expected, atol=1e-5)


def test_every_row_states_the_range_that_keras_own_preprocessing_gives():
    pixels = np.random.default_rng(0).random((1, 4, 4, 3), np.float32)
    modules = {"mobilenet": "mobilenet", "resnet50": "resnet50", "vgg19": "vgg19", "efficientnetb0": "efficientnet"}
    for backbone, module in modules.items():
        name = BACKBONES[backbone].input_range
        wanted = getattr(keras.applications, module).preprocess_input(pixels * 255)
        if name == "caffe":
            wanted = wanted[..., ::-1]  # the first kernel is turned round instead
        np.testing.assert_allclose(to_input_range(name, 3)(pixels).numpy(), wanted, atol=1e-3, err_msg=backbone)


def test_mixed_precision_still_answers_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_model(toy_models.recipe(), None, 3, seed=0)
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.get_layer("base").compute_dtype == "bfloat16"
    assert model.get_layer("input_range").compute_dtype == "float32"
    assert model.output.dtype == "float32"


@pytest.mark.parametrize("backbone", ["mobilenet-0.25", "vgg19"])  # the latter subtracts another mean a channel
def test_channels_in_every_order_answer_alike_whatever_their_order(backbone, tmp_path):
    three = 'modalities=["t1w", "flair", "t2w"]'
    recipe = toy_models.recipe("model.channel_orders=all", three, backbone=backbone, size=32)
    model = toy_models.awaken(build_model(recipe, None, 3, seed=1))
    given = toy_models.awaken(build_model(toy_models.recipe(backbone=backbone, size=32), None, 3, seed=1))
    pixels, _ = toy_models.images(4, 32)
    pixels = pixels * np.array([1.0, 0.6, 0.3], np.float32)
    features, turned = (
        keras.Model(model.input, feature_map(model))(x).numpy() for x in (pixels, pixels[..., [2, 0, 1]])
    )
    np.testing.assert_allclose(features, turned, rtol=1e-4, atol=1e-5)
    one, other = (keras.Model(given.input, feature_map(given))(x).numpy() for x in (pixels, pixels[..., [2, 0, 1]]))
    assert np.abs(one - other).max() > 1e-3
    model.save(tmp_path / "model.keras")
    np.testing.assert_allclose(
        keras.models.load_model(tmp_path / "model.keras", safe_mode=True)(pixels), model(pixels), atol=1e-6
    )


def test_the_linear_heads_weights_are_pulled_to_zero_by_its_l2():
    model = build_model(toy_models.recipe('model.head={"kind": "gap-linear", "l2": 0.5}', size=32), None, 3, seed=1)
    kernel = model.get_layer("probability").kernel.numpy()
    assert float(sum(model.losses)) == pytest.approx(0.5 * float((kernel**2).sum()), rel=1e-5)
