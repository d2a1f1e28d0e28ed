from pathlib import Path

import numpy as np
import pytest

from radiogenomics.cohort.labels import Labels, join, read_labels
from radiogenomics.errors import CohortError, MissingPathError
from radiogenomics.records import Exclusion

LGG = Path(__file__).parents[4] / "shared" / "data" / "tcga-lgg"


def read(
    folder: Path,
    text: str | bytes,
    id_column: str | None = None,
    label_column: str | None = None,
    positive: str | None = None,
    both_classes: bool = True,
) -> Labels:
    path = folder / "labels.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_labels(
        path, id_column=id_column, label_column=label_column, positive=positive, both_classes=both_classes
    )


def test_rsnas_own_file_needs_no_options_and_its_ids_stay_text(tmp_path: Path) -> None:
    labels = read(tmp_path, "BraTS21ID,MGMT_value\n00000,1\n00002,0\n")
    assert labels.labels == {"00000": 1, "00002": 0}
    assert (labels.id_column, labels.label_column) == ("BraTS21ID", "MGMT_value")


@pytest.mark.parametrize(
    ("column", "asked", "positive", "said"),
    [
        ("label", None, None, ["column 'label' is read as the label, 1 positive"]),
        ("Label", None, "0", ["column 'Label' is read as the label, 0 positive"]),
        ("label", "label", None, []),
        ("MGMT_value", None, None, []),
    ],
)
def test_a_label_found_by_a_common_name_is_said(
    tmp_path: Path, column: str, asked: str | None, positive: str | None, said: list[str]
) -> None:
    labels = read(tmp_path, f"id,{column}\na,1\nb,0\n", label_column=asked, positive=positive)
    assert list(labels.notes) == [f"labels.csv: {note}" for note in said]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_spreadsheet_exports_are_read_whatever_their_separator_and_byte_order_mark(tmp_path: Path, mark: str) -> None:
    text = (
        f'Patient_ID{mark}note{mark}Label\r\n p1 {mark}"a, b; c"{mark} 1\r\n\r\np2{mark}{mark}0.0\r\n{mark}{mark}\r\n'
    )
    labels = read(tmp_path, b"\xef\xbb\xbf" + text.encode())
    assert labels.labels == {"p1": 1, "p2": 0}
    assert labels.unused_columns == ("note",)


@pytest.mark.parametrize("positive", ["1", "1.0", " 1 ", "01"])
def test_positive_is_compared_as_a_number_where_both_are_numbers(tmp_path: Path, positive: str) -> None:
    labels = read(tmp_path, "id,c\na,1.0\nb,2.0\nd,1\n", label_column="c", positive=positive)
    assert labels.labels == {"a": 1, "b": 0, "d": 1}


def test_positive_may_be_a_word_in_any_letter_case(tmp_path: Path) -> None:
    labels = read(tmp_path, "id,label\na,Methylated\nb,unmethylated\nc,methylated\n", positive="methylated")
    assert labels.labels == {"a": 1, "b": 0, "c": 1}
    assert labels.notes == ("labels.csv: column 'label' is read as the label, methylated positive",)


def test_values_lumped_together_as_negative_are_said_with_their_counts(tmp_path: Path) -> None:
    labels = read(tmp_path, "id,label\na,1\nb,2\nc,3\nd,3\n", positive="2")
    assert labels.labels == {"a": 0, "b": 1, "c": 0, "d": 0}
    _, note = labels.notes
    assert "3 (2 rows), 1 (1 row)" in note


def test_a_positive_value_that_no_row_has_lists_those_that_rows_have(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"--positive 4 .*rows have 1 \(2 rows\), 2 \(1 row\)"):
        read(tmp_path, "id,label\na,1\nb,2\nc,1\n", positive="4")


def test_labels_other_than_0_and_1_ask_which_is_positive(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"--positive; no \(1 row\), yes \(1 row\)"):
        read(tmp_path, "id,label\na,no\nb,yes\n")


@pytest.mark.parametrize(("positive", "classes"), [(None, "0"), ("0", "0")])
def test_one_class_only_is_an_error(tmp_path: Path, positive: str | None, classes: str) -> None:
    with pytest.raises(CohortError, match=rf"one class only, {classes} \(2 rows\)"):
        read(tmp_path, "id,label\na,0\nb,0\n", positive=positive)


@pytest.mark.parametrize(
    ("cells", "positive", "label"),
    [("11", None, 1), ("00", None, 0), ("00", "1", 0), ("22", "2", 1)],
)
def test_a_cohort_that_is_only_scored_may_have_one_class(
    tmp_path: Path, cells: str, positive: str | None, label: int
) -> None:
    text = "id,label\na,{}\nb,{}\n".format(*cells)
    labels = read(tmp_path, text, positive=positive, both_classes=False)
    assert join(labels, ["a", "b"], both_classes=False).labels == {"a": label, "b": label}
    with pytest.raises(CohortError, match="both classes"):
        join(labels, ["a", "b"])


def test_a_misspelt_positive_never_makes_a_scored_cohort_negative(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"no row has --positive mutnt .*write 0 and leave --positive out"):
        read(tmp_path, "id,label\na,mutant\nb,mutant\n", positive="mutnt", both_classes=False)


