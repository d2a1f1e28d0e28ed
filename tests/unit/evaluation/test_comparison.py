import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.evaluation.comparison import Part, compare_pairs, holm
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.resampled_t import corrected_resampled_t


def run(probabilities, labels=None, first=0):
    labels = labels or [i % 2 for i in range(len(probabilities))]
    return [Scored(f"{i + first:03d}", y, p, 0.5) for i, (y, p) in enumerate(zip(labels, probabilities, strict=True))]


def test_holm_on_an_example_worked_by_hand():
    # Sorted .01 .03 .04: times 3, 2, 1, and never below the one before.
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_lies_between_the_plain_p_and_bonferronis(p_values):
    for plain, adjusted in zip(p_values, holm(p_values), strict=True):
        assert plain <= adjusted <= min(1, plain * len(p_values)) or adjusted >= plain == max(p_values)


def test_an_untested_pair_counts_as_no_comparison():
    assert holm([0.02, math.nan])[0] == pytest.approx(0.02)


def test_the_same_patients_are_tested_in_whatever_order_they_come():
    a, b = run([0.1, 0.4, 0.3, 0.9, 0.5, 0.6]), run([0.2, 0.1, 0.6, 0.5, 0.4, 0.9])
    (pair,) = compare_pairs([("a", a), ("b", b[::-1])])
    (same,) = compare_pairs([("a", a), ("b", b)])
    assert pair == same
    assert (pair.n, pair.note) == (6, "")
    assert 0 < pair.p <= 1


@pytest.mark.parametrize(
    ("other", "said"),
    [(run([0.1, 0.4, 0.3, 0.9], first=1), "3 in common"), (run([0.1, 0.4, 0.3, 0.9], [0, 1, 1, 0]), "2 patients")],
)
def test_other_patients_or_labels_give_no_test_and_a_reason(other, said):
    (pair,) = compare_pairs([("a", run([0.1, 0.4, 0.3, 0.9])), ("b", other)])
    assert math.isnan(pair.p)
    assert said in pair.note


def parts(areas, test=("a", "b"), train=10):
    return [Part(fold, test, train, area) for fold, area in enumerate(areas)]


def test_runs_that_were_split_alike_are_tested_over_their_folds_with_the_smaller_training_set():
    units = run([0.1, 0.4, 0.3, 0.9, 0.5, 0.6])
    ours, theirs = [0.9, 0.8, 0.7, 0.9], [0.6, 0.7, 0.5, 0.8]
    (pair,) = compare_pairs([("a", units), ("b", units)], {"a": parts(ours, train=12), "b": parts(theirs)})
    expected = corrected_resampled_t([0.3, 0.1, 0.2, 0.1], 10, 2)
    assert pair.p_resampled == pair.p_resampled_holm == pytest.approx(expected.p)
    assert pair.fold_difference.low == pytest.approx(expected.difference.low)
    assert pair.fold_difference.n == 4


@pytest.mark.parametrize("other", [parts([0.6, 0.7], test=("a", "c")), parts([0.6, 0.7, 0.5]), []])
def test_runs_that_were_not_split_alike_have_no_test_over_folds(other):
    units = run([0.1, 0.4, 0.3, 0.9, 0.5, 0.6])
    (pair,) = compare_pairs([("a", units), ("b", units)], {"a": parts([0.9, 0.8]), "b": other})
    assert math.isnan(pair.p_resampled)


def test_each_family_of_tests_is_corrected_by_itself():
    units = [
        run([0.1, 0.4, 0.3, 0.9, 0.5, 0.6]),
        run([0.2, 0.1, 0.6, 0.5, 0.4, 0.9]),
        run([0.9, 0.4, 0.6, 0.1, 0.4, 0.2]),
    ]
    known = {"a": parts([0.9, 0.8, 0.7]), "b": parts([0.6, 0.7, 0.5])}
    pairs = compare_pairs(list(zip("abc", units, strict=True)), known)
    assert pairs[0].p_resampled == pairs[0].p_resampled_holm  # the only one of its family
    assert pairs[0].p_holm >= pairs[0].p
    assert [pair.p_holm for pair in pairs] == holm([pair.p for pair in pairs])
