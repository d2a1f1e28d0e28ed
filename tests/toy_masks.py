"""Small series with lesions of known pixels, and the lesions as NIfTI, DICOM segmentation and structure set."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import UID, ExplicitVRLittleEndian, RTStructureSetStorage

from radiogenomics.cohort.scan import scan
from radiogenomics.imaging.plane import to_patient
from radiogenomics.phantom.dicom import SAGITTAL, item, make_image, uid
from radiogenomics.records import Series

SHAPE = (8, 24, 30)  # slices, rows, columns
SPACING = (0.8, 1.3)  # mm between rows, between columns
THICKNESS = 4.0


def lesion(slices: slice = slice(2, 5), rows: slice = slice(4, 11), columns: slice = slice(6, 20)) -> np.ndarray:
    """A box of voxels, one row shorter in its last slice."""
    inside = np.zeros(SHAPE, bool)
    inside[slices, rows, columns] = True
    inside[slices.stop - 1, rows.stop - 1] = False
    return inside


def images(patient: str, name: str = "flair") -> list[Dataset]:
    """A sagittal series, its pixels noise."""
    pixels = np.random.default_rng(1).integers(0, 999, SHAPE).astype(np.uint16)
    return [
        make_image(
            plane,
            patient=patient,
            series=name,
            number=number,
            orientation=SAGITTAL,
            spacing=SPACING,
            thickness=THICKNESS,
            PatientName=f"{patient}^",  # highdicom warns of a name without
            PatientBirthDate="",
            PatientSex="",
            StudyID="",
            AccessionNumber="",
            ReferringPhysicianName="",
        )
        for number, plane in enumerate(pixels, 1)
    ]


def write_cohort(root: Path, patients: Sequence[str]) -> dict[str, Series]:
    """Write one series a patient, ROOT/<patient>/flair/<number>.dcm, and scan it."""
    for patient in patients:
        for number, image in enumerate(images(patient), 1):
            path = root / patient / "flair" / f"{number}.dcm"
            path.parent.mkdir(parents=True, exist_ok=True)
            image.save_as(path, enforce_file_format=True)
    return {series.patient_id: series for series in scan(root).series}


def volume(inside: np.ndarray, series: Series) -> SimpleITK.Image:
    """Voxels on the very grid of a series."""
    first, second = to_patient(series, series.slices[0]), to_patient(series, series.slices[1])
    steps = np.column_stack([first[:, :2], second[:, 2] - first[:, 2]])
    spacing = np.linalg.norm(steps, axis=0)
    image = SimpleITK.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(first[:, 2].tolist())
    image.SetDirection((steps / spacing).ravel().tolist())
    return image


def write_nifti(path: Path, inside: np.ndarray, series: Series) -> None:
    """Write a mask of SHAPE on the grid of a series."""
    path.parent.mkdir(parents=True, exist_ok=True)
    SimpleITK.WriteImage(volume(inside, series), str(path))


def segmentation(segments: Mapping[str, Any], sources: Sequence[Dataset], kind: str = "BINARY", **options: Any) -> Any:
    """A DICOM segmentation.

    Args:
        segments: Arrays of SHAPE by label, or one highdicom.Volume.
        sources: The images that it refers to.
        kind: BINARY, FRACTIONAL or LABELMAP.
        options: Of highdicom's Segmentation.
    """
    arrays = list(segments.values())
    stacked: Any = arrays[0]
    if isinstance(stacked, np.ndarray):
        stacked = np.stack(arrays, -1).astype(np.float32 if kind == "FRACTIONAL" else np.uint8)
    described = [
        highdicom.seg.SegmentDescription(number, label, codes.SCT.Tissue, codes.SCT.Tissue, "MANUAL")
        for number, label in enumerate(segments, 1)
    ]
    return highdicom.seg.Segmentation(
        *(sources, stacked, kind, described, uid("segmentation", *segments), 9, uid("instance", *segments), 1),
        *("radiogen", "toy", "1", "1"),
        **options,
    )


def outline(inside: np.ndarray, series: Series) -> list[np.ndarray]:
    """The contours [4, 3] in mm around the box of pixels in each slice."""
    contours = []
    for place, plane in enumerate(inside):
        rows, columns = np.flatnonzero(plane.any(1)), np.flatnonzero(plane.any(0))
        if rows.size:
            x0, x1, y0, y1 = columns[0] - 0.5, columns[-1] + 0.5, rows[0] - 0.5, rows[-1] + 0.5
            corners = np.array([(x0, y0, 1), (x1, y0, 1), (x1, y1, 1), (x0, y1, 1)])
            contours.append(corners @ to_patient(series, series.slices[place]).T)
    return contours


def write_structures(
    path: Path,
    regions: Mapping[str, Sequence[np.ndarray]],
    series: Series,
    *,
    frame: str = "",
    names_series: bool = True,
    kind: str = "CLOSED_PLANAR",
) -> None:
    """Write a structure set.

    Args:
        path: The file.
        regions: Contours [n, 3] in mm by name.
        series: That on which they were drawn.
        frame: The frame of reference to state; "" is the series' own.
        names_series: Whether the series is referred to.
        kind: ContourGeometricType.
    """
    frame = frame or series.frame_of_reference_uid
    referred = item(SeriesInstanceUID=series.series_uid)
    study = item(ReferencedSOPInstanceUID=series.study_uid, RTReferencedSeriesSequence=[referred])
    dataset = item(
        SOPClassUID=RTStructureSetStorage,
        SOPInstanceUID=uid("structures", series.patient_id, *regions),
        Modality="RTSTRUCT",
        PatientID=series.patient_id,
        ReferencedFrameOfReferenceSequence=[
            item(FrameOfReferenceUID=frame, RTReferencedStudySequence=[study] if names_series else None)
        ],
        StructureSetROISequence=[
            item(ROINumber=number, ROIName=name, ReferencedFrameOfReferenceUID=frame)
            for number, name in enumerate(regions, 1)
        ],
        ROIContourSequence=[
            item(ReferencedROINumber=number, ContourSequence=[_contour(points, kind) for points in contours] or None)
            for number, contours in enumerate(regions.values(), 1)
        ],
    )
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = UID(RTStructureSetStorage)
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(dataset.SOPInstanceUID)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)


def _contour(points: np.ndarray, kind: str) -> Dataset:
    values = [round(float(value), 3) for value in points.ravel()]
    return item(ContourGeometricType=kind, NumberOfContourPoints=len(points), ContourData=values)
