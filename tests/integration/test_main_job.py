"""The main job as a user runs it: train, evaluate, predict, export, compare."""

import csv
import json
import shutil
from pathlib import Path

from main_job import raw_slices, without_keras

from radiogenomics.phantom.cohort import write_cohort
from radiogenomics.rundir.run import Run, read_metrics


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_run_folder_keeps_its_contract(run, phantom):
    cohort, exclusions = rows(run / "cohort.csv"), rows(run / "exclusions.csv")
    files = sum(path.is_file() for path in phantom.data.rglob("*"))
    assert sum(int(row["n_files"]) for row in cohort) + sum(bool(row["path"]) for row in exclusions) == files
    assert {row["status"] for row in cohort} == {"used", "unused"}
    folds = rows(run / "folds.csv")
    for fold in ("0", "1"):
        members = [row["patient_id"] for row in folds if row["fold"] == fold]
        assert len(members) == len(set(members)) == 24
    predictions = rows(run / "predictions.csv")
    keys = [tuple(row[name] for name in ("patient_id", "fold", "phase", "split")) for row in predictions]
    assert len(keys) == len(set(keys))
    tested = [row["patient_id"] for row in predictions if row["split"] == "test" and row["phase"] == "2"]
    assert len(tested) == len(set(tested)) == 24
    assert {row["split"] for row in rows(run / "slice_predictions.csv")} == {"validation", "test"}
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["auc"]["low"] <= metrics["auc"]["value"] <= metrics["auc"]["high"]
    assert metrics["auc"]["n"] == 24
    for name in ("recipe.json", "slices.csv", "selection.json", "environment.json", "history.csv", "report.html",
                 "log.txt", "models/fold-0.keras", "models/fold-1.keras", "figures/contact-sheet.png"):  # fmt: skip
        assert (run / name).stat().st_size, name
    assert not (run / "checkpoints").exists()


def test_two_workers_give_the_same_predictions_as_one(radiogen, phantom, run, tmp_path):
    done = radiogen("train", *phantom.options, "--run", tmp_path / "two", "--workers", 2)
    assert done.code == 0, done.out
    assert (tmp_path / "two" / "predictions.csv").read_bytes() == (run / "predictions.csv").read_bytes()


def test_a_used_folder_is_refused(radiogen, phantom, run):
    done = radiogen("train", *phantom.options, "--run", run)
    assert done.code == 1
    assert "--force" in done.out
    assert "Traceback" not in done.out


def test_evaluate_again_gives_the_same_metrics(radiogen, run):
    before = read_metrics(Run(run))
    done = radiogen("evaluate", run)
    assert done.code == 0, done.out
    assert read_metrics(Run(run)) == before
    assert "auc" in done.out


def test_run_saved_model_and_raw_slices_agree(radiogen, phantom, run, tmp_path):
    """Predict from the run, from the SavedModel, and raw slices through serving_default where keras is not to be had.

    test_real_cohort does the same on a model whose outputs are spread.
    """
    exported = tmp_path / "saved_models" / "t1wce"
    for command in (
        ("export", run, "--to", exported),
        ("predict", run, phantom.data, "--out", tmp_path / "run.csv", "--store", phantom.store),
        ("predict", exported, phantom.data, "--out", tmp_path / "saved.csv", "--store", phantom.store),
    ):
        done = radiogen(*command)
        assert done.code == 0, done.out
    of_run = {row["patient_id"]: float(row["probability"]) for row in rows(tmp_path / "run.csv")}
    of_saved = {row["patient_id"]: float(row["probability"]) for row in rows(tmp_path / "saved.csv")}
    assert of_run.keys() == of_saved.keys()
    assert max(abs(of_run[p] - of_saved[p]) for p in of_run) < 1e-5
    assert (tmp_path / "run.exclusions.csv").is_file()
    raw = raw_slices(run, phantom.data)
    served = without_keras(exported / "1", raw, tmp_path)
    assert max(abs(of_run[patient] - served[patient]) for patient in of_run) < 1e-4


def test_outside_cohort_is_scored_once_and_told_from_the_runs_own(radiogen, phantom, run, tmp_path):
    outside = write_cohort(tmp_path / "outside", patients=6, slices=10, size=48, seed=2, modalities=("t1wce",))
    for name, data, csv_file in (
        ("outside", outside.data, outside.labels),
        ("own", phantom.data, phantom.labels),
    ):
        options = ("--data", data, "--labels", csv_file, "--out", tmp_path / name / "scored", "--store", phantom.store)
        done = radiogen("evaluate", run, *options)
        assert done.code == 0, done.out
        assert ("no outside evaluation" in done.out) == (name == "own")
        page = (tmp_path / name / "scored" / "report.html").read_text()
        assert ("none of whom the model had seen" in page) == (name == "outside")
    scored = tmp_path / "outside" / "scored"
    for name in ("predictions.csv", "slice_predictions.csv", "exclusions.csv", "metrics.json", "cohort.csv"):
        assert (scored / name).stat().st_size, name
    assert len(rows(scored / "predictions.csv")) == 6
    refused = radiogen("evaluate", run, "--data", phantom.data, "--labels", phantom.labels, "--out", run, "--force")
    assert refused.code == 1
    assert "name another folder" in refused.out


def test_patients_without_a_label_are_left_out_everywhere(radiogen, phantom, tmp_path):
    """Their series are not called used, in the plan or in cohort.csv; predict tells every series it passed over."""
    lines = phantom.labels.read_text().splitlines()
    (tmp_path / "labels.csv").write_text("\n".join(lines[:-4]) + "\n")
    plan = radiogen("train", *phantom.options, "--labels", tmp_path / "labels.csv", "--dry-run")
    assert plan.code == 0, plan.out
    used = next(line for line in plan.out.splitlines() if "t1wce" in line and " used" in line)
    assert "20" in used.split()
    assert "24" not in used.split()


def test_predict_accounts_for_every_file(radiogen, phantom, run, tmp_path):
    done = radiogen("predict", run, phantom.data, "--out", tmp_path / "x.csv", "--store", phantom.store)
    assert done.code == 0, done.out
    files = sum(path.is_file() for path in phantom.data.rglob("*"))
    told = sum(int(row["n_files"]) for row in rows(tmp_path / "x.cohort.csv"))
    assert told + sum(bool(row["path"]) for row in rows(tmp_path / "x.exclusions.csv")) == files


def test_compare_puts_runs_side_by_side(radiogen, run, tmp_path):
    other = shutil.copytree(run, tmp_path / "other")
    done = radiogen("compare", run, other, "--out", tmp_path / "table.csv")
    assert done.code == 0, done.out
    assert len(rows(tmp_path / "table.csv")) == 2
