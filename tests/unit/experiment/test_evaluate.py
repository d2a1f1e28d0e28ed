import json
from dataclasses import replace

import pytest
from fakerun import fake_recipe, write_fake_run

from radiogenomics.errors import RunError
from radiogenomics.evaluation.decide import Threshold
from radiogenomics.evaluation.score import ScoreRow, score
from radiogenomics.experiment.evaluate import deployed_recipe, evaluate, read_thresholds, write_scores
from radiogenomics.records import Prediction, SlicePrediction
from radiogenomics.rundir.rows import read_records, write_csv, write_records
from radiogenomics.rundir.run import Run, read_json, read_metrics, read_recipe


def test_metrics_json_is_as_the_contract_says(tmp_path):
    run = write_fake_run(tmp_path / "run")
    written = json.loads(run.metrics.read_text())
    assert written.keys() >= {"auc", "accuracy", "sensitivity", "specificity", "precision", "recall", "f1"}
    assert all(row.keys() == {"value", "low", "high", "n"} for row in written.values())
    assert written["auc"]["n"] == 24
    assert read_metrics(run) == evaluate(run)


def test_predictions_are_unique_and_hold_both_splits_and_phases(tmp_path):
    rows = read_records(write_fake_run(tmp_path / "run").predictions, Prediction)
    keys = {(row.patient_id, row.fold, row.phase, row.split) for row in rows}
    assert len(keys) == len(rows)
    assert {(row.phase, row.split) for row in rows} == {(p, s) for p in (1, 2) for s in ("validation", "test")}


def test_scoring_again_changes_no_byte_and_keeps_the_epochs(tmp_path):
    run = write_fake_run(tmp_path / "run")
    files = [run.predictions, run.scores, run.metrics, run.selection, run.slice_predictions]
    before = [path.read_bytes() for path in files]
    evaluate(run)
    assert [path.read_bytes() for path in files] == before
    chosen = read_json(run.selection)
    assert len(chosen["epoch"]) == 6
    assert chosen["threshold"]["by"] == "fixed by the recipe"
    assert chosen["aggregator"] == {"by": "fixed by the recipe", "value": "mean"}


def test_a_threshold_chosen_on_validation_is_recorded_fold_by_fold(tmp_path):
    run = write_fake_run(tmp_path / "run", recipe=fake_recipe("evaluation.threshold=youden"))
    thresholds = read_thresholds(run)
    assert {(row.fold, row.phase) for row in thresholds} == {(f, p) for f in range(3) for p in (1, 2)}
    assert len({row.value for row in thresholds}) > 1
    assert "validation" in read_json(run.selection)["threshold"]["by"]


def test_predictions_that_contradict_the_folds_are_all_named(tmp_path):
    run = write_fake_run(tmp_path / "run", evaluated=False)
    rows = read_records(run.slice_predictions, SlicePrediction)
    test = next(row for row in rows if row.split == "test")
    leaked = replace(test, fold=next(r.fold for r in rows if r.fold != test.fold), patient_id=test.patient_id)
    flipped = replace(rows[-1], label=1 - rows[-1].label)
    write_records(run.slice_predictions, SlicePrediction, [*rows[:-1], flipped, leaked])
    with pytest.raises(RunError, match="2 faults") as caught:
        evaluate(run)
    assert f"patient {leaked.patient_id} in fold {leaked.fold} is scored as test" in str(caught.value)
    assert f"patient {flipped.patient_id}" in str(caught.value)
    assert not run.metrics.exists()


def test_a_fold_that_was_never_scored_says_to_resume(tmp_path):
    run = write_fake_run(tmp_path / "run", evaluated=False)
    rows = read_records(run.slice_predictions, SlicePrediction)
    write_records(run.slice_predictions, SlicePrediction, [row for row in rows if row.fold != 2])
    with pytest.raises(RunError, match=r"fold 2 was never scored.*--resume"):
        evaluate(run)


def test_a_diverged_model_is_named_and_not_averaged(tmp_path):
    run = write_fake_run(tmp_path / "run", evaluated=False)
    rows = read_records(run.slice_predictions, SlicePrediction)
    write_records(run.slice_predictions, SlicePrediction, [replace(rows[0], probability=float("nan")), *rows[1:]])
    with pytest.raises(RunError, match="diverged"):
        evaluate(run)


