"""One small synthetic cohort and one trained run, shared by all integration tests."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

QUICK = (
    "model.backbone=mobilenet-0.25",
    "model.weights=none",
    "image.size=32",
    "slices.fraction=0.6",
    "training.phases.0.epochs=4",
    "training.phases.0.batch_size=8",
    "training.phases.0.learning_rate=0.003",
    "training.phases.1.epochs=4",
    "training.phases.1.batch_size=8",
    "training.phases.1.learning_rate=0.001",
)


@dataclass(frozen=True)
class Finished:
    """A finished command."""

    code: int
    out: str  # stdout and stderr


Radiogen = Callable[..., Finished]


@dataclass(frozen=True)
class Phantom:
    """A synthetic cohort, and the options that train on it quickly."""

    data: Path
    labels: Path
    store: Path

    @property
    def options(self) -> list[str]:
        """Options of `radiogen train`."""
        settings = [word for assignment in QUICK for word in ("--set", assignment)]
        return [
            *("--data", str(self.data), "--labels", str(self.labels), "--store", str(self.store)),
            *("--modality", "t1wce", "--folds", "2", *settings),
        ]


def environment() -> dict[str, str]:
    """The environment of a command under test: no colours, no wrapping, quiet TensorFlow."""
    return {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


@pytest.fixture(scope="session")
def radiogen(tmp_path_factory: pytest.TempPathFactory) -> Radiogen:
    """Runs `radiogen` as a user does, in a process and a folder of its own."""
    folder = tmp_path_factory.mktemp("cwd")

    def run(*arguments: object) -> Finished:
        command = [sys.executable, "-m", "radiogen", *map(str, arguments)]
        done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
        return Finished(done.returncode, done.stdout + done.stderr)

    return run


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Phantom:
    """24 synthetic patients."""
    from radiogenomics.phantom.cohort import write_cohort

    folder = tmp_path_factory.mktemp("phantom")
    cohort = write_cohort(folder, patients=24, slices=10, size=48, seed=1, modalities=("t1wce", "flair"))
    return Phantom(cohort.data, cohort.labels, folder / "store")


@pytest.fixture(scope="session")
def run(radiogen: Radiogen, phantom: Phantom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two folds on the phantom."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    done = radiogen("train", *phantom.options, "--run", folder)
    assert done.code == 0, done.out
    return folder
