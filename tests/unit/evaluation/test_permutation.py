import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.evaluation.delong import auc
from radiogenomics.evaluation.intervals import auc_interval
from radiogenomics.evaluation.linear import out_of_fold
from radiogenomics.evaluation.permutation import aucs, permutation_test, permuted, those_tested


def cohort(n: int, seed: int, shift: float = 0.0, columns: int = 20, folds: int = 5):
    """Gaussian features of which the first few differ by `shift` between the classes, and stratified folds."""
    random = np.random.Generator(np.random.Philox(seed))
    labels = (random.permutation(n) < 0.4 * n).astype(int)
    features = random.normal(size=(n, columns))
    features[:, :3] += shift * labels[:, None]
    order = np.concatenate([np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)])
    return features, labels, [(np.setdiff1d(order, order[k::folds]), np.sort(order[k::folds])) for k in range(folds)]


def test_the_observed_figure_is_the_pooled_auc_with_its_interval():
    features, labels, folds = cohort(50, 1, shift=1.0)
    found = permutation_test(features, labels, folds, resamples=20)
    assert found.auc == auc_interval(labels, out_of_fold(features, labels, folds))
    assert len(found.null) == 20


def test_p_counts_the_observed_labels_among_the_permutations():
    features, labels, folds = cohort(60, 2, shift=3.0)
    assert permutation_test(features, labels, folds, resamples=99).p == 0.01
    assert permutation_test(np.empty((60, 0)), labels, folds, resamples=99).p == 1.0


def test_the_same_seed_permutes_the_same():
    features, labels, folds = cohort(40, 3)
    first, again = (permutation_test(features, labels, folds, resamples=50) for _ in range(2))
    assert first == again
    assert permutation_test(features, labels, folds, resamples=50, seed=7).null != first.null


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 1), min_size=6, max_size=20), st.integers(1, 4), st.integers(0, 99))
def test_every_fold_keeps_its_classes_and_so_do_those_never_tested(labels, folds, seed):
    places = np.arange(len(labels) - 2)
    parts = [(np.array([len(labels) - 1]), places[k::folds]) for k in range(folds)]
    rows = permuted(labels, parts, 9, seed)
    for group in (*(test for _, test in parts), np.array([len(labels) - 2, len(labels) - 1])):
        assert (rows[:, group].sum(1) == np.array(labels)[group].sum()).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=2, max_size=15))
def test_aucs_of_rows_are_those_of_delong(pairs):
    labels, scores = np.array(pairs).T
    found = aucs(np.stack([labels, 1 - labels]), np.stack([scores, scores]).astype(float))
    np.testing.assert_allclose(found, [auc(labels, scores), auc(1 - labels, scores)])


def test_of_a_single_split_only_the_test_patients_count():
    features, labels, folds = cohort(60, 4, shift=1.5)
    found = permutation_test(features, labels, folds[:1], resamples=50)
    assert found.auc.n == len(folds[0][1]) == len(those_tested(folds[:1]))


def test_repeats_do_not_count_twice():
    features, labels, folds = cohort(30, 5)
    assert permutation_test(features, labels, [*folds, *folds], 20) == permutation_test(features, labels, folds, 20)


def test_one_class_has_no_auc_and_no_p():
    features, _, folds = cohort(20, 6)
    found = permutation_test(features, np.ones(20, int), folds, resamples=10)
    assert math.isnan(found.p)
    assert math.isnan(found.auc.value)
    assert math.isnan(found.chance[0])


@pytest.mark.parametrize(("n", "columns"), [(40, 5), (60, 200)])
def test_p_values_of_labels_that_nothing_predicts_are_spread_evenly(n, columns):
    ps = [permutation_test(*cohort(n, 1000 + seed, columns=columns), resamples=99).p for seed in range(200)]
    counts = np.histogram(ps, bins=[0, 0.2, 0.4, 0.6, 0.8, 1.001])[0]
    assert counts.min() > 20  # 40 expected; 3.5 standard deviations
    assert counts.max() < 60
    assert 1 <= sum(p < 0.05 for p in ps) <= 20  # 8 or 10 expected


def test_a_clear_signal_is_found():
    ps = [permutation_test(*cohort(60, 2000 + seed, shift=1.2), resamples=99).p for seed in range(20)]
    assert sum(p < 0.05 for p in ps) >= 18
