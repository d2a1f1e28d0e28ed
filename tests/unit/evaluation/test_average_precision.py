import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from radiogenomics.evaluation import average_precision as module
from radiogenomics.evaluation.average_precision import (
    average_precision,
    precision_interval,
    resampled_average_precision,
)
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.estimate import estimate
from radiogenomics.evaluation.intervals import bootstrap_weights, clopper_pearson, percentile

UNITS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(1, 3)), min_size=2, max_size=40
).filter(lambda rows: len({label for label, _, _ in rows}) == 2)  # fmt: skip


@given(UNITS)
def test_it_is_sklearns_ties_included(rows):
    labels, scores, _ = zip(*rows, strict=True)
    assert average_precision(labels, scores) == pytest.approx(average_precision_score(labels, scores), abs=1e-12)


@given(UNITS)
def test_weights_are_copies(rows):
    labels, scores, copies = (np.array(column) for column in zip(*rows, strict=True))
    found = resampled_average_precision(labels, scores, np.arange(len(rows)), copies[None, :])
    assert found == pytest.approx(average_precision_score(labels, scores, sample_weight=copies), abs=1e-12)


def test_a_patient_who_was_not_drawn_does_not_count():
    labels, scores, owners = [1, 1, 0, 0, 1, 0], [0.9, 0.2, 0.8, 0.4, 0.6, 0.1], [0, 0, 1, 1, 2, 3]
    found = resampled_average_precision(labels, scores, owners, [[0, 1, 1, 1], [1, 1, 0, 0]])
    assert found == pytest.approx(
        [average_precision_score([0, 0, 1, 0], [0.8, 0.4, 0.6, 0.1]), average_precision_score([1, 1, 0, 0], scores[:4])]
    )


def test_resamples_are_the_same_however_many_are_taken_at_once(monkeypatch):
    random = np.random.default_rng(0)
    labels, scores = np.arange(50) % 2, np.round(random.normal(size=50), 1)
    weights = bootstrap_weights(labels, 200)
    whole = resampled_average_precision(labels, scores, np.arange(50), weights)
    monkeypatch.setattr(module, "CELLS", 350)
    assert np.array_equal(whole, resampled_average_precision(labels, scores, np.arange(50), weights))


def test_of_classes_wholly_separated_it_is_1_to_the_last_digit():
    for positives in range(1, 40):
        assert average_precision([1] * positives + [0] * 9, np.arange(positives + 9)[::-1]) == 1


@pytest.mark.parametrize("labels", [[1, 1, 1], [0, 0, 0], []])
def test_of_one_class_it_is_undefined(labels):
    assert math.isnan(average_precision(labels, [0.1, 0.2, 0.3][: len(labels)]))


def units(labels, scores):
    return [Scored(f"{i:03d}", y, p, 0.5) for i, (y, p) in enumerate(zip(labels, scores, strict=True))]


def test_a_score_that_knows_nothing_gets_the_share_of_positives_with_the_width_of_so_many():
    found = estimate(units([1] * 4 + [0] * 12, [0.5] * 16), "patient")["average_precision"]
    assert found.value == 0.25
    assert (found.low, found.high) == clopper_pearson(1, 4)


def test_slices_of_few_patients_leave_it_as_uncertain_as_the_patients():
    random = np.random.default_rng(3)
    labels, scores = np.arange(30) % 2, random.uniform(size=30)
    once = estimate(units(labels.tolist(), scores), "slice")["average_precision"]
    slices = [
        Scored(f"{i:03d}", int(y), float(p + 1e-6 * random.normal()), 0.5)
        for i, (y, p) in enumerate(zip(labels, scores, strict=True))
        for _ in range(30)
    ]
    found = estimate(slices, "slice")["average_precision"]
    assert found.n == once.n == 30
    assert found.high - found.low == pytest.approx(once.high - once.low, rel=0.15)


@given(UNITS)
def test_the_limits_hold_the_value_and_have_a_width(rows):
    labels, scores, _ = zip(*rows, strict=True)
    weights = bootstrap_weights(labels, 50)
    found = precision_interval(labels, scores, np.arange(len(rows)), weights)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high > found.low


def test_the_interval_holds_the_truth_where_the_quantiles_do_not():
    random, weights = np.random.default_rng(0), bootstrap_weights(np.arange(60) < 16, 200)
    labels, hits, plain = (np.arange(60) < 16).astype(int), 0, 0
    truth = 0.79  # of a hundred thousand scores a class, at this share of positives
    for _ in range(300):
        scores = random.normal(size=60) + labels * 1.8124
        found = precision_interval(labels, scores, np.arange(60), weights)
        low, high = percentile(resampled_average_precision(labels, scores, np.arange(60), weights))
        hits, plain = hits + (found.low <= truth <= found.high), plain + (low <= truth <= high)
    assert 0.91 <= hits / 300 <= 0.97
    assert plain < hits - 5
