"""The files of a patient with a sarcoma: grids of their own in one patient, and nothing of the label but the tumour."""

import numpy as np
import pydicom
import pytest
from pydicom.uid import CTImageStorage, RTDoseStorage, RTStructureSetStorage

from radiogenomics.phantom.case import Case
from radiogenomics.phantom.sarcoma import MODALITIES, write_sarcoma

SIZE, SLICES = 64, 24
FOLDERS = {"CT", "DOSE", "T1w", "T2w", "T1wCE", "RTSTRUCT"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The folders of one patient drawn twice: negative, and positive."""
    folders = []
    for positive in (False, True):
        out = tmp_path_factory.mktemp("cohort")
        write_sarcoma(Case(out, "STS007", 1, 7, positive, 0, 1, SLICES, SIZE, MODALITIES))
        folders.append(out / "data" / "STS007")
    return folders


@pytest.fixture(scope="module")
def patient(pair):
    """The positive one."""
    return pair[1]


def _series(patient, folder):
    return [pydicom.dcmread(path) for path in sorted((patient / folder).iterdir())]


def _pixels(series):
    """Pixel values, and x, y, z of their centres in mm, told by the headers."""
    values = np.stack([s.pixel_array * float(s.get("RescaleSlope", 1)) for s in series])
    (down, across), (x, y, _) = series[0].PixelSpacing, series[0].ImagePositionPatient
    z = [float(s.ImagePositionPatient[2]) for s in series]
    rows, columns = values.shape[1:]
    places = np.meshgrid(z, y + down * np.arange(rows), x + across * np.arange(columns), indexing="ij")
    return values, np.stack(places[::-1], axis=-1)


def _contours(patient, name):
    (structures,) = _series(patient, "RTSTRUCT")
    number = {region.ROIName: region.ROINumber for region in structures.StructureSetROISequence}[name]
    (drawn,) = (r for r in structures.ROIContourSequence if r.ReferencedROINumber == number)
    return drawn.ContourSequence


def _points(contour):
    return np.array(contour.ContourData, float).reshape(-1, 3)


def test_every_object_lies_in_one_study_and_frame_of_reference(patient):
    assert {path.name for path in patient.iterdir()} == FOLDERS
    series = {folder: _series(patient, folder) for folder in FOLDERS}
    every = [s for slices in series.values() for s in slices]
    assert len({s.SOPInstanceUID for s in every}) == len(every) == 4 * SLICES + 2
    assert len({s.SeriesInstanceUID for s in every}) == 6
    assert len({s.StudyInstanceUID for s in every}) == 1
    frames = {s.FrameOfReferenceUID for folder in FOLDERS - {"RTSTRUCT"} for s in series[folder]}
    (referenced,) = series["RTSTRUCT"][0].ReferencedFrameOfReferenceSequence
    assert frames == {referenced.FrameOfReferenceUID}
    kinds = {folder: series[folder][0].SOPClassUID for folder in ("CT", "DOSE", "RTSTRUCT")}
    assert kinds == {"CT": CTImageStorage, "DOSE": RTDoseStorage, "RTSTRUCT": RTStructureSetStorage}


def test_ct_is_in_hounsfield_units_on_the_largest_field(patient):
    ct, mr = _series(patient, "CT")[SLICES // 2], _series(patient, "T2w")[SLICES // 2]
    hounsfield = ct.pixel_array * float(ct.RescaleSlope) + float(ct.RescaleIntercept)
    assert np.median(hounsfield[:5]) == pytest.approx(-1000, abs=15)
    assert hounsfield.max() > 400
    assert (ct.Rows, mr.Rows) == (SIZE + 32, SIZE)
    assert ct.Rows * ct.PixelSpacing[0] == pytest.approx(500, abs=0.1)
    assert 240 <= mr.Rows * mr.PixelSpacing[0] <= 300


def test_the_body_lies_at_one_place_in_ct_and_mr(patient):
    centres = []
    for folder, air in (("CT", 500), ("T1w", 150)):  # stored values: CT's begin at -1024 HU
        values, places = _pixels(_series(patient, folder))
        centres.append(places[values > air].mean(axis=0))
    np.testing.assert_allclose(*centres, atol=1.0)


def test_the_label_changes_the_tumour_alone_and_at_one_place_in_ct_and_mr(pair):
    tumour = np.concatenate([_points(contour) for contour in _contours(pair[1], "GTV")])
    low, high = tumour.min(axis=0), tumour.max(axis=0)
    centres = []
    for folder in ("CT", "T1w", "T2w", "T1wCE"):
        (one, places), (other, _) = (_pixels(_series(patient, folder)) for patient in pair)
        changed = places[one != other]
        margin = np.array([7.0, 7.0, 7.0])  # a pixel and a half, or a slice
        assert (changed > low - margin).all()
        assert (changed < high + margin).all()
        centres.append(changed.mean(axis=0))
    for centre in centres[1:]:
        np.testing.assert_allclose(centre, centres[0], atol=1.0)


def test_dose_contours_and_headers_are_the_same_for_either_label(pair):
    for folder in FOLDERS:
        for one, other in zip(*(_series(patient, folder) for patient in pair), strict=True):
            if folder not in {"DOSE", "RTSTRUCT"}:
                del one.PixelData, other.PixelData
            assert one == other


def test_the_dose_is_in_gray_and_highest_in_the_tumour(patient):
    (grid,) = _series(patient, "DOSE")
    assert (grid.DoseUnits, grid.DoseType, grid.DoseSummationType) == ("GY", "PHYSICAL", "PLAN")
    assert (grid.BitsAllocated, grid.NumberOfFrames) == (32, len(grid.GridFrameOffsetVector))
    gray = grid.pixel_array * float(grid.DoseGridScaling)
    assert min(abs(gray.max() - prescribed) for prescribed in (50, 60, 66)) < 1
    middle = np.concatenate([_points(contour) for contour in _contours(patient, "GTV")]).mean(axis=0)
    x, y, z = grid.ImagePositionPatient
    place = (middle[2] - z) / grid.GridFrameOffsetVector[1], *((middle[:2] - (x, y)) / grid.PixelSpacing[0])[::-1]
    assert gray[tuple(np.rint(place).astype(int))] > 0.97 * gray.max()
    assert gray[:, 0].max() < 0.2 * gray.max()


def test_the_dose_grid_is_coarser_and_reaches_beyond_the_ct_slices(patient):
    (grid,), ct = _series(patient, "DOSE"), _series(patient, "CT")
    z = float(grid.ImagePositionPatient[2])
    assert z <= ct[0].ImagePositionPatient[2]
    assert z + grid.GridFrameOffsetVector[-1] >= ct[-1].ImagePositionPatient[2]
    assert grid.PixelSpacing[0] > ct[0].PixelSpacing[0]
    assert grid.GridFrameOffsetVector[1] > ct[1].ImagePositionPatient[2] - ct[0].ImagePositionPatient[2]


def test_contours_are_closed_planes_on_slices_that_exist(patient):
    slices = {s.SOPInstanceUID: float(s.ImagePositionPatient[2]) for s in _series(patient, "CT")}
    (structures,) = _series(patient, "RTSTRUCT")
    (frame,) = structures.ReferencedFrameOfReferenceSequence
    (referenced,) = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence
    assert referenced.SeriesInstanceUID == _series(patient, "CT")[0].SeriesInstanceUID
    assert {image.ReferencedSOPInstanceUID for image in referenced.ContourImageSequence} == set(slices)
    for name, expected in (("GTV", range(5, SLICES)), ("Bone", [SLICES])):
        contours = _contours(patient, name)
        assert len(contours) in expected
        for contour in contours:
            points = _points(contour)
            assert contour.ContourGeometricType == "CLOSED_PLANAR"
            assert len(points) == contour.NumberOfContourPoints
            assert set(points[:, 2]) == {slices[contour.ContourImageSequence[0].ReferencedSOPInstanceUID]}
