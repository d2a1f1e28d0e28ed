"""One file's header: what a scan needs of it in a small record, or the plain reason why the file takes no part."""

import hashlib
import warnings
import zlib
from dataclasses import dataclass, replace
from typing import BinaryIO

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from radiogenomics.imaging import dose, plans
from radiogenomics.imaging.dataset import HEAD_BYTES, read_until_pixels
from radiogenomics.imaging.elements import first, integer, numbers, tag, text
from radiogenomics.imaging.filekind import foreign_kind
from radiogenomics.imaging.frames import FrameGeometry, floats, frame_geometry, functional_groups, group_value
from radiogenomics.imaging.geometry import is_orientation
from radiogenomics.imaging.integrity import MISSING, pixel_fault
from radiogenomics.imaging.kinds import CT, DOSE, object_fault, object_kind
from radiogenomics.imaging.plans import Share, share_of

_KEYWORDS = (
    *("ImageType", "SOPClassUID", "SOPInstanceUID", "StudyDate", "SeriesDate", "AcquisitionDate", "StudyTime"),
    *("SeriesTime", "AcquisitionTime", "Modality", "Manufacturer", "InstitutionName", "SeriesDescription"),
    *("ManufacturerModelName", "AcquisitionContrast", "PatientID", "ContrastBolusAgent", "ScanningSequence"),
    *("RepetitionTime", "EchoTime", "InversionTime", "ProtocolName", "MagneticFieldStrength", "StudyInstanceUID"),
    *("SeriesInstanceUID", "InstanceNumber", "ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID"),
    *("SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns", "PixelSpacing"),
    *("BitsAllocated", "DirectoryRecordSequence", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
    "RescaleType",
)
TAGS = {keyword: tag(keyword) for keyword in _KEYWORDS}
_TAG_LIST: list[BaseTag | int] = [*TAGS.values(), *dose.TAGS, *plans.TAGS]
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_HOUNSFIELD = {"", "HU", "HU_MOD", "US"}  # RescaleType; US, unspecified, is what converters write
_PROJECTIONS = {"PROJECTION": "a projection", "MIP": "a maximum intensity projection", "MINIP": "a minimum projection",
                "MNIP": "a minimum projection", "SUBTRACTION": "a subtraction", "SUB": "a subtraction"}  # fmt: skip
_BUFFER_BYTES = 16 * 1024  # most headers come in with one read


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What the files of one series have in common; a scan holds one of these for all of them."""

    patient_id: str
    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    modality: str  # DICOM's, e.g. "MR"; see `kinds`
    description: str  # SeriesDescription, else ProtocolName
    contrast_agent: str
    weighting: str  # AcquisitionContrast, in enhanced images: "T1", "T2", "FLUID_ATTENUATED", ...
    sequence: str  # ScanningSequence, e.g. "SE\\IR"
    repetition_time: float | None  # ms
    echo_time: float | None  # ms
    inversion_time: float | None  # ms
    scanner: str
    field_strength: float | None
    institution: str  # a digest: equal where the institution's name is
    acquired: str
    rows: int
    columns: int
    spacing: tuple[float, float] | None
    orientation: tuple[float, ...]  # of the first frame; () unknown


@dataclass(frozen=True, slots=True)
class Header:
    """One file that holds one slice or more."""

    sop_uid: str
    number: int | None  # InstanceNumber
    origin: tuple[float, ...]  # mm; () unknown
    frames: tuple[FrameGeometry, ...] | None  # None for a single-frame file
    acquisition: Acquisition
    share: Share | None = None  # of a dose: of which plan, and what of it


@dataclass(frozen=True, slots=True)
class Rejection:
    """One file that takes no part, and why."""

    reason: str
    patient_id: str = ""  # the header's, where it could be read
    is_dicom: bool = True
    lasting: bool = True  # False where the file itself may be sound, e.g. no permission
    share: Share | None = None  # of a dose or a plan, which the doses of that plan are held against


def _value(dataset: Dataset, keyword: str) -> str:
    return text(dataset, TAGS[keyword])


def _number(dataset: Dataset, keyword: str) -> float | None:
    return first(dataset, TAGS[keyword])


def _picture_fault(dataset: Dataset) -> str:
    photometric, samples = _value(dataset, "PhotometricInterpretation"), _number(dataset, "SamplesPerPixel")
    if (samples or 1) > 1 or photometric.startswith(("RGB", "YBR", "PALETTE")):
        return f"{photometric or 'colour'} picture (secondary capture), not a greyscale slice"
    if _value(dataset, "SOPClassUID").startswith(_SECONDARY_CAPTURE) and not _orientation(dataset):
        return "secondary capture without a place in the patient: no ImageOrientationPatient"
    return ""


def _type_fault(dataset: Dataset) -> str:
    image_type = _value(dataset, "ImageType").upper()
    words = image_type.replace("\\", " ").replace("_", " ").split()
    if "LOCALIZER" in words or "SCOUT" in words:
        return f"localizer: ImageType {image_type}"
    projections = (_PROJECTIONS[word] for word in words if word in _PROJECTIONS)
    kind = next(projections, "")
    return f"derived image: {kind}, not an acquired slice (ImageType {image_type})" if kind else ""


def _unit_fault(dataset: Dataset, what: str) -> str:
    if what == DOSE:
        return dose.dose_fault(dataset)
    if what == CT and _value(dataset, "RescaleType") not in _HOUNSFIELD:
        return "derived image: CT whose values are no Hounsfield units (RescaleType)"
    return ""


def _kind_fault(dataset: Dataset, what: str) -> str:
    """Why this kind of DICOM object is no slice, or ""."""
    fault = object_fault(dataset, what) or _picture_fault(dataset) or _type_fault(dataset)
    return fault or _unit_fault(dataset, what)


def _identity_fault(dataset: Dataset) -> str:
    if not _value(dataset, "SeriesInstanceUID"):
        return "no SeriesInstanceUID: the file can't be put into a series"
    if not integer(dataset, TAGS["Rows"]) or not integer(dataset, TAGS["Columns"]):
        return "no image size (Rows, Columns) in the header"
    return ""


def _orientation(dataset: Dataset) -> tuple[float, ...]:
    return _rounded(numbers(dataset, TAGS["ImageOrientationPatient"]))


def _rounded(cosines: tuple[float, ...]) -> tuple[float, ...]:
    # Six digits are a micrometre at the edge of a head; the rest only keeps equal orientations apart.
    return tuple(round(value, 6) + 0.0 for value in cosines) if is_orientation(cosines) else ()


def _spacing(values: tuple[float, ...]) -> tuple[float, float] | None:
    return (values[0], values[1]) if len(values) == 2 and min(values) > 0 else None


def _acquired(dataset: Dataset) -> str:
    for kind in ("Series", "Acquisition", "Study"):
        if date := _value(dataset, f"{kind}Date"):
            return f"{date.replace('.', '')} {_value(dataset, f'{kind}Time').replace(':', '')}".strip()
    return ""


def _institution(name: str) -> str:
    return hashlib.blake2s(name.casefold().encode(), digest_size=8).hexdigest() if name else ""


def _acquisition(dataset: Dataset, what: str) -> Acquisition:
    maker, model = _value(dataset, "Manufacturer"), _value(dataset, "ManufacturerModelName")
    return Acquisition(
        patient_id=_value(dataset, "PatientID"),
        study_uid=_value(dataset, "StudyInstanceUID"),
        series_uid=_value(dataset, "SeriesInstanceUID"),
        frame_of_reference_uid=_value(dataset, "FrameOfReferenceUID"),
        modality=what,
        description=_value(dataset, "SeriesDescription") or _value(dataset, "ProtocolName"),
        contrast_agent=_value(dataset, "ContrastBolusAgent"),
        weighting=_value(dataset, "AcquisitionContrast"),
        sequence=_value(dataset, "ScanningSequence"),
        repetition_time=_number(dataset, "RepetitionTime"),
        echo_time=_number(dataset, "EchoTime"),
        inversion_time=_number(dataset, "InversionTime"),
        scanner=f"{maker} {model}".strip(),
        field_strength=_number(dataset, "MagneticFieldStrength") if what == "MR" else None,
        institution=_institution(_value(dataset, "InstitutionName")),
        acquired=_acquired(dataset),
        rows=integer(dataset, TAGS["Rows"]) or 0,
        columns=integer(dataset, TAGS["Columns"]) or 0,
        spacing=_spacing(numbers(dataset, TAGS["PixelSpacing"])),
        orientation=_orientation(dataset),
    )


def _enhanced(header: Header, dataset: Dataset, count: int) -> Header:
    """Take from the functional groups what a multi-frame file says there and not at its top."""
    frames = tuple(
        FrameGeometry(_rounded(frame.orientation) or header.acquisition.orientation, frame.origin)
        for frame in frame_geometry(dataset, count)
    )
    groups = functional_groups(dataset, 0)

    def number(sequence: str, keyword: str) -> float | None:
        values = floats(group_value(groups, sequence, keyword))
        return values[0] if values else None

    known = header.acquisition
    acquisition = replace(
        known,
        orientation=frames[0].orientation,
        spacing=_spacing(floats(group_value(groups, "PixelMeasuresSequence", "PixelSpacing"))) or known.spacing,
        repetition_time=known.repetition_time or number("MRTimingAndRelatedParametersSequence", "RepetitionTime"),
        echo_time=known.echo_time or number("MREchoSequence", "EffectiveEchoTime"),
        inversion_time=known.inversion_time or number("MRModifierSequence", "InversionTimes"),
    )
    return replace(header, origin=frames[0].origin, frames=frames, acquisition=acquisition)


def _header(dataset: Dataset, what: str, share: Share | None) -> Header:
    number, count = integer(dataset, TAGS["InstanceNumber"]), integer(dataset, TAGS["NumberOfFrames"]) or 1
    origin = numbers(dataset, TAGS["ImagePositionPatient"])
    acquisition = _acquisition(dataset, what)
    header = Header(
        _value(dataset, "SOPInstanceUID"), number, origin if len(origin) == 3 else (), None, acquisition, share
    )
    if count > 1 and what == DOSE:
        return replace(header, frames=dose.dose_frames(dataset, header.acquisition.orientation, header.origin))
    if count > 1 or TAGS["PerFrameFunctionalGroupsSequence"] in dataset:
        return _enhanced(header, dataset, count)
    return header


def _read(file: BinaryIO, path: str, size: int) -> Header | Rejection:
    head = file.read(HEAD_BYTES)
    if foreign := foreign_kind(head, path):
        return Rejection(foreign, is_dicom=False)
    dataset, file, size = read_until_pixels(file, size, head, _TAG_LIST)
    patient, what = _value(dataset, "PatientID"), object_kind(dataset)
    share = share_of(dataset, what)
    if fault := _kind_fault(dataset, what):
        return Rejection(fault, patient, share=share)
    # A file that breaks off is called truncated, whatever else it lacks for that reason.
    fault = pixel_fault(file, size, dataset)
    fault = (_identity_fault(dataset) or fault) if fault in ("", MISSING) else fault
    return Rejection(fault, patient, share=share) if fault else _header(dataset, what, share)


def read_header(path: str, size: int) -> Header | Rejection:
    """Read one file's header; whatever is wrong with the file becomes a Rejection, never an exception.

    Args:
        path: Where to find it.
        size: Its bytes.
    """
    try:
        with open(path, "rb", buffering=_BUFFER_BYTES) as file, warnings.catch_warnings():
            # pydicom warns of every value out of the standard; what matters of it becomes a reason.
            warnings.simplefilter("ignore")
            return _read(file, path, size)
    except EOFError:
        return Rejection("truncated: the file ends inside its header; copy it anew from its source")
    except OSError as error:
        if error.errno is None:  # pydicom's own, for a sequence that breaks off
            return Rejection("truncated or damaged: its header breaks off; copy it anew from its source")
        return Rejection(f"can't be read: {error.strerror}", is_dicom=False, lasting=False)
    except zlib.error:
        return Rejection("damaged: its deflated data set can't be unpacked; copy it anew from its source")
    except Exception as error:  # one odd file in 400,000 must not end a scan
        return Rejection(f"damaged: its header can't be parsed ({type(error).__name__}); copy it anew from its source")
