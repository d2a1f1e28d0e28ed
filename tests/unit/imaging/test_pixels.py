import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from radiogenomics.errors import PixelError
from radiogenomics.imaging.pixels import read_plane
from radiogenomics.phantom.dicom import write_image

PIXELS = np.random.default_rng(0).integers(0, 4096, (64, 60)).astype(np.uint16)


def plane(folder, pixels=PIXELS, frame=None, **attributes):
    write_image(folder / "1.dcm", pixels, patient="p", **attributes)
    return read_plane(folder / "1.dcm", frame)


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless, JPEGLSLossless,
     JPEG2000Lossless],
)  # fmt: skip
@pytest.mark.parametrize("signed", [False, True])
def test_lossless_encodings_give_the_stored_values(tmp_path, syntax, signed):
    pixels = PIXELS.astype(np.int16) - 1000 if signed else PIXELS
    values = plane(tmp_path, pixels, TransferSyntaxUID=syntax)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, pixels)


def test_rescale_is_applied(tmp_path):
    values = plane(tmp_path, RescaleSlope=2.5, RescaleIntercept=-1024)
    np.testing.assert_allclose(values, PIXELS * 2.5 - 1024)


def test_ct_is_in_hounsfield_units_and_padding_is_no_thinner_than_vacuum(tmp_path):
    pixels = np.array([[-2000, 0, 24], [1024, 2024, 4095]], np.int16)
    values = plane(tmp_path, pixels, Modality="CT", RescaleSlope=1, RescaleIntercept=-1024)
    np.testing.assert_array_equal(values, [[-1024, -1024, -1000], [0, 1000, 3071]])


def test_signed_values_of_twelve_bits_keep_their_sign(tmp_path):
    pixels = (PIXELS.astype(np.int16) - 2048).astype(np.int16)
    stored = (pixels.view(np.uint16) & 0x0FFF).astype(np.uint16)
    attributes = {"BitsStored": 12, "HighBit": 11, "PixelRepresentation": 1}
    np.testing.assert_array_equal(plane(tmp_path, stored, **attributes), pixels)


def test_monochrome1_becomes_bright_is_bright(tmp_path):
    attributes = {"PhotometricInterpretation": "MONOCHROME1", "BitsStored": 12, "HighBit": 11}
    np.testing.assert_array_equal(plane(tmp_path, **attributes), 4095 - PIXELS.astype(np.float32))
    signed = PIXELS.astype(np.int16) - 2048
    np.testing.assert_array_equal(
        plane(tmp_path, signed, PhotometricInterpretation="MONOCHROME1"), -1 - signed.astype(np.float32)
    )


def transformation(slope, intercept):
    item, group = Dataset(), Dataset()
    item.RescaleSlope, item.RescaleIntercept, item.RescaleType = slope, intercept, "US"
    group.PixelValueTransformationSequence = [item]
    return group


def test_each_frame_has_its_own_rescale(tmp_path):
    groups = {"PerFrameFunctionalGroupsSequence": [transformation(2, 1), transformation(3, 0)]}
    frames = np.stack([PIXELS, PIXELS[::-1]])
    np.testing.assert_array_equal(plane(tmp_path, frames, frame=0, **groups), PIXELS * 2.0 + 1)
    np.testing.assert_array_equal(plane(tmp_path, frames, frame=1, **groups), PIXELS[::-1] * 3.0)


def test_frames_share_a_rescale(tmp_path):
    groups = {"SharedFunctionalGroupsSequence": [transformation(2, 0)]}
    frames = np.stack([PIXELS, PIXELS[::-1]])
    np.testing.assert_array_equal(plane(tmp_path, frames, frame=1, **groups), PIXELS[::-1] * 2.0)


def test_a_file_without_preamble_is_decoded(tmp_path):
    plane(tmp_path)
    path = tmp_path / "1.dcm"
    path.write_bytes(path.read_bytes()[132:])
    np.testing.assert_array_equal(read_plane(path, None), PIXELS)


def test_an_encoding_without_decoder_is_named(tmp_path):
    write_image(tmp_path / "1.dcm", PIXELS, patient="p")
    path = tmp_path / "1.dcm"
    # MPEG-4, its UID of the same length as that of Explicit VR Little Endian with its padding.
    data = path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.6\0")
    path.write_bytes(data)
    with pytest.raises(PixelError, match="no decoder for"):
        read_plane(path, None)


def test_damaged_compressed_pixels_name_their_encoding(tmp_path):
    plane(tmp_path, TransferSyntaxUID=JPEGLSLossless)
    path = tmp_path / "1.dcm"
    data = path.read_bytes()
    start = data.index(b"\xff\xd8\xff")
    path.write_bytes(data[:start] + b"\0" * 40 + data[start + 40 :])
    with pytest.raises(PixelError, match="JPEG-LS"):
        read_plane(path, None)


def test_colour_and_absent_files_are_refused(tmp_path):
    colour = np.repeat(PIXELS.astype(np.uint8)[..., None], 3, axis=2)
    attributes = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    with pytest.raises(PixelError, match="colour"):
        plane(tmp_path, PIXELS.astype(np.uint8), PixelData=colour.tobytes(), **attributes)
    with pytest.raises(PixelError, match="can't be read"):
        read_plane(tmp_path / "none.dcm", None)
