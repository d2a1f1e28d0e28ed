"""A run that is killed and resumed ends in the same bytes as one that was not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import environment


def kill_when(command: list[str], state: Path, seconds: float) -> None:
    """Start `command`, wait until `state` exists, and `seconds` later kill it with SIGKILL."""
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not state.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(seconds)
    assert process.poll() is None, "it ended before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "seconds"),
    [("fold-0/phase-1.npz", 0.0), ("fold-0/phase-1.npz", 1.5), ("fold-1/phase-2.npz", 0.2)],
    ids=["in phase 1", "later", "in phase 2 of the second fold"],
)
def test_killed_and_resumed_is_identical(radiogen, phantom, run, tmp_path, state, seconds):
    folder = tmp_path / "killed"
    command = [sys.executable, "-m", "radiogen", "train", *phantom.options, "--run", str(folder)]
    kill_when(command, folder / "checkpoints" / state, seconds)
    assert not (folder / "predictions.csv").exists()
    done = radiogen("train", "--resume", "--run", folder, "--store", phantom.store)
    assert done.code == 0, done.out
    for name in ("predictions.csv", "slice_predictions.csv", "history.csv", "metrics.json"):
        assert (folder / name).read_bytes() == (run / name).read_bytes(), name
