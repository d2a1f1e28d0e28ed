import shutil

import numpy as np

from radiogenomics.cohort.choose import choose_series
from radiogenomics.cohort.scan import scan
from radiogenomics.phantom.dicom import write_image


def series(root, patient, folder, count=3):
    for number in range(1, count + 1):
        path = root / patient / folder / f"Image-{number}.dcm"
        write_image(path, np.eye(16, dtype=np.uint16), patient="p", study=patient, series=folder, number=number)


def mixed_up(root):
    """Patient 00003 has a T1w of its own, and for a FLAIR that of 00000."""
    series(root, "00000", "FLAIR")
    series(root, "00003", "T1w")
    shutil.copytree(root / "00000" / "FLAIR", root / "00003" / "FLAIR")


def copy_notes(cohort):
    return [note for note in cohort.notes if "a mix-up" in note]


def test_one_image_under_two_patients_is_a_note_with_counts_and_an_example(tmp_path):
    mixed_up(tmp_path)
    (note,) = copy_notes(scan(tmp_path))
    assert note == (
        "3 files of 1 patient are copies of another patient's (00003/FLAIR/Image-1.dcm is 00000/FLAIR/Image-1.dcm) and "
        "left out: a mix-up, or one person under two ids"
    )


def test_a_patient_left_with_no_series_by_copies_says_so(tmp_path):
    mixed_up(tmp_path)
    cohort, chosen = choose_series(scan(tmp_path), ["flair"], "most-slices", "any")
    assert list(chosen) == ["00000"]
    (patient,) = (e for e in cohort.exclusions if not e.path)
    assert patient.reason == (
        "no flair series: 3 left out as duplicates of another patient's files (00003/FLAIR/Image-1.dcm: same "
        "SOPInstanceUID as 00000/FLAIR/Image-1.dcm of patient 00000)"
    )


def test_a_backup_never_takes_the_files_of_the_folder_it_was_made_of(tmp_path):
    # " " and "-" sort before "/": by path alone the backups came first, and the labelled patient had no series.
    series(tmp_path, "00000", "FLAIR")
    for backup in ("00000 copy", "00000-old"):
        shutil.copytree(tmp_path / "00000", tmp_path / backup)
    cohort = scan(tmp_path)
    assert [(s.patient_id, s.n_files) for s in cohort.series] == [("00000", 3)]
    (note,) = copy_notes(cohort)
    assert note.startswith("6 files of 2 patients are copies of another patient's (00000 copy/FLAIR/Image-1.dcm is")


def test_a_backup_within_a_patient_leaves_the_folder_that_names_the_role(tmp_path):
    series(tmp_path, "00000", "FLAIR")
    shutil.copytree(tmp_path / "00000" / "FLAIR", tmp_path / "00000" / "FLAIR copy")
    cohort = scan(tmp_path)
    assert [(s.modality, s.n_files) for s in cohort.series] == [("flair", 3)]
    assert copy_notes(cohort) == []
    assert all(e.reason.startswith("duplicate: same SOPInstanceUID as 00000/FLAIR/") for e in cohort.exclusions)


def test_a_copy_at_the_root_takes_nothing_from_a_patient(tmp_path):
    series(tmp_path, "a", "FLAIR")
    shutil.copy(tmp_path / "a/FLAIR/Image-1.dcm", tmp_path / "Z.dcm")
    cohort = scan(tmp_path)
    assert [(s.patient_id, s.n_files) for s in cohort.series] == [("a", 3)]
    assert copy_notes(cohort) == []
