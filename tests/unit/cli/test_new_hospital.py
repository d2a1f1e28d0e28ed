"""`radiogen predict` and `evaluate --data` of raw series from a hospital that names its structures in its own way."""

import csv

import numpy as np
import pytest
from fakerun import write_fake_run
from toy_raw import LIMBS, limb, write_limbs
from typer.testing import CliRunner

from radiogen.app import app
from radiogenomics.experiment import outside, predict
from radiogenomics.experiment.predict import Scorer
from radiogenomics.overrides import override
from radiogenomics.records import PreparedSlice
from radiogenomics.rundir.rows import write_records

TRAINED = override(LIMBS, ["region.roi=^Tumour$"])  # the phantom draws a "GTV" and a "femur"
PATIENTS = ("STS000", "STS001", "STS002")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Three raw limbs, of whom one has no dose."""
    out = tmp_path_factory.mktemp("limbs")
    kinds = (("ct", "dose"), ("ct", "dose"), ("ct",))
    return write_limbs(*(limb(out, index, modalities=kind) for index, kind in enumerate(kinds))).data


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = write_fake_run(tmp_path_factory.mktemp("runs") / "limbs")
    write_records(run.slices, PreparedSlice, ())
    return run


def _model(monkeypatch, recipe=TRAINED):
    """In place of any: it gives every sample the same probability."""
    scorer = Scorer(recipe, 0.5, lambda images: np.full(len(images), 0.75))
    for place in (predict, outside):
        monkeypatch.setattr(place, "open_scorer", lambda *_: scorer)


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    monkeypatch.setattr("radiogenomics.engine.cores", lambda: 0)


@pytest.fixture
def trained(monkeypatch):
    _model(monkeypatch)


def _said(*arguments, code=0):
    done = CliRunner().invoke(app, [*map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.output


def _patients(sheet):
    with open(sheet, encoding="utf-8", newline="") as file:
        return {row["patient_id"]: row["excluded"] for row in csv.DictReader(file)}


def _labels(tmp_path, *patients):
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(["patient_id,label", *(f"{p},{i % 2}" for i, p in enumerate(patients))]) + "\n")
    return path


@pytest.mark.usefixtures("trained")
def test_predict_takes_their_structure_and_shows_what_was_done_beside_the_output(data, store, tmp_path):
    given = ("predict", "model", data, "--masks", data, "--store", store, "--out", tmp_path / "new.csv")
    assert "fits region.roi '^Tumour$'" in _said(*given, code=1)
    said = _said(*given, "--roi", "^GTV$")
    page, sheet = tmp_path / "new.qc.html", tmp_path / "new.preparation.csv"
    assert f"What was done to each patient: {page}, as a table {sheet}\n" in said
    assert _patients(sheet).keys() == set(PATIENTS)
    assert "dose" in _patients(sheet)["STS002"]
    assert page.read_text(encoding="utf-8").count("data:image/jpeg;base64,") >= 2
    with open(tmp_path / "new.csv", encoding="utf-8", newline="") as file:
        assert {row["patient_id"]: row["probability"] for row in csv.DictReader(file)} == {
            "STS000": "0.75", "STS001": "0.75",
        }  # fmt: skip


@pytest.mark.usefixtures("trained")
def test_evaluate_takes_their_structure_and_leaves_what_was_done_in_its_folder(run, data, store, tmp_path, monkeypatch):
    out = tmp_path / "scored"
    given = ("evaluate", run.root, "--data", data, "--masks", data, "--store", store, "--out", out)
    given += ("--labels", _labels(tmp_path, "STS000", "STS001"), "--roi", "GTV")
    said = _said(*given)
    assert f"What was done to each patient: {out}/qc.html, as a table {out}/preparation.csv\n" in said
    assert _patients(out / "preparation.csv").keys() == set(PATIENTS)
    assert "STS001" in (out / "qc.html").read_text(encoding="utf-8")
    _model(monkeypatch, override(TRAINED, ["preparation.steps=[]", 'modalities=["ct"]']))
    assert "qc.html" not in _said(*given, "--force")
    assert not (out / "qc.html").exists()
    assert not (out / "preparation.csv").exists()


@pytest.mark.usefixtures("trained")
def test_a_structure_without_masks_or_that_is_no_pattern_is_an_error(data, store, tmp_path):
    given = ("predict", "model", data, "--store", store, "--out", tmp_path / "new.csv")
    for more, message in ((("--roi", "GTV"), "give --masks DIR, or drop --roi"),
                          (("--masks", data, "--roi", "(GTV"), "'(GTV' is no regular expression")):  # fmt: skip
        assert message in _said(*given, *more, code=1)
    assert not (tmp_path / "new.csv").exists()
