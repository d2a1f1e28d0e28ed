import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from radiogenomics.evaluation.linear import first_repeat, fold_places, out_of_fold
from radiogenomics.records import Fold


def deal(n: int, folds: int = 3):
    places = np.arange(n)
    return [(np.setdiff1d(places, places[k::folds]), places[k::folds]) for k in range(folds)]


def drawn(n: int, columns: int, seed: int = 0):
    random = np.random.Generator(np.random.Philox(seed))
    return random.normal(size=(n, columns)), (random.permutation(n) < n * 0.4).astype(int)


@pytest.mark.parametrize("columns", [3, 100])
def test_scores_are_those_of_ridge_regression_on_standardised_features(columns):
    features, labels = drawn(30, columns)
    scores = out_of_fold(features, labels, deal(30))
    for train, test in deal(30):
        scaler = StandardScaler().fit(features[train])
        ridge = Ridge(alpha=columns).fit(scaler.transform(features[train]), labels[train])
        expected = ridge.predict(scaler.transform(features[test])) - labels[train].mean()
        np.testing.assert_allclose(scores[test], expected, atol=1e-8)


def test_many_labellings_at_once_score_as_one_by_one():
    features, labels = drawn(24, 7)
    rows = np.stack([labels, 1 - labels, np.roll(labels, 5)])
    together = out_of_fold(features, rows, deal(24))
    np.testing.assert_array_equal(together, [out_of_fold(features, row, deal(24)) for row in rows])


def test_what_can_tell_nobody_apart_scores_everybody_alike():
    labels = drawn(12, 1)[1]
    for features in (np.empty((12, 0)), np.full((12, 3), 0.1)):
        assert (out_of_fold(features, labels, deal(12)) == 0).all()


def test_no_test_patient_moves_its_own_score():
    features, labels = drawn(20, 4)
    train, test = deal(20)[0]
    other = labels.copy()
    other[test] = 1 - other[test]
    first = out_of_fold(features, labels, [(train, test)])
    np.testing.assert_array_equal(first, out_of_fold(features, other, [(train, test)]))
    assert np.isnan(first[train]).all()
    moved = features.copy()
    moved[test[1:]] += 100  # nor do other test patients: nothing is standardised on them
    assert out_of_fold(moved, labels, [(train, test)])[test[0]] == first[test[0]]


def test_patients_of_equal_features_tie_exactly():
    features = np.repeat(drawn(10, 5)[0], 3, axis=0)
    scores = out_of_fold(features, drawn(30, 1)[1], [(np.arange(15), np.arange(15, 30))])
    assert len(set(scores[15:].tolist())) == 5


def test_a_feature_that_is_not_finite_is_told():
    with pytest.raises(ValueError, match="finite"):
        out_of_fold([[np.nan], [1.0]], [0, 1], [(np.array([0]), np.array([1]))])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=12, max_size=12), st.integers(1, 50), st.integers(-1000, 1000))
def test_units_of_a_feature_do_not_matter(values, scale, offset):
    features = np.column_stack([values, drawn(12, 2)[0][:, 0]])
    labels = drawn(12, 1)[1]
    other = features * [scale, 1] + [offset, 0]
    np.testing.assert_allclose(out_of_fold(features, labels, deal(12)), out_of_fold(other, labels, deal(12)), atol=1e-6)


def test_folds_become_places_and_validation_trains():
    (train, test), *_ = fold_places([Fold(0, ("d", "b"), ("gone", "a"), ("c",))], ["a", "b", "c", "d"])
    assert (train.tolist(), test.tolist()) == ([0, 1, 3], [2])


def test_of_repeats_the_first_counts():
    folds = [*deal(9), *deal(9, 2)]
    assert len(first_repeat(folds)) == 3
    assert len(first_repeat(deal(9))) == 3
