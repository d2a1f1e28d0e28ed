"""The state of a phase after an epoch, in one file: all that going on to the same result takes.

Keras' own backup loses the state of every dropout and of the callbacks that wait; here nothing is left out.
"""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import RunError
from radiogenomics.files import write_atomically

Arrays = tuple[npt.NDArray[Any], ...]
GROUPS = ("model", "optimizer", "kept")


@dataclass(frozen=True, slots=True)
class State:
    """A phase after `epoch` epochs."""

    identity: Mapping[str, Any]  # fold, phase and their recipe, as JSON holds it: what the state belongs to
    epoch: int  # epochs done
    stopped: bool  # early stopping has ended the phase
    callbacks: Mapping[str, Mapping[str, Any]]  # the numbers that each waiting callback keeps, by its name
    history: tuple[Mapping[str, float], ...]  # the metrics of each epoch
    model: Arrays  # every variable: weights, moving statistics, dropout seeds
    optimizer: Arrays
    kept: Arrays  # the weights that the phase would end with now, where they are not the model's own

    @property
    def finished(self) -> bool:
        """Whether the phase has nothing left to train."""
        return self.stopped or self.epoch >= self.identity["phase"]["epochs"]


def write_state(path: Path, state: State) -> None:
    """Write a state whole or not at all; raises StoreError where the disk can't take it."""
    facts = {
        "identity": state.identity,
        "epoch": state.epoch,
        "stopped": state.stopped,
        "callbacks": state.callbacks,
        "history": state.history,
    }
    arrays = {f"{group}/{i}": array for group in GROUPS for i, array in enumerate(getattr(state, group))}
    write_atomically(path, lambda file: np.savez(file, facts=np.array(json.dumps(facts)), **arrays))


def read_state(path: Path) -> State | None:
    """The state at `path`, or None where none was written.

    Raises:
        RunError: The file is damaged.
    """
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            facts = json.loads(str(file["facts"]))
            arrays = {group: _group(file, group) for group in GROUPS}
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise RunError(f"the state {path} is damaged ({error}): remove it to train its phase anew") from error
    return State(
        facts["identity"],
        facts["epoch"],
        facts["stopped"],
        facts["callbacks"],
        tuple(facts["history"]),
        *(arrays[group] for group in GROUPS),
    )


def _group(file: Mapping[str, npt.NDArray[Any]], group: str) -> Arrays:
    names = [name for name in file if name.startswith(f"{group}/")]
    return tuple(file[f"{group}/{i}"] for i in range(len(names)))
