import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, fisher_exact

from radiogenomics.evaluation.audit.association import holm, of_categories, of_numbers


def labels_of(positives: int, negatives: int) -> np.ndarray:
    return np.array([1] * positives + [0] * negatives)


def test_the_tea_tasting_lady_as_fisher_published_her():
    # R 4.2.2: fisher.test(matrix(c(3,1,1,3),2))$p.value
    found = of_categories(labels_of(4, 4), [*"MMMT", *"MTTT"])
    assert found.p == pytest.approx(0.4857142857, abs=1e-9)
    assert found.auc.value == 0.75


def test_three_categories_agree_with_chi_square_where_counts_are_large():
    counts = np.array([[60, 45, 30], [40, 55, 70]])
    values = [name for row in counts for name, number in zip("abc", row, strict=True) for _ in range(number)]
    p = chi2_contingency(counts).pvalue
    assert of_categories(labels_of(135, 165), values).p == pytest.approx(p, rel=0.5, abs=2e-4)
    mild = np.array([[50, 45, 52], [50, 58, 48]])
    values = [name for row in mild for name, number in zip("abc", row, strict=True) for _ in range(number)]
    assert of_categories(labels_of(147, 156), values).p == pytest.approx(chi2_contingency(mild).pvalue, abs=0.02)


def test_categories_of_hardly_anybody_are_pooled_and_common_ones_still_tell():
    random = np.random.default_rng(3)
    labels = random.permutation(labels_of(1000, 1000))
    own = of_categories(labels, [str(number) for number in range(2000)])
    assert (own.p, own.auc.value) == (1.0, 0.5)
    common = [f"{label}" if place < 200 else f"x{place // 2}" for place, label in enumerate(labels.tolist())]
    assert of_categories(labels, common).p < 1e-3


def test_numbers_by_mann_and_whitney_as_in_r():
    # R 4.2.2: wilcox.test(c(1.1,2.2,3.3,4.4), c(2.5,5.1,6.2,7.3,8.4), exact=TRUE)$p.value
    found = of_numbers(labels_of(4, 5), [1.1, 2.2, 3.3, 4.4, 2.5, 5.1, 6.2, 7.3, 8.4])
    assert found.p == pytest.approx(0.06349206349, abs=1e-9)
    assert found.auc.value == pytest.approx(0.9)  # whichever way it goes


def test_what_is_the_same_for_all_goes_with_nothing():
    for found in (of_categories(labels_of(4, 4), ["x"] * 8), of_numbers(labels_of(4, 4), [3.0] * 8)):
        assert (found.p, found.auc.value) == (1.0, 0.5)


def test_holm_as_in_r():
    # R 4.2.2: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from("ab")), min_size=6, max_size=30))
def test_two_categories_are_fishers_test_for_any_table(rows):
    labels = np.array([label for label, _ in rows])
    values = [value for _, value in rows]
    if len(set(values)) < 2 or len(set(labels.tolist())) < 2:
        return
    table = [[sum(r == (label, value) for r in rows) for value in "ab"] for label in (0, 1)]
    found = of_categories(labels, values)
    assert found.p == pytest.approx(fisher_exact(table)[1])
    assert 0.5 <= found.auc.value <= 1
