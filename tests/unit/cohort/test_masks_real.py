"""On the real patients' masks and boxes, and on a structure set of a real scanner's CT."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from radiogenomics.cohort.lesions import faults_of, read_lesions
from radiogenomics.cohort.masks import read_masks
from radiogenomics.cohort.scan import scan

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is absent: real DICOM is not part of the package")


def boxes(lesions):
    return [(o.slice, o.x_min, o.y_min, o.x_max, o.y_max) for one in lesions for o in one.outlines]


def test_outlines_of_real_masks_are_the_boxes_of_the_sheet(tmp_path):
    script = DATA / "make_lgg_dicom.py"
    subprocess.run([sys.executable, script, tmp_path, "--patients", "4", "--masks"], check=True, capture_output=True)
    # Drawn on FLAIR; the other two lie on the same grid.
    series = {s.patient_id: s for s in scan(tmp_path).series if s.modality == "t1wce"}
    lesions, exclusions, notes = read_masks(tmp_path, series, "")
    sheet, _, _ = read_lesions(tmp_path / "lesions.csv", series)
    assert list(lesions) == list(sheet)
    assert len(sheet) == 4
    for patient, those in sheet.items():
        assert [one.lesion_id for one in lesions[patient]] == ["1"]
        assert boxes(lesions[patient]) == boxes(those)
        assert [fault for one in those for fault in faults_of(one, series[patient])] == []
        for drawn, box in zip(lesions[patient][0].outlines, those[0].outlines, strict=True):
            assert 0 < drawn.area <= box.area
    assert (exclusions, notes) == ((), ())


def shoelace(points):
    x, y = points[:, 0], points[:, 1]
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def test_a_real_structure_set_lies_on_its_ct():
    folder = DATA / "dicom" / "ct-with-rtstruct"
    (ct,) = scan(folder).series
    lesions, exclusions, (note,) = read_masks(folder, {ct.patient_id: ct}, "")
    (lesion,) = lesions[ct.patient_id]
    (outline,) = lesion.outlines
    contours = dcmread(folder / "rt.dcm").ROIContourSequence[0].ContourSequence
    areas = [shoelace(np.reshape(np.asarray(c.ContourData, float), (-1, 3))[:, :2]) for c in contours]
    # A square with a square hole: an edge along the rows rounds to the same side all its way.
    assert outline.area * ct.spacing[0] * ct.spacing[1] == pytest.approx(max(areas) - min(areas), rel=0.03)
    assert (lesion.lesion_id, outline.slice) == ("ROI-1", 1)
    assert exclusions == ()
    assert "another frame of reference" in note  # which is so: the structure set has one of its own
