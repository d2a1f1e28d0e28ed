import random

import pytest

from radiogenomics.errors import RunError
from radiogenomics.evaluation.aggregate import aggregate
from radiogenomics.records import SlicePrediction


def row(patient, number, probability, fold=0, phase=1, split="test", label=1):
    return SlicePrediction(patient, "", "series", number, fold, phase, split, label, probability)


@pytest.mark.parametrize(("name", "value"), [("mean", 0.4), ("median", 0.2), ("min", 0.1), ("max", 0.9)])
def test_a_patients_slices_become_one_probability(name, value):
    (found,) = aggregate([row("a", 1, 0.1), row("a", 2, 0.2), row("a", 3, 0.9)], name)
    assert found.probability == pytest.approx(value)


def test_folds_phases_splits_and_patients_stay_apart():
    rows = [row(p, n, 0.5, f, ph, s) for p in "ab" for f in (0, 1) for ph in (1, 2) for s in ("test", "validation")
            for n in (1, 2)]  # fmt: skip
    found = aggregate(rows, "mean")
    assert len(found) == len({(r.patient_id, r.fold, r.phase, r.split) for r in found}) == 16


def test_the_order_of_slices_changes_no_digit():
    rows = [row("a", n, 0.1 + n / 7 / 10) for n in range(9)]
    shuffled = rows.copy()
    random.Random(1).shuffle(shuffled)
    assert aggregate(rows, "mean") == aggregate(shuffled, "mean")


def test_two_labels_of_one_patient_are_an_error_that_names_the_patient():
    with pytest.raises(RunError, match="patient a "):
        aggregate([row("a", 1, 0.5, label=1), row("a", 2, 0.5, label=0)], "mean")


@pytest.mark.parametrize("probability", [float("nan"), float("inf"), -0.1])
def test_a_diverged_model_is_an_error_and_no_average(probability):
    with pytest.raises(RunError, match="diverged"):
        aggregate([row("a", 1, 0.5), row("a", 2, probability)], "mean")