def test_blank_labels_are_left_out_with_a_reason_unless_another_row_has_one(tmp_path: Path) -> None:
    labels = read(tmp_path, "id,label\na,1\nb,0\nc,\nd,NaN\ne,n/a\na,\n")
    assert labels.labels == {"a": 1, "b": 0}
    assert [exclusion.patient_id for exclusion in labels.exclusions] == ["c", "d", "e"]
    assert all("blank in labels.csv" in exclusion.reason for exclusion in labels.exclusions)


def test_rows_that_repeat_each_other_are_noted(tmp_path: Path) -> None:
    labels = read(tmp_path, "id,label\na,1\na,1.0\nb,0\n")
    assert labels.labels == {"a": 1, "b": 0}
    assert "1 patient in several rows that agree (a)" in labels.notes[1]


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = "id,label\na,1\na,0\n,1\nb,0\n\n ,0\nc,1,stray\n"
    with pytest.raises(CohortError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert "3 faults" in message
    assert "patient a is labelled 1 and 0" in message
    assert "'id' is blank on line 4, 7" in message
    assert "line 8 has 3 cells" in message


def test_missing_columns_list_those_that_there_are_and_the_closest(tmp_path: Path) -> None:
    with pytest.raises(CohortError) as caught:
        read(tmp_path, "case,status\na,1\nb,0\n", label_column="statuz")
    message = str(caught.value)
    assert "--id-column" in message
    assert "Its columns: case, status" in message
    assert "did you mean 'status'?" in message


def test_an_unnamed_choice_between_two_columns_is_left_to_the_user(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="patient_id and id may both be meant: give --id-column"):
        read(tmp_path, "patient_id,id,label\na,1,1\nb,2,0\n")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"PK\x03\x04\x00\x00", b"id,label\nM\xfcller,1\n"])
def test_what_is_no_csv_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CohortError, match=r"labels\.csv (holds no table|is no text)"):
        read(tmp_path, content)


def test_a_wrong_path_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match="labels file"):
        read_labels(tmp_path / "no.csv", id_column=None, label_column=None, positive=None)
    with pytest.raises(MissingPathError, match="is a folder"):
        read_labels(tmp_path, id_column=None, label_column=None, positive=None)


def test_join_leaves_out_who_lacks_label_or_scans_and_says_why(tmp_path: Path) -> None:
    labels = read(tmp_path, "id,label\na,1\nb,0\nc,1\nd,\n")
    joined = join(labels, ["b", "a", "x", "d"])
    assert joined.labels == {"a": 1, "b": 0}
    assert set(joined.exclusions) == {
        Exclusion("d", "", "its label ('label') is blank in labels.csv"),
        Exclusion("x", "", "no label in labels.csv"),
        Exclusion("c", "", "no series under DATA"),
    }
    assert len(joined.notes) == 4


def test_rsnas_numbers_find_their_padded_folders_and_that_is_said(tmp_path: Path) -> None:
    labels = read(tmp_path, "BraTS21ID,MGMT_value\n0,1\n2,0\n3,\n00005,1\n")
    joined = join(labels, ["00000", "00002", "00003", "00005"])
    assert joined.labels == {"00000": 1, "00002": 0, "00005": 1}
    assert [exclusion.patient_id for exclusion in joined.exclusions] == ["00003"]
    assert any("0 as 00000, 2 as 00002, 3 as 00003" in note for note in joined.notes)


def test_numbers_of_any_other_column_are_not_padded(tmp_path: Path) -> None:
    labels = read(tmp_path, "patient_id,label\n1,1\n2,0\n3,0\n4,0\n")
    with pytest.raises(CohortError, match=r"\(1, 2, 3 and 1 more\) .* \(00001, 00002\).*2 is not 00002"):
        join(labels, ["00001", "00002"])


@pytest.mark.parametrize(
    ("text", "folders"),
    [("2,1\n02,1\n3,0\n", ["00002", "00003"]), ("2,1\n3,0\n", ["002", "00002", "003"])],
)
def test_a_number_that_may_mean_two_folders_is_an_error(tmp_path: Path, text: str, folders: list[str]) -> None:
    labels = read(tmp_path, "BraTS21ID,MGMT_value\n" + text)
    with pytest.raises(CohortError, match="can't be told apart"):
        join(labels, folders)


def test_one_class_left_after_the_join_is_an_error(tmp_path: Path) -> None:
    labels = read(tmp_path, "id,label\na,1\nb,0\nc,1\n")
    with pytest.raises(CohortError, match="2 patients with label and scans, all positive"):
        join(labels, ["a", "c"])


@pytest.mark.skipif(not LGG.exists(), reason="../shared is not here")
def test_a_real_clinical_table_has_as_many_positives_as_its_readme_says() -> None:
    labels = read_labels(LGG / "labels.csv", id_column="Patient", label_column="COCCluster", positive="2")
    with np.load(LGG / "slices.npz") as file:
        joined = join(labels, set(map(str, file["patient"])))
    assert (sum(joined.labels.values()), len(joined.labels)) == (17, 80)
