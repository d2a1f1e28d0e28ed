import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from radiogenomics.cohort import read
from radiogenomics.cohort.scan import scan
from radiogenomics.errors import CohortError, MissingPathError
from radiogenomics.phantom.dicom import CORONAL, SAGITTAL, write_image

PIXELS = np.arange(16 * 16, dtype=np.uint16).reshape(16, 16)


def image(root, path, number=1, pixels=PIXELS, patient=None, **attributes):
    write_image(root / path, pixels, patient=patient or path.split("/")[0], number=number, **attributes)


def series(root, patient, folder, count=3, **attributes):
    for number in range(1, count + 1):
        image(root, f"{patient}/{folder}/Image-{number}.dcm", number, patient=patient, series=folder, **attributes)


def accounted(cohort):
    """Every file once, no more and no less."""
    lines = [e.path for e in cohort.exclusions if e.path]
    assert len(set(lines)) == len(lines)
    accepted = {s.path for one in cohort.series for s in one.slices}
    assert not accepted & set(lines)
    assert sum(one.n_files for one in cohort.series) == len(accepted)
    return len(accepted) + len(lines) == cohort.n_files


def reasons(cohort):
    return {e.path: e.reason for e in cohort.exclusions}


def test_rsna_layout_becomes_series_by_patient_and_folder(tmp_path):
    for patient in ("00000", "00002"):
        for folder in ("FLAIR", "T1w", "T1wCE", "T2w"):
            series(tmp_path, patient, folder, count=12)
    cohort = scan(tmp_path)
    assert accounted(cohort)
    assert [(s.patient_id, s.modality) for s in cohort.series] == [
        (patient, name) for patient in ("00000", "00002") for name in ("t1w", "t1wce", "t2w", "flair")
    ]
    assert {s.modality_source for s in cohort.series} == {"folder"}
    # Image-10 comes after Image-9, not after Image-1.
    assert [s.number for s in cohort.series[0].slices] == list(range(1, 13))
    assert cohort.notes == ()


def test_order_is_anatomical_whatever_the_names_and_numbers_say(tmp_path):
    places = [3.0, -7.5, 12.0, 0.0]
    for number, place in enumerate(places, 1):
        image(tmp_path, f"p/FLAIR/{number}", number, ImagePositionPatient=[0, 0, place])
    (one,) = scan(tmp_path).series
    assert [s.position for s in one.slices] == sorted(places)
    assert [s.number for s in one.slices] == [2, 4, 1, 3]
    assert one.origin == (0.0, 0.0, -7.5)


def test_without_positions_the_numbers_order_and_without_numbers_the_names(tmp_path):
    for name, number in (("9", 2), ("10", 1), ("11", 3)):
        image(tmp_path, f"p/T1w/{name}", number, ImagePositionPatient=None)
        image(tmp_path, f"p/T2w/{name}", number, series="2", ImagePositionPatient=None, InstanceNumber=None)
    t1w, t2w = scan(tmp_path).series
    assert [s.path[-2:] for s in t1w.slices] == ["10", "/9", "11"]
    assert [s.path[-2:] for s in t2w.slices] == ["/9", "10", "11"]
    assert [s.number for s in t2w.slices] == [1, 2, 3]


def test_nested_files_without_extension_of_several_series_in_one_folder(tmp_path):
    for number in range(1, 4):
        image(tmp_path, f"p/2020/IMG{number:04}", number, series="AX T2 FLAIR")
        image(tmp_path, f"p/2020/deeper/IMG{number:04}", number, series="AX T1 POST GD")
        image(tmp_path, f"p/2020/IMG1{number:04}", number, series="AX T1")
        image(tmp_path, f"p/2020/IMG2{number:04}", number, series="AX 4")
    cohort = scan(tmp_path)
    assert [(s.modality, s.modality_source, s.n_files) for s in cohort.series] == [
        ("t1w", "header", 3), ("t1wce", "header", 3), ("flair", "header", 3), ("", "", 3),
    ]  # fmt: skip
    unsure = cohort.series[-1]
    assert unsure.status == "unused"
    assert unsure.reason.startswith("role unsure: its description fits none of the roles")
    assert any("1 of 4 series have no sure role" in note for note in cohort.notes)


