"""Resuming is the promise here: whatever moment a training is killed at, going on ends at the same bits."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_models

from radiogenomics.errors import ModelError, OutOfMemoryError, RunError
from radiogenomics.models.freezing import freeze
from radiogenomics.records import SILENT
from radiogenomics.training import callbacks
from radiogenomics.training.device import configure
from radiogenomics.training.fit import fit_phase
from radiogenomics.training.predict import predict
from radiogenomics.training.state import read_state

EPOCHS, BATCH, N = 5, 8, 24


class Heard:
    """A Progress that remembers, and can die at a chosen call."""

    def __init__(self, dies_at=None):
        self.updates, self.dies_at = [], dies_at

    def update(self, task, done, total, note=""):
        self.updates.append((task, done, total, note))
        if self.dies_at is not None and task.endswith(self.dies_at) and done == 2:
            raise KeyboardInterrupt

    def say(self, message):
        pass


def recipe_of(*assignments):
    return toy_models.recipe(
        "training.phases.0.learning_rate=0.01",
        f"training.phases.0.epochs={EPOCHS}",
        f"training.phases.0.batch_size={BATCH}",
        "training.phases.1.learning_rate=0.01",
        "training.phases.1.epochs=2",
        f"training.phases.1.batch_size={BATCH}",
        *assignments,
    )


def fit(model, recipe, state, number=1, progress=SILENT, make_stream=None, validation=None):
    phase = recipe.training.phases[number - 1]
    freeze(model, phase, pretrained=False)
    return fit_phase(
        model,
        phase,
        number,
        recipe.training,
        make_stream or (lambda first: toy_models.batches(N, BATCH, first)),
        validation or toy_models.scoring(N, BATCH),
        fold=0,
        state=state / f"phase-{number}.npz",
        device=configure(recipe.training),
        progress=progress,
    )


def train(state, dies_at=(), recipe=None):
    """Both phases; each entry of `dies_at` is a process that is killed in the epoch it names."""
    recipe = recipe or recipe_of()
    for moment in (*dies_at, None):
        model = toy_models.tiny_model(seed=3)
        try:
            results = [fit(model, recipe, state, number, Heard(moment)) for number in (1, 2)]
        except KeyboardInterrupt:
            continue
    return model, results


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    return train(tmp_path_factory.mktemp("straight"))


def assert_same_bits(mine, theirs):
    assert mine[1] == theirs[1]
    assert len(mine[0].variables) == len(theirs[0].variables)
    for one, other in zip(mine[0].variables, theirs[0].variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=one.path)


KILLS = [
    ["epoch 2/5"],
    ["epoch 3/5", "epoch 5/5"],
    ["phase 2 (fine-tuned), epoch 1/2"],
    ["epoch 5/5", "phase 2 (fine-tuned), epoch 2/2"],
]


@pytest.mark.parametrize("dies_at", KILLS, ids=" then ".join)
def test_a_killed_training_goes_on_to_the_same_bits(straight, tmp_path, dies_at):
    assert_same_bits(train(tmp_path, dies_at), straight)


def test_so_does_one_whose_state_is_too_large_to_be_written_at_every_epoch(straight, tmp_path, monkeypatch):
    monkeypatch.setattr(callbacks, "CHEAP", 0.0)
    monkeypatch.setattr(callbacks, "RARELY", 1e9)
    written = []
    write = callbacks.write_state
    monkeypatch.setattr(callbacks, "write_state", lambda path, state: written.append(state.epoch) or write(path, state))
    assert_same_bits(train(tmp_path, ["epoch 4/5"]), straight)
    assert written == [1, 2, 5, 1, 2]  # killed after 3, of which 2 and 3 were not written; then on from 1


HELD_BACK = [f"training.phases.{n}.{field}" for n in (0, 1) for field in ("layer_decay=0.5", "anchor=0.1")]
WAYS = {
    "mean, sgd": ["sgd", "mean", "training.phases.0.momentum=0.9", "training.phases.0.loss=soft-f1"],
    "last, adam": ["adam", "last", "training.monitor=val_auc", "training.phases.1.loss=focal"],
    "best, sgd, val_f1": ["sgd", "best", "training.phases.1.momentum=0.5", "training.monitor=val_f1"],
}


@pytest.mark.parametrize("way", WAYS)
def test_so_does_one_that_is_held_back_or_keeps_other_weights(tmp_path, way):
    optimizer, keep, *others = WAYS[way]
    both = [f"training.phases.{n}.{field}" for n in (0, 1) for field in (f"optimizer={optimizer}", f"keep={keep}")]
    recipe = recipe_of(*both, *HELD_BACK, *others, "training.phases.1.freeze=batchnorm")
    killed = train(tmp_path / "killed", ["epoch 3/5", "phase 2 (fine-tuned), epoch 2/2"], recipe)
    assert_same_bits(killed, train(tmp_path / "straight", recipe=recipe))


def test_callbacks_that_wait_go_on_waiting(tmp_path):
    # On labels that can't be learnt the loss rises, so that both callbacks come to act, and do so across a kill.
    recipe = recipe_of(
        "training.phases.0.epochs=9",
        "training.phases.0.learning_rate=0.3",
        'training.phases.0.early_stopping={"patience": 4}',
        'training.phases.0.reduce_learning_rate={"factor": 0.5, "patience": 2}',
    )
    validation = toy_models.scoring(N, BATCH).map(lambda image, label, weight: (image, 1 - label, weight))

    def run(folder, dies_at):
        for moment in (*dies_at, None):
            with pytest.raises(KeyboardInterrupt) if moment else memoryview(b""):
                model = toy_models.tiny_model(seed=3)
                result = fit(model, recipe, folder, progress=Heard(moment), validation=validation)
        return result, predict(model, validation)

    whole, expected = run(tmp_path / "a", [])
    assert whole.stopped_early
    rates = [row.metrics["learning_rate"] for row in whole.history]
    assert min(rates) < max(rates)
    resumed, probabilities = run(tmp_path / "b", [f"epoch {len(whole.history) - 1}/9", f"epoch {len(whole.history)}/9"])
    assert resumed == whole
    np.testing.assert_array_equal(probabilities, expected)


def test_a_finished_phase_is_taken_over_without_training(straight, tmp_path):
    train(tmp_path)
    model = toy_models.tiny_model(seed=99)
    heard = Heard()
    results = [fit(model, recipe_of(), tmp_path, number, heard) for number in (1, 2)]
    assert not heard.updates
    assert results == straight[1]
    np.testing.assert_array_equal(
        predict(model, toy_models.scoring(N, 8)), predict(straight[0], toy_models.scoring(N, 8))
    )


def test_the_weights_of_the_best_epoch_are_left(straight, tmp_path):
    model = toy_models.tiny_model(seed=3)
    result = fit(model, recipe_of(), tmp_path)
    losses = [row.metrics["val_loss"] for row in result.history]
    assert result.epoch == 1 + int(np.argmin(losses))
    again = model.evaluate(toy_models.scoring(N, BATCH), verbose=0, return_dict=True)
    assert again["loss"] == pytest.approx(min(losses), rel=1e-6)
    assert read_state(tmp_path / "phase-1.npz").finished
    assert [row.epoch for row in result.history] == [1, 2, 3, 4, 5]
    wanted = {"loss", "accuracy", "auc", "f1", "val_loss", "val_accuracy", "val_auc", "val_f1", "learning_rate"}
    assert all(set(row.metrics) == wanted for row in result.history)


class EachEpoch(Heard):
    """Keeps the model's weights as each epoch leaves them."""

    def __init__(self, model):
        super().__init__()
        self.model, self.weights = model, []

    def update(self, task, done, total, note=""):
        if done == total:
            self.weights.append(self.model.get_weights())


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy", "val_auc", "val_f1"])
def test_the_best_epoch_is_that_of_the_monitored_metric(tmp_path, monitor):
    recipe = recipe_of(f"training.monitor={monitor}", "training.phases.0.learning_rate=0.2")
    result = fit(toy_models.tiny_model(seed=3), recipe, tmp_path)
    values = [row.metrics[monitor] for row in result.history]
    assert len(set(values)) > 1
    best = min(values) if monitor == "val_loss" else max(values)
    assert result.epoch == 1 + values.index(best)


