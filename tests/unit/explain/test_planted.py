"""Heat lies where a planted signal is, and goes where another head looks (Adebayo et al. 2018: a sanity check)."""

import keras
import numpy as np
import pytest
import toy_models

from radiogenomics.explain.gradcam import grad_cam
from radiogenomics.explain.heat import share_within
from radiogenomics.explain.occlusion import occlusion
from radiogenomics.models.heads import attach_head
from radiogenomics.models.seeding import reseed
from radiogenomics.training.predict import load_model

SIDE, SQUARE = 32, 8
HEADS = {
    "gap-linear": 'model.head={"kind": "gap-linear"}',
    "vgg-dense": 'model.head={"kind": "vgg-dense", "units": [8]}',
}


def planted(n, seed):
    """Dim noise [n, 32, 32, 3], labels [n, 1] and where [n, 32, 32]: positives have a bright square anywhere."""
    rng = np.random.default_rng(seed)
    images = np.repeat(rng.random((n, SIDE, SIDE, 1), np.float32) * 0.4, 3, axis=-1)
    labels, where = (np.arange(n) % 2).astype(np.float32)[:, None], np.zeros((n, SIDE, SIDE), np.float32)
    for one, (y, x) in enumerate(rng.integers(0, SIDE // 4 - 1, (n, 2)) * 4):
        if labels[one, 0]:
            where[one, y : y + SQUARE, x : x + SQUARE] = 1
    images[where > 0] += 0.6
    return images, labels, where


def build(head, seed=0):
    image = keras.Input((SIDE, SIDE, 3))
    base = toy_models.tiny_base(dropout=0)
    reseed(base, 0)
    return keras.Model(image, attach_head(base(image), toy_models.recipe(HEADS[head]).model.head, seed))


@pytest.fixture(scope="module", params=list(HEADS))
def trained(request, tmp_path_factory):
    """A model that tells bright squares, as it comes back from its file."""
    model = build(request.param)
    images, labels, _ = planted(128, seed=1)
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    model.fit(images, labels, batch_size=32, epochs=15, verbose=0)
    path = tmp_path_factory.mktemp("model") / "fold-0.keras"
    keras.Model(model.input, model.output).save(path)
    return load_model(path)


@pytest.fixture(scope="module")
def positives():
    images, labels, where = planted(24, seed=2)
    return images[labels[:, 0] == 1], where[labels[:, 0] == 1]


METHODS = {"grad-cam": grad_cam, "occlusion": occlusion}


def shares(maps, where):
    return np.array([share_within(np.maximum(heat, 0), square) for heat, square in zip(maps, where, strict=True)])


@pytest.mark.parametrize("method", METHODS)
def test_heat_lies_in_the_planted_square(trained, positives, method):
    images, where = positives
    maps = METHODS[method](trained)(images)
    assert maps.shape == images.shape[:3]
    assert maps.dtype == np.float32
    assert shares(maps, where).min() > 4 * where.mean()
    hottest = maps.reshape(len(maps), -1).argmax(axis=1)
    assert where.reshape(len(where), -1)[np.arange(len(where)), hottest].all()


def randomise(model, seed):
    """Draw the head's weights anew; the base stays as it is trained."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            layer.set_weights([rng.normal(0, 1, weight.shape) for weight in layer.get_weights()])


@pytest.mark.parametrize("method", METHODS)
def test_random_heads_give_other_heat(trained, positives, method):
    """A head that learnt nothing finds its evidence elsewhere, on average over heads: one may point the same way."""
    images, where = positives
    model = keras.models.clone_model(trained)
    model.set_weights(trained.get_weights())
    heat = METHODS[method](model)
    ours, alike, inside = heat(images), [], []
    for seed in range(8):
        randomise(model, seed)
        random = heat(images)
        alike += [
            np.corrcoef(a.ravel(), b.ravel())[0, 1] if np.ptp(b) else 0.0 for a, b in zip(ours, random, strict=True)
        ]
        inside += [0.0 if np.isnan(share) else share for share in shares(random, where)]
    assert np.mean(alike) < 0.5
    assert np.mean(inside) < 0.85 * shares(ours, where).mean()
