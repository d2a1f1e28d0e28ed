import random

import numpy as np
import pytest

from radiogenomics.errors import RunError
from radiogenomics.evaluation.aggregate import aggregate, choose_aggregators, most_frequent
from radiogenomics.recipe import EvaluationPart
from radiogenomics.records import SlicePrediction
from radiogenomics.tables.aggregators import AGGREGATORS


def row(patient, number, probability, fold=0, phase=1, split="test", label=1, lesion=""):
    return SlicePrediction(patient, lesion, "series", number, fold, phase, split, label, probability)


@pytest.mark.parametrize(("name", "value"), [("mean", 0.4), ("median", 0.2), ("min", 0.1), ("max", 0.9)])
def test_a_patients_slices_become_one_probability(name, value):
    (found,) = aggregate([row("a", 1, 0.1), row("a", 2, 0.2), row("a", 3, 0.9)], name, "max")
    assert found.probability == pytest.approx(value)


def test_folds_phases_splits_and_patients_stay_apart():
    rows = [row(p, n, 0.5, f, ph, s) for p in "ab" for f in (0, 1) for ph in (1, 2) for s in ("test", "validation")
            for n in (1, 2)]  # fmt: skip
    found = aggregate(rows, "mean", "max")
    assert len(found) == len({(r.patient_id, r.fold, r.phase, r.split) for r in found}) == 16


def test_the_order_of_slices_changes_no_digit():
    rows = [row("a", n, 0.1 + n / 7 / 10) for n in range(9)]
    shuffled = rows.copy()
    random.Random(1).shuffle(shuffled)
    assert aggregate(rows, "mean", "max") == aggregate(shuffled, "mean", "max")


def test_two_labels_of_one_patient_are_an_error_that_names_the_patient():
    with pytest.raises(RunError, match="patient a "):
        aggregate([row("a", 1, 0.5, label=1), row("a", 2, 0.5, label=0)], "mean", "max")


@pytest.mark.parametrize("probability", [float("nan"), float("inf"), -0.1])
def test_a_diverged_model_is_an_error_and_no_average(probability):
    with pytest.raises(RunError, match="diverged"):
        aggregate([row("a", 1, 0.5), row("a", 2, probability)], "mean", "max")


@pytest.mark.parametrize(("aggregator", "lesions", "value"), [("mean", "max", 0.7), ("max", "mean", 0.65)])
def test_slices_of_a_lesion_come_first_and_lesions_of_a_patient_second(aggregator, lesions, value):
    rows = [row("a", 1, 0.1, lesion="1"), row("a", 2, 0.5, lesion="1"), row("a", 1, 0.8, lesion="2"),
            row("a", 5, 0.6, lesion="2")]  # fmt: skip
    (found,) = aggregate(rows, aggregator, lesions)
    assert found.probability == pytest.approx(value)


# Patients of two slices: only the larger tells the classes apart, so that max has an AUC of 1, min one of 0, and mean
# and median, which are the same of two, lie between.
TELLING = [(1, 0.0, 0.9), (0, 0.2, 0.6), (1, 0.1, 0.8), (0, 0.3, 0.7)]


def slices(patients, split="validation"):
    return [
        row(f"{split}{i}", n, p, split=split, label=y) for i, (y, *ps) in enumerate(patients) for n, p in enumerate(ps)
    ]


def chosen(rows, choosing="validation"):
    (found,) = choose_aggregators(rows, EvaluationPart(aggregator="validation"), choosing)
    return found


def test_an_aggregator_is_chosen_by_auc_on_validation_patients_alone():
    loud = slices([(1 - label, *values) for label, *values in TELLING * 3], "test")
    assert chosen(loud, "test").name == "min"
    found = chosen([*slices(TELLING), *loud])
    assert (found.name, found.by) == ("max", "highest AUC on the fold's validation patients")


def test_of_equal_aggregators_the_first_of_the_table_is_chosen():
    assert chosen(slices([(1, 0.9, 0.9), (0, 0.1, 0.1)])).name == next(iter(AGGREGATORS))


def test_validation_patients_of_one_class_choose_the_mean_and_it_is_said():
    found = chosen(slices([(1, 0.1, 0.9), (1, 0.3, 0.4)]))
    assert found.name == "mean"
    assert "2 validation patients lack a class" in found.by


def test_by_the_published_protocol_the_reported_fold_chooses_and_the_words_say_so():
    found = chosen(slices(TELLING, "test"), "test")
    assert found.name == "max"
    assert "selected on the reported fold" in found.by


def test_the_deployed_aggregator_is_the_most_frequent_and_of_equals_the_first_of_the_table():
    assert most_frequent(["max", "min", "max"]) == "max"
    assert most_frequent(["max", "median"]) == "median"


def test_a_made_up_aggregator_is_one_row(monkeypatch):
    monkeypatch.setitem(AGGREGATORS, "product", "numpy:prod")
    (found,) = aggregate([row("a", 1, 0.5), row("a", 2, 0.5)], "product", "max")
    assert found.probability == np.prod([0.5, 0.5])