def test_enhanced_file_gives_a_slice_a_frame(tmp_path):
    image(tmp_path, "p/FLAIR/1.dcm", pixels=np.stack([PIXELS] * 5), thickness=2.0)
    cohort = scan(tmp_path)
    (one,) = cohort.series
    assert (one.n_files, len(one.slices)) == (1, 5)
    assert [(s.frame, s.number, s.position) for s in one.slices] == [(k, k + 1, 2.0 * k) for k in range(5)]
    assert accounted(cohort)


def test_frames_at_one_place_are_left_out_and_said(tmp_path):
    groups = [0, 1, 1, 2]
    write_image(tmp_path / "p" / "FLAIR" / "1", np.stack([PIXELS] * 4), patient="p")
    enhanced = pydicom.dcmread(tmp_path / "p" / "FLAIR" / "1")
    for item, place in zip(enhanced.PerFrameFunctionalGroupsSequence, groups, strict=True):
        item.PlanePositionSequence[0].ImagePositionPatient = [0, 0, place]
    enhanced.save_as(tmp_path / "p" / "FLAIR" / "1")
    cohort = scan(tmp_path)
    assert [s.frame for s in cohort.series[0].slices] == [0, 1, 3]
    assert "1 of its frames left out: duplicate" in cohort.series[0].reason
    assert accounted(cohort)


def test_what_does_not_fit_into_a_series_is_excluded(tmp_path):
    series(tmp_path, "p", "FLAIR", count=4)
    image(tmp_path, "p/FLAIR/size", 5, pixels=PIXELS[:8], series="FLAIR")
    image(tmp_path, "p/FLAIR/tilted", 6, series="FLAIR", orientation=SAGITTAL)
    image(tmp_path, "p/FLAIR/twice", 9, series="FLAIR", ImagePositionPatient=[0, 0, 10.0])
    shutil.copy(tmp_path / "p/FLAIR/Image-1.dcm", tmp_path / "p/FLAIR/copy")
    cohort = scan(tmp_path)
    assert accounted(cohort)
    said = reasons(cohort)
    assert said["p/FLAIR/size"] == "mixed sizes: 8x16 in a series mostly of 16x16"
    assert said["p/FLAIR/tilted"] == "mixed orientations: sagittal in a series mostly of axial slices"
    assert said["p/FLAIR/twice"].startswith("duplicate: same position in its series as p/FLAIR/Image-2.dcm")
    assert said["p/FLAIR/copy"] == "duplicate: same SOPInstanceUID as p/FLAIR/Image-1.dcm"
    assert [s.number for s in cohort.series[0].slices] == [1, 2, 3, 4]


def test_a_copy_in_another_patients_folder_names_that_patient(tmp_path):
    series(tmp_path, "a", "FLAIR")
    series(tmp_path, "b", "FLAIR")
    shutil.copy(tmp_path / "a/FLAIR/Image-1.dcm", tmp_path / "b/FLAIR/Image-9.dcm")
    cohort = scan(tmp_path)
    (line,) = cohort.exclusions
    assert (line.patient_id, line.path) == ("b", "b/FLAIR/Image-9.dcm")
    assert line.reason == "duplicate across patients: same SOPInstanceUID as a/FLAIR/Image-1.dcm of patient a"


def test_planes_are_recorded(tmp_path):
    series(tmp_path, "p", "FLAIR")
    series(tmp_path, "p", "T1w", orientation=CORONAL)
    series(tmp_path, "p", "T2w", orientation=SAGITTAL)
    assert {s.modality: s.plane for s in scan(tmp_path).series} == {
        "flair": "axial", "t1w": "coronal", "t2w": "sagittal",
    }  # fmt: skip


def test_folder_wins_over_header_and_the_conflict_is_said(tmp_path):
    series(tmp_path, "p", "FLAIR", SeriesDescription="AX T1")
    cohort = scan(tmp_path)
    assert cohort.series[0].modality == "flair"
    assert "folder says flair, header says t1w" in cohort.series[0].reason
    assert any("folder and header name different roles" in note for note in cohort.notes)


