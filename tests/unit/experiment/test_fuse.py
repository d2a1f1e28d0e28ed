import pytest
from fakerun import fake_recipe, write_fake_run

from radiogenomics.errors import RunError
from radiogenomics.evaluation.decide import pool
from radiogenomics.evaluation.estimate import estimate
from radiogenomics.experiment.fuse import fuse, last_predictions
from radiogenomics.records import SlicePrediction
from radiogenomics.rundir.rows import read_records, write_records
from radiogenomics.rundir.run import read_metrics

LABELS = {f"{i:05d}": int(i % 5 < 2) for i in range(60)}  # of both classes in every split of every fold


def figures(fused):
    return estimate(pool([row for row in fused.predictions if row.split == "test"], fused.thresholds), "patient")


@pytest.fixture(scope="module")
def alike(tmp_path_factory):
    root = tmp_path_factory.mktemp("alike")
    return [write_fake_run(root / name, seed=seed, signal=1.0, labels=LABELS) for seed, name in enumerate("ab")]


@pytest.mark.parametrize("threshold", ["0.5", "youden", "sensitivity>=0.9"])
def test_the_mean_of_identical_runs_is_the_run(tmp_path, threshold):
    run = write_fake_run(tmp_path / "run", recipe=fake_recipe(f"evaluation.threshold={threshold}"))
    fused = fuse([run, run], ["a", "b"], "mean")
    assert [row.probability for row in fused.predictions if row.split == "test"] == [
        row.probability for row in last_predictions(run) if row.split == "test"
    ]
    assert figures(fused) == read_metrics(run)


def test_the_mean_is_of_each_patients_probabilities(alike):
    fused = fuse(alike, ["a", "b"], "mean")
    first, second = ({(p.patient_id, p.fold, p.split): p.probability for p in last_predictions(run)} for run in alike)
    assert len(fused.predictions) == len(first)
    for row in fused.predictions:
        key = (row.patient_id, row.fold, row.split)
        assert row.probability == pytest.approx((first[key] + second[key]) / 2)


def test_stacking_is_fitted_to_validation_patients_alone(alike, tmp_path):
    before = {
        (p.patient_id, p.fold): p.probability for p in fuse(alike, ["a", "b"], "stack").predictions if p.split == "test"
    }
    flipped = [write_fake_run(tmp_path / name, seed=seed, signal=1.0, labels=LABELS) for seed, name in enumerate("ab")]
    for run in flipped:  # had test labels a say, turning them all round would be seen
        text = run.predictions.read_text().replace("test,1,", "test,x,").replace("test,0,", "test,1,")
        run.predictions.write_text(text.replace("test,x,", "test,0,"))
    after = {
        (p.patient_id, p.fold): p.probability
        for p in fuse(flipped, ["a", "b"], "stack").predictions
        if p.split == "test"
    }
    assert after == before


def test_stacking_weighs_a_run_that_knows_above_one_that_guesses(tmp_path):
    knows = write_fake_run(tmp_path / "knows", signal=6.0, labels=LABELS, seed=1)
    guesses = write_fake_run(tmp_path / "guesses", signal=0.0, labels=LABELS, seed=2)
    stacked, mean = (
        figures(fuse([knows, guesses], ["knows", "guesses"], way))["auc"].value for way in ("stack", "mean")
    )
    assert stacked > mean


def test_every_run_that_is_split_otherwise_is_named_with_the_mend(alike, tmp_path):
    fewer = write_fake_run(tmp_path / "fewer", patients=40)
    folds = write_fake_run(tmp_path / "folds", patients=60, recipe=fake_recipe("split.folds=4"))
    labels = {f"{i:05d}": int(i % 3 == 0) for i in range(60)}
    other = write_fake_run(tmp_path / "other", labels=labels)
    with pytest.raises(RunError) as caught:
        fuse([alike[0], fewer, folds, other], ["a", "fewer", "folds", "other"], "mean")
    said = str(caught.value)
    assert "fewer is split otherwise than a: in fold 0" in said
    assert "a has 3 folds and folds has 4" in said
    assert "patients (such as 00001) have another label in other than in a" in said
    assert said.count("--splits file") == 2


def test_a_patient_whom_one_run_never_scored_is_named(tmp_path):
    runs = [write_fake_run(tmp_path / name, evaluated=name == "a") for name in "ab"]
    rows = read_records(runs[1].slice_predictions, SlicePrediction)
    gone = next(row for row in rows if row.split == "test")
    write_records(runs[1].slice_predictions, SlicePrediction, [
        row for row in rows if (row.patient_id, row.fold, row.split) != (gone.patient_id, gone.fold, "test")
    ])  # fmt: skip
    from radiogenomics.experiment.evaluate import evaluate

    evaluate(runs[1])
    with pytest.raises(RunError, match=rf"b has no score .*patient {gone.patient_id}, test of fold {gone.fold}"):
        fuse(runs, ["a", "b"], "mean")


@pytest.mark.parametrize(
    ("policies", "note"),
    [
        ((0.5, 0.5), ""),
        (("youden", "youden"), ""),
        (("sensitivity>=0.9", "sensitivity>=0.9"), ""),
        (("youden", "sensitivity>=0.9"), "decided at 0.5, not at the recipes' own sensitivity>=0.9, youden"),
        ((0.3, 0.3), "decided at 0.5, not at the recipes' own 0.3"),
        ((0.5, "youden"), "decided at 0.5, not at the recipes' own 0.5, youden"),
    ],
)
def test_a_threshold_of_the_recipes_that_is_not_used_is_told(tmp_path, policies, note):
    runs = [
        write_fake_run(tmp_path / name, recipe=fake_recipe(f"evaluation.threshold={policy}"))
        for name, policy in zip("ab", policies, strict=True)
    ]
    assert fuse(runs, ["a", "b"], "mean").note == note


def test_published_runs_are_averaged_with_the_words_and_never_stacked(tmp_path):
    recipe = fake_recipe("split.protocol=published")
    runs = [write_fake_run(tmp_path / name, seed=seed, recipe=recipe) for seed, name in enumerate("ab")]
    assert fuse(runs, ["a", "b"], "mean").note == "selected on the reported fold"
    with pytest.raises(RunError, match=r"a follows the published protocol.*fuse by mean"):
        fuse(runs, ["a", "b"], "stack")
