from dataclasses import replace

import pytest
from audit_cohorts import RECIPE, made_up, of_check

from radiogenomics.evaluation.decide import WHOSE
from radiogenomics.overrides import override

OPEN = ("evaluation.threshold=youden", "evaluation.aggregator=validation")
CHECKS = ("epoch", "threshold", "aggregator")


def facts(*assignments, **more):
    return replace(made_up(51), recipe=override(RECIPE, [*OPEN, *assignments]), **more)


@pytest.mark.parametrize("check", CHECKS)
def test_the_published_protocol_chooses_on_what_is_reported(check):
    finding = of_check(facts("split.protocol=published"), check)
    assert finding.status == "found"
    assert finding.kind == "protocol"
    assert len(finding.patients) == 40
    assert of_check(facts(), check).status == "clean"


def test_what_a_recipe_fixes_is_chosen_on_nobody():
    fixed = ["evaluation.threshold=0.5", "evaluation.aggregator=mean", "split.protocol=published"]
    kept = [
        f"training.phases.{k}.{v}"
        for k in (0, 1)
        for v in ("keep=last", "early_stopping=null", "reduce_learning_rate=null")
    ]
    for check in CHECKS:
        assert of_check(facts(*fixed, *kept), check).status == "clean"


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(("whose", "status"), [("test", "found"), ("validation", "clean")])
def test_selection_says_who_chose(check, whose, status):
    by = {"by": f"lowest val_loss on {WHOSE[whose]}"}
    entry = [{"fold": 0, **by}] if check == "epoch" else {**by, "values": [{"fold": 0, **by}]}
    assert of_check(facts(selection={check: entry}), check).status == status


@pytest.mark.parametrize("check", CHECKS)
def test_a_finished_run_that_does_not_say_is_unknown(check):
    assert of_check(facts(selection={"protocol": "nested"}), check).status == "unknown"


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(("seen", "status"), [(0, "clean"), (3, "suspected"), (None, "unknown")])
def test_on_an_outside_cohort_nothing_is_chosen_by_the_published_protocol(check, seen, status):
    outside = {"protocol": "outside", "outside": {"run": "runs/first", "patients_seen": seen}}
    finding = of_check(facts("split.protocol=published", selection=outside, folds=(), labels={}), check)
    assert finding.status == status
    assert "chosen by first, " in finding.sentence


def test_one_cell_of_a_sweep_was_picked_among_others():
    swept = of_check(facts(environment={"command": ["radiogen", "sweep", "--inputs", "all"]}), "combination")
    assert swept.status == "suspected"
    alone = facts(environment={"command": ["radiogen", "train", "--run", "runs/sweep"]})
    assert of_check(alone, "combination").status == "clean"
    assert (
        of_check(facts(selection={"combination": {"by": "best of ten on the test fold"}}), "combination").status
        == "found"
    )
