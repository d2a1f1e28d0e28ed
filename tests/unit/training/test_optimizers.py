import keras
import numpy as np
import pytest
import toy_models

from radiogenomics.models.freezing import freeze
from radiogenomics.training.optimizers import make_optimizer

RATE = 0.05


def phase_of(**fields):
    phase = toy_models.recipe().training.phases[1]
    return phase.model_copy(update={"freeze": "blocks", "blocks": 2, "learning_rate": RATE, **fields})


def steps(phase, count=1, jit=False):
    """Weights by path before and after some steps on the same batch, and the model."""
    model = toy_models.tiny_model(dropout=0)
    model.get_layer("head_dropout_1").rate = 0
    freeze(model, phase, pretrained=True)
    before = {v.path: v.numpy() for v in model.trainable_variables}
    model.compile(make_optimizer(phase, model), "binary_crossentropy", jit_compile=jit)
    pixels, labels = toy_models.images(8)
    for _ in range(count):
        model.train_on_batch(pixels, labels)
    return before, {v.path: v.numpy() for v in model.trainable_variables}, model


def depth(path):
    return {"conv2_conv": 1, "conv1_conv": 2}.get(path.split("/")[-2], 0)


def test_nothing_is_wrapped_where_nothing_is_held_back():
    model = toy_models.tiny_model()
    assert type(make_optimizer(phase_of(optimizer="adam"), model)) is keras.optimizers.Adam
    sgd = make_optimizer(phase_of(optimizer="sgd", momentum=0.9), model)
    assert type(sgd) is keras.optimizers.SGD
    assert sgd.momentum == 0.9


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_each_block_below_the_head_learns_more_slowly(optimizer):
    before, plain, _ = steps(phase_of(optimizer=optimizer))
    _, held, _ = steps(phase_of(optimizer=optimizer, layer_decay=0.5))
    assert {depth(path) for path in before} == {0, 1, 2}
    for path, start in before.items():
        np.testing.assert_allclose(
            held[path] - start, (plain[path] - start) * 0.5 ** depth(path), rtol=1e-3, atol=1e-7, err_msg=path
        )


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_anchor_takes_back_its_share_of_the_way(optimizer):
    before, plain, _ = steps(phase_of(optimizer=optimizer))
    _, held, _ = steps(phase_of(optimizer=optimizer, anchor=0.25, layer_decay=0.5))
    for path, start in before.items():
        factor = 0.5 ** depth(path)
        expected = (plain[path] - start) * factor * (1 - 0.25 * factor)
        np.testing.assert_allclose(held[path] - start, expected, rtol=1e-3, atol=1e-7, err_msg=path)


def test_the_pull_falls_with_the_rate():
    phase = phase_of(optimizer="sgd", anchor=0.5)
    before, _, model = steps(phase, count=3)
    away = {v.path: v.numpy() - before[v.path] for v in model.trainable_variables}
    model.optimizer.learning_rate = RATE / 5
    model.optimizer.apply([np.zeros(v.shape, np.float32) for v in model.trainable_variables])
    for v in model.trainable_variables:
        np.testing.assert_allclose(v.numpy() - before[v.path], away[v.path] * 0.9, rtol=1e-3, atol=1e-7)


def test_it_compiles_with_xla_to_the_same_steps_and_saves(tmp_path):
    phase = phase_of(optimizer="adam", anchor=0.25, layer_decay=0.5)
    (_, plain, model), (_, compiled, _) = steps(phase, 3), steps(phase, 3, jit=True)
    for path, value in plain.items():
        np.testing.assert_allclose(compiled[path], value, rtol=1e-3, atol=1e-5, err_msg=path)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)
    pixels, _ = toy_models.images(4)
    np.testing.assert_allclose(again(pixels), model(pixels), atol=1e-6)


def test_the_head_alone_has_no_block_below_it():
    model = toy_models.tiny_model()
    freeze(model, phase_of(freeze="base", blocks=None), pretrained=True)
    head = keras.Model(model.get_layer("pool").output, model.output)
    head.compile(make_optimizer(phase_of(freeze="base", blocks=None, layer_decay=0.5), head), "binary_crossentropy")
    before = head.get_layer("probability").kernel.numpy()
    head.train_on_batch(np.ones((4, 4), np.float32) * np.arange(4)[:, None], np.array([[0.0], [1.0]] * 2))
    assert not np.array_equal(head.get_layer("probability").kernel.numpy(), before)
