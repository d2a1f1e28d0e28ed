"""Synthetic radiotherapy objects: an RT Dose grid and an RT Structure Set, with what a reader asks of them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    RTDoseStorage,
    RTPlanStorage,
    RTStructureSetStorage,
)

from radiogenomics.phantom.dicom import AXIAL, identity, item, pixel_attributes, save, uid
from radiogenomics.phantom.grid import Grid, Volume

DOSE_SCALING = 1e-6  # Gy of the stored value 1
_STUDY_MANAGEMENT = "1.2.840.10008.3.1.2.3.1"  # retired, but what RT Referenced Study Sequence holds
# Attributes that the standard wants to be there though nothing is known (type 2).
BLANK = dict.fromkeys(
    (
        *("PatientBirthDate", "PatientSex", "StudyID", "AccessionNumber", "ReferringPhysicianName"),
        "PositionReferenceIndicator",
    ),
    "",
)


class Contour(NamedTuple):
    """A closed outline in one slice."""

    points: Volume  # [points, 2]: x, y in mm
    z: float  # mm
    image: str  # SOPInstanceUID of the slice


def write_dose(
    path: Path, gray: Volume, *, grid: Grid, patient: str, study: str, series: str, beam: int | None = None
) -> None:
    """Write an RT Dose object: one frame a plane, 32 bits.

    Args:
        path: The file.
        gray: [planes, rows, columns], Gy.
        grid: Where it lies.
        patient: PatientID.
        study: As in `make_image`; so are the study's frame of reference and UIDs.
        series: As in `make_image`.
        beam: The number of the plan's beam whose dose it is, an object a beam; None is the dose of the whole plan.

    Raises:
        StoreError: Nothing could be written there.
    """
    stored = np.rint(np.asarray(gray, np.float64) / DOSE_SCALING).astype(np.uint32)
    plan = item(ReferencedSOPClassUID=RTPlanStorage, ReferencedSOPInstanceUID=uid(patient, study, "plan"))
    if beam is not None:
        fractions = item(ReferencedFractionGroupNumber=1, ReferencedBeamSequence=[item(ReferencedBeamNumber=beam)])
        plan.ReferencedFractionGroupSequence = [fractions]
    values = {
        "SOPClassUID": RTDoseStorage,
        "Modality": "RTDOSE",
        "SeriesNumber": 20,
        "OperatorsName": "",
        "ImageOrientationPatient": list(AXIAL),
        "ImagePositionPatient": list(grid.corner(0)),
        "PixelSpacing": [grid.spacing[1], grid.spacing[0]],
        "SliceThickness": grid.spacing[2],
        "NumberOfFrames": len(stored),
        "FrameIncrementPointer": Tag("GridFrameOffsetVector"),
        "GridFrameOffsetVector": [round(plane * grid.spacing[2], 4) for plane in range(len(stored))],
        "DoseUnits": "GY",
        "DoseType": "PHYSICAL",
        "DoseSummationType": "PLAN" if beam is None else "BEAM",
        "DoseGridScaling": DOSE_SCALING,
        "ReferencedRTPlanSequence": [plan],
    }
    dataset = _object(identity(patient, study, series, beam or 1) | BLANK | pixel_attributes(stored) | values)
    dataset["PixelData"].VR = "OW"
    save(path, dataset)


def write_structures(
    path: Path,
    regions: Mapping[str, Sequence[Contour]],
    *,
    patient: str,
    study: str,
    series: str,
    reference: str,
    images: Iterable[str],
) -> None:
    """Write an RT Structure Set drawn on a CT series.

    Args:
        path: The file.
        regions: Contours by ROI name.
        patient: PatientID.
        study: As in `make_image`.
        series: As in `make_image`, the structure set's own.
        reference: As in `make_image`, that of the CT which the contours were drawn on.
        images: SOPInstanceUIDs of that CT's slices.

    Raises:
        StoreError: Nothing could be written there.
    """
    known = identity(patient, study, series, 1)
    frame = known.pop("FrameOfReferenceUID")
    referenced = item(
        SeriesInstanceUID=uid(patient, study, reference), ContourImageSequence=[_image(image) for image in images]
    )
    within = item(
        ReferencedSOPClassUID=_STUDY_MANAGEMENT,
        ReferencedSOPInstanceUID=known["StudyInstanceUID"],
        RTReferencedSeriesSequence=[referenced],
    )
    values = {
        "SOPClassUID": RTStructureSetStorage,
        "Modality": "RTSTRUCT",
        "SeriesNumber": 30,
        "OperatorsName": "",
        "StructureSetLabel": "phantom",
        "StructureSetDate": "20200101",
        "StructureSetTime": "120000",
        "ApprovalStatus": "UNAPPROVED",
        "ReferencedFrameOfReferenceSequence": [item(FrameOfReferenceUID=frame, RTReferencedStudySequence=[within])],
        "StructureSetROISequence": [_region(number, name, frame) for number, name in enumerate(regions, 1)],
        "ROIContourSequence": [_contours(number, drawn) for number, drawn in enumerate(regions.values(), 1)],
        "RTROIObservationsSequence": [_observation(number, name) for number, name in enumerate(regions, 1)],
    }
    save(path, _object(known | BLANK | values | {"PositionReferenceIndicator": None}))


def _object(values: dict[str, Any]) -> Dataset:
    dataset = item(**values)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = UID(dataset.SOPClassUID)
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(dataset.SOPInstanceUID)
    return dataset


def _image(instance: str) -> Dataset:
    return item(ReferencedSOPClassUID=CTImageStorage, ReferencedSOPInstanceUID=instance)


def _region(number: int, name: str, frame: str) -> Dataset:
    return item(ROINumber=number, ReferencedFrameOfReferenceUID=frame, ROIName=name, ROIGenerationAlgorithm="AUTOMATIC")


def _contours(number: int, drawn: Sequence[Contour]) -> Dataset:
    return item(
        ROIDisplayColor=[255, 64 * number % 256, 0],
        ReferencedROINumber=number,
        ContourSequence=[_contour(contour) for contour in drawn],
    )


def _contour(contour: Contour) -> Dataset:
    # The height is the slice's own, as its header has it; a hundredth of a millimetre is precise enough within it.
    data = [text for x, y in contour.points for text in (f"{x:.2f}", f"{y:.2f}", f"{contour.z:.4f}")]
    return item(
        ContourImageSequence=[_image(contour.image)],
        ContourGeometricType="CLOSED_PLANAR",
        NumberOfContourPoints=len(contour.points),
        ContourData=data,
    )


def _observation(number: int, name: str) -> Dataset:
    kind = "GTV" if name.upper().startswith("GTV") else "ORGAN"
    return item(ObservationNumber=number, ReferencedROINumber=number, RTROIInterpretedType=kind, ROIInterpreter="")