@pytest.mark.parametrize("keep", ["last", "mean"])
def test_the_last_epochs_weights_or_the_mean_of_all_are_left_where_asked(tmp_path, keep):
    model = toy_models.tiny_model(seed=3)
    heard = EachEpoch(model)
    result = fit(model, recipe_of(f"training.phases.0.keep={keep}"), tmp_path, progress=heard)
    assert result.epoch == EPOCHS == len(heard.weights)
    for own, *epochs in zip(model.weights, *heard.weights, strict=True):
        expected = epochs[-1] if keep == "last" else np.mean(epochs, axis=0)
        np.testing.assert_allclose(own.numpy(), expected, rtol=1e-6, atol=1e-8, err_msg=own.path)
    moved = [not np.array_equal(first, last) for first, last in zip(heard.weights[0], heard.weights[-1], strict=True)]
    statistics = [moving for moving, w in zip(moved, model.weights, strict=True) if "moving" in w.path]
    assert all(statistics), "the mean is over moving statistics too"


def test_progress_tells_steps_and_ends_each_epoch_with_its_validation(tmp_path):
    heard = Heard()
    fit(toy_models.tiny_model(), recipe_of("training.phases.0.epochs=1"), tmp_path, progress=heard)
    assert [(task, done, total) for task, done, total, _ in heard.updates] == [
        ("fold 0, phase 1 (frozen), epoch 1/1", done, 3) for done in range(4)
    ]
    assert "val_loss" not in heard.updates[2][3]
    assert "val_loss" in heard.updates[3][3]


