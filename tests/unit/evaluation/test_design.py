"""Traits as numbers: what a classifier that sees no image is given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.evaluation.design import Design, design_matrix
from radiogenomics.records import Trait

PATIENTS = [f"p{k}" for k in range(8)]


def traits(name: str, *values: str, modality: str = "flair", kind: str = "acquisition") -> list[Trait]:
    """One value a patient; "" is none."""
    told = zip(PATIENTS, values, strict=False)
    return [Trait(patient, modality, kind, name, value) for patient, value in told if value]


def column(design: Design, name: str) -> list[float]:
    return design.matrix[:, design.names.index(name)].tolist()


def test_numbers_are_standardised() -> None:
    design = design_matrix(traits("echo_time", *"11112222"), PATIENTS, "acquisition")
    assert design.names == ("flair echo_time",)
    assert column(design, "flair echo_time") == pytest.approx([-1.0] * 4 + [1.0] * 4)


def test_what_is_missing_is_average_and_said_in_a_column() -> None:
    design = design_matrix(traits("echo_time", "1", "1", "", "3", "3", "1", "3"), PATIENTS, "acquisition")
    assert design.names == ("flair echo_time", "flair echo_time missing")
    assert column(design, "flair echo_time") == pytest.approx([-1, -1, 0, 1, 1, -1, 1, 0])
    assert column(design, "flair echo_time missing") == [0, 0, 1, 0, 0, 0, 0, 1]


def test_levels_become_columns_and_rare_ones_are_pooled() -> None:
    design = design_matrix(traits("scanner", *"AAABBBCD"), PATIENTS, "acquisition")
    assert design.names == ("flair scanner = A", "flair scanner = B", "flair scanner = other")
    assert design.matrix.sum(axis=1).tolist() == [1] * 8
    assert column(design, "flair scanner = other") == [0] * 6 + [1, 1]


def test_two_levels_are_one_column() -> None:
    assert design_matrix(traits("scanner", *"AAABBBBB"), PATIENTS, "acquisition").names == ("flair scanner = B",)


@pytest.mark.parametrize("name", ["site", "sex", "laterality", "software"])
def test_words_written_in_digits_stay_words(name: str) -> None:
    design = design_matrix(traits(name, *"11122233", kind="clinical", modality=""), PATIENTS, "clinical")
    assert f"{name} = 2" in design.names


def test_what_is_alike_for_all_and_what_another_column_says_is_left_out() -> None:
    rows = [*traits("bits", *"88888888"), *traits("echo_time", *"11223344"), *traits("day", *"11223344")]
    rows += traits("echo_time", *"55667788", modality="t1w")
    assert design_matrix(rows, PATIENTS, "acquisition").names == ("flair day",)
    assert design_matrix(traits("bits", *"88888888"), PATIENTS, "acquisition").matrix.shape == (8, 0)


def test_words_become_a_column_each() -> None:
    rows = [Trait(p, "", "word", "path", "mutant") for p in PATIENTS[:4]]
    rows += [Trait(p, "", "word", "path", "image") for p in PATIENTS]
    design = design_matrix(rows, PATIENTS, "word")
    assert design.names == ("path mutant",)
    assert column(design, "path mutant") == [1] * 4 + [0] * 4


def test_only_the_kind_names_and_patients_asked_for_count_in_their_order() -> None:
    rows = [*traits("age", *"12345678", kind="clinical", modality=""), *traits("echo_time", *"12121212")]
    rows += traits("kps", *"87654321", kind="clinical", modality="")
    design = design_matrix(rows, PATIENTS[::-1], "clinical", names=["age"])
    assert design.names == ("age",)
    assert np.all(np.diff(design.matrix[:, 0]) < 0)
    assert design_matrix(rows, [], "clinical").matrix.shape == (0, 0)
    assert design_matrix([], PATIENTS, "clinical").matrix.shape == (8, 0)


def test_garbage_of_one_scanner_does_not_drown_the_rest() -> None:
    values = [str(k % 7) for k in range(60)]
    patients = [f"q{k}" for k in range(61)]
    rows = [Trait(p, "t1w", "acquisition", "day", v) for p, v in zip(patients, [*values, "1e300"], strict=True)]
    design = design_matrix(rows, patients, "acquisition")
    assert np.isfinite(design.matrix).all()
    assert np.abs(design.matrix).max() <= 5


@given(st.lists(st.sampled_from(["", "1", "2.5", "abc", "inf", "nan", "-3", "1_0", "=x"]), min_size=8, max_size=8))
def test_any_values_give_finite_columns_that_differ(values: list[str]) -> None:
    design = design_matrix(traits("echo_time", *values), PATIENTS, "acquisition")
    assert design.matrix.shape == (8, len(design.names))
    assert np.isfinite(design.matrix).all()
    assert all(len(set(one)) > 1 for one in design.matrix.T.tolist())
