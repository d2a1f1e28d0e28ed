import math

import numpy as np
import pytest

from radiogenomics.evaluation.resampled_t import corrected_resampled_t


def undefined(figure):
    return math.isnan(figure.low) and math.isnan(figure.high)


def test_the_correction_is_that_of_overlapping_training_sets():
    differences = [0.1, 0.0, 0.2, 0.05, 0.15]
    found = corrected_resampled_t(differences, 48, 12)
    deviation = math.sqrt((1 / 5 + 12 / 48) * np.var(differences, ddof=1))
    assert found.t == pytest.approx(0.1 / deviation)
    assert found.df == 4
    assert found.difference.n == 5
    assert found.difference.high - found.difference.low == pytest.approx(2 * 2.776445 * deviation)


def test_p_and_interval_agree_on_what_is_significant():
    for shift in np.linspace(0, 0.2, 21):
        found = corrected_resampled_t([shift + x for x in (-0.05, 0.02, 0.06, -0.01, 0.03)], 40, 10)
        assert (found.p < 0.05) == (found.difference.low > 0)


def test_swapping_the_runs_turns_the_sign_and_nothing_else():
    one, other = (corrected_resampled_t([sign * x for x in (0.1, 0.2, -0.05)], 40, 20) for sign in (1, -1))
    assert (one.t, one.p, one.difference.low) == (-other.t, other.p, -other.difference.high)


def test_repeats_of_one_split_do_not_make_a_difference_certain():
    # Student's own t would call any difference significant, were it only repeated often enough.
    differences = [0.1, -0.06, 0.08, 0.0, 0.05]
    ps = [corrected_resampled_t(differences * repeats, 48, 12).p for repeats in (1, 10, 100)]
    assert min(ps) > 0.2
    mean, deviation = np.mean(differences), np.std(differences)
    assert mean / (deviation / math.sqrt(500)) > 10


def test_folds_in_which_a_figure_is_undefined_are_left_out():
    full = corrected_resampled_t([0.1, 0.2, 0.0], 40, 10)
    assert corrected_resampled_t([0.1, math.nan, 0.2, 0.0], 40, 10) == full


@pytest.mark.parametrize("differences", [[], [0.2], [math.nan, 0.2], [0.1, 0.1, 0.1], [0.3 - 0.2, 0.1, 0.4 - 0.3]])
def test_what_cannot_be_tested_has_no_p(differences):
    found = corrected_resampled_t(differences, 40, 10)
    assert math.isnan(found.p)
    assert math.isnan(found.t)
    assert undefined(found.difference)
    defined = [value for value in differences if not math.isnan(value)]
    assert found.difference.value == pytest.approx(np.mean(defined) if defined else math.nan, nan_ok=True)


def test_runs_that_never_differ_do_not_differ():
    found = corrected_resampled_t([0.0, 0.0, 0.0], 40, 10)
    assert (found.p, found.t, found.difference.low, found.difference.high) == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("sizes", [(0, 10), (40, 0), (math.nan, 10)])
def test_sizes_must_be_sizes(sizes):
    with pytest.raises(ValueError, match="above 0"):
        corrected_resampled_t([0.1, 0.2], *sizes)
