"""Train one phase, or go on with one that was stopped."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf

from radiogenomics.errors import ModelError, OutOfMemoryError
from radiogenomics.recipe import Phase, TrainingPart
from radiogenomics.records import EpochRow, Progress
from radiogenomics.registry import load
from radiogenomics.tables.losses import LOSSES
from radiogenomics.tables.monitors import MONITORS
from radiogenomics.training.callbacks import Keeper, Teller
from radiogenomics.training.device import Device
from radiogenomics.training.kept import Kept
from radiogenomics.training.metrics import epoch_metrics
from radiogenomics.training.optimizers import make_optimizer


@dataclass(frozen=True, slots=True)
class PhaseResult:
    """What a phase gave; the model holds the weights that the phase keeps."""

    history: tuple[EpochRow, ...]
    epoch: int  # from 1: whose weights are kept; of the mean over all epochs the last
    stopped_early: bool


def fit_phase(
    model: keras.Model,
    phase: Phase,
    number: int,
    training: TrainingPart,
    make_stream: Callable[[int], tuple[tf.data.Dataset, int]],
    validation: tf.data.Dataset,
    *,
    fold: int,
    state: Path,
    device: Device,
    progress: Progress,
) -> PhaseResult:
    """Train one phase with a new optimizer, and leave the model with the weights that `phase.keep` names.

    Where `state` holds what an earlier process left, training goes on after its last finished epoch, to the same bits
    (on a CPU, with as many threads); where that process had finished the phase, nothing is trained.

    Args:
        model: From `build_model`, or its head alone over frozen features; frozen as the phase wants it, and as the
            phase before left it.
        phase: How to train.
        number: The phase's, from 1.
        training: `monitor` counts here.
        make_stream: Given the first epoch wanted (from 0), the training batches (image, label, weight) from there on,
            enough for the rest of the phase, and the steps of an epoch. Labels may be mixed, between 0 and 1.
        validation: Batches of the same triple, the same at every pass: what the monitored value is measured on.
        fold: For the history and the words of the progress.
        state: The file to keep the state in; written at every epoch's end.
        device: From `configure`.
        progress: Hears every step.

    Raises:
        ModelError: The loss is no longer a number, or there is nothing to validate on.
        OutOfMemoryError: The batch does not fit the device.
        RunError: The state is damaged or belongs to another recipe.
    """
    _compile(model, phase, device)
    title = f"fold {fold}, phase {number} ({phase.name})"
    identity = {"fold": fold, "number": number, "phase": phase.model_dump(mode="json"), "monitor": training.monitor}
    keeper = Keeper(state, identity, _waiting(phase, training.monitor), Kept(phase.keep))
    if keeper.finished:
        keeper.set_model(model)
        keeper.on_train_begin()
    elif int(validation.cardinality()) == 0:
        raise ModelError(f"{title}: there is no image to validate on; raise split.validation or give more patients")
    else:
        stream, steps = make_stream(keeper.epochs_done)
        teller = Teller(progress, title, phase, number, steps)
        with _memory_explained(title, phase.batch_size, number):
            _fit(model, phase, stream, steps, validation, keeper, teller)
    keeper.kept.settle(model)
    rows = tuple(EpochRow(fold, number, epoch, dict(metrics)) for epoch, metrics in enumerate(keeper.history, 1))
    return PhaseResult(rows, keeper.kept.epoch(keeper.best_epoch, len(rows)), len(rows) < phase.epochs)


def _compile(model: keras.Model, phase: Phase, device: Device) -> None:
    model.compile(
        optimizer=make_optimizer(phase, model),
        loss=load(LOSSES[phase.loss])(),
        metrics=epoch_metrics(),
        jit_compile=device.xla,
    )


def _fit(
    model: keras.Model,
    phase: Phase,
    stream: tf.data.Dataset,
    steps: int,
    validation: tf.data.Dataset,
    keeper: Keeper,
    teller: Teller,
) -> None:
    model.fit(
        stream,
        epochs=phase.epochs,
        initial_epoch=keeper.epochs_done,
        steps_per_epoch=steps,
        validation_data=validation,
        callbacks=[*keeper.waiting, teller, keeper],
        shuffle=False,
        verbose=0,
    )


def _waiting(phase: Phase, monitor: str) -> list[keras.callbacks.Callback]:
    """EarlyStopping, which also tells the best epoch, and ReduceLROnPlateau where it is asked for."""
    mode = "max" if MONITORS[monitor] else "min"
    patience = phase.early_stopping.patience if phase.early_stopping else phase.epochs  # the latter is never reached
    callbacks: list[keras.callbacks.Callback] = [keras.callbacks.EarlyStopping(monitor, patience=patience, mode=mode)]
    if phase.reduce_learning_rate:
        reduce = phase.reduce_learning_rate
        callbacks.append(keras.callbacks.ReduceLROnPlateau(monitor, reduce.factor, reduce.patience, mode=mode))
    return callbacks


@contextlib.contextmanager
def _memory_explained(title: str, batch_size: int, number: int) -> Iterator[None]:
    try:
        yield
    except tf.errors.OpError as error:
        # XLA reports it as an internal error whose message alone tells.
        if not isinstance(error, tf.errors.ResourceExhaustedError) and "RESOURCE_EXHAUSTED" not in str(error):
            raise
        mend = (
            f"give --set training.phases.{number - 1}.batch_size={batch_size // 2}"
            if batch_size > 1
            else "give a smaller image.size or another backbone"
        )
        raise OutOfMemoryError(f"{title}: the device ran out of memory at batches of {batch_size}: {mend}") from error
