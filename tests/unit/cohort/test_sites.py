"""Leave one site out: a site that is tested is seen by nobody who trains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.cohort.sites import LEAST, leave_site_out
from radiogenomics.cohort.split import GivenFolds
from radiogenomics.errors import CohortError
from radiogenomics.recipe import SplitPart

NESTED = SplitPart(test=0.1, validation=0.2, by="site")
PUBLISHED = SplitPart(test=0.1, validation=0.2, by="site", protocol="published")


def people(**sites: tuple[int, int]) -> tuple[dict[str, int], dict[str, str]]:
    """Labels and sites of so many negatives and positives a site."""
    labels, where = {}, {}
    for site, counts in sites.items():
        for label, count in enumerate(counts):
            for number in range(count):
                labels[f"{site}.{label}.{number}"] = label
                where[f"{site}.{label}.{number}"] = site
    return labels, where


def left_out(plan: SplitPart = NESTED, **sites: tuple[int, int]) -> GivenFolds:
    return leave_site_out(*people(**sites), plan, 0)


def sites_tested(found: GivenFolds) -> list[set[str]]:
    return [{patient.partition(".")[0] for patient in fold.test} for fold in found.folds]


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=8),
    st.sampled_from([NESTED, PUBLISHED]),
    st.integers(0, 9),
)
def test_a_tested_site_is_whole_and_nobody_of_it_trains_or_chooses(sites, plan, seed) -> None:
    labels, where = people(**sites)
    labels["stranger"] = 1
    try:
        found = leave_site_out(labels, where, plan, seed)
    except CohortError:
        return
    seen: set[str] = set()
    for fold in found.folds:
        own = {where[patient] for patient in fold.test}
        assert set(fold.test) == {patient for patient, site in where.items() if site in own}
        assert not own & {where[patient] for patient in (*fold.train, *fold.validation)}
        assert {*fold.train, *fold.validation, *fold.test} == set(where)
        assert len(fold.train) + len(fold.validation) + len(fold.test) == len(where)
        assert {labels[patient] for patient in fold.train} == {labels[patient] for patient in fold.test} == {0, 1}
        assert len(fold.test) >= LEAST
        if plan.protocol == "nested":
            assert {labels[patient] for patient in fold.validation} == {0, 1}
        else:
            assert fold.validation == ()
        assert not seen & own
        seen |= own
    assert [exclusion.patient_id for exclusion in found.exclusions] == ["stranger"]


def test_each_site_is_a_fold_in_natural_order_and_the_notes_name_it() -> None:
    found = left_out(**{"site-10": (6, 6), "site-2": (6, 6), "site-1": (6, 6)})
    assert sites_tested(found) == [{"site-1"}, {"site-2"}, {"site-10"}]
    assert "fold 1 tests site-2 (12 patients)" in found.notes[0]
    assert [fold.index for fold in found.folds] == [0, 1, 2]


def test_small_sites_and_those_of_one_class_are_tested_together_last() -> None:
    found = left_out(a=(9, 0), b=(6, 6), c=(1, 2), d=(7, 7))
    assert sites_tested(found) == [{"b"}, {"d"}, {"a", "c"}]
    assert "fold 2 tests other sites (12 patients)" in found.notes[0]
    assert "a, c are tested together" in found.notes[1]


def test_sites_that_pooling_does_not_help_train_in_every_fold_and_that_is_said() -> None:
    found = left_out(a=(9, 0), b=(6, 6), c=(2, 0), d=(7, 7))
    assert sites_tested(found) == [{"b"}, {"d"}]
    assert "patients of a, c train in every fold and are tested in none" in found.notes[1]
    assert all(any(p.startswith("a.") for p in fold.train) for fold in found.folds)


def test_a_site_that_has_nearly_all_positives_is_never_tested() -> None:
    found = left_out(a=(5, 30), b=(20, 1), c=(20, 20))
    assert {"a"} in sites_tested(found)
    found = left_out(a=(5, 30), b=(20, 1))
    assert sites_tested(found) == [{"b"}]
    assert "patients of a train in every fold" in found.notes[1]


def test_patients_of_unknown_site_are_left_out_for_they_may_be_of_the_tested_one() -> None:
    labels, where = people(a=(6, 6), b=(6, 6))
    found = leave_site_out(labels | {"x": 1, "y": 0}, where | {"y": ""}, NESTED, 0)
    assert [exclusion.patient_id for exclusion in found.exclusions] == ["x", "y"]
    assert "2 patients of unknown site left out (x, y)" in found.notes[-1]


@pytest.mark.parametrize(
    ("sites", "said"),
    [
        ({}, "of 1 patient none has one"),
        ({"a": (9, 9)}, "all 18 patients whose site is known are of a"),
        ({"a": (9, 0), "b": (0, 9)}, "a: 0 of 9 patients positive, b: 9 of 9 patients positive"),
        ({"a": (9, 1), "b": (1, 0)}, "a: 1 of 10 patients positive, b: 0 of 1 patient positive"),
    ],
)
def test_what_can_not_be_split_says_what_was_found_and_what_would_do(sites, said) -> None:
    labels, where = people(**sites)
    with pytest.raises(CohortError) as caught:
        leave_site_out(labels | {"x": 1}, where, NESTED, 0)
    assert said in str(caught.value)
    assert "leave-one-site-out" in str(caught.value)
    if len(sites) < 2:
        assert "a column called site" in str(caught.value)


def test_the_order_of_patients_changes_nothing() -> None:
    labels, where = people(a=(6, 6), b=(8, 7), c=(9, 9))
    turned = dict(reversed(labels.items()))
    assert leave_site_out(labels, where, NESTED, 3) == leave_site_out(turned, where, NESTED, 3)
