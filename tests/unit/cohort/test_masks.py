import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import SimpleITK
from toy_masks import SHAPE, images, lesion, outline, segmentation, volume, write_cohort, write_nifti, write_structures

from radiogenomics.cohort.maskfiles import named
from radiogenomics.cohort.masks import read_brain_masks, read_masks
from radiogenomics.errors import CohortError, MissingPathError
from radiogenomics.imaging.outlines import pixels_of
from radiogenomics.records import Lesion, Outline

PATIENTS = ("P1", "P2", "P3")
INSIDE = lesion()
OTHER = lesion(slice(5, 7), slice(15, 20))
OUTLINES = (Outline(3, 6, 4, 20, 11, 98), Outline(4, 6, 4, 20, 11, 98), Outline(5, 6, 4, 20, 10, 84))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    return SimpleNamespace(root=root, series=write_cohort(root, PATIENTS))


def write_segmentation(path, segments, patient):
    path.parent.mkdir(parents=True, exist_ok=True)
    segmentation(segments, images(patient)).save_as(path)


def reasons(exclusions):
    return {e.patient_id: e.reason for e in exclusions}


def test_the_three_kinds_of_masks_give_the_same_outlines(data, tmp_path):
    write_nifti(tmp_path / "P1.nii.gz", INSIDE, data.series["P1"])
    write_segmentation(tmp_path / "any" / "IM0001", {"tumour": INSIDE}, "P2")
    write_structures(tmp_path / "1.rt", {"GTV": outline(INSIDE, data.series["P3"])}, data.series["P3"])
    lesions, exclusions, notes = read_masks(tmp_path, data.series, "")
    assert lesions == {
        "P1": (Lesion("P1", "1", OUTLINES),),
        "P2": (Lesion("P2", "tumour", OUTLINES),),
        "P3": (Lesion("P3", "GTV", OUTLINES),),
    }
    assert (exclusions, notes) == ((), ())


@pytest.mark.parametrize("change", ["turned", "flipped", "finer"])
def test_how_the_voxels_are_stored_is_no_matter(data, tmp_path, change):
    image = volume(INSIDE, data.series["P1"])
    if change == "turned":
        image = SimpleITK.PermuteAxes(image, [2, 0, 1])
    elif change == "flipped":
        image = SimpleITK.Flip(image, [True, False, True])
    else:
        image = SimpleITK.Expand(image, [3, 1, 5], SimpleITK.sitkNearestNeighbor)
    assert image.GetSize() != SHAPE[::-1] or change == "flipped"
    SimpleITK.WriteImage(image, str(tmp_path / "P1.nii"))
    lesions, _, _ = read_masks(tmp_path, data.series, "")
    assert lesions["P1"][0].outlines == OUTLINES


def test_lesions_get_the_names_they_were_given(data, tmp_path):
    series = data.series["P1"]
    for name in ("P1_10", "P1-2", "P1/left"):
        write_nifti(tmp_path / f"{name}.nii.gz", np.roll(INSIDE, 7 if name == "P1_10" else 0, 1), series)
    shutil.move(tmp_path / "P1-2.nii.gz", tmp_path / "P2-2.nii.gz")
    write_segmentation(tmp_path / "a.dcm", {"GTV one": INSIDE, "brain": INSIDE, "gtv two": OTHER}, "P3")
    lesions, _, _ = read_masks(tmp_path, data.series, "^gtv")
    names = {patient: [one.lesion_id for one in those] for patient, those in lesions.items()}
    assert names == {"P1": ["10", "left"], "P2": ["2"], "P3": ["GTV one", "gtv two"]}


