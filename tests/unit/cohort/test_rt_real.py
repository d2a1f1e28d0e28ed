"""The real CT with its structure set, and a real RT dose with a plan: areas in mm2, and Gy at their right place."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from toy_dose import of_plan

from radiogenomics.cohort.scan import scan
from radiogenomics.imaging.pixels import read_slice
from radiogenomics.imaging.plane import to_patient
from radiogenomics.imaging.structures import lay_structures

DICOM = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "dicom"
pytestmark = pytest.mark.skipif(not DICOM.is_dir(), reason=f"{DICOM} is absent: real DICOM is not part of the package")
DOSE = DICOM / "rt-dose"


def shoelace(points):
    x, y = points[:, 0], points[:, 1]
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def within(points, x, y):
    """Which of the places (x, y) a contour encloses, by another program, [len(y), len(x)]."""
    from matplotlib.path import Path as Outline

    return Outline(points[:, :2]).contains_points(np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)).reshape(len(y), -1)


def test_the_region_of_the_real_structure_set_has_its_area_and_place():
    folder = DICOM / "ct-with-rtstruct"
    (ct,) = scan(folder).series
    dataset = dcmread(folder / "rt.dcm")
    assert [roi.ROIName for roi in dataset.StructureSetROISequence] == ["ROI-1"]
    drawn = dataset.ROIContourSequence[0].ContourSequence
    square, hole = (np.reshape(np.asarray(c.ContourData, float), (-1, 3)) for c in drawn)
    area = shoelace(square) - shoelace(hole)
    assert area == 576.0 - 224.5

    ((number, pixels),) = lay_structures(folder / "rt.dcm", ct, "").laid[0].pixels.items()
    first = dcmread(folder / ct.slices[number - 1].path)
    assert first.SOPInstanceUID == drawn[0].ContourImageSequence[0].ReferencedSOPInstanceUID
    x, y = (o + 0.488281 * np.arange(512) for o in first.ImagePositionPatient[:2])
    np.testing.assert_array_equal(pixels, within(square, x, y) & ~within(hole, x, y))
    # Straight edges that lie along the pixels round to the same side all their way: 1443 pixels of .4883 mm squared.
    assert pixels.sum() * 0.488281**2 == pytest.approx(area, rel=0.025)

    fine = replace(ct, rows=800, columns=800, spacing=(0.05, 0.05), origin=(-60.012, -60.012, *ct.origin[2:]))
    ((_, finely),) = lay_structures(folder / "rt.dcm", fine, "").laid[0].pixels.items()
    assert finely.sum() * 0.05**2 == pytest.approx(area, rel=0.005)


def test_the_real_dose_is_refused_with_the_reason_for_it_is_relative():
    cohort = scan(DOSE, patient_from="header")
    assert cohort.series == ()
    assert {e.path: e.reason for e in cohort.exclusions} == {
        **dict.fromkeys(
            ("rtdose.dcm", "rtdose_rle.dcm"),
            "RTDOSE: its dose is in RELATIVE units, not in Gy; export the absolute dose",
        ),
        "rtplan.dcm": "RTPLAN: a treatment plan, not a slice; it tells whether the doses (RTDOSE) of its beams are all",
    }


def in_gray(folder, name, **changes):
    """The real dose copied, its units called Gy, which they are not: for the rest of the way the real file serves."""
    dataset = dcmread(DOSE / name)
    dataset.DoseUnits = "GY"
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    folder.mkdir(parents=True, exist_ok=True)
    dataset.save_as(folder / name)
    shutil.copy(DOSE / "rtplan.dcm", folder)
    return dataset


@pytest.mark.parametrize("name", ["rtdose.dcm", "rtdose_rle.dcm"])
def test_called_gray_it_is_read_exactly_and_lies_where_simpleitk_says(tmp_path, name):
    dataset = in_gray(tmp_path / "p", name)
    (dose,) = scan(tmp_path).series
    # It names a plan by another UID than that of the plan beside it.
    assert dose.reason == "the sum of 1 beam (beam 1); that these are all can't be told without the plan"
    assert (dose.modality, dose.status, len(dose.slices), dose.rows, dose.columns) == ("dose", "used", 15, 10, 10)
    image = sitk.ReadImage(str(DOSE / "rtdose.dcm"))  # raw integers, as SimpleITK gives them
    stored = sitk.GetArrayFromImage(image).astype(np.float64)
    assert (stored.min(), stored.max()) == (795000, 1254000)
    for k, s in enumerate(dose.slices):
        expected = (stored[k] * float(dataset.DoseGridScaling)).astype(np.float32)
        np.testing.assert_array_equal(read_slice(tmp_path, s), expected)
        for column, row in ((0, 0), (9, 0), (3, 7)):
            place = to_patient(dose, s) @ (column, row, 1)
            np.testing.assert_allclose(place, image.TransformIndexToPhysicalPoint((column, row, k)), atol=1e-6)


def test_beside_the_plan_that_it_names_its_only_beam_is_all(tmp_path):
    plan = str(dcmread(DOSE / "rtplan.dcm").SOPInstanceUID)
    in_gray(tmp_path / "p", "rtdose.dcm", **of_plan(plan, beams=[1]))
    (dose,) = scan(tmp_path).series
    assert dose.reason == "the sum of 1 beam (beam 1); all that its plan names"
