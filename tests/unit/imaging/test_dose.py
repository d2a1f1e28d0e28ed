import numpy as np
import pytest
from toy_dose import ORIGIN, SCALING, STORED, write_dose

from radiogenomics.imaging.header import Header, Rejection, read_header
from radiogenomics.imaging.pixels import read_plane
from radiogenomics.phantom.dicom import AXIAL, CORONAL

FEET_FIRST = (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0)  # its normal points downwards


def read(folder, stored=STORED, **attributes):
    path = folder / "dose.dcm"
    write_dose(path, stored, **attributes)
    return read_header(str(path), path.stat().st_size)


def origins(folder, **attributes):
    header = read(folder, **attributes)
    assert isinstance(header, Header), header
    return [frame.origin for frame in header.frames]


def lifted(*distances, along=2):
    return [tuple(o + (d if axis == along else 0.0) for axis, o in enumerate(ORIGIN)) for d in distances]


@pytest.mark.parametrize(
    ("orientation", "offsets", "expected"),
    [
        (AXIAL, [0, 3, 6, 9], lifted(0, 3, 6, 9)),
        (AXIAL, [0, -3, -6, -9], lifted(0, -3, -6, -9)),
        (FEET_FIRST, [0, 3, 6, 9], lifted(0, -3, -6, -9)),
        (CORONAL, [0, 1, 2, 4], lifted(0, 1, 2, 4, along=1)),
        # The older reading: the z of each plane itself, which the first shares with ImagePositionPatient.
        (AXIAL, [40, 43, 46, 49], lifted(0, 3, 6, 9)),
        (AXIAL, [40, 37, 34, 31], lifted(0, -3, -6, -9)),
        (FEET_FIRST, [40, 37, 34, 31], lifted(0, -3, -6, -9)),
    ],
)
def test_planes_lie_where_either_reading_of_their_offsets_says(tmp_path, orientation, offsets, expected):
    found = origins(tmp_path, ImageOrientationPatient=list(orientation), GridFrameOffsetVector=offsets)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize(
    "attributes",
    [
        {"GridFrameOffsetVector": None},
        {"GridFrameOffsetVector": [0, 3, 6]},
        {"GridFrameOffsetVector": [7, 10, 13, 16]},  # neither 0 nor the z of the first plane
        {"GridFrameOffsetVector": [40, 43, 46, 49], "ImageOrientationPatient": list(CORONAL)},
        {"ImagePositionPatient": None},
        {"ImageOrientationPatient": None},
    ],
)
def test_planes_without_a_sure_place_are_refused(tmp_path, attributes):
    rejection = read(tmp_path, **attributes)
    assert isinstance(rejection, Rejection)
    assert "no sure place" in rejection.reason


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"DoseUnits": "RELATIVE"}, "in RELATIVE units, not in Gy"),
        ({"DoseUnits": None}, "no stated units"),
        ({"DoseGridScaling": None}, "without DoseGridScaling"),
        ({"DoseType": "ERROR"}, "difference of two doses"),
        ({"DoseSummationType": "FRACTION_SESSION"}, "of one session or of some moments of it (DoseSummationType FRAC"),
        ({"DoseSummationType": "CONTROL_POINT"}, "(DoseSummationType CONTROL_POINT)"),
        ({"PixelData": None}, "missing pixel data"),
    ],
)
def test_what_is_no_plans_dose_in_gray_says_why(tmp_path, attributes, words):
    rejection = read(tmp_path, **attributes)
    assert isinstance(rejection, Rejection)
    assert words in rejection.reason


@pytest.mark.parametrize("kind", [np.uint16, np.uint32])
def test_dose_is_read_in_gray_plane_by_plane(tmp_path, kind):
    top = np.iinfo(kind).max  # all of its bits count
    stored = np.append(STORED.ravel()[:-1] % top, top).reshape(STORED.shape).astype(kind)
    write_dose(tmp_path / "1", stored)
    for frame, plane in enumerate(stored):
        np.testing.assert_allclose(read_plane(tmp_path / "1", frame), plane * SCALING, rtol=1e-6)


def test_a_dose_of_one_plane_needs_no_offsets(tmp_path):
    header = read(tmp_path, STORED[1])
    assert (header.frames, header.origin, header.acquisition.spacing) == (None, ORIGIN, (2.0, 2.5))
    np.testing.assert_allclose(read_plane(tmp_path / "dose.dcm", None), STORED[1] * SCALING, rtol=1e-6)