@pytest.mark.parametrize(
    ("path", "patients", "expected"),
    [
        ("00000.nii.gz", ["00000"], (["00000"], "1")),
        ("BraTS21_00000_seg.nii.gz", ["00000", "00002"], (["00000"], "seg")),
        ("masks/00000_seg.nii", ["00000"], (["00000"], "seg")),
        ("sub-01_lesion-2.nii.gz", ["sub-01"], (["sub-01"], "lesion-2")),
        ("TCGA_CS_4941.nii.gz", ["TCGA_CS_4941", "4941"], (["TCGA_CS_4941"], "1")),
        ("1_2.nii.gz", ["1", "2"], (["1"], "2")),
        ("7/lesion_1.nii.gz", ["1", "7"], (["7"], "lesion_1")),
        ("P1/P1_seg.nii.gz", ["P1", "P2"], (["P1"], "seg")),
        ("seg_P1_P2.nii.gz", ["P1", "P2"], (["P1", "P2"], "")),
        ("P12.nii.gz", ["P1"], ([], "")),
        ("000001.nii.gz", ["1"], ([], "")),
    ],
)
def test_a_nifti_files_place_and_name_tell_its_patient(path, patients, expected):
    assert named(path, patients) == expected


def test_another_frame_of_reference_excludes_by_both_names(data, tmp_path):
    write_structures(
        tmp_path / "a.dcm",
        {"GTV": outline(INSIDE, data.series["P1"])},
        data.series["P1"],
        frame="1.2.3",
        names_series=False,
    )
    write_segmentation(tmp_path / "b.dcm", {"GTV": INSIDE}, "P2")
    series = {**data.series, "P2": replace(data.series["P2"], frame_of_reference_uid="1.2.4")}
    lesions, exclusions, _ = read_masks(tmp_path, series, "")
    assert lesions == {}
    said = reasons(exclusions)
    own = data.series["P1"].frame_of_reference_uid
    assert f"a.dcm: GTV: its frame of reference is 1.2.3, that of flair is {own}" in said["P1"]
    assert "that of flair is 1.2.4" in said["P2"]


def test_a_structure_set_that_names_the_series_may_call_its_frame_otherwise(data, tmp_path):
    contours = outline(INSIDE, data.series["P1"])
    write_structures(tmp_path / "a.dcm", {"GTV": contours}, data.series["P1"], frame="1.2.3")
    lesions, exclusions, (note,) = read_masks(tmp_path, data.series, "")
    assert lesions["P1"][0].outlines == OUTLINES
    assert exclusions == ()
    assert "a.dcm: flair is named, though under another frame of reference" in note


def test_structures_are_chosen_by_pattern_and_unusable_ones_told(data, tmp_path):
    series = data.series["P1"]
    regions = {"GTV": outline(INSIDE, series), "GTV old": [], "lung": outline(OTHER, series)}
    write_structures(tmp_path / "a.dcm", regions, series)
    write_structures(tmp_path / "b.dcm", {"GTV": outline(INSIDE, series)}, data.series["P2"], kind="OPEN_PLANAR")
    _, exclusions, _ = read_masks(tmp_path, data.series, "")
    assert "it has 2 regions (GTV, lung): choose with --roi PATTERN" in reasons(exclusions)["P1"]
    assert "3 of its 3 contours enclose no area (OPEN_PLANAR)" in reasons(exclusions)["P2"]
    lesions, _, (note,) = read_masks(tmp_path, data.series, "gtv")
    assert [one.lesion_id for one in lesions["P1"]] == ["GTV"]
    assert "a.dcm: GTV old: it has no contour" in note
    with pytest.raises(CohortError, match=r"region.roi 'gtv\(' is no regular expression"):
        read_masks(tmp_path, data.series, "gtv(")


def test_one_lesion_in_two_files_is_never_two_lesions(data, tmp_path):
    write_nifti(tmp_path / "P1.nii.gz", INSIDE, data.series["P1"])
    write_segmentation(tmp_path / "seg.dcm", {"tumour": INSIDE}, "P1")
    write_nifti(tmp_path / "a" / "P2.nii.gz", INSIDE, data.series["P2"])
    write_nifti(tmp_path / "b" / "P2.nii.gz", OTHER, data.series["P2"])
    lesions, exclusions, _ = read_masks(tmp_path, data.series, "")
    assert "P1.nii.gz and seg.dcm cover the same place; keep one" in reasons(exclusions)["P1"]
    assert {patient: [one.lesion_id for one in those] for patient, those in lesions.items()} == {"P2": ["1-1", "1-2"]}


