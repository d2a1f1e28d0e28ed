import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from radiogenomics.evaluation.delong import auc_variance
from radiogenomics.evaluation.intervals import (
    auc_interval,
    auc_intervals,
    bootstrap_weights,
    clopper_pearson,
    logit_limits,
    mean_and_sd,
    newcombe_interval,
    percentile,
)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (10, 10), (1, 1), (53, 59), (11, 16), (42, 43), (500, 999)])
def test_clopper_pearson_is_the_inverted_exact_test(successes, trials):
    exact = binomtest(successes, trials).proportion_ci(method="exact")
    assert clopper_pearson(successes, trials) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_clopper_pearson_of_no_success_has_its_closed_form():
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 1 - 0.025**0.1))
    assert all(math.isnan(limit) for limit in clopper_pearson(0, 0))


def test_auc_interval_is_delongs_on_the_logit_scale():
    random = np.random.default_rng(4)
    labels = np.arange(50) % 2
    scores = random.normal(size=50) + labels
    found = auc_interval(labels, scores)
    value, variance = auc_variance(labels, scores)
    centre, half = math.log(value / (1 - value)), 1.959964 * math.sqrt(variance) / (value * (1 - value))
    low, high = (1 / (1 + math.exp(-(centre + sign * half))) for sign in (-1, 1))
    assert (found.value, found.low, found.high, found.n) == pytest.approx((value, low, high, 50), abs=1e-6)


def test_auc_interval_covers_where_the_plain_one_does_not():
    random = np.random.default_rng(0)
    labels = np.arange(60) < 16
    hits, plain = 0, 0
    for _ in range(400):
        scores = random.normal(size=60) + labels * norm.ppf(0.95) * math.sqrt(2)
        found, (value, variance) = auc_interval(labels, scores), auc_variance(labels, scores)
        hits += found.low <= 0.95 <= found.high
        plain += abs(value - 0.95) <= 1.959964 * math.sqrt(variance)
    assert 0.93 <= hits / 400 <= 0.985
    assert plain < hits - 20


@pytest.mark.parametrize(
    ("labels", "scores", "value"),
    [([0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6], 1.0), ([0, 0, 0, 1, 1, 1], [6, 5, 4, 3, 2, 1], 0.0),
     ([0, 0, 0, 1, 1, 1], [0.5] * 6, 0.5), ([0, 0, 0, 0, 0, 1], [1, 2, 3, 4, 6, 5], 0.8)],
)  # fmt: skip
def test_where_delongs_variance_says_nothing_the_interval_still_has_a_width(labels, scores, value):
    found = auc_interval(labels, scores)
    assert found.value == pytest.approx(value)
    assert 0 <= found.low <= value <= found.high <= 1
    assert found.high - found.low > 0.3


def test_newcombes_limits_solve_their_equation_and_narrow_with_n():
    low, high = newcombe_interval(0.8, 20, 30)
    for limit in (low, high):
        star = 24
        q = 1 + star * (1 - limit) / (2 - limit) + star * limit / (1 + limit)
        assert abs(0.8 - limit) == pytest.approx(1.959964 * math.sqrt(limit * (1 - limit) * q / 600), rel=1e-6)
    assert newcombe_interval(1, 5, 5)[0] < newcombe_interval(1, 50, 50)[0] < 1
    assert newcombe_interval(1, 8, 9)[0] == pytest.approx(1 - newcombe_interval(0, 8, 9)[1])


def test_an_undefined_auc_is_nan_with_nan_limits():
    found = auc_interval([1, 1, 1], [0.1, 0.2, 0.3])
    assert all(math.isnan(value) for value in (found.value, found.low, found.high))
    assert found.n == 3


def test_resamples_are_stratified_and_the_same_every_time():
    labels = np.array([1, 0, 0, 1, 0, 0, 0])
    weights = bootstrap_weights(labels, resamples=500)
    assert (weights[:, labels == 1].sum(1) == 2).all()
    assert (weights[:, labels == 0].sum(1) == 5).all()
    assert np.array_equal(weights, bootstrap_weights(labels, resamples=500))
    assert weights[:, 0].mean() == pytest.approx(1, abs=0.15)


def test_bootstrap_standard_error_is_that_of_a_mean():
    labels = np.ones(100)
    values = np.random.default_rng(0).normal(size=100)
    means = bootstrap_weights(labels) @ values / 100
    assert means.std() == pytest.approx(values.std() / 10, rel=0.1)


def test_quantiles_and_spread_leave_out_what_is_undefined():
    assert percentile([math.nan, *range(1001)]) == pytest.approx((25, 975))
    assert mean_and_sd([1.0, 3.0, math.nan]) == pytest.approx((2, math.sqrt(2)))
    assert all(math.isnan(value) for value in (*percentile([math.nan]), *mean_and_sd([])))


def test_the_three_intervals_are_of_one_area_the_default_first():
    random = np.random.default_rng(6)
    labels = np.arange(60) % 3 == 0
    scores = random.normal(size=60) + labels
    found = auc_intervals(labels, scores)
    assert list(found) == ["logit-DeLong", "DeLong", "bootstrap"]
    assert found["logit-DeLong"] == auc_interval(labels, scores)
    assert len({(figure.value, figure.n) for figure in found.values()}) == 1
    value, variance = auc_variance(labels, scores)
    assert found["DeLong"].high - value == pytest.approx(1.959964 * math.sqrt(variance), rel=1e-6)
    assert found["bootstrap"].high - found["bootstrap"].low == pytest.approx(3.92 * math.sqrt(variance), rel=0.1)


def test_a_plain_interval_ends_at_1():
    labels = np.array([0] * 12 + [1] * 8)
    scores = np.array([*range(12), 9.5, 10.5, *range(12, 18)])
    found = auc_intervals(labels, scores)["DeLong"]
    assert found.value < 1
    assert found.high == 1


@pytest.mark.parametrize("scores", [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [1] * 6])
def test_only_the_default_has_limits_where_there_is_no_variance(scores):
    found = auc_intervals([0, 0, 0, 1, 1, 1], scores)
    assert found["logit-DeLong"].high - found["logit-DeLong"].low > 0.3
    for method in ("DeLong", "bootstrap"):
        assert found[method].value == found["logit-DeLong"].value
        assert math.isnan(found[method].low)
        assert math.isnan(found[method].high)


def test_of_one_class_no_method_tells_anything():
    for figure in auc_intervals([1, 1], [0.1, 0.2]).values():
        assert all(math.isnan(value) for value in (figure.value, figure.low, figure.high))
        assert figure.n == 2


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=4, max_size=40).filter(
        lambda rows: 2 <= sum(label for label, _ in rows) <= len(rows) - 2
    )
)
def test_the_default_is_logit_delong_or_wider(rows):
    labels, scores = zip(*rows, strict=True)
    found, (value, variance) = auc_interval(labels, scores), auc_variance(labels, scores)
    assert 0 <= found.low <= value <= found.high <= 1
    assert found.high > found.low
    if 0 < value < 1 and variance > 1e-9:
        low, high = logit_limits(value, math.sqrt(variance))
        assert found.low <= low + 1e-12
        assert found.high >= high - 1e-12


def test_a_variance_that_rests_on_one_patient_is_not_believed():
    negatives = [k / 40 for k in range(40)]
    labels = [0] * 40 + [1] * 16
    for outlying, widened in ((1, True), (4, False)):
        scores = negatives + [0.93] * outlying + [2.0] * (16 - outlying)
        found, (value, variance) = auc_interval(labels, scores), auc_variance(labels, scores)
        assert (found.low < logit_limits(value, math.sqrt(variance))[0] - 0.01) == widened