def test_sample_weights_count(tmp_path):
    def stream(first):
        dataset, steps = toy_models.batches(N, BATCH, first)
        return dataset.map(lambda image, label, weight: (image, label, weight * 0)), steps

    model = toy_models.tiny_model()
    before = model.get_layer("probability").kernel.numpy()
    fit(model, recipe_of("training.phases.0.epochs=1"), tmp_path, make_stream=stream)
    np.testing.assert_array_equal(model.get_layer("probability").kernel.numpy(), before)


def test_a_loss_that_is_no_number_names_the_learning_rate_and_leaves_no_state(tmp_path):
    def stream(first):
        dataset, steps = toy_models.batches(N, BATCH, first)
        return dataset.map(lambda image, label, weight: (image * np.nan, label, weight)), steps

    with pytest.raises(
        ModelError, match=r"epoch 1/5: loss is nan; the learning rate 0\.01 .*phases\.0\.learning_rate=0\.001"
    ):
        fit(toy_models.tiny_model(), recipe_of(), tmp_path, make_stream=stream)
    assert not list(tmp_path.iterdir())


def test_nothing_to_validate_on_is_said_before_training(tmp_path):
    with pytest.raises(ModelError, match="no image to validate on"):
        fit(toy_models.tiny_model(), recipe_of(), tmp_path, validation=toy_models.scoring(N, BATCH).take(0))


def test_a_stream_that_ends_early_is_an_error(tmp_path):
    def stream(first):
        dataset, steps = toy_models.batches(N, BATCH, first)
        return dataset.take(2), steps

    with pytest.warns(UserWarning, match="ran out of data"), pytest.raises(ModelError, match="after 2 of 3 steps"):
        fit(toy_models.tiny_model(), recipe_of(), tmp_path, make_stream=stream)


@pytest.mark.parametrize(("batch", "mend"), [(64, r"training\.phases\.1\.batch_size=32"), (1, r"smaller image\.size")])
@pytest.mark.parametrize("kind", [tf.errors.ResourceExhaustedError, tf.errors.InternalError])
def test_out_of_memory_names_the_batch_size_to_try(tmp_path, monkeypatch, batch, mend, kind):
    def full(*args, **kwargs):
        raise kind(None, None, "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 1 byte")

    monkeypatch.setattr(keras.Model, "fit", full)
    with pytest.raises(OutOfMemoryError, match=mend):
        fit(toy_models.tiny_model(), recipe_of(f"training.phases.1.batch_size={batch}"), tmp_path, number=2)


def test_a_state_of_another_recipe_is_refused(tmp_path):
    fit(toy_models.tiny_model(), recipe_of("training.phases.0.epochs=1"), tmp_path)
    with pytest.raises(RunError, match="another recipe"):
        fit(toy_models.tiny_model(), recipe_of(), tmp_path)


def test_a_state_of_another_model_is_refused(tmp_path):
    recipe = recipe_of("training.phases.0.epochs=1")
    fit(toy_models.tiny_model(), recipe, tmp_path)
    other = keras.Sequential([keras.Input((32, 32, 3)), keras.Sequential([keras.layers.Flatten()], name="base")])
    other.add(keras.layers.Dense(1, "sigmoid"))
    with pytest.raises(RunError, match="does not fit this model"):
        fit(other, recipe, tmp_path)


def test_a_damaged_state_is_named(tmp_path):
    (tmp_path / "phase-1.npz").write_bytes(b"PK\x03\x04 half of a file")
    with pytest.raises(RunError, match=r"phase-1\.npz is damaged"):
        fit(toy_models.tiny_model(), recipe_of(), tmp_path)


def test_records_of_a_result_are_plain(straight):
    # They travel between processes and into CSV files.
    for row in straight[1][0].history:
        assert all(type(value) is float for value in dataclasses.asdict(row)["metrics"].values())
