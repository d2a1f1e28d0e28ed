"""Lesions, masks and series of a request become cases, and whoever lacks something is told of."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import CTImageStorage
from toy_dose import write_dose
from toy_masks import SHAPE, lesion, outline, write_structures

from radiogenomics.cohort import maskfiles
from radiogenomics.cohort.scan import scan
from radiogenomics.errors import CohortError, MissingPathError
from radiogenomics.experiment.cases import Request, find_cases
from radiogenomics.experiment.plan import make_plan
from radiogenomics.overrides import override
from radiogenomics.phantom.cohort import PhantomCohort, write_cohort
from radiogenomics.phantom.dicom import uid, write_image
from radiogenomics.recipe import Recipe
from radiogenomics.recipes import find
from radiogenomics.store import Store

BOXED = override(find("lung-subtype"), ['modalities=["flair"]'])
MASKED = override(find("egfr"), ["region.drawn_on=t1wce"])


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> PhantomCohort:
    folder = tmp_path_factory.mktemp("cases")
    return write_cohort(folder, patients=6, slices=8, size=32, seed=2, modalities=["t1wce", "flair"], two_lesions=0.34)


@pytest.fixture
def cases(cohort: PhantomCohort, tmp_path: Path) -> Callable:
    def find_with(recipe: Recipe, **given: object) -> tuple:
        request = Request(str(cohort.data), str(cohort.labels), **{name: str(path) for name, path in given.items()})
        return find_cases(request, recipe, Store(tmp_path))

    return find_with


def test_boxes_and_masks_of_the_same_lesions_give_the_same_rectangles(cases, cohort):
    boxes = cases(override(MASKED, ["region.policy=box"]), lesions=cohort.lesions)[1]
    masks = cases(MASKED, masks=cohort.masks)[1]
    assert list(boxes) == list(masks)
    assert sorted(len(case.lesions) for case in boxes.values()) == [1, 1, 1, 1, 2, 2]
    for patient, case in boxes.items():
        for drawn, masked in zip(case.lesions, masks[patient].lesions, strict=True):
            assert drawn.lesion_id == masked.lesion_id or len(case.lesions) == 1
            assert [(o.slice, o.x_min, o.y_max) for o in drawn.outlines] == [
                (o.slice, o.x_min, o.y_max) for o in masked.outlines
            ]


def test_what_is_drawn_on_another_modality_is_the_reference_and_no_channel(cases, cohort):
    _, found = cases(BOXED, lesions=cohort.lesions)
    case = next(iter(found.values()))
    assert [series.modality for series in case.series] == ["flair"]
    assert case.reference.modality == "t1wce"


def test_a_patient_without_a_lesion_is_left_out_and_told_of(cases, cohort, tmp_path):
    header, *rows = cohort.lesions.read_text().splitlines()
    kept = [row for row in rows if not row.startswith("00001,")] + ["99999,1,1,0,0,4,4"]
    path = tmp_path / "some.csv"
    path.write_text("\n".join([header, *kept]) + "\n")
    found, some = cases(BOXED, lesions=path)
    assert "00001" not in some
    assert [(e.patient_id, e.reason) for e in found.exclusions] == [("00001", "no lesion in some.csv")]
    assert any("1 patient of it not in the cohort (99999)" in note for note in found.notes)
    assert {s.status for s in found.series if s.patient_id == "00001"} == {"unused"}


def test_a_box_outside_the_image_leaves_its_patient_out_with_the_reason(cases, cohort, tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text(cohort.lesions.read_text() + "00002,9,3,20,20,40,30\n")
    found, kept = cases(BOXED, lesions=path)
    assert "00002" not in kept
    assert "32" in next(e.reason for e in found.exclusions if e.patient_id == "00002")


def test_lesions_that_a_recipe_needs_must_be_named_once(cases, cohort):
    with pytest.raises(MissingPathError, match=r"lung-subtype needs lesions .* give --lesions CSV or --masks DIR"):
        cases(BOXED)
    with pytest.raises(CohortError, match="given twice"):
        cases(BOXED, lesions=cohort.lesions, masks=cohort.masks)
    with pytest.raises(MissingPathError, match="lesions file"):
        cases(BOXED, lesions=Path("nowhere.csv"))


def test_masks_of_which_the_recipe_makes_no_use_are_refused_at_once(cases, cohort):
    whole = find("mgmt")
    for given, mend in (({"lesions": cohort.lesions}, "drop --lesions"), ({"masks": cohort.masks}, "drop --masks")):
        with pytest.raises(CohortError, match=f"slices.policy mid-section, region.policy whole.*{mend}.*region.policy"):
            cases(whole, **given)
    with pytest.raises(CohortError, match=r"image\.over all\): drop --brain-masks, or give --set image\.over=brain"):
        cases(whole, brain_masks=cohort.masks)


def test_a_brain_mask_is_attached_and_whoever_lacks_one_is_left_out(cases, cohort, tmp_path):
    folder = tmp_path / "brains"
    folder.mkdir()
    for name in ("00000", "00003"):
        source = next(cohort.masks.glob(f"{name}*"))
        (folder / f"{name}.nii.gz").write_bytes(source.read_bytes())
    found, kept = cases(BOXED, lesions=cohort.lesions, brain_masks=folder)
    assert {patient: Path(case.brain_mask).name for patient, case in kept.items()} == {
        "00000": "00000.nii.gz", "00003": "00003.nii.gz",
    }  # fmt: skip
    assert {e.reason for e in found.exclusions} == {"no brain mask in brains"}


def test_a_sarcoma_finds_its_contours_among_the_data(tmp_path):
    limb = write_cohort(tmp_path, kind="limb", patients=4, slices=8, size=32, seed=2, modalities=["ct", "t1w"])
    recipe = override(find("sarcoma-metastasis"), ['modalities=["t1w"]'])
    request = Request(str(limb.data), str(limb.labels), masks=str(limb.masks))
    cohort, found = find_cases(request, recipe, Store(tmp_path / "store"))
    assert len(found) == 4
    assert {case.reference.modality for case in found.values()} == {"ct"}
    assert {lesion.lesion_id for case in found.values() for lesion in case.lesions} == {"GTV"}
    assert sum(s.n_files for s in cohort.series) + sum(bool(e.path) for e in cohort.exclusions) == cohort.n_files


def write_two_cts(root: Path, *, dose: bool, structures: bool) -> None:
    """A patient's planning CT, and a diagnostic CT of one slice more, later and of another frame of reference."""
    known = {"patient": "P1", "SOPClassUID": CTImageStorage, "Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY"]}
    for name, slices in (("planning", SHAPE[0]), ("diagnostic", SHAPE[0] + 1)):
        for number in range(1, slices + 1):
            pixels = np.full(SHAPE[1:], number, np.uint16)
            write_image(
                root / f"P1/{name}/{number}.dcm", pixels, study=name, series=name, number=number,
                StudyDate="20200101" if name == "planning" else "20210101", **known,
            )  # fmt: skip
    if structures:
        (planning,) = (s for s in scan(root).series if s.series_uid == uid("P1", "planning", "planning"))
        write_structures(root / "P1/planning/RS.dcm", {"GTV": outline(lesion(), planning)}, planning)
    if dose:
        write_dose(root / "P1/planning/RD.dcm", patient="P1", study="planning", series="dose")


