"""Which site a patient is of, and which one a fold tests."""

from radiogenomics.evaluation.sites import site_of_fold, sites_of_patients
from radiogenomics.records import Fold, Trait


def header(patient: str, site: str, modality: str = "flair") -> Trait:
    return Trait(patient, modality, "acquisition", "site", site)


def test_the_labels_file_wins_over_the_headers_for_everyone() -> None:
    told, rows = Trait("a", "", "clinical", "site", "Basel"), [header("a", "site-1"), header("b", "site-1")]
    assert sites_of_patients(rows, "flair") == {"a": "site-1", "b": "site-1"}
    assert sites_of_patients([*rows, told], "flair") == {"a": "Basel"}


def test_of_series_from_several_sites_the_one_whose_slices_are_chosen_counts() -> None:
    rows = [header("a", "site-2"), header("a", "site-1", "t1w"), header("a", "site-2", "t2w")]
    assert sites_of_patients(rows, "t1w") == {"a": "site-1"}
    assert sites_of_patients(rows, "ct") == {}


def test_a_fold_is_named_by_the_site_it_tests() -> None:
    rows = [header("a", "site-1"), header("b", "site-2"), header("c", "site-3")]
    folds = [Fold(0, ("b", "c"), (), ("a",)), Fold(1, ("a",), (), ("b", "c")), Fold(2, ("a",), (), ("d",))]
    assert site_of_fold(folds, rows, "flair") == {0: "site-1", 1: "other sites (site-2, site-3)", 2: ""}
