"""What kind of object a DICOM file is, and what those that hold no slice are for."""

from pydicom.dataset import Dataset
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    MediaStorageDirectoryStorage,
    RTDoseStorage,
    RTPlanStorage,
    RTStructureSetStorage,
    SegmentationStorage,
)

from radiogenomics.imaging.elements import tag, text

SOP_CLASS, MODALITY = tag("SOPClassUID"), tag("Modality")
DIRECTORY = tag("DirectoryRecordSequence")
CT, DOSE, PLAN = "CT", "RTDOSE", "RTPLAN"

_CLASSES = {  # what the SOP class settles, whatever Modality says
    str(CTImageStorage): CT,
    str(EnhancedCTImageStorage): CT,
    str(LegacyConvertedEnhancedCTImageStorage): CT,
    str(RTDoseStorage): DOSE,
    str(RTPlanStorage): PLAN,
    str(RTStructureSetStorage): "RTSTRUCT",
    str(SegmentationStorage): "SEG",
}
_NO_SLICES = {  # kind: what such an object is, and where it belongs
    "RTSTRUCT": "a structure set (contours), not a slice; it is read where its folder is given to --masks",
    "SEG": "a segmentation, not a slice; it is read where its folder is given to --masks",
    PLAN: "a treatment plan, not a slice; it tells whether the doses (RTDOSE) of its beams are all",
    "RTRECORD": "a treatment record, not a slice; only the planned dose (RTDOSE) is read",
    "RTIMAGE": "a radiotherapy image, a projection and not a slice; nothing reads it",
    "REG": "a registration, not a slice; it is not applied, so give images that it was applied to",
    "SR": "a structured report, not a slice; nothing reads it",
    "PR": "a presentation state, not a slice; nothing reads it",
    "KO": "a key object selection, not a slice; nothing reads it",
    "DOC": "an encapsulated document, not a slice; nothing reads it",
    "ECG": "a waveform, not a slice; nothing reads it",
    "RWV": "a real world value mapping, not a slice; nothing reads it",
}


def object_kind(dataset: Dataset) -> str:
    """The kind of object: its SOP class's for CT and radiotherapy, else DICOM's Modality, e.g. "MR"."""
    return _CLASSES.get(text(dataset, SOP_CLASS)) or text(dataset, MODALITY)


def object_fault(dataset: Dataset, what: str) -> str:
    """What an object of kind `what` that holds no slice is, and where it belongs; "" for one that may hold some."""
    if DIRECTORY in dataset or text(dataset, SOP_CLASS) == MediaStorageDirectoryStorage:
        return "DICOMDIR: an index of files, not an image"
    return f"{what}: {_NO_SLICES[what]}" if what in _NO_SLICES else ""
