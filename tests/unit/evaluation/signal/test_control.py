import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.evaluation.delong import auc
from radiogenomics.evaluation.signal.control import marked, planted_control


def cohort(n=60, columns=30, seed=0):
    random = np.random.Generator(np.random.Philox(seed))
    labels = (np.arange(n) % 5 < 2).astype(int)
    folds = [(np.setdiff1d(np.arange(n), np.arange(k * n // 5, (k + 1) * n // 5)),
              np.arange(k * n // 5, (k + 1) * n // 5)) for k in range(5)]  # fmt: skip
    return random.normal(size=(n, columns)), labels, folds


@settings(deadline=None)
@given(st.sampled_from([0.65, 0.75, 0.85, 1.0]), st.integers(0, 99))
def test_the_mark_alone_gives_the_auc_asked_for(target, seed):
    _, labels, folds = cohort()
    carries = marked(labels, [test for _, test in folds], target, seed)
    assert auc(labels, carries) == pytest.approx(target, abs=0.02)


def test_a_mark_that_shows_is_found_and_one_that_does_not_is_not():
    plain, labels, folds = cohort()
    seen = plain + np.eye(30)[0] * 8
    clear = planted_control(plain, seen, labels, folds, targets=(0.5, 0.75, 1.0), draws=40)
    assert [one.auc for one in clear] == [0.5, 0.75, 1.0]
    assert clear[0].found <= 8
    assert clear[0].found < clear[1].found < clear[2].found == 40
    unseen = planted_control(plain, plain, labels, folds, targets=(1.0,), draws=40)
    assert unseen[0].found <= 8


def test_the_real_labels_play_no_part():
    plain, labels, folds = cohort()
    other = labels.copy()
    for _, test in folds:
        other[test] = other[test][::-1]
    seen = plain + 1
    assert (other != labels).any()
    assert planted_control(plain, seen, labels, folds, draws=3) == planted_control(plain, seen, other, folds, draws=3)
    random = np.random.default_rng(1)
    told = plain + 5 * labels[:, None]  # real labels that all features give away
    found = planted_control(told, told + 0.01 * random.normal(size=30), labels, folds, targets=(1.0,), draws=40)
    assert found[0].found <= 10
