import math
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    matthews_corrcoef,
    precision_score,
    roc_auc_score,
)

from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.estimate import METRICS, confusion, estimate
from radiogenomics.evaluation.intervals import clopper_pearson


def units(labels, probabilities, patients=None):
    patients = patients or [f"{i:03d}" for i in range(len(labels))]
    return [Scored(q, y, p, 0.5) for q, y, p in zip(patients, labels, probabilities, strict=True)]


def cohort(n=40, slices=1, seed=0, separation=1.0):
    random = np.random.default_rng(seed)
    found = []
    for i in range(n):
        centre = random.normal() + separation * (i % 2)
        found += (
            [Scored(f"{i:03d}", i % 2, 1 / (1 + math.exp(-centre + 0.5)), 0.5)]
            if slices == 1
            else [
                Scored(f"{i:03d}", i % 2, 1 / (1 + math.exp(-centre + 0.5 - 0.2 * random.normal())), 0.5)
                for _ in range(slices)
            ]
        )
    return found


@pytest.mark.parametrize(("level", "slices"), [("patient", 1), ("slice", 5)])
def test_values_are_sklearns(level, slices):
    rows = cohort(slices=slices)
    y, d, p = [u.label for u in rows], [u.decision for u in rows], [u.probability for u in rows]
    found = estimate(rows, level)
    assert found["f1"].value == pytest.approx(f1_score(y, d))
    assert found["precision"].value == pytest.approx(precision_score(y, d))
    assert found["balanced_accuracy"].value == pytest.approx(balanced_accuracy_score(y, d))
    assert found["mcc"].value == pytest.approx(matthews_corrcoef(y, d))
    assert found["npv"].value == pytest.approx(precision_score(y, d, pos_label=0))
    assert found["auc"].value == pytest.approx(roc_auc_score(y, p))
    assert found["average_precision"].value == pytest.approx(average_precision_score(y, p))
    assert {e.n for e in found.values()} == {40}
    assert all(e.low < e.value < e.high for e in found.values())


def test_proportions_of_patients_have_exact_intervals():
    rows = cohort()
    tp, fp, tn, fn = confusion(rows)
    found = estimate(rows, "patient")
    assert (found["sensitivity"].low, found["sensitivity"].high) == clopper_pearson(tp, tp + fn)
    assert (found["specificity"].low, found["specificity"].high) == clopper_pearson(tn, tn + fp)
    assert (found["accuracy"].low, found["accuracy"].high) == clopper_pearson(tp + tn, 40)
    assert (found["precision"].low, found["precision"].high) == clopper_pearson(tp, tp + fp)
    assert (found["npv"].low, found["npv"].high) == clopper_pearson(tn, tn + fn)
    assert found["recall"] == found["sensitivity"]


def test_copies_of_a_slice_do_not_narrow_the_slice_intervals():
    once = cohort()
    copies = [unit for unit in once for _ in range(10)]
    assert estimate(copies, "slice") == estimate(once, "slice")


def test_slice_auc_resamples_patients_as_drawing_them_would():
    rows = cohort(n=14, slices=3, seed=5)
    found = estimate(rows, "slice")["auc"]
    random = np.random.default_rng(1)
    groups = [[u for u in rows if u.patient_id == f"{i:03d}"] for i in range(14)]
    values = []
    for _ in range(1500):
        drawn = [*random.choice(range(0, 14, 2), 7), *random.choice(range(1, 14, 2), 7)]
        members = [u for i in drawn for u in groups[i]]
        values.append(roc_auc_score([u.label for u in members], [u.probability for u in members]))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])), abs=0.03)


@pytest.mark.parametrize("level", ["patient", "slice"])
def test_a_perfect_score_has_no_perfect_interval(level):
    found = estimate(units([0, 0, 0, 0, 1, 1, 1, 1], [0.1] * 4 + [0.9] * 4), level)
    for name in METRICS:
        assert found[name].value == 1
        assert 0.2 < found[name].low < 0.75, name
        assert found[name].high == 1


@pytest.mark.parametrize("level", ["patient", "slice"])
@pytest.mark.parametrize(
    ("labels", "probabilities", "undefined"),
    [
        ([1, 1, 0], [0.1, 0.2, 0.3], {"precision", "mcc"}),
        ([1, 1, 0], [0.7, 0.8, 0.9], {"npv", "mcc"}),
        ([1, 1, 1], [0.9, 0.2, 0.3], {"auc", "average_precision", "specificity", "balanced_accuracy", "mcc"}),
        ([0, 0, 0], [0.1, 0.2, 0.3], set(METRICS) - {"accuracy", "specificity", "npv"}),
        ([], [], set(METRICS)),
    ],
)
def test_what_is_undefined_is_nan_and_no_warning(level, labels, probabilities, undefined):
    found = estimate(units(labels, probabilities), level)
    assert {name for name, figure in found.items() if math.isnan(figure.value)} == undefined
    for name in undefined:
        assert math.isnan(found[name].low)
        assert math.isnan(found[name].high)


@pytest.mark.parametrize("level", ["patient", "slice"])
def test_all_wrong_is_the_mirror_of_all_right(level):
    right, wrong = (
        estimate(units([0] * 5 + [1] * 4, [p] * 5 + [1 - p] * 4), level)["mcc"] for p in (0.1, 0.9)
    )  # fmt: skip
    assert (right.value, wrong.value) == (1, -1)
    assert right.low == pytest.approx(-wrong.high)
    assert 0.2 < right.low < 0.6
    assert (right.high, wrong.low) == (1, -1)


def test_the_limits_of_a_perfect_mcc_narrow_with_the_patients():
    lows = [estimate(units([0, 1] * n, [0.1, 0.9] * n), "patient")["mcc"].low for n in (5, 20, 80)]
    assert lows == sorted(lows)
    assert lows[-1] > 0.9


def test_figures_of_a_few_patients_lie_within_their_limits():
    for seed in range(40):
        rows = cohort(n=7, seed=seed, separation=0.0)
        for name, figure in estimate(rows, "patient").items():
            assert math.isnan(figure.value) or figure.low <= figure.value <= figure.high, name


def truths(sensitivity, specificity, share):
    """What the figures of decisions would be over endless patients."""
    hit, called = share * sensitivity, share * sensitivity + (1 - share) * (1 - specificity)
    return {
        "f1": 2 * hit / (share + called),
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "mcc": (hit - share * called) / math.sqrt(share * (1 - share) * called * (1 - called)),
    }


@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.9, 0.9), (0.8, 0.6)])
def test_limits_of_decisions_hold_the_truth_where_positives_are_few(sensitivity, specificity):
    m, n = 5, 30
    held = dict.fromkeys(true := truths(sensitivity, specificity, m / (m + n)), 0.0)
    for tp, tn in product(range(m + 1), range(n + 1)):
        scores = [0.9] * tp + [0.1] * (m - tp) + [0.1] * tn + [0.9] * (n - tn)
        found = estimate(units([1] * m + [0] * n, scores), "patient")
        chance = binom.pmf(tp, m, sensitivity) * binom.pmf(tn, n, specificity)
        for name, value in true.items():
            defined = not math.isnan(found[name].value)
            held[name] += chance * (not defined or found[name].low <= value <= found[name].high)
    assert min(held.values()) > 0.94, held
