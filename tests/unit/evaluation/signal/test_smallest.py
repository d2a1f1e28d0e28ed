import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.evaluation.signal.smallest import Z_TEST, deviation, smallest_auc


def test_without_signal_the_standard_deviation_is_wilcoxons():
    assert deviation(0.5, 20, 40) == pytest.approx(math.sqrt(61 / (12 * 20 * 40)), rel=1e-9)


def test_it_is_found_in_four_of_five_simulated_cohorts():
    random = np.random.default_rng(0)
    positives, negatives, value = 17, 43, smallest_auc(17, 43)
    # Exponential scores, for which Hanley's and McNeil's formula is exact.
    rate = value / (1 - value)
    above, below = random.exponential(rate, (4000, positives, 1)), random.exponential(1, (4000, 1, negatives))
    found = (above > below).mean((1, 2)) > 0.5 + Z_TEST * deviation(0.5, positives, negatives)
    assert found.mean() == pytest.approx(0.8, abs=0.05)


@given(st.integers(1, 300), st.integers(1, 300))
def test_more_patients_show_smaller_aucs(positives, negatives):
    one, more = smallest_auc(positives, negatives), smallest_auc(positives + 20, negatives + 20)
    assert math.isnan(one) or 0.5 < more < one <= 1


def test_where_no_auc_could_be_shown_there_is_none():
    assert math.isnan(smallest_auc(0, 10))
    assert math.isnan(smallest_auc(10, 10, bound=1.0))
    assert smallest_auc(20, 40, bound=0.8) > 0.8
