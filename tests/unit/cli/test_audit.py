import inspect
import re
from pathlib import Path

import pytest
from audit_dicom import SETTINGS, make_scans, write_scans
from fakerun import write_fake_run
from typer.testing import CliRunner

from radiogen import console
from radiogen.app import app
from radiogen.commands import audit, train
from radiogenomics.rundir.run import Run, read_json
from radiogenomics.tables.checks import CHECKS


def shown(*arguments: object, code: int = 0) -> str:
    """What the command prints, its tables' lines and line breaks left out."""
    done = CliRunner().invoke(app, ["audit", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return re.sub(r"[\s│┃]+", " ", done.output)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.out, "width", 250)


def test_a_run_shows_every_check_and_the_verdict_last(tmp_path: Path) -> None:
    run = write_fake_run(tmp_path / "run")
    page = shown(run.root)
    assert "scored-twice" in page
    assert "a test image that counts twice (leak)" in page
    said = re.findall(r"\((?:leak|protocol|shortcut)\) (found|suspected|unknown|clean)", page)
    assert len(said) == len(CHECKS)
    assert said == sorted(said, key=["found", "suspected", "unknown", "clean"].index)  # what is grave comes first
    assert {"unknown", "clean"} <= set(said)
    assert read_json(run.audit)["verdict"] in page
    assert page.rindex(read_json(run.audit)["verdict"]) > page.rindex("same-patient")


def test_a_cohort_is_audited_without_weights_and_a_leak_is_named(tmp_path: Path) -> None:
    scans = make_scans(9001, 16)
    scans[3].volume = scans[5].volume = scans[8].volume
    write_scans(tmp_path, scans)
    options = [word for assignment in SETTINGS[:-1] for word in ("--set", assignment)]
    data = (tmp_path / "data", "--labels", tmp_path / "labels.csv", "--modality", "flair", "--folds", 3, "--workers", 0)
    page = shown(*data, *options, "--store", tmp_path / "store", "--out", tmp_path / "audit")
    assert "16 patients in 3 folds" in page
    assert "1 leak found (same-pixels)" in page
    assert "one of them is a copy: give both the same id, or leave one out" in page
    (leak,) = [row for row in read_json(Run(tmp_path / "audit").audit)["findings"] if row["status"] == "found"]
    assert leak["patients"] == ["00004", "00006", "00009"]
    assert not (tmp_path / "data" / "audit.json").exists()


def test_what_is_missing_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RADIOGEN_LABELS", raising=False)
    assert "--labels is missing" in shown(tmp_path, code=1)
    lacking = tmp_path / "nowhere"
    told = shown(lacking, "--labels", tmp_path / "labels.csv", code=1)
    assert "nowhere" in told
    assert "Traceback" not in told


def test_a_runs_own_files_are_not_mixed_with_options_of_a_cohort(tmp_path: Path) -> None:
    run = write_fake_run(tmp_path / "run")
    assert "drop --folds" in shown(run.root, "--folds", 3, code=2)


def test_a_cohort_is_named_by_the_options_of_train() -> None:
    own = {"data", "run", "xla", "mixed_precision", "dry_run", "resume", "force", "allow_leak"}
    lacking = set(inspect.signature(train.train).parameters) - set(inspect.signature(audit.audit).parameters)
    assert lacking == own
