import os
import random
import shutil

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    RTPlanStorage,
    SecondaryCaptureImageStorage,
)

from radiogenomics.imaging.header import Header, Rejection, read_header
from radiogenomics.phantom.dicom import make_image, write_image

PIXELS = np.arange(32 * 30, dtype=np.uint16).reshape(32, 30)


def read(path):
    return read_header(str(path), path.stat().st_size)


def written(folder, **attributes):
    path = folder / "1.dcm"
    write_image(path, PIXELS, patient="p", **attributes)
    return path


def reason(path):
    rejection = read(path)
    assert isinstance(rejection, Rejection), rejection
    return rejection.reason


@pytest.mark.parametrize(
    "syntax",
    [None, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless],
)
def test_the_same_header_in_every_encoding(tmp_path, syntax):
    chosen = {"TransferSyntaxUID": syntax} if syntax else {}
    attributes = {"InversionTime": 2500.0, "RepetitionTime": 9000, "EchoTime": 120, "InstitutionName": "St. Mary"}
    header = read(written(tmp_path, number=7, spacing=(0.5, 0.25), **attributes, **chosen))
    assert isinstance(header, Header), header
    shared = header.acquisition
    assert (header.number, header.origin, header.frames) == (7, (0.0, 0.0, 35.0), None)
    assert (shared.patient_id, shared.rows, shared.columns, shared.spacing) == ("p", 32, 30, (0.5, 0.25))
    assert (shared.repetition_time, shared.echo_time, shared.inversion_time) == (9000, 120, 2500)
    assert (shared.field_strength, shared.scanner, shared.acquired) == (3.0, "radiogen phantom", "20200101 120000")
    assert "Mary" not in repr(header)


def test_text_in_other_alphabets_is_read(tmp_path):
    path = written(tmp_path, SpecificCharacterSet="ISO_IR 192", SeriesDescription="T1 après KM", PatientID="Жан")
    header = read(path)
    assert (header.acquisition.description, header.acquisition.patient_id) == ("T1 après KM", "Жан")


def test_values_out_of_the_standard_are_not_said_rather_than_fatal(tmp_path):
    image = make_image(PIXELS, patient="p", EchoTime=None, InstanceNumber=None, ImagePositionPatient=None)
    path = tmp_path / "1.dcm"
    image.save_as(path, enforce_file_format=True)
    data = path.read_bytes().replace(b"1.0\\0.0\\0.0\\0.0\\1.0\\0.0", b"1.0\\0.0\\0.0\\abc\\1.0\\0.0")
    path.write_bytes(data)
    header = read(path)
    assert (header.number, header.origin, header.acquisition.orientation) == (None, (), ())


def test_frames_of_an_enhanced_image_have_their_own_places(tmp_path):
    path = tmp_path / "1.dcm"
    write_image(path, np.stack([PIXELS] * 3), patient="p", thickness=4.0, spacing=(0.5, 0.5))
    header = read(path)
    assert [frame.origin for frame in header.frames] == [(0.0, 0.0, 0.0), (0.0, 0.0, 4.0), (0.0, 0.0, 8.0)]
    assert header.frames[0].orientation == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    assert header.acquisition.spacing == (0.5, 0.5)


