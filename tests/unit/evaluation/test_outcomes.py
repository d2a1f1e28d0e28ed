"""Who is shown: each patient by the first model that tested it, the surest of every outcome first."""

import fakerun
import pytest

from radiogenomics.evaluation.decide import Scored, Threshold
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.outcomes import OUTCOMES, Decided, once_each, surest
from radiogenomics.records import Prediction


def one(patient, label, probability, threshold=0.5, fold=0):
    return Decided(fold, Scored(patient, label, probability, threshold))


def test_outcomes_are_named_by_the_decision_at_the_folds_own_threshold():
    assert one("a", 1, 0.6).outcome == "true positive"
    assert one("a", 1, 0.6, threshold=0.7).outcome == "false negative"
    assert one("a", 0, 0.6).outcome == "false positive"
    assert one("a", 0, 0.5).outcome == "false positive"  # at the threshold it is called positive
    assert one("a", 0, 0.4).outcome == "true negative"


def test_the_surest_are_those_farthest_from_their_own_threshold():
    tested = [one("a", 1, 0.7), one("b", 1, 0.6, 0.1), one("c", 1, 0.9), one("d", 0, 1.0), one("e", 0, 0.0)]
    assert [t.patient_id for t in surest(tested, 2)] == ["b", "c", "d", "e"]
    assert [t.patient_id for t in surest(tested, 9) if t.outcome == "true positive"] == ["b", "c", "a"]
    assert list(dict.fromkeys(t.outcome for t in surest(tested, 1))) == [OUTCOMES[0], OUTCOMES[1], OUTCOMES[3]]


def test_of_several_repeats_the_first_that_tested_a_patient_counts():
    rows = [
        Prediction(patient, fold, phase, split, 1, probability)
        for patient, fold, phase, split, probability in [
            ("a", 1, 2, "test", 0.2), ("a", 3, 2, "test", 0.9), ("b", 0, 2, "test", 0.7), ("b", 0, 1, "test", 0.1),
            ("a", 0, 2, "validation", 0.8),
        ]
    ]  # fmt: skip
    thresholds = [Threshold(fold, phase, 0.5, "") for fold in range(4) for phase in (1, 2)]
    evidence = Evidence("run", fakerun.fake_recipe(), rows, thresholds, ())
    first = once_each(evidence)
    assert [(t.patient_id, t.fold, t.scored.probability) for t in first] == [
        ("a", 1, pytest.approx(0.2)),
        ("b", 0, pytest.approx(0.7)),
    ]
