"""The main job on real patients (TCGA-LGG) with real ImageNet weights: skipped where ../shared is absent."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from main_job import raw_slices, without_keras

from radiogenomics.rundir.run import Run, read_folds, read_metrics

SHARED = Path(__file__).parents[3] / "shared"
WEIGHTS = SHARED / "weights" / "mobilenet_2_5_224_tf_no_top.h5"

pytestmark = pytest.mark.skipif(not WEIGHTS.is_file(), reason="needs ../shared: real patients and ImageNet weights")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 of the patients, unpacked as DICOM in RSNA-MICCAI's layout."""
    folder = tmp_path_factory.mktemp("lgg")
    script = SHARED / "data" / "make_lgg_dicom.py"
    subprocess.run([sys.executable, str(script), str(folder), "--patients", "40"], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def real_run(radiogen, cohort: Path) -> Path:
    """A short run on FLAIR with a learning rate that spreads the outputs; its AUC is nothing to quote."""
    options = (
        *("--data", cohort, "--labels", cohort / "labels.csv", "--label-column", "COCCluster", "--positive", "2"),
        *("--modality", "flair", "--folds", "2", "--weights", WEIGHTS, "--set", "model.backbone=mobilenet-0.25"),
        *("--set", "image.size=64", "--set", "training.phases.0.epochs=4", "--set", "training.phases.1.epochs=2"),
        *("--set", "training.phases.0.learning_rate=0.005", "--set", "training.phases.0.batch_size=16"),
        *(
            "--set",
            "training.phases.1.batch_size=16",
            "--store",
            cohort.parent / "lgg-store",
            "--run",
            cohort.parent / "lgg-run",
        ),
    )
    done = radiogen("train", *options)
    assert done.code == 0, done.out
    assert "COCCluster = 2" in done.out
    return cohort.parent / "lgg-run"


def test_every_patient_is_scored_once_out_of_fold(real_run):
    folds, labels = read_folds(Run(real_run))
    assert sorted(patient for fold in folds for patient in fold.test) == sorted(labels)
    auc = read_metrics(Run(real_run))["auc"]
    assert auc.n == len(labels) == 40
    assert 0 < auc.low < auc.value < auc.high < 1


def test_run_saved_model_and_raw_slices_agree_on_spread_outputs(radiogen, cohort, real_run, tmp_path):
    assert radiogen("export", real_run, "--to", tmp_path / "model").code == 0
    probabilities = {}
    for name, model in (("run", real_run), ("saved", tmp_path / "model")):
        out = tmp_path / f"{name}.csv"
        done = radiogen("predict", model, cohort, "--out", out, "--store", cohort.parent / "lgg-store")
        assert done.code == 0, done.out
        with open(out, newline="") as file:
            probabilities[name] = {row["patient_id"]: float(row["probability"]) for row in csv.DictReader(file)}
    of_run, of_saved = probabilities["run"], probabilities["saved"]
    assert np.std(list(of_run.values())) > 0.05
    assert max(abs(of_run[patient] - of_saved[patient]) for patient in of_run) < 1e-5
    served = without_keras(tmp_path / "model" / "1", raw_slices(real_run, cohort), tmp_path)
    assert max(abs(of_run[patient] - served[patient]) for patient in of_run) < 1e-4