def test_labels_of_one_file_are_taken_together_and_told_of_once(data, tmp_path):
    for patient in PATIENTS:
        image = volume(INSIDE, data.series[patient])
        if patient != "P3":
            labels = SimpleITK.GetArrayFromImage(image) * np.array([1, 2, 4], np.uint8)[np.arange(SHAPE[1]) % 3, None]
            labelled = SimpleITK.GetImageFromArray(labels)
            labelled.CopyInformation(image)
            image = labelled
        SimpleITK.WriteImage(image, str(tmp_path / f"{patient}.nii.gz"))
    lesions, exclusions, (note,) = read_masks(tmp_path, data.series, "")
    assert {patient: those[0].outlines for patient, those in lesions.items()} == dict.fromkeys(PATIENTS, OUTLINES)
    assert exclusions == ()
    assert "2 masks hold several labels, which are taken together as one lesion" in note
    assert "one file a lesion keeps them apart (P1.nii.gz: labels 1, 2, 4, P2.nii.gz: labels 1, 2, 4)" in note


def test_a_brain_beside_lesions_is_none_of_them(data, tmp_path):
    brain = np.ones(SHAPE, bool)
    write_nifti(tmp_path / "P1_lesion.nii.gz", INSIDE, data.series["P1"])
    write_nifti(tmp_path / "P1_Brain.nii.gz", brain, data.series["P1"])
    write_nifti(tmp_path / "P2" / "brain_mask.nii.gz", brain, data.series["P2"])
    write_segmentation(tmp_path / "a.dcm", {"tumour": INSIDE}, "P2")
    write_nifti(tmp_path / "P3_brain_metastasis.nii.gz", INSIDE, data.series["P3"])
    write_nifti(tmp_path / "P3_lung.nii.gz", OTHER, data.series["P3"])
    lesions, exclusions, (note,) = read_masks(tmp_path, data.series, "")
    names = {patient: [one.lesion_id for one in those] for patient, those in lesions.items()}
    assert names == {"P1": ["lesion"], "P2": ["tumour"], "P3": ["brain_metastasis", "lung"]}
    assert exclusions == ()
    assert "2 masks are the brain's by their names and no lesions (P1_Brain.nii.gz, P2/brain_mask.nii.gz)" in note


def test_nothing_is_laid_on_a_sheared_stack(data, tmp_path):
    for patient in ("P1", "P2"):
        write_nifti(tmp_path / f"{patient}.nii.gz", INSIDE, data.series[patient])
    series = data.series | {"P1": replace(data.series["P1"], sheared=4.0)}
    lesions, exclusions, _ = read_masks(tmp_path, series, "")
    assert list(lesions) == ["P2"]
    assert "flair is sheared: its slices shift sideways by up to 4.0 mm" in reasons(exclusions)["P1"]


def test_no_two_lesions_of_a_patient_have_one_name(data, tmp_path):
    places = [lesion(rows=slice(row, row + 3)) for row in (1, 5, 9)]
    for name, inside in zip(("a/GTV", "b/GTV", "c/GTV-1"), places, strict=True):
        write_nifti(tmp_path / "P1" / f"{name}.nii.gz", inside, data.series["P1"])
    lesions, _, _ = read_masks(tmp_path, data.series, "")
    assert [one.lesion_id for one in lesions["P1"]] == ["GTV-1", "GTV-2", "GTV-3"]
    assert lesions["P1"][0].outlines[0].y_min == 9, "the name that was given stays"


def test_masks_that_lie_nowhere_in_the_series_say_so(data, tmp_path):
    outside = volume(INSIDE, data.series["P1"])
    outside.SetOrigin((900.0, 0.0, 0.0))
    SimpleITK.WriteImage(outside, str(tmp_path / "P1.nii.gz"))
    write_nifti(tmp_path / "P2.nii.gz", np.zeros(SHAPE, bool), data.series["P2"])
    shifted = volume(INSIDE, data.series["P3"])
    shifted.SetOrigin(shifted.TransformIndexToPhysicalPoint((0, 0, 5)))  # one of its three slices is left
    SimpleITK.WriteImage(shifted, str(tmp_path / "P3.nii.gz"))
    lesions, exclusions, _ = read_masks(tmp_path, data.series, "")
    assert "P1" not in lesions
    said = reasons(exclusions)
    assert "P1.nii.gz: it lies outside of flair" in said["P1"]
    assert "P2.nii.gz: it is empty" in said["P2"]
    assert "P3.nii.gz: only 35% of it lies within flair" in said["P3"]


