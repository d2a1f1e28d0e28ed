"""What selection.json says of the epochs; what a run may replace, and what a resumed one must find as it was."""

from dataclasses import replace

import pytest
import toy_models

from radiogenomics.errors import ExistsError, RunError
from radiogenomics.experiment import cross_validate
from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.cross_validate import _write_outcomes, chosen_by, new_run
from radiogenomics.experiment.environment import environment
from radiogenomics.experiment.facts import planned_facts
from radiogenomics.experiment.fold import FoldOutcome
from radiogenomics.experiment.plan import Plan
from radiogenomics.experiment.prepare import Prepared
from radiogenomics.models.weights import resolve
from radiogenomics.records import Cohort, EpochRow, Plane, Sample
from radiogenomics.rundir.rows import read_csv
from radiogenomics.rundir.run import Run, read_json, write_json

STOP = 'training.phases.0.early_stopping={"patience": 3}'
ALONE = ["training.phases.0.early_stopping=null", "training.phases.0.reduce_learning_rate=null"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([], "lowest val_loss on the fold's validation patients"),
        (["training.monitor=val_auc"], "highest val_auc on the fold's validation patients"),
        (
            ["split.protocol=published", "training.monitor=val_accuracy"],
            "highest val_accuracy on the fold's own test patients, hence selected on the reported fold",
        ),
        (["training.phases.0.keep=last", *ALONE], "the last epoch"),
        (
            ["training.phases.0.keep=mean", *ALONE, STOP],
            "the mean of all epochs' weights; the end by val_loss on the fold's validation patients",
        ),
        (
            ["training.phases.0.keep=last"],
            "the last epoch; the end and the learning rate by val_loss on the fold's validation patients",
        ),
    ],
)
def test_what_chose_an_epoch_is_told(settings, expected):
    recipe = toy_models.recipe(*settings)
    assert chosen_by(recipe, recipe.training.phases[0]) == expected


SAMPLES = tuple(Sample(f"p{k}", "1", "s", k, 0, (Plane("a" * 64, k),)) for k in range(3))
WEIGHTS = resolve("mobilenet-0.25", "none")


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "labels.csv").write_text("id,label\n")
    request = Request("data", str(tmp_path / "labels.csv"))
    return Plan(request, toy_models.recipe(), Cohort("data", 0, (), ()), (), (), ())


def _facts(plan):
    return planned_facts(
        plan, Prepared(SAMPLES, (), (), 0, 3), (), environment(plan.request, plan.recipe, WEIGHTS, SAMPLES)
    )


def test_a_folder_that_is_no_run_is_never_removed(tmp_path, plan):
    thesis = tmp_path / "used" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("precious")
    for begin in (
        lambda: cross_validate.begin_run(Run(thesis.parent), plan, _facts(plan)),
        lambda: new_run(thesis.parent, force=True),
    ):
        with pytest.raises(ExistsError, match="used is no run of ours"):
            begin()
    assert thesis.read_text() == "precious"


@pytest.mark.parametrize("left", [(), ("recipe.json",), ("recipe.json", "environment.json", "metrics.json")])
def test_an_empty_folder_and_a_run_however_far_it_came_are_replaced(tmp_path, plan, left):
    run = Run(tmp_path / "run")
    run.root.mkdir()
    for name in left:
        (run / name).write_text("{}")
    cross_validate.begin_run(new_run(run.root, force=True), plan, _facts(plan))
    assert sorted(path.name for path in run.root.iterdir()) == ["environment.json", "recipe.json", "traits.csv"]


def test_a_run_whose_lesions_changed_is_not_resumed(tmp_path, plan):
    run = Run(tmp_path / "run")
    cross_validate.begin_run(run, plan, _facts(plan))
    cross_validate._check_same(run, plan, Prepared(SAMPLES, (), (), 0, 3), WEIGHTS)
    moved = (*SAMPLES[:2], replace(SAMPLES[2], planes=(Plane("b" * 64, 2),)))
    with pytest.raises(
        RunError, match=r"can't be resumed: the images, lesions or brain masks changed since it was begun"
    ):
        cross_validate._check_same(run, plan, Prepared(moved, (), (), 0, 3), WEIGHTS)


@pytest.mark.parametrize(
    ("protocol", "leaks", "noted"),
    [
        ("nested", [], None),
        ("published", [], "selected on the reported fold"),
        ("nested", ["two-ids"], "LEAK ALLOWED (two-ids)"),
    ],
)
def test_the_history_says_what_speaks_against_its_figures(tmp_path, protocol, leaks, noted):
    run = Run(tmp_path)
    write_json(run.environment, {"hashes": {}})
    outcome = FoldOutcome(0, (), (EpochRow(0, 1, 1, {"val_auc": 0.9}),), (1, 1), "cpu")
    _write_outcomes(run, toy_models.recipe(f"split.protocol={protocol}"), [outcome], [], leaks)
    assert [row.get("note") for row in read_csv(run.history)] == [noted]


@pytest.mark.parametrize("scope", ["slice", "volume"])
def test_what_was_normalised_is_told_as_the_recipe_has_it(tmp_path, scope):
    run = Run(tmp_path)
    write_json(run.environment, {"hashes": {}})
    _write_outcomes(run, toy_models.recipe(f"image.scope={scope}"), [], [], [])
    assert read_json(run.selection)["normalisation"]["on"] == f"each {scope}"
