import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.decision_curve import THRESHOLDS, decision_curve, net_benefit

ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1000)), min_size=1, max_size=40)


def test_the_thresholds_are_every_percent_from_1_to_99():
    assert len(THRESHOLDS) == 99
    assert (THRESHOLDS[0], THRESHOLDS[-1]) == (0.01, 0.99)


@given(ROWS)
def test_treating_all_is_worth_the_prevalence_less_the_needless_treatments(rows):
    curve = decision_curve([Scored(str(i), label, p / 1000, 0.5) for i, (label, p) in enumerate(rows)])
    share, cuts = curve.positives / curve.n, np.array(curve.thresholds)
    assert np.array(curve.treat_all) == pytest.approx(share - (1 - share) * cuts / (1 - cuts))
    # Treating all breaks even with treating no one where the threshold is the prevalence.
    assert all((value > 1e-12) <= (cut <= share) for value, cut in zip(curve.treat_all, curve.thresholds, strict=True))


@given(ROWS)
def test_no_model_is_worth_more_than_the_prevalence_and_a_perfect_one_is(rows):
    labels = [label for label, _ in rows]
    found = net_benefit(labels, [p / 1000 for _, p in rows])
    share = sum(labels) / len(labels)
    assert found.max() <= share + 1e-12
    assert net_benefit(labels, labels) == pytest.approx(share)


@given(ROWS)
def test_a_model_that_treats_no_one_is_worth_nothing(rows):
    assert not net_benefit([label for label, _ in rows], np.zeros(len(rows))).any()


def test_who_reaches_the_threshold_is_treated():
    assert net_benefit([1, 0], [0.2, 0.1], [0.2]).tolist() == [0.5]
    assert net_benefit([1, 0], [0.2, 0.2], [0.2]).tolist() == pytest.approx([0.5 - 0.5 * 0.25])
