"""Synthetic DICOM: one valid file, MR unless told otherwise, any attribute of it set or left out on purpose."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)

from radiogenomics.files import write_atomically

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
Orientation = Sequence[float]


def uid(*parts: object) -> str:
    """A UID that the same parts always give."""
    # generate_uid joins its sources: a tuple's repr keeps ("ab", "") and ("a", "b") apart.
    return str(generate_uid(entropy_srcs=["radiogen", repr(tuple(map(str, parts)))]))


def _position(orientation: Orientation, distance: float) -> list[float]:
    normal = np.cross(orientation[:3], orientation[3:])
    return [float(value) for value in normal * distance]


def identity(patient: str, study: str, series: str, number: int) -> dict[str, Any]:
    """What any object of a patient says of where it belongs; all objects of a study share a frame of reference."""
    return {
        "PatientID": patient,
        "PatientName": patient,
        "PatientIdentityRemoved": "YES",
        "StudyInstanceUID": uid(patient, study),
        "SeriesInstanceUID": uid(patient, study, series),
        "SOPInstanceUID": uid(patient, study, series, number),
        "FrameOfReferenceUID": uid(patient, study, "frame of reference"),
        "StudyDate": "20200101",
        "StudyTime": "120000",
        "SeriesDescription": series,
        "SeriesNumber": 1,
        "InstanceNumber": number,
        "Manufacturer": "radiogen",
        "ManufacturerModelName": "phantom",
    }


_MR = {
    "SOPClassUID": MRImageStorage,
    "Modality": "MR",
    "MagneticFieldStrength": 3.0,
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"],
}


def pixel_attributes(pixels: np.ndarray, big_endian: bool = False) -> dict[str, Any]:
    """The Image Pixel module of a greyscale array, [H, W] or [frames, H, W]."""
    bits = 8 * pixels.dtype.itemsize
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels.shape[-2],
        "Columns": pixels.shape[-1],
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(np.issubdtype(pixels.dtype, np.signedinteger)),
        "PixelData": pixels.astype(pixels.dtype.newbyteorder(">" if big_endian else "<")).tobytes(),
    }


def _plane(orientation: Orientation, spacing: Sequence[float], thickness: float) -> dict[str, Any]:
    return {
        "ImageOrientationPatient": list(orientation),
        "PixelSpacing": list(spacing),
        "SliceThickness": thickness,
        "SpacingBetweenSlices": thickness,
    }


def item(**attributes: Any) -> Dataset:
    """A data set, or an item of a sequence, from keywords and values; None leaves an attribute out."""
    dataset = Dataset()
    for keyword, value in attributes.items():
        if value is not None:
            setattr(dataset, keyword, value)
    return dataset


def _functional_groups(frames: int, plane: dict[str, Any]) -> dict[str, Any]:
    orientation = plane["ImageOrientationPatient"]
    measures = {keyword: value for keyword, value in plane.items() if keyword != "ImageOrientationPatient"}
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=orientation)],
        PixelMeasuresSequence=[item(**measures)],
    )
    positions = (_position(orientation, frame * plane["SliceThickness"]) for frame in range(frames))
    per_frame = [item(PlanePositionSequence=[item(ImagePositionPatient=position)]) for position in positions]
    return {
        "SOPClassUID": EnhancedMRImageStorage,
        "NumberOfFrames": frames,
        "SharedFunctionalGroupsSequence": [shared],
        "PerFrameFunctionalGroupsSequence": per_frame,
    }


def make_image(
    pixels: np.ndarray,
    *,
    patient: str,
    study: str = "1",
    series: str = "1",
    number: int = 1,
    orientation: Orientation = AXIAL,
    spacing: Sequence[float] = (1.0, 1.0),
    thickness: float = 5.0,
    **attributes: Any,
) -> Dataset:
    """The data set of a synthetic image, MR unless told otherwise; the names given make its UIDs, so always the same.

    Args:
        pixels: [H, W], or [frames, H, W] for an enhanced multi-frame image; uint8, uint16 or int16.
        patient: PatientID.
        study: Any word; studies of one patient differ in it.
        series: Any word; series of one study differ in it. SeriesDescription, where that is not given.
        number: InstanceNumber; it also places the slice, `number * thickness` mm along the slice normal.
        orientation: ImageOrientationPatient.
        spacing: mm between rows, between columns.
        thickness: mm between slices.
        attributes: DICOM keywords and their values, taken as they are; None leaves the attribute out.
            TransferSyntaxUID chooses the encoding; a compressed one needs pydicom's encoder for it.
    """
    syntax = UID(attributes.pop("TransferSyntaxUID", ExplicitVRLittleEndian))
    plane = _plane(orientation, spacing, thickness)
    values = identity(patient, study, series, number) | _MR | pixel_attributes(pixels, syntax == ExplicitVRBigEndian)
    if pixels.ndim == 3:
        values |= _functional_groups(len(pixels), plane)
    else:
        values |= plane | {"ImagePositionPatient": _position(orientation, number * thickness)}
    image = item(**values | attributes)
    if "PixelData" in image:
        image["PixelData"].VR = "OB" if image.BitsAllocated <= 8 else "OW"
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax.is_compressed else syntax
    image.file_meta.MediaStorageSOPClassUID = image.get("SOPClassUID", MRImageStorage)
    image.file_meta.MediaStorageSOPInstanceUID = image.get("SOPInstanceUID", uid(patient, study, series, number))
    if syntax.is_compressed:
        image.compress(syntax, generate_instance_uid=False)
    return image


def write_image(path: Path, pixels: np.ndarray, **attributes: Any) -> None:
    """Write a synthetic image, a valid DICOM file, at `path`; the arguments are those of `make_image`.

    Raises:
        StoreError: Nothing could be written there.
    """
    image = make_image(pixels, **attributes)
    save(path, image)


def save(path: Path, dataset: Dataset) -> None:
    """Write a data set with its file meta information whole, or not at all; the same data set gives the same bytes.

    Raises:
        StoreError: Nothing could be written there.
    """
    write_atomically(path, lambda file: dataset.save_as(file, enforce_file_format=True))
