"""`radiogen signal` on a run whose features are kept: what it prints, and that it needs no TensorFlow."""

import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
from fakerun import write_fake_run
from typer.testing import CliRunner

from radiogen.app import app
from radiogen.commands.signal import signal as the_command
from radiogenomics.experiment.frozen import identity
from radiogenomics.experiment.lesion_cover import Drawn
from radiogenomics.rundir.features import PatientFeatures, write_features
from radiogenomics.rundir.run import Run, read_folds, read_json

BLOCKED = """
import sys
sys.modules["tensorflow"] = sys.modules["keras"] = None
from radiogen.app import app
app(["signal", sys.argv[1], "--permutations", "199"])
"""


def least_permutations() -> int:
    """The fewest that the command takes."""
    asked = get_type_hints(the_command, include_extras=True)["permutations"]
    return int(asked.__metadata__[0].min)


def asked(root: Path, *, still_told: bool = False) -> Run:
    """A run of 40 patients whose features tell the classes apart; with the lesions hidden too, or not at all."""
    dealt = np.random.default_rng(5).permutation(40) < 16  # no id gives the label away
    labels = {f"{place:05d}": int(label) for place, label in enumerate(dealt)}
    run = write_fake_run(root, labels=labels)
    labels = read_folds(run)[1]
    patients, random = tuple(sorted(labels)), np.random.default_rng(0)
    plain = random.normal(size=(40, 5)) + 2 * np.array([[labels[patient]] for patient in patients])
    plain = plain.astype(np.float32)
    shape, hidden = random.normal(size=(40, 1)).astype(np.float32), plain if still_told else None
    kept = (patients, plain, plain + 1, hidden, shape, ("shape: area",), "A base.", (), identity(run, Drawn()))
    write_features(run.features, PatientFeatures(*kept))
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return asked(tmp_path_factory.mktemp("runs") / "run")


def test_the_verdict_and_the_tests_are_printed_and_kept(run):
    done = CliRunner().invoke(app, ["signal", str(run.root), "--permutations", "199"])
    assert done.exit_code == 0, done.output
    assert "Signal: a linear head on frozen features" in done.output
    assert " of 100" in done.output
    assert "signal.html" in done.output
    assert read_json(run.signal)["verdict"] == "signal"
    assert "Is there signal?" in run.signal_page.read_text()
    assert "linear head on frozen features of the images tells" in run.report.read_text()


def test_the_fewest_permutations_can_still_name_a_shortcut(tmp_path):
    run = asked(tmp_path / "run", still_told=True)
    done = CliRunner().invoke(app, ["signal", str(run.root), "--permutations", str(least_permutations())])
    assert done.exit_code == 0, done.output
    assert read_json(run.signal)["verdict"] == "shortcut"


def test_kept_features_need_no_tensorflow(run):
    command = [sys.executable, "-c", BLOCKED, str(run.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Signal: a linear head" in done.stdout


def test_a_structures_name_needs_masks(run):
    done = CliRunner().invoke(app, ["signal", str(run.root), "--roi", "GTV"])
    assert done.exit_code == 2