def test_a_file_without_preamble_is_read(tmp_path):
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[132:])
    assert isinstance(read(path), Header)
    image = make_image(PIXELS, patient="p")
    del image.file_meta
    image.save_as(path, implicit_vr=True, little_endian=True, enforce_file_format=False)
    assert read(path).acquisition.rows == 32


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"ImageType": ["DERIVED", "SECONDARY", "PROJECTION IMAGE"]}, "projection"),
        ({"ImageType": ["DERIVED", "PRIMARY", "CSA MIP"]}, "maximum intensity projection"),
        ({"ImageType": ["DERIVED", "PRIMARY", "M", "SUBTRACTION"]}, "subtraction"),
        (
            {"Modality": "RTSTRUCT"},
            "a structure set (contours), not a slice; it is read where its folder is given to --masks",
        ),
        ({"Modality": "SEG"}, "its folder is given to --masks"),
        ({"SOPClassUID": RTPlanStorage, "Modality": "OT"}, "RTPLAN: a treatment plan"),
        ({"Modality": "CT", "RescaleType": "MGML"}, "no Hounsfield units"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}, "RGB"),
        ({"SOPClassUID": SecondaryCaptureImageStorage, "ImageOrientationPatient": None}, "secondary capture"),
        ({"SeriesInstanceUID": None}, "SeriesInstanceUID"),
        ({"PixelData": None}, "missing pixel data"),
        ({"PixelData": b""}, "missing pixel data"),
        ({"Rows": None}, "Rows"),
        ({"Rows": 64}, "truncated"),
        ({"SOPClassUID": "1.2.840.10008.1.3.10"}, "DICOMDIR"),
    ],
)
def test_dicom_that_is_no_slice_says_why(tmp_path, attributes, words):
    assert words in reason(written(tmp_path, **attributes))


def test_derived_and_reformatted_images_are_slices(tmp_path):
    for image_type in (
        ["DERIVED", "SECONDARY"],
        ["ORIGINAL", "PRIMARY", "MPR"],
        ["DERIVED", "SECONDARY", "REFORMATTED"],
    ):
        assert isinstance(read(written(tmp_path, ImageType=image_type)), Header)


@pytest.mark.parametrize("syntax", [None, RLELossless, DeflatedExplicitVRLittleEndian])
def test_a_file_cut_anywhere_is_told_and_never_a_crash(tmp_path, syntax):
    path = written(tmp_path, **({"TransferSyntaxUID": syntax} if syntax else {}))
    whole = path.read_bytes()
    for size in range(len(whole) - 3, 0, -53):  # the last two bytes may be padding
        path.write_bytes(whole[:size])
        said = reason(path)
        assert said.startswith(("truncated", "missing pixel data", "damaged", "no ", "not DICOM", "NIfTI")), (
            size,
            said,
        )


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.dcm", b"", "empty file"),
        ("a.nii.gz", b"\x1f\x8b\x08\0rest", "NIfTI, not DICOM: export"),
        ("a", b"\x5c\x01\0\0" + b"\0" * 340 + b"n+1\0", "NIfTI, not DICOM: export"),
        ("labels.csv", b"BraTS21ID,MGMT_value\n00000,1\n", "CSV"),
        ("notes", "größe\n".encode() * 50, "text"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + b"x" * 600, "JPEG"),
        ("a.dcm", b"\x89PNG\r\n\x1a\n" + b"x" * 600, "PNG"),
        ("a.zip", b"PK\x03\x04" + b"x" * 600, "ZIP archive: unpack"),
        ("a.gz", b"\x1f\x8b\x08\0rest", "gzip"),
        (".DS_Store", b"\0\0\0\1Bud1" + b"\0" * 600, "macOS"),
        ("a.dcm", b"\0" * 900, "zeros"),
        ("a.dcm", b"\x07\x01\xfe" * 300, "though its name says so"),
    ],
)
def test_files_that_are_no_dicom_say_what_they_are(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    assert words in reason(tmp_path / name)


def test_a_file_that_may_not_be_opened_is_told(tmp_path, monkeypatch):
    path = written(tmp_path)
    gone = str(path)
    shutil.move(path, tmp_path / "elsewhere")
    rejection = read_header(gone, 10)
    assert rejection.reason == f"can't be read: {os.strerror(2)}"
    assert not rejection.lasting


def test_no_damage_of_single_bytes_is_a_crash(tmp_path):
    whole = written(tmp_path).read_bytes()
    path = tmp_path / "damaged.dcm"
    draw = random.Random(0)
    for _ in range(400):
        damaged = bytearray(whole[: len(whole) - 1800])
        for _ in range(draw.randint(1, 4)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        path.write_bytes(bytes(damaged) + whole[len(whole) - 1800 :])
        assert isinstance(read(path), Header | Rejection)
