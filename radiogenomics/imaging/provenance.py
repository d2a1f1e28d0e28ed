"""How, where, when and of whom an image was made, as one file's header tells it."""

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from radiogenomics.imaging.dataset import HEAD_BYTES, read_until_pixels
from radiogenomics.imaging.elements import first, tag, text
from radiogenomics.imaging.frames import floats, functional_groups, group_value

LONGEST = 80  # characters of a value that is kept; of free text, whose words alone are kept, MOST_TEXT
MOST_TEXT = 4000
_BUFFER_BYTES = 16 * 1024
_EARLIEST = 1971  # the first CT; a date before it is a placeholder

# By trait: the keyword; and where an enhanced image says it, a sequence of its functional groups and the keyword there.
_NUMBERS: Mapping[str, tuple[str, str, str]] = {
    "echo_time": ("EchoTime", "MREchoSequence", "EffectiveEchoTime"),
    "repetition_time": ("RepetitionTime", "MRTimingAndRelatedParametersSequence", "RepetitionTime"),
    "inversion_time": ("InversionTime", "MRModifierSequence", "InversionTimes"),
    "flip_angle": ("FlipAngle", "MRTimingAndRelatedParametersSequence", "FlipAngle"),
    "bandwidth": ("PixelBandwidth", "MRImagingModifierSequence", "PixelBandwidth"),
    "echo_train": ("EchoTrainLength", "MRTimingAndRelatedParametersSequence", "EchoTrainLength"),
    "slice_thickness": ("SliceThickness", "PixelMeasuresSequence", "SliceThickness"),
    "slice_spacing": ("SpacingBetweenSlices", "PixelMeasuresSequence", "SpacingBetweenSlices"),
    "bits": ("BitsStored", "", ""),
    "kvp": ("KVP", "CTXRayDetailsSequence", "KVP"),
}
_WORDS: Mapping[str, tuple[str, str, str]] = {
    "manufacturer": ("Manufacturer", "", ""),
    "software": ("SoftwareVersions", "", ""),
    "kernel": ("ConvolutionKernel", "CTReconstructionSequence", "ConvolutionKernel"),
    "sequence": ("ScanningSequence", "", ""),
}
_IDENTITY = {
    "name": "PatientName",
    "header_id": "PatientID",
    "study": "StudyInstanceUID",
    "frame": "FrameOfReferenceUID",
    "accession": "AccessionNumber",
}
TEXTS = (
    *("StudyDescription", "SeriesDescription", "ProtocolName", "PatientComments", "ImageComments", "StudyID"),
    *("RequestedProcedureDescription", "AdditionalPatientHistory", "BodyPartExamined"),
)
_OTHERS = (
    *(
        "SpecificCharacterSet",
        "PatientBirthDate",
        "StudyDate",
        "SeriesDate",
        "AcquisitionDate",
        "PatientSex",
        "PatientAge",
    ),
    *("EchoPulseSequence", "SequenceName", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
)
_KEYWORDS = (
    *(row[0] for row in (*_NUMBERS.values(), *_WORDS.values())),
    *(*_IDENTITY.values(), *TEXTS, *_OTHERS),
)
_TAGS = {keyword: tag(keyword) for keyword in _KEYWORDS}
_TAG_LIST: list[BaseTag | int] = list(_TAGS.values())
_SEXES = {"m": "M", "male": "M", "f": "F", "female": "F", "w": "F", "o": "O", "other": "O"}
_AGE_UNITS = {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}
_OLDEST = 130  # years; more is no age


@dataclass(frozen=True, slots=True)
class Provenance:
    """What one header tells besides geometry; what it does not tell is absent. It is never written as it is."""

    acquisition: Mapping[str, str]  # by trait; numbers as text, in DICOM's units (ms, degrees, Hz/pixel, mm, kV)
    identity: Mapping[str, str]  # by trait, in clear; birth_date as 1960-12-31
    texts: Mapping[str, str]  # by keyword
    sex: str  # "M", "F", "O" or ""
    age: int | None  # years
    studied: date | None


def plain(value: float) -> str:
    """A number as short as it can be told again: six digits."""
    return f"{value:.6g}"


def parse_date(value: str) -> date | None:
    """A DICOM date, or None: 20200131, the old 2020.01.31, or 2020-01-31."""
    digits = re.sub(r"[.\-/ ]", "", value.partition("\\")[0])
    if not re.fullmatch(r"[0-9]{8}", digits):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def sex_of(value: str) -> str:
    """M, F or O, or "" where it is told otherwise."""
    return _SEXES.get(value.strip().casefold(), "")


def _grouped(dataset: Dataset, sequence: str, keyword: str) -> object:
    """A value of an enhanced image's functional groups; None where it has none, or they are damaged."""
    if not sequence:
        return None
    try:
        return group_value(functional_groups(dataset, 0), sequence, keyword)
    except Exception:  # of many kinds, where a sequence is damaged; what does not parse counts as not said
        return None


def _number(dataset: Dataset, keyword: str, sequence: str, inner: str) -> str:
    value = first(dataset, _TAGS[keyword])
    if value is None:
        try:
            values = floats(_grouped(dataset, sequence, inner))
        except (ValueError, TypeError):
            values = ()
        value = values[0] if values else None
    return "" if value is None or abs(value) > 1e12 else plain(value)


def _word(dataset: Dataset, keyword: str, sequence: str, inner: str) -> str:
    value = text(dataset, _TAGS[keyword]) or _grouped(dataset, sequence, inner) or ""
    joined = "\\".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return " ".join(joined.split())[:LONGEST]


def _acquisition(dataset: Dataset) -> dict[str, str]:
    found = {name: _number(dataset, *row) for name, row in _NUMBERS.items()}
    found |= {name: _word(dataset, *row) for name, row in _WORDS.items()}
    found["sequence"] = found["sequence"] or _word(dataset, "EchoPulseSequence", "", "")
    found["sequence"] = found["sequence"] or _word(dataset, "SequenceName", "", "")
    return {name: value for name, value in found.items() if value}


def _studied(dataset: Dataset) -> date | None:
    for kind in ("Study", "Series", "Acquisition"):
        day = parse_date(text(dataset, _TAGS[f"{kind}Date"]))
        if day is not None and day.year >= _EARLIEST:
            return day
    return None


def _born(dataset: Dataset, studied: date | None) -> date | None:
    """The birth date, unless it is a placeholder: 1900, or the day of the study."""
    born = parse_date(text(dataset, _TAGS["PatientBirthDate"]))
    return None if born is None or born <= date(1900, 1, 1) or (studied and born >= studied) else born


def _age(dataset: Dataset, born: date | None, studied: date | None) -> int | None:
    told = re.fullmatch(r"([0-9]{1,4})\s*([DWMYdwmy]?)", text(dataset, _TAGS["PatientAge"]))
    if told and int(told[1]):  # 000Y is a placeholder: newborns are told in days
        years = int(told[1]) / _AGE_UNITS[told[2].upper() or "Y"]
    elif born and studied:
        years = (studied - born).days / 365.25
    else:
        return None
    return int(years) if years < _OLDEST else None


def _provenance(dataset: Dataset) -> Provenance:
    studied = _studied(dataset)
    born = _born(dataset, studied)
    identity = {name: text(dataset, _TAGS[keyword]) for name, keyword in _IDENTITY.items()}
    identity["birth_date"] = born.isoformat() if born else ""
    texts = {keyword: text(dataset, _TAGS[keyword])[:MOST_TEXT] for keyword in TEXTS}
    return Provenance(
        _acquisition(dataset),
        {name: value for name, value in identity.items() if value},
        {keyword: value for keyword, value in texts.items() if value},
        sex_of(text(dataset, _TAGS["PatientSex"])),
        _age(dataset, born, studied),
        studied,
    )


def read_provenance(path: str, size: int) -> Provenance | None:
    """Read what one file's header tells; None where it can't be read, whatever is wrong with it.

    Args:
        path: Where to find it.
        size: Its bytes.
    """
    try:
        with open(path, "rb", buffering=_BUFFER_BYTES) as file, warnings.catch_warnings():
            # pydicom warns of every value out of the standard; what does not parse counts as not said.
            warnings.simplefilter("ignore")
            opened = read_until_pixels(file, size, file.read(HEAD_BYTES), _TAG_LIST)
            return _provenance(opened.dataset)
    except Exception:  # one odd file must not end a training; the scan says what is wrong with it
        return None