@pytest.mark.parametrize(("dose", "structures"), [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("policy", ["most-slices", "latest", "error"])
def test_of_two_cts_the_one_of_the_dose_and_the_structures_is_used(tmp_path, dose, structures, policy):
    root = tmp_path / "data"
    write_two_cts(root, dose=dose, structures=structures)
    modalities = '["ct","dose"]' if dose else '["ct"]'
    recipe = override(
        find("sarcoma-metastasis" if structures else "mgmt"),
        [f"modalities={modalities}", f"cohort.series_policy={policy}"],
    )
    request = Request(str(root), masks=str(root) if structures else "")
    cohort, found = find_cases(request, recipe, Store(tmp_path / "store"))
    assert [len(series.slices) for series in found["P1"].series] == [SHAPE[0], *[4] * dose]
    assert [one.lesion_id for one in found["P1"].lesions] == ["GTV"] * structures
    (unused,) = (series for series in cohort.series if series.status == "unused")
    why = "is the one on which the masks were drawn" if structures else "shares the dose's frame of reference"
    assert unused.reason == f"ct, 9 slices: series {uid('P1', 'planning', 'planning')} {why}"
    assert sum(s.n_files for s in cohort.series) + sum(bool(e.path) for e in cohort.exclusions) == cohort.n_files


def test_the_masks_folder_is_looked_through_once(tmp_path, monkeypatch):
    root, looked = tmp_path / "data", []
    write_two_cts(root, dose=False, structures=True)
    walked = maskfiles.walk
    monkeypatch.setattr(maskfiles, "walk", lambda folder: looked.append(folder) or walked(folder))
    recipe = override(find("sarcoma-metastasis"), ['modalities=["ct"]'])
    find_cases(Request(str(root), masks=str(root)), recipe, Store(tmp_path / "store"))
    assert looked == [root]


def test_a_split_that_lacks_patients_says_where_they_went(cohort, tmp_path):
    header, *rows = cohort.lesions.read_text().splitlines()
    path = tmp_path / "few.csv"
    path.write_text("\n".join([header, *(row for row in rows if row.startswith("00001,"))]) + "\n")
    request = Request(str(cohort.data), str(cohort.labels), lesions=str(path))
    with pytest.raises(CohortError, match=r"needs at least .*Patients left out before: 5 for 'no lesion in few\.csv'"):
        make_plan(request, BOXED, Store(tmp_path))
