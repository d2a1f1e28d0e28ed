from dataclasses import replace

import pytest
from fakerun import fake_recipe
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.judgement_tables import operating_table
from radiogenomics.evaluation.operating import operating_points
from radiogenomics.evaluation.score import score
from radiogenomics.records import SlicePrediction


def slices(fold, split, *pairs):
    return [SlicePrediction(f"{fold}{split}{i}", "", "s", 1, fold, 2, split, y, p) for i, (y, p) in enumerate(pairs)]


def evidence_of(rows, *settings, selection=None):
    recipe = fake_recipe(*settings)
    scores = score(rows, recipe)
    return Evidence("run", recipe, scores.predictions, scores.thresholds, scores.rows, selection=selection or {})


KNOWN = [
    *slices(0, "validation", (0, 0.1), (0, 0.2), (1, 0.3), (0, 0.4), (1, 0.6), (1, 0.8)),
    *slices(0, "test", (1, 0.27), (1, 0.9), (0, 0.26), (0, 0.1)),
    *slices(1, "validation", (1, 0.05), (0, 0.1), (0, 0.5), (1, 0.7)),
    *slices(1, "test", (1, 0.65), (0, 0.55), (0, 0.45), (0, 0.2)),
]


EVIDENCE = evidence_of(KNOWN)


def points(evidence):
    return {point.policy: point for point in operating_points(evidence)}


def test_each_fold_decides_its_test_patients_at_the_threshold_its_validation_patients_chose():
    found = points(EVIDENCE)
    sensitive = found["sensitivity>=0.9"]
    # Fold 0 takes 0.25, halfway between 0.2 and 0.3; in fold 1 the lowest is a positive, and no threshold will do.
    assert [row.value for row in sensitive.thresholds] == pytest.approx([0.25, 0.5])
    assert sensitive.unreached == 1
    assert (sensitive.figures["sensitivity"].value, sensitive.figures["specificity"].value) == (1, pytest.approx(3 / 5))
    assert found["specificity>=0.9"].thresholds[0].value == pytest.approx(0.5)


def test_the_runs_own_decisions_come_first_and_the_same_policy_is_not_told_twice():
    evidence = evidence_of(KNOWN, "evaluation.threshold=youden")
    assert [point.policy for point in operating_points(evidence)] == [
        "youden",
        "sensitivity>=0.9",
        "sensitivity>=0.95",
        "specificity>=0.9",
    ]
    own, figures = operating_points(evidence)[0], evidence.figures("patient", 2)
    assert {name: own.figures[name] for name in ("sensitivity", "specificity", "precision", "npv")} == {
        name: figures[name] for name in ("sensitivity", "specificity", "precision", "npv")
    }


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 100)), min_size=8, max_size=8))
def test_no_threshold_depends_on_test_patients(others):
    evidence = EVIDENCE
    fresh = iter(others)
    changed = [
        replace(row, label=(new := next(fresh))[0], probability=new[1] / 100) if row.split == "test" else row
        for row in evidence.predictions
    ]
    before, after = (operating_points(given) for given in (evidence, replace(evidence, predictions=changed)))
    assert [point.thresholds for point in before] == [point.thresholds for point in after]


def test_the_table_says_which_folds_could_not_choose():
    rows = {row[0]: row for row in operating_table(EVIDENCE).rows}
    chosen = rows["Sensitivity of at least 0.9"][-1]
    assert "on the fold's validation patients" in chosen
    assert "1 of 2 folds: 0.5, since no threshold has a sensitivity of at least 0.9" in chosen


def test_by_the_published_protocol_every_column_and_reason_says_what_was_selected():
    test_only = [row for row in KNOWN if row.split == "test"]
    table = operating_table(evidence_of(test_only, "split.protocol=published", "evaluation.threshold=youden"))
    assert all("selected on the reported fold" in title for title in table.header[2:-1])
    assert all("selected on the reported fold" in row[-1] for row in table.rows)


def test_of_an_outside_cohort_only_the_runs_own_decisions_are_told():
    rows = slices(0, "test", (1, 0.7), (0, 0.2))
    found = operating_points(evidence_of(rows, selection={"protocol": "outside"}))
    assert [point.policy for point in found] == ["0.5"]
