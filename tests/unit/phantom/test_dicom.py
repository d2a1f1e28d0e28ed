import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRBigEndian, JPEGLSLossless, RLELossless

from radiogenomics.phantom.dicom import CORONAL, uid, write_image

PIXELS = np.arange(32 * 30, dtype=np.uint16).reshape(32, 30)


@pytest.mark.parametrize("syntax", [None, ExplicitVRBigEndian, RLELossless, JPEGLSLossless])
def test_pixels_and_geometry_come_back_in_every_encoding(tmp_path, syntax):
    chosen = {"TransferSyntaxUID": syntax} if syntax else {}
    write_image(tmp_path / "a" / "1.dcm", PIXELS, patient="p", number=3, orientation=CORONAL, thickness=2.0, **chosen)
    image = pydicom.dcmread(tmp_path / "a" / "1.dcm")
    np.testing.assert_array_equal(image.pixel_array, PIXELS)
    assert image.ImagePositionPatient == [0.0, 6.0, 0.0]
    assert image.InstanceNumber == 3


def test_same_names_give_the_same_bytes_and_other_names_other_uids(tmp_path):
    for name in ("1", "2"):
        write_image(tmp_path / name, PIXELS, patient="p", study="s", series="FLAIR", number=1)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    assert len({uid("p", "s"), uid("p", "t"), uid("ps", "")}) == 3


def test_attributes_are_set_or_left_out(tmp_path):
    write_image(tmp_path / "1", PIXELS.astype(np.int16) - 50, patient="p", PatientID=None, EchoTime=90.0)
    image = pydicom.dcmread(tmp_path / "1")
    assert "PatientID" not in image
    assert image.EchoTime == 90.0
    assert image.pixel_array.min() == -50


def test_frames_carry_their_own_positions(tmp_path):
    write_image(tmp_path / "1", np.stack([PIXELS, PIXELS + 1]), patient="p", thickness=4.0)
    image = pydicom.dcmread(tmp_path / "1")
    groups = image.PerFrameFunctionalGroupsSequence
    assert [g.PlanePositionSequence[0].ImagePositionPatient[2] for g in groups] == [0.0, 4.0]
    np.testing.assert_array_equal(image.pixel_array[1], PIXELS + 1)
