"""Words of folders and free text; dates and ids are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.cohort.words import path_words, words
from radiogenomics.tables.words import is_plain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("IDH-mutant, grade 3", {"idh", "mutant", "grade", "3"}),
        ("MutantCases_site2", {"mutant", "cases", "site2", "site"}),
        ("AX T2 FLAIR", {"ax", "t2", "flair"}),
        ("Médula ESPINAL", {"médula", "espinal"}),
        ("12-31-1998 brain 1998-12-31 19981231", {"brain"}),
        ("31 Dec 1998, Dec 31, 1998, 31.12.98", set()),
        ("follow-up 2003", {"follow", "up"}),
        ("MRN 00012345 id4711", {"mrn"}),
        ("1.3.6.1.4.1.14519.5.2.1", set()),
        ("", set()),
    ],
)
def test_words_are_lower_case_and_tell_no_date_and_no_id(text: str, found: set[str]) -> None:
    assert words(text) == found


def test_a_path_says_its_folders_but_not_the_patient_nor_running_numbers() -> None:
    assert path_words("P001/IDH_mut/FLAIR/Image-0012.dcm", frozenset({"p001"})) == {
        "folder 2": {"idh", "mut"},
        "folder 3": {"flair"},
        "file": {"image"},
    }
    assert path_words("P001/mutant_007.dcm", frozenset({"p001"})) == {"file": {"mutant"}}
    assert path_words("1/p7/t1/p7.dcm", frozenset({"p7"})) == {"folder 1": {"1"}, "folder 3": {"t1"}}
    assert path_words("a/1.2.840.113619.2.405.dcm", frozenset({"a"})) == {"file": set()}


@pytest.mark.parametrize("word", ["methylated", "idh1", "site2", "t2", "iii", "grade3", "7", "wildtype", "nsclc"])
def test_what_every_department_writes_may_be_told(word: str) -> None:
    assert is_plain(word)


@pytest.mark.parametrize("word", ["waldenstrom", "john", "doe0", "mount", "sinai", "march", "47", "1t2x", "mutantk"])
def test_what_may_be_a_name_or_a_number_of_somebody_is_not_told(word: str) -> None:
    assert not is_plain(word)
    assert is_plain(word, {word})


@given(st.text(max_size=300))
def test_any_text_has_words_without_long_numbers(text: str) -> None:
    for word in words(text):
        assert word
        assert not any(character.isspace() for character in word)
        assert not any(word[k : k + 4].isdecimal() for k in range(len(word) - 3))
