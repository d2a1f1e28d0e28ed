"""Who was rejected on review takes no part, and a misspelt rejection is never passed over."""

import pytest

from radiogenomics.cohort.review import read_review
from radiogenomics.errors import CohortError, MissingPathError
from radiogenomics.records import Exclusion

PATIENTS = ("00002", "00010", "P-100", "P-200")


def read(folder, text, patients=PATIENTS):
    path = folder / "review.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_review(path, patients)


def test_rejected_patients_are_excluded_with_the_reviewers_reason(tmp_path):
    text = '\ufeffPatient_ID;reason;by\nP-200;"motion,\n  strong";ann\n\n 00002 ; registration failed ;bob\n'
    exclusions, notes = read(tmp_path, text)
    assert exclusions == (
        Exclusion("00002", "", "rejected on review: registration failed"),
        Exclusion("P-200", "", "rejected on review: motion, strong"),
    )
    assert notes == ("review.csv: 2 patients rejected on review (00002, P-200)",)


def test_ids_are_text_but_zeros_come_back_in_the_column_of_rsna(tmp_path):
    with pytest.raises(CohortError, match=r"line 2: '2' is no patient of the cohort"):
        read(tmp_path, "patient_id,reason\n2,blurred\n00010,blurred\n")
    exclusions, notes = read(tmp_path, "BraTS21ID,reason\n2,blurred\n")
    assert [e.patient_id for e in exclusions] == ["00002"]
    assert "leading zeros put back (2 as 00002)" in notes[0]


def test_every_fault_is_told_at_once(tmp_path):
    text = "patient_id,reason\nP-100,\nP-20O,skull\n,skull\n00002,skull\n00002,blurred\nsomeone,x\n"
    with pytest.raises(CohortError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    for words in (
        "review.csv: 5 faults",
        "column 'reason' is blank on line 2",
        "column 'patient_id' is blank on line 4",
        "line 3: 'P-20O' is no patient of the cohort: the closest is 'P-200'",
        "patient 00002 stands on lines 5 and 6: keep one row",
        "line 7: 'someone' is no patient of the cohort: ids are text",
    ):
        assert words in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("patient_id,note\nP-100,x\n", "no column is called reason"),
        ("reason\nx\n", "no column is called patient_id"),
        ("patient_id,id,reason\nP-100,1,x\n", "rename one to patient_id"),
        ("patient_id,reason\nP-1000,x\nP-2000,x\n", r"no id in 'patient_id' \(P-1000, P-2000\) is a patient"),
        ("patient_id,reason\nP-100,x\nP-200,a, b\n", "line 3 has 3 cells"),
        ("patient_id,reason\nP-100,ö\n".encode("latin-1"), "no text in UTF-8"),
        ("", "holds no table"),
    ],
)
def test_a_file_of_another_kind_says_what_is_missing(tmp_path, text, words):
    with pytest.raises(CohortError, match=words):
        read(tmp_path, text)


def test_one_who_rejects_nobody_may_say_so_but_the_file_must_be_there(tmp_path):
    assert read(tmp_path, "patient_id,reason\n") == ((), ("review.csv has no row: it rejects nobody",))
    with pytest.raises(MissingPathError, match="review file"):
        read_review(tmp_path / "none.csv", PATIENTS)
