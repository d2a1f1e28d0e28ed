from dataclasses import replace

import pytest

from radiogenomics.cohort.lesions import faults_of, read_lesions
from radiogenomics.errors import CohortError, MissingPathError
from radiogenomics.records import Lesion, Outline, Series, Slice

HEADER = "patient_id,lesion_id,slice,x_min,y_min,x_max,y_max\n"


SLICES = tuple(Slice("", "", None, k, None, 0, 0) for k in (4, 5))
SERIES = Series("a", "", "", "flair", "", "", SLICES, 2, 32, 48, None, (), "", "", "", None, "", "")


def read(folder, text, patients=("a", "b"), **changes):
    path = folder / "lesions.csv"
    path.write_text(text)
    return read_lesions(path, {patient: replace(SERIES, patient_id=patient, **changes) for patient in patients})


def test_boxes_become_lesions_in_natural_order(tmp_path):
    rows = "b,1,7,0,0,4,2\na,10,5,1,2,3,6\na,2,9,1,1,2,2\na,2,8.0,0,0,2,2\n"
    lesions, exclusions, notes = read(tmp_path, HEADER + rows)
    assert (exclusions, notes) == ((), ())
    assert lesions == {
        "a": (
            Lesion("a", "2", (Outline(8, 0, 0, 2, 2, 4), Outline(9, 1, 1, 2, 2, 1))),
            Lesion("a", "10", (Outline(5, 1, 2, 3, 6, 8),)),
        ),
        "b": (Lesion("b", "1", (Outline(7, 0, 0, 4, 2, 8),)),),
    }


def test_every_fault_is_told_with_its_line(tmp_path):
    rows = "a,1,1,0,0,2,2\na,1,1,5,5,7,7\na,1,2,0.5,x,,2\na,1,3,-1,0,2,2\na,1,4,3,0,3,2\n,1,5,0,0,2,2\na,,5,0,0,2,2\n"
    with pytest.raises(CohortError) as caught:
        read(tmp_path, HEADER + rows)
    message = str(caught.value)
    for words in (
        "6 faults",
        "column 'patient_id' is blank on line 7",
        "column 'lesion_id' is blank on line 8",
        "line 3: lesion 1 of a has a box in slice 1 on line 2 already",
        "line 4: x_min is 0.5, y_min is x, x_max is blank: whole numbers",
        "line 5: the box begins at x -1, y 0",
        "line 6: the box from x 3, y 0 to x 3, y 2 is empty: max is exclusive",
    ):
        assert words in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("patient_id,slice,x_min,y_min,x_max\na,1,0,0,2\n", "(?s)2 faults.*lesion_id: name it so.*y_max: name it so"),
        (HEADER, "no row"),
        (HEADER + "a,1,1,0,0,2,inf\n", "x_max is inf|y_max is inf"),
        (HEADER + "a,1,1,0,0,2,2,9\n", "line 2 has 8 cells"),
    ],
)
def test_what_is_no_table_of_boxes_says_why(tmp_path, text, words):
    with pytest.raises(CohortError, match=words):
        read(tmp_path, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingPathError, match=r"lesions file .*none\.csv"):
        read_lesions(tmp_path / "none.csv", {})


def test_ids_are_matched_as_those_of_labels_are(tmp_path):
    rows = "2,1,4,0,0,4,2\n99,1,4,0,0,4,2\n"
    patients = ("00001", "00002")
    lesions, _, notes = read(tmp_path, HEADER.replace("patient_id", "BraTS21ID") + rows, patients)
    assert [one.patient_id for one in lesions["00002"]] == ["00002"]
    assert "lesions.csv: BraTS21ID read with the folders' leading zeros put back (2 as 00002)" in notes
    assert "lesions.csv: 1 patient of it not in the cohort (99)" in notes
    with pytest.raises(CohortError, match=r"no id in 'patient_id' \(2, 99\) is a patient .* so 2 is not 00002"):
        read(tmp_path, HEADER + rows, patients)


def test_boxes_on_slices_without_numbers_of_their_own_are_not_guessed_at(tmp_path):
    lesions, (exclusion,), _ = read(tmp_path, HEADER + "a,1,4,0,0,4,2\n", numbered=False)
    assert lesions == {}
    assert (exclusion.patient_id, exclusion.path) == ("a", "")
    assert "names slices by InstanceNumber, and those of its flair are missing or repeat" in exclusion.reason


def test_a_lesion_must_lie_in_its_series():
    assert faults_of(Lesion("a", "1", (Outline(4, 0, 0, 48, 32, 1), Outline(5, 0, 0, 1, 1, 1))), SERIES) == ()
    wrong = Lesion("a", "1", (Outline(3, 0, 0, 1, 1, 1), Outline(4, 0, 0, 49, 32, 1)))
    lacks, beyond = faults_of(wrong, SERIES)
    assert "slice 3, which flair lacks (it has 4 to 5)" in lacks
    assert "x 49, y 32 in slice 4, beyond the 48 x 32 pixels" in beyond
