import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_models
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.registry import load
from radiogenomics.tables.losses import LOSSES
from radiogenomics.training.losses import SoftF1


def by_hand(y, p, w):
    def f1(y, p):
        tp, fp, fn = (w * y * p).sum(), (w * (1 - y) * p).sum(), (w * y * (1 - p)).sum()
        return 2 * tp / (2 * tp + fp + fn)

    return 1 - (f1(y, p) + f1(1 - y, 1 - p)) / 2


def batch(seed, n=12, mixed=False):
    rng = np.random.default_rng(seed)
    y = rng.random(n) if mixed else (np.arange(n) % 3 == 0).astype(float)
    return y, rng.uniform(0.05, 0.95, n), rng.uniform(0.1, 3, n)


@pytest.mark.parametrize("mixed", [False, True])
def test_soft_f1_is_its_formula_with_weights_and_mixed_labels(mixed):
    y, p, w = batch(1, mixed=mixed)
    loss = SoftF1()
    assert float(loss(y[:, None], p[:, None], w)) == pytest.approx(by_hand(y, p, w), rel=1e-5)
    assert float(loss(y[:, None], p[:, None])) == pytest.approx(by_hand(y, p, np.ones_like(p)), rel=1e-5)


@pytest.mark.parametrize("positives", [0, 4, 12])
def test_soft_f1s_gradient_is_that_of_numeric_differentiation(positives):
    _, p, w = batch(2)
    y = (np.arange(12) < positives).astype(float)
    with tf.GradientTape() as tape:
        probabilities = tf.Variable(p[:, None])  # float64
        loss = SoftF1(dtype="float64")(y[:, None], probabilities, w)
    gradient = tape.gradient(loss, probabilities).numpy()[:, 0]
    step = 1e-6
    for place in range(12):
        ends = [by_hand(y, p + sign * step * (np.arange(12) == place), w) for sign in (1, -1)]
        assert gradient[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-4, abs=1e-7)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_soft_f1_of_decisions_is_one_minus_the_macro_f1(pairs):
    y, p = np.array(pairs, float).T
    scores = []
    for truth, said in ((y, p), (1 - y, 1 - p)):
        either = (truth + said).sum()
        scores.append(2 * (truth * said).sum() / either if either else 0.0)
    assert float(SoftF1()(y[:, None], p[:, None])) == pytest.approx(1 - np.mean(scores), abs=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_trains_reads_weights_and_falls_as_the_answer_nears_the_label(name):
    loss = load(LOSSES[name])()
    y = np.array([[1.0], [0.0], [1.0], [0.0]], np.float32)
    values = [float(loss(y, y * q + (1 - y) * (1 - q))) for q in (0.3, 0.6, 0.9)]
    assert values == sorted(values, reverse=True)
    assert float(loss(y, y * 0, np.array([0, 1, 0, 1]))) < float(loss(y, y * 0, np.ones(4)))
    model = toy_models.tiny_model()
    model.compile(keras.optimizers.Adam(0.01), load(LOSSES[name])())
    pixels, labels = toy_models.images(16)
    # Not shuffled, so that nothing is left to chance: every layer has a seed. Dropout makes single epochs noisy.
    history = model.fit(pixels, labels, batch_size=16, epochs=30, shuffle=False, verbose=0).history["loss"]
    assert np.mean(history[-5:]) < np.mean(history[:5])
