import keras
import numpy as np
import pytest
import toy_models

from radiogenomics.errors import WeightsError
from radiogenomics.models.applications import build
from radiogenomics.models.build import build_model
from radiogenomics.models.seeding import reseed

ARGUMENTS = {"application": "MobileNet", "alpha": 0.25}
needs_file = pytest.mark.skipif(not toy_models.MOBILENET.exists(), reason="no shared/weights here")


def pixels(channels=3, gray=False, size=32):
    image = np.random.default_rng(4).random((3, size, size, 1 if gray else channels), np.float32)
    return np.repeat(image, channels, axis=-1) if gray else image


@needs_file
def test_a_real_imagenet_file_gives_keras_own_network():
    theirs = keras.applications.MobileNet(
        alpha=0.25, include_top=False, input_shape=(32, 32, 3), weights=str(toy_models.MOBILENET)
    )
    whole = build_model(toy_models.recipe(), toy_models.MOBILENET, 3, seed=0)
    features = keras.Model(whole.input, whole.get_layer("pool").input)(pixels()).numpy()
    expected = theirs(pixels() * 2 - 1).numpy()
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(features, expected, atol=1e-5)


@needs_file
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_other_channels_answer_to_a_gray_image_as_three_do(channels):
    three, other = (build((32, 32, n), toy_models.MOBILENET, 0, **ARGUMENTS) for n in (3, channels))
    np.testing.assert_allclose(other(pixels(channels, gray=True)), three(pixels(3, gray=True)), atol=1e-4)


def test_caffe_networks_take_rgb_and_answer_as_keras_does_to_its_own_preprocessing(tmp_path):
    file = tmp_path / "vgg19.weights.h5"
    theirs = keras.applications.VGG19(include_top=False, weights=None, input_shape=(32, 32, 3))
    reseed(theirs, 8)
    theirs.save_weights(file)
    whole = build_model(toy_models.recipe(backbone="vgg19"), file, 3, seed=0)
    features = keras.Model(whole.input, whole.get_layer("pool").input)(pixels()).numpy()
    expected = theirs(keras.applications.vgg19.preprocess_input(pixels() * 255)).numpy()
    assert np.ptp(expected) > 0.05
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def double():
    """Networks in double precision: random depths enlarge rounding, more on some processors than on others."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_dtype_policy(before)


@pytest.fixture(scope="module")
def imagenet_graph(tmp_path_factory, double):
    """Keras' own ImageNet graph of EfficientNetB0 with random weights, and the file of these weights.

    The file holds the statistics that Keras' does: standard deviations of the colours where variances belong.
    """
    file = tmp_path_factory.mktemp("weights") / "efficientnetb0_notop.weights.h5"
    plain = keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(32, 32, 3))
    reseed(plain, 3)
    normalization = next(layer for layer in plain.layers if isinstance(layer, keras.layers.Normalization))
    normalization.adapt_mean.assign([0.485, 0.456, 0.406])
    normalization.adapt_variance.assign([0.229, 0.224, 0.225])
    plain.save_weights(file)
    with pytest.MonkeyPatch.context() as patch:
        # Keras builds this graph only where it downloads: let it "download" our file.
        patch.setattr("keras.src.applications.efficientnet.file_utils.get_file", lambda *_, **__: str(file))
        graph = keras.applications.EfficientNetB0(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
    toy_models.awaken(graph, scale=255).save_weights(file)
    return graph, file


def test_efficientnet_equals_keras_imagenet_graph_with_the_same_weights(imagenet_graph):
    theirs, file = imagenet_graph
    ours = build((32, 32, 3), file, 0, application="EfficientNetB0")
    plain = keras.applications.EfficientNetB0(include_top=False, weights=str(file), input_shape=(32, 32, 3))
    image = toy_models.images(8)[0].astype(np.float64) * 255
    expected = theirs(image).numpy()
    assert len(theirs.layers) == len(ours.layers) + 1
    span = np.ptp(expected)
    assert np.abs(plain(image).numpy() - expected).max() > 1e-2 * span  # without the fold it is another network
    np.testing.assert_allclose(ours(image).numpy(), expected, atol=1e-3 * span)  # the folded constants are single
    stems = [keras.Model(m.input, m.get_layer("stem_conv").output)(image).numpy() for m in (ours, theirs)]
    np.testing.assert_allclose(*stems, atol=1e-5)


def test_an_efficientnet_of_other_statistics_stays_as_it_is(tmp_path):
    model = toy_models.awaken(build((32, 32, 3), None, 7, application="EfficientNetB0"), scale=255)
    model.save_weights(tmp_path / "mine.weights.h5")
    again = build((32, 32, 3), tmp_path / "mine.weights.h5", 0, application="EfficientNetB0")
    np.testing.assert_allclose(again(pixels() * 255), model(pixels() * 255), atol=1e-5)


def test_an_efficientnet_for_four_channels_averages_its_statistics_too(imagenet_graph):
    four = build((32, 32, 4), imagenet_graph[1], 0, application="EfficientNetB0")
    layer = next(layer for layer in four.layers if isinstance(layer, keras.layers.Normalization))
    np.testing.assert_allclose(layer.mean.numpy().ravel(), [np.mean([0.485, 0.456, 0.406])] * 4, rtol=1e-5)
    assert np.isfinite(four(pixels(4) * 255)).all()


def wrong_files(folder):
    text = folder / "notes.h5"
    text.write_text("these are no weights")
    yield text, "fit MobileNet"
    yield text.rename(folder / "weights.txt"), "fit MobileNet"
    narrow = folder / "wide.weights.h5"
    keras.applications.MobileNet(alpha=0.5, include_top=False, weights=None, input_shape=(32, 32, 3)).save_weights(
        narrow
    )
    yield narrow, "alpha 0.25"
    small = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Conv2D(8, 3)])
    small.save_weights(folder / "small.weights.h5")
    yield folder / "small.weights.h5", "MobileNet"
    small.save(folder / "small.keras")
    yield folder / "small.keras", "MobileNet"
    damaged = keras.applications.MobileNet(alpha=0.25, include_top=False, weights=None, input_shape=(32, 32, 3))
    damaged.layers[2].gamma.assign(damaged.layers[2].gamma * np.nan)
    damaged.save_weights(folder / "nan.weights.h5")
    yield folder / "nan.weights.h5", "leaves 1 of"


def test_files_that_do_not_fit_are_named_with_the_mend(tmp_path):
    for file, words in wrong_files(tmp_path):
        with pytest.raises(WeightsError, match=words) as caught:
            build((32, 32, 3), file, 0, **ARGUMENTS)
        assert str(file) in str(caught.value)
        assert "--weights none" in str(caught.value)


@needs_file
def test_half_of_a_real_file_is_refused(tmp_path):
    data = toy_models.MOBILENET.read_bytes()
    half = tmp_path / "half.h5"
    half.write_bytes(data[: len(data) // 2])
    with pytest.raises(WeightsError, match=r"half\.h5"):
        build((32, 32, 3), half, 0, **ARGUMENTS)


def test_keras_and_weights_files_of_our_own_load(tmp_path):
    model = toy_models.awaken(build((32, 32, 3), None, 7, **ARGUMENTS))
    expected = model(pixels()).numpy()
    model.save(tmp_path / "base.keras")
    model.save_weights(tmp_path / "base.weights.h5")
    for file in ("base.keras", "base.weights.h5"):
        again = build((32, 32, 3), tmp_path / file, 0, **ARGUMENTS)
        np.testing.assert_allclose(again(pixels()), expected, atol=1e-5)