def test_a_localizer_by_description_is_excluded_unless_its_folder_names_a_role(tmp_path):
    series(tmp_path, "p", "x", SeriesDescription="3-plane localizer")
    series(tmp_path, "p", "FLAIR", SeriesDescription="scout")
    cohort = scan(tmp_path)
    assert [s.modality for s in cohort.series] == ["flair"]
    assert {e.reason for e in cohort.exclusions} == {"localizer: by its description"}


@pytest.mark.parametrize(
    ("words", "times"),
    [
        ("", {}),
        ("localizer", {}),
        ("T2 STIR", {}),
        ("T1 pre", {}),
        ("AX T1", {"RepetitionTime": 4000, "EchoTime": 100, "ScanningSequence": "SE"}),
    ],
)
def test_no_reason_and_no_note_quotes_the_free_text_of_a_header(tmp_path, words, times):
    series(tmp_path, "p", "x", SeriesDescription=f"Jane {words}", ContrastBolusAgent="Jane's", **times)
    cohort = scan(tmp_path)
    told = [*cohort.notes, *(e.reason for e in cohort.exclusions), *(s.reason for s in cohort.series)]
    assert any(told)
    assert "jane" not in " ".join(told).lower()


def test_computed_tomography_in_a_folder_of_mr_gets_no_role(tmp_path):
    series(tmp_path, "p", "T1w", Modality="CT")
    assert scan(tmp_path).series[0].reason == "modality CT, though folder says t1w"


def write_roles(path, *lines):
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_users_roles_win_over_folder_and_header(tmp_path):
    data = tmp_path / "data"
    series(data, "p", "FLAIR", SeriesDescription="odd one")
    series(data, "p", "x", SeriesDescription="AX T1")
    roles = write_roles(
        tmp_path / "roles.csv", "series_description,modality", "Odd One,t2w", "ax t1,none", "gone,flair"
    )
    cohort = scan(data, roles=roles)
    assert [(s.modality, s.modality_source) for s in cohort.series] == [("t2w", "roles"), ("", "")]
    assert "gives it no role" in cohort.series[1].reason
    assert any("1 of its keys fit no series (gone)" in note for note in cohort.notes)
    uid = cohort.series[1].series_uid
    by_uid = write_roles(tmp_path / "uid.csv", "series_uid,modality", f"{uid},t1wce")
    assert scan(data, roles=by_uid).series[0].modality == "t1wce"


def test_all_faults_of_a_roles_file_are_told_at_once(tmp_path):
    series(tmp_path / "data", "p", "FLAIR")
    roles = write_roles(tmp_path / "r.csv", "series_description,modality", "a,t1", "a,flair", "b,flare", ",t1w")
    with pytest.raises(CohortError) as caught:
        scan(tmp_path / "data", roles=roles)
    for part in ("line 2", "'t1'", "did you mean 'flair'", "line 5", "called flair here"):
        assert part in str(caught.value), part
    with pytest.raises(CohortError, match="series_uid or series_description"):
        scan(tmp_path / "data", roles=write_roles(tmp_path / "r.csv", "uid,modality", "1,t1w"))
    with pytest.raises(MissingPathError):
        scan(tmp_path / "data", roles=tmp_path / "none.csv")


def test_patients_by_header_where_folders_can_not_tell(tmp_path):
    for patient in ("x", "y"):
        for number in (1, 2):
            image(tmp_path, f"{patient}{number}.dcm", number, patient=patient, series="AX FLAIR")
    image(tmp_path, "nobody.dcm", patient="z", PatientID=None)
    cohort = scan(tmp_path)
    assert [s.patient_id for s in cohort.series] == ["x", "y"]
    assert reasons(cohort)["nobody.dcm"].startswith("no patient: PatientID is blank")
    assert accounted(cohort)
    assert "told by the header's PatientID" in cohort.notes[0]


def test_folders_that_name_modalities_are_no_patients(tmp_path):
    image(tmp_path, "FLAIR/x/1", patient="x", series="a")
    image(tmp_path, "T1w/x/1", patient="x", series="b")
    cohort = scan(tmp_path)
    assert [(s.patient_id, s.modality) for s in cohort.series] == [("x", "t1w"), ("x", "flair")]


