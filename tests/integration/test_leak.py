"""A leak stops a training before anything is lost; let pass, it stands on every figure."""

import json

import audit_dicom
import pytest

from radiogenomics.rundir.rows import read_csv


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    """Options of a training on 24 patients, of whom six are others under new ids."""
    root = tmp_path_factory.mktemp("leaky")
    scans = audit_dicom.make_scans(seed=5, patients=18)
    twins = [audit_dicom.renamed(scan, f"{20 + place:05d}") for place, scan in enumerate(scans[:6])]
    audit_dicom.write_scans(root, [*scans, *twins])
    settings = (*audit_dicom.SETTINGS, "training.phases.0.epochs=1", "training.phases.1.epochs=1")
    options = [
        "--data",
        root / "data",
        "--labels",
        root / "labels.csv",
        "--modality",
        "flair",
        "--store",
        root / "store",
    ]
    return [*options, *(word for value in settings for word in ("--set", value)), "--workers", "0"]


def test_a_leak_stops_the_training_and_leaves_the_older_run_alone(radiogen, leaky, run, tmp_path):
    old = tmp_path / "run"
    old.mkdir()
    (old / "recipe.json").write_text((run / "recipe.json").read_text())
    done = radiogen("train", *leaky, "--run", old, "--force")
    assert done.code == 1
    assert "same-pixels" in done.out
    assert "--allow-leak" in done.out
    assert [path.name for path in old.iterdir()] == ["recipe.json"]


def test_a_leak_that_is_let_pass_stands_on_every_figure(radiogen, leaky, tmp_path):
    run = tmp_path / "run"
    done = radiogen("train", *leaky, "--run", run, "--allow-leak")
    assert done.code == 0, done.out
    assert all("LEAK ALLOWED" in figure["note"] for figure in json.loads((run / "metrics.json").read_text()).values())
    assert all("LEAK ALLOWED" in row["note"] for name in ("scores", "history") for row in read_csv(run / f"{name}.csv"))
    assert "LEAK ALLOWED" in (run / "model_card.md").read_text()
    assert b"LEAK ALLOWED" in (run / "figures" / "contact-sheet.png").read_bytes()
    drawings = list((run / "figures").glob("*.svg"))
    assert drawings
    assert all("LEAK ALLOWED" in path.read_text() for path in drawings)