def test_an_outside_folder_scores_again_at_the_thresholds_it_came_with(tmp_path):
    recipe = fake_recipe("evaluation.threshold=youden")
    rows = [SlicePrediction(str(i), "", "s", n, 0, 2, "test", i % 2, (i + n) / 20) for i in range(12) for n in (1, 2)]
    scores = score(rows, recipe, [Threshold(0, 2, 0.31, "mean of the folds")])
    write_scores(tmp_path / "outside", scores, recipe)
    run = Run(tmp_path / "outside")
    assert run.predictions.is_file()
    assert run.slice_predictions.is_file()
    assert evaluate(run) == scores.metrics
    assert read_thresholds(run)[0].value == 0.31


@pytest.mark.parametrize("left", [None, "patient_id,fold,split,label\n"])
def test_a_trained_run_that_lost_its_folds_is_not_taken_for_an_outside_cohort(tmp_path, left):
    run = write_fake_run(tmp_path / "run")
    before = run.metrics.read_bytes()
    run.folds.unlink()
    if left:
        run.folds.write_text(left)
    with pytest.raises(RunError, match=r"folds\.csv is missing or empty.*restore it"):
        evaluate(run)
    assert run.metrics.read_bytes() == before


def test_an_outside_folder_records_what_it_is_and_nothing_of_what_lay_there(tmp_path):
    recipe = fake_recipe()
    rows = [SlicePrediction(str(i), "", "s", 1, 0, 2, "test", i % 2, i / 20) for i in range(12)]
    run = Run(tmp_path)
    run.selection.write_text('{"protocol": "nested", "epoch": []}')
    scores = score(rows, recipe, [Threshold(0, 2, 0.31, "mean of the folds")])
    write_scores(run.root, scores, recipe, outside={"run": "runs/a", "patients_seen": 0})
    evaluate(run)
    chosen = read_json(run.selection)
    assert chosen["protocol"] == "outside"
    assert chosen["outside"] == {"run": "runs/a", "patients_seen": 0}
    assert "epoch" not in chosen


def test_an_aggregator_chosen_on_validation_is_recorded_fold_by_fold_and_the_most_frequent_is_deployed(tmp_path):
    run = write_fake_run(tmp_path / "run", signal=0.3, seed=6, recipe=fake_recipe("evaluation.aggregator=validation"))
    chosen = read_json(run.selection)["aggregator"]
    assert "highest AUC on the fold's validation patients" in chosen["by"]
    names = {(row["fold"], row["phase"]): row["aggregator"] for row in chosen["values"]}
    assert [names[fold, 2] for fold in range(3)] == ["mean", "median", "median"]
    deployed = deployed_recipe(run)
    assert deployed.evaluation.aggregator == "median"
    assert "most frequent of the 3 chosen by run" in deployed.sources["evaluation.aggregator"]


def test_a_fixed_aggregator_is_deployed_as_it_is(tmp_path):
    run = write_fake_run(tmp_path / "run")
    assert deployed_recipe(run) == read_recipe(run)


def test_published_runs_have_no_validation_patients_and_say_so_in_every_figure(tmp_path):
    settings = ("split.protocol=published", "evaluation.threshold=youden", "evaluation.aggregator=validation")
    run = write_fake_run(tmp_path / "run", recipe=fake_recipe(*settings))
    evaluate(run)
    written = json.loads(run.metrics.read_text())
    assert {row["note"] for row in written.values()} == {"selected on the reported fold"}
    assert read_metrics(run)["auc"].value == written["auc"]["value"]
    assert {row.note for row in read_records(run.scores, ScoreRow)} == {"selected on the reported fold"}
    chosen = read_json(run.selection)
    assert "selected on the reported fold" in chosen["threshold"]["by"]
    assert "selected on the reported fold" in chosen["aggregator"]["by"]


def test_scores_of_an_earlier_version_are_read(tmp_path):
    run = write_fake_run(tmp_path / "run")
    rows = read_records(run.scores, ScoreRow)
    columns = [name for name in rows[0].__slots__ if name != "note"]
    write_csv(run.scores, columns, ([getattr(row, name) for name in columns] for row in rows[:1]))
    assert read_records(run.scores, ScoreRow) == rows[:1]