def test_patient_from_overrides(tmp_path):
    image(tmp_path, "folder/FLAIR/1", patient="header")
    assert scan(tmp_path).series[0].patient_id == "folder"
    assert scan(tmp_path, patient_from="header").series[0].patient_id == "header"
    image(tmp_path, "loose", patient="header", number=2)
    forced = scan(tmp_path, patient_from="folder")
    assert forced.series[0].patient_id == "folder"
    assert "directly under DATA" in reasons(forced)["loose"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a/FLAIR/1": "x", "a/T1w/1": "y"}, "1 folder holds several PatientIDs (folder a: x, y)"),
        ({"a/FLAIR/1": "x", "b/FLAIR/1": "x"}, "1 PatientID lies in several folders (PatientID x: a, b)"),
        ({"a/FLAIR/1": "x"}, "1 folder is named otherwise than the PatientID inside (folder a: x)"),
    ],
)
def test_folders_and_ids_that_disagree_are_reported(tmp_path, files, words):
    for path, patient in files.items():
        image(tmp_path, path, patient=patient, series=path)
    (note,) = scan(tmp_path).notes
    assert words in note
    assert "--patient-from" in note


def test_sites_are_numbered_and_never_named(tmp_path):
    for patient, institution in (("a", "Charite"), ("b", None), ("c", "Mayo"), ("d", "CHARITE")):
        series(tmp_path, patient, "FLAIR", InstitutionName=institution)
    cohort = scan(tmp_path)
    assert [s.site for s in cohort.series] == ["site-1", "", "site-2", "site-1"]
    assert "mayo" not in repr(cohort).lower()


def test_links_are_told_and_neither_followed_nor_counted(tmp_path):
    series(tmp_path / "data", "p", "FLAIR")
    (tmp_path / "data/p/link.dcm").symlink_to(tmp_path / "data/p/FLAIR/Image-1.dcm")
    (tmp_path / "data/again").symlink_to(tmp_path / "data/p")
    cohort = scan(tmp_path / "data")
    assert cohort.n_files == 3
    assert cohort.notes[0].startswith("2 symbolic links were not followed (again, p/link.dcm)")


def bad_tree(root):
    """A tree of what users have; returns the number of its files."""
    series(root, "p", "FLAIR", count=4)
    good = (root / "p/FLAIR/Image-1.dcm").read_bytes()
    contents = {
        "p/FLAIR/empty.dcm": b"", "p/.DS_Store": b"\0\0\0\1Bud1", "p/scan.nii.gz": b"\x1f\x8b\x08",
        "p/short.dcm": good[:-100], "p/shorter.dcm": good[:300], "p/head.dcm": good[:140], "p/zeros": b"\0" * 500,
        "p/DICOMDIR": b"garbage\x01\x02\x03" * 50, "labels.csv": b"id,label\n1,2\n", "report.pdf": b"%PDF-1.7",
        "p/noise.dcm": random.Random(0).randbytes(5000), "p/dicm-noise.dcm": bytes(128) + b"DICM" + good[900:],
        'p/odd,"name"\n.dcm': b"x", "p/meta-only.dcm": good[:132] + b"\x02\0\0\0UL\x04\0\0\0\0\0",
    }  # fmt: skip
    for path, content in contents.items():
        (root / path).write_bytes(content)
    for name, attributes in {
        "localizer": {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},
        "rt": {"Modality": "RTPLAN"},
        "no-pixels": {"PixelData": None},
        "no-series": {"SeriesInstanceUID": None},
    }.items():
        image(root, f"p/{name}", 20, series=name, **attributes)
    with open(os.fsencode(root) + b"/p/\xff\xfe.dcm", "wb") as file:
        file.write(good)
    return 4 + len(contents) + 4 + 1