def test_the_data_folder_itself_may_hold_the_masks(data, tmp_path):
    root = shutil.copytree(data.root, tmp_path / "data")
    write_nifti(root / "P1" / "masks" / "seg.nii.gz", INSIDE, data.series["P1"])
    (root / "P2" / "notes.txt").write_text("not a mask")
    (root / "P2" / "empty").touch()
    write_segmentation(root / "P2" / "seg", {"tumour": INSIDE}, "P2")
    damaged = (root / "P2" / "seg").read_bytes()
    (root / "P3" / "seg.dcm").write_bytes(damaged[:1500])
    (root / "P3" / "._P3.nii.gz").write_bytes(b"macOS")
    lesions, exclusions, (note,) = read_masks(root, data.series, "")
    names = {patient: [one.lesion_id for one in those] for patient, those in lesions.items()}
    assert names == {"P1": ["seg"], "P2": ["tumour"]}
    assert exclusions == ()
    assert "P3/seg.dcm" in note


def test_workers_change_nothing(data, tmp_path):
    for patient, inside in zip(PATIENTS, (INSIDE, OTHER, np.zeros(SHAPE, bool)), strict=True):
        write_nifti(tmp_path / f"{patient}.nii.gz", inside, data.series[patient])
    assert read_masks(tmp_path, data.series, "", workers=2) == read_masks(tmp_path, data.series, "")


def test_masks_of_strangers_are_told_and_those_of_nobody_refused(data, tmp_path):
    write_nifti(tmp_path / "X9.nii.gz", INSIDE, data.series["P1"])
    with pytest.raises(CohortError, match=r"no mask .*X9\.nii\.gz.* fits a patient of the cohort \(P1, P2, P3\)"):
        read_masks(tmp_path, data.series, "")
    write_nifti(tmp_path / "P1.nii.gz", INSIDE, data.series["P1"])
    write_nifti(tmp_path / "P2_P3.nii.gz", INSIDE, data.series["P2"])
    write_nifti(tmp_path / "x_P2_P3.nii.gz", INSIDE, data.series["P2"])
    lesions, exclusions, notes = read_masks(tmp_path, data.series, "")
    assert set(lesions) == {"P1", "P2"}
    assert "x_P2_P3.nii.gz: it fits several patients (P2, P3)" in reasons(exclusions)["P3"]
    assert any("1 mask under" in note and "X9.nii.gz" in note for note in notes)


def test_a_folder_without_masks_says_what_it_needs(data, tmp_path):
    with pytest.raises(CohortError, match=r"holds no mask among its 24 files: it needs NIfTI"):
        read_masks(data.root, data.series, "")
    with pytest.raises(MissingPathError, match="masks folder"):
        read_masks(tmp_path / "none", data.series, "")


def test_brain_masks_are_found_by_name_and_only_one_each(data, tmp_path):
    for name in ("P1_brain", "P2_a", "P2_b", "x_P2_P3"):
        write_nifti(tmp_path / f"{name}.nii.gz", INSIDE, data.series["P1"])
    found, exclusions = read_brain_masks(tmp_path, PATIENTS)
    assert found == {"P1": str(tmp_path / "P1_brain.nii.gz")}
    assert reasons(exclusions) == {
        "P2": "several brain masks: P2_a.nii.gz, P2_b.nii.gz; keep one",
        "P3": "a brain mask that may be another's: x_P2_P3.nii.gz",
    }


def test_the_very_pixels_of_a_mask_are_kept(data, tmp_path):
    inside = INSIDE.copy()
    inside[3, 6:8, 9:15] = False
    write_nifti(tmp_path / "P1.nii.gz", inside, data.series["P1"])
    lesions, _, _ = read_masks(tmp_path, data.series, "")
    first, holed, last = lesions["P1"][0].outlines
    assert (first, last) == (OUTLINES[0], OUTLINES[2])
    assert (pixels_of(holed) == inside[3, 4:11, 6:20]).all()
