import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from radiogenomics.evaluation.delong import auc, auc_variance, informants, paired_test

SCORES = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=2, max_size=40).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)


def by_definition(labels, scores):
    """DeLong's equations as printed, over all pairs."""
    x, y = scores[labels == 1], scores[labels == 0]
    psi = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    v10, v01 = psi.mean(1), psi.mean(0)
    return psi.mean(), v10.var(ddof=1) / len(x) + v01.var(ddof=1) / len(y)


def cohort(seed, n=60, separation=1.0):
    random = np.random.default_rng(seed)
    labels = (np.arange(n) % 3 == 0).astype(int)
    return labels, np.round(random.normal(size=n) + separation * labels, 1)


@given(SCORES)
def test_auc_is_sklearns_ties_included(rows):
    labels, scores = zip(*rows, strict=True)
    assert auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_value_and_variance_follow_the_definition(seed):
    labels, scores = cohort(seed)
    assert auc_variance(labels, scores) == pytest.approx(by_definition(labels, scores), rel=1e-12)


def test_variance_is_near_the_jackknifes():
    labels, scores = cohort(1, n=300)
    members = [np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)]
    jackknife = 0.0
    for group in members:
        left_out = np.array([auc(np.delete(labels, i), np.delete(scores, i)) for i in group])
        jackknife += (len(group) - 1) / len(group) * ((left_out - left_out.mean()) ** 2).sum()
    assert auc_variance(labels, scores)[1] == pytest.approx(jackknife, rel=0.02)


def test_auc_of_one_class_is_undefined():
    assert math.isnan(auc([1, 1], [0.2, 0.3]))
    assert math.isnan(auc([], []))


def test_paired_variance_follows_the_definition():
    labels, first = cohort(2)
    second = first + np.round(np.random.default_rng(9).normal(size=60), 1)
    x1, y1, x2, y2 = first[labels == 1], first[labels == 0], second[labels == 1], second[labels == 0]
    psi = ((x1[:, None] > y1) + 0.5 * (x1[:, None] == y1)) - ((x2[:, None] > y2) + 0.5 * (x2[:, None] == y2))
    deviation = math.sqrt(psi.mean(1).var(ddof=1) / len(x1) + psi.mean(0).var(ddof=1) / len(y1))
    found = paired_test(labels, first, second)
    assert found.difference.value == pytest.approx(psi.mean())
    assert found.p == pytest.approx(math.erfc(abs(psi.mean()) / deviation / math.sqrt(2)))
    assert found.difference.high - found.difference.low == pytest.approx(2 * 1.959963984540054 * deviation)


def test_paired_test_holds_its_level_and_has_power():
    random = np.random.default_rng(0)
    labels = (np.arange(80) < 40).astype(int)

    def rejected(gain):
        hits = 0
        for _ in range(300):
            shared = random.normal(size=80)
            first = shared + labels + 0.7 * random.normal(size=80)
            second = shared + labels * gain + 0.7 * random.normal(size=80)
            hits += paired_test(labels, first, second).p < 0.05
        return hits / 300

    assert 0.02 < rejected(1.0) < 0.09
    assert rejected(2.2) > 0.7


def test_a_score_against_itself_does_not_differ():
    labels, scores = cohort(3)
    found = paired_test(labels, scores, scores * 2 - 1)
    assert (found.p, found.difference.value) == (1.0, 0.0)


def test_perfect_against_reversed_says_that_it_cannot_be_tested():
    found = paired_test([0, 0, 1, 1], [1, 2, 3, 4], [4, 3, 2, 1])
    assert found.difference.value == 1.0
    assert math.isnan(found.p)


@pytest.mark.parametrize(
    ("positives", "count"),
    [
        ([9, 9, 9, 9, 9, 9], 0),  # all in order
        ([2.5, 9, 9, 9, 9, 9], 1),  # one of six carries it all
        ([2.5, 2.5, 9, 9, 9, 9], 2),
        ([2.5, 6.5, 9, 9, 9, 9], 1.53),  # the second hardly counts: (5 + 1)^2 / (5^2 + 1^2), see below
    ],
)
def test_a_variance_rests_on_those_who_are_out_of_order(positives, count):
    negatives = list(range(1, 8))
    labels = [1] * len(positives) + [0] * len(negatives)
    weights = [sum(n > p for n in negatives) for p in positives]
    expected = sum(weights) ** 2 / sum(w * w for w in weights) if any(weights) else 0
    assert informants(labels, positives + negatives) == pytest.approx(expected)
    assert expected == pytest.approx(count, abs=0.2)
    turned = [-score for score in positives + negatives]
    assert informants(labels, turned) == pytest.approx(expected)


def test_a_class_of_two_tells_of_one():
    assert informants([1, 1, 0, 0, 0, 0], [2.5, 2.5, 1, 2, 3, 4]) == 1
