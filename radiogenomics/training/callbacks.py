"""Keras callbacks: one that tells of the training as it goes, one that keeps its state."""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from radiogenomics.errors import ModelError, RunError
from radiogenomics.recipe import Phase
from radiogenomics.records import Progress
from radiogenomics.training.kept import Kept
from radiogenomics.training.state import State, read_state, write_state

WAITING = {  # what each waiting callback of Keras must not forget
    "EarlyStopping": ("wait", "best", "best_epoch", "stopped_epoch"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
}
CHEAP = 1.0  # seconds that writing a state may take at every epoch
RARELY = 10.0  # what takes longer waits until training has taken so many times as long
SHOWN = ("loss", "auc", "val_loss", "val_auc")


class Teller(keras.callbacks.Callback):
    """Tells every step and epoch through a Progress, and ends a training whose loss is no number."""

    def __init__(self, progress: Progress, title: str, phase: Phase, number: int, steps: int) -> None:
        """Keep what to say.

        Args:
            progress: Hears it.
            title: Of the phase, "fold 0, phase 1 (frozen)".
            phase: What is trained.
            number: The phase's, from 1.
            steps: Of an epoch.
        """
        super().__init__()
        self.progress, self.title, self.epochs, self.steps = progress, title, phase.epochs, steps
        self.mend = (
            f"the learning rate {phase.learning_rate:g} is most likely too high: give "
            f"--set training.phases.{number - 1}.learning_rate={phase.learning_rate / 10:g}"
        )
        self.task = title
        self.seen = 0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Begin a task."""
        self.task = f"{self.title}, epoch {epoch + 1}/{self.epochs}"
        self.seen = 0
        self.progress.update(self.task, 0, self.steps)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Tell a step; the last is told with the epoch, for it ends the task and validation is yet to come."""
        self.seen = batch + 1
        self._check(logs or {})
        if self.seen < self.steps:
            self.progress.update(self.task, self.seen, self.steps, _note(logs or {}))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Tell the epoch's metrics."""
        self._check(logs or {})
        if self.seen < self.steps:
            raise ModelError(f"{self.task}: the training images ended after {self.seen} of {self.steps} steps")
        self.progress.update(self.task, self.steps, self.steps, _note(logs or {}))

    def _check(self, logs: Mapping[str, float]) -> None:
        for name in ("loss", "val_loss"):
            if not math.isfinite(logs.get(name, 0.0)):
                raise ModelError(f"{self.task}: {name} is {logs[name]}; {self.mend}")


def _note(logs: Mapping[str, float]) -> str:
    return " ".join(f"{name} {logs[name]:.3f}" for name in SHOWN if name in logs)


class Keeper(keras.callbacks.Callback):
    """Writes the whole state at each epoch's end, and puts it back when training begins.

    A large one (VGG's own dense layers: 1.4 GB, 8 seconds) is written more rarely, and always at the phase's end:
    from whichever epoch a stopped training goes on, it ends at the same bits.
    It must stand last among the callbacks: the others reset themselves when training begins, and decide at an epoch's
    end whether it was the best.
    """

    def __init__(
        self, path: Path, identity: Mapping[str, Any], waiting: Sequence[keras.callbacks.Callback], kept: Kept
    ) -> None:
        """Read what an earlier process left at `path`.

        Args:
            path: The state's file.
            identity: What the state must belong to.
            waiting: The callbacks to keep with it, EarlyStopping first.
            kept: The weights to end with.

        Raises:
            RunError: The file is damaged, or another phase's, or another recipe's.
        """
        super().__init__()
        self.path, self.identity, self.waiting, self.kept = path, identity, waiting, kept
        self.state = read_state(path)
        self.history: list[dict[str, float]] = []
        self.learning_rate = math.nan
        self.cost = self.written = 0.0  # seconds: what writing took, and when it was over
        if self.state is not None:
            if self.state.identity != identity:
                raise RunError(f"the state {path} was left by another recipe or phase: remove it to train anew")
            self.history = [dict(row) for row in self.state.history]

    @property
    def epochs_done(self) -> int:
        """How many epochs an earlier process finished."""
        return 0 if self.state is None else self.state.epoch

    @property
    def finished(self) -> bool:
        """Whether an earlier process finished the phase."""
        return self.state is not None and self.state.finished

    @property
    def best_epoch(self) -> int:
        """The epoch of the best monitored value, from 1."""
        return int(self.waiting[0].best_epoch) + 1

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Put the state back where there is one."""
        if self.state is not None:
            self.restore(self.state)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Note the learning rate, before a callback changes it at the epoch's end."""
        self.learning_rate = float(self.model.optimizer.learning_rate.numpy())

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Keep what the epoch gave, and write the state."""
        row = {name: float(value) for name, value in (logs or {}).items()}
        self.history.append({**row, "learning_rate": self.learning_rate})
        self.kept.take(self.model, epoch + 1, self.best_epoch)
        began = time.monotonic()
        over = self.model.stop_training or epoch + 1 == self.params["epochs"]
        if over or self.cost < CHEAP or began - self.written >= RARELY * self.cost:
            write_state(self.path, self._state(epoch + 1))
            self.written = time.monotonic()
            self.cost = self.written - began

    def restore(self, state: State) -> None:
        """Give model, optimizer and callbacks the values of `state`.

        Raises:
            RunError: They have other variables than the state.
        """
        self.model.optimizer.build(self.model.trainable_variables)
        groups = ((self.model.variables, state.model), (self.model.optimizer.variables, state.optimizer))
        for variables, values in groups:
            if [tuple(v.shape) for v in variables] != [value.shape for value in values]:
                raise RunError(f"the state {self.path} does not fit this model: remove it to train its phase anew")
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        for callback in self.waiting:
            for name, value in state.callbacks[type(callback).__name__].items():
                setattr(callback, name, value)
        self.kept.weights = state.kept

    def _state(self, epoch: int) -> State:
        return State(
            identity=self.identity,
            epoch=epoch,
            stopped=bool(self.model.stop_training),
            callbacks={
                type(callback).__name__: {name: getattr(callback, name) for name in WAITING[type(callback).__name__]}
                for callback in self.waiting
            },
            history=tuple(self.history),
            model=_values(self.model.variables),
            optimizer=_values(self.model.optimizer.variables),
            kept=self.kept.weights,
        )


def _values(variables: Sequence[keras.Variable]) -> tuple[npt.NDArray[Any], ...]:
    return tuple(np.asarray(variable.numpy()) for variable in variables)