def test_every_bad_file_is_a_line_and_none_ends_the_scan(tmp_path):
    count = bad_tree(tmp_path)
    cohort = scan(tmp_path)
    assert cohort.n_files == count
    assert accounted(cohort)
    assert [len(s.slices) for s in cohort.series] == [4]
    assert all(e.reason for e in cohort.exclusions)
    said = reasons(cohort)
    assert said["p/\\udcff\\udcfe.dcm"] == "its name is no valid UTF-8: rename the file"
    assert "NIfTI" in said["p/scan.nii.gz"]
    assert {e.patient_id for e in cohort.exclusions} == {"p", ""}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_files_and_folders_are_told(tmp_path):
    series(tmp_path, "p", "FLAIR")
    (tmp_path / "p/FLAIR/Image-1.dcm").chmod(0)
    (tmp_path / "closed").mkdir(mode=0)
    cohort = scan(tmp_path)
    assert "Permission denied" in cohort.exclusions[0].reason
    assert any("closed" in note for note in cohort.notes)


def test_one_unforeseen_failure_is_one_line(tmp_path, monkeypatch):
    series(tmp_path, "p", "FLAIR")
    monkeypatch.setattr("radiogenomics.imaging.header._header", lambda *_: 1 / 0)
    cohort = scan(tmp_path)
    assert {e.reason for e in cohort.exclusions} == {
        "damaged: its header can't be parsed (ZeroDivisionError); copy it anew from its source"
    }


def test_workers_and_cache_change_nothing(tmp_path, monkeypatch):
    data, cache = tmp_path / "data", tmp_path / "headers.cache"
    bad_tree(data)
    write_image(data / "q" / "x", np.stack([PIXELS] * 3), patient="q")
    alone = scan(data)
    monkeypatch.setattr(read, "CHUNK", 4)
    assert scan(data, workers=2, cache=cache) == alone
    assert scan(data, cache=cache) == alone


def test_a_second_scan_opens_no_file_that_is_as_it_was(tmp_path, monkeypatch):
    data, cache = tmp_path / "data", tmp_path / "headers.cache"
    series(data, "p", "FLAIR")
    before = scan(data, cache=cache)
    opened = []
    real = read.read_header
    monkeypatch.setattr(read, "read_header", lambda path, size: opened.append(path) or real(path, size))
    assert scan(data, cache=cache) == before
    assert opened == []
    image(data, "p/FLAIR/Image-2.dcm", 2, series="FLAIR", EchoTime=90)
    (data / "p/FLAIR/Image-3.dcm").unlink()
    after = scan(data, cache=cache)
    assert [Path(path).name for path in opened] == ["Image-2.dcm"]
    assert after == scan(data)
    assert after.n_files == 2


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"not gzip", lambda b: b"", lambda b: b[:-9]])
def test_a_damaged_cache_is_rebuilt(tmp_path, damage):
    data, cache = tmp_path / "data", tmp_path / "headers.cache"
    series(data, "p", "FLAIR")
    before = scan(data, cache=cache)
    whole = cache.read_bytes()
    cache.write_bytes(damage(whole))
    assert scan(data, cache=cache) == before
    assert cache.read_bytes() == whole


def test_a_cache_of_another_root_knows_nothing(tmp_path):
    cache = tmp_path / "headers.cache"
    for name in ("a", "b"):
        series(tmp_path / name, "p", "FLAIR", SeriesDescription=name)
    scan(tmp_path / "a", cache=cache)
    cached = scan(tmp_path / "b", cache=cache)
    assert cached == scan(tmp_path / "b")
    assert replace(cached, root="") != replace(scan(tmp_path / "a"), root="")


def test_wrong_places_are_one_sentence(tmp_path):
    with pytest.raises(MissingPathError, match="does not exist"):
        scan(tmp_path / "none")
    (tmp_path / "file").write_text("x")
    with pytest.raises(MissingPathError, match="is a file: name the folder"):
        scan(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CohortError, match="holds no file"):
        scan(tmp_path / "empty")
    (tmp_path / "nifti").mkdir()
    for name in ("a.nii", "b.nii.gz", "c.csv"):
        (tmp_path / "nifti" / name).write_text("x")
    with pytest.raises(CohortError, match=r"3 files seen \(2 x NIfTI, not DICOM; 1 x not DICOM\); export the original"):
        scan(tmp_path / "nifti")
