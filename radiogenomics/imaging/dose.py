"""An RT dose grid (DICOM PS3.3, C.8.8.3): whether it is a plan's dose in Gy, and where each of its planes lies."""

from collections.abc import Sequence

from pydicom.dataset import Dataset

from radiogenomics.imaging.elements import first, integer, numbers, tag, text
from radiogenomics.imaging.frames import FrameGeometry
from radiogenomics.imaging.geometry import is_orientation, normal

UNITS, TYPE, SUMMATION = tag("DoseUnits"), tag("DoseType"), tag("DoseSummationType")
SCALING, OFFSETS = tag("DoseGridScaling"), tag("GridFrameOffsetVector")
TAGS = (UNITS, TYPE, SUMMATION, SCALING, OFFSETS)
_FRAMES, _ORIGIN, _ORIENTATION = tag("NumberOfFrames"), tag("ImagePositionPatient"), tag("ImageOrientationPatient")

# Of one session, and of some control points: less than what the patient was to receive, however many are added.
_PASSING = {"CONTROL_POINT", "BEAM_SESSION", "BRACHY_SESSION", "FRACTION_SESSION", "RECORD"}
_SAME_MM = 0.1  # two statements of one coordinate, rounded apart
_AXIAL = 0.9999  # of the normal's z


def dose_fault(dataset: Dataset) -> str:
    """Why an RT dose object can't serve as the dose of a plan or of some of its beams in Gy, or ""."""
    units, summation = text(dataset, UNITS).upper(), text(dataset, SUMMATION)
    if units != "GY":
        return f"RTDOSE: its dose is in {units or 'no stated'} units, not in Gy; export the absolute dose"
    if not (first(dataset, SCALING) or 0.0) > 0.0:
        return "RTDOSE: without DoseGridScaling its values can't be brought to Gy; export it anew"
    if text(dataset, TYPE) == "ERROR":
        return "RTDOSE: a difference of two doses (DoseType ERROR), not a dose"
    if summation in _PASSING:
        return (
            f"RTDOSE: not the dose of a whole treatment, but of one session or of some moments of it "
            f"(DoseSummationType {summation}); export the dose of the whole plan"
        )
    frames = integer(dataset, _FRAMES) or 1
    if frames > 1 and _offsets(dataset, frames) is None:
        return (
            f"RTDOSE: its {frames} planes have no sure place: GridFrameOffsetVector holds no value for each from 0, "
            "or from the z of ImagePositionPatient in an axial grid; export it anew"
        )
    return ""


def _offsets(dataset: Dataset, frames: int) -> tuple[float, ...] | None:
    """How far each plane lies from the first along the normal, mm; None where the header does not say it."""
    offsets = numbers(dataset, OFFSETS)
    orientation, origin = numbers(dataset, _ORIENTATION), numbers(dataset, _ORIGIN)
    if len(offsets) != frames or len(origin) != 3 or not is_orientation(orientation):
        return None
    if offsets[0] == 0.0:
        return offsets
    upward = normal(orientation)[2]
    if abs(upward) < _AXIAL or abs(offsets[0] - origin[2]) > _SAME_MM:
        return None
    return tuple((z - offsets[0]) * round(upward) for z in offsets)


def dose_frames(dataset: Dataset, orientation: Sequence[float], origin: Sequence[float]) -> tuple[FrameGeometry, ...]:
    """Where each plane of a multi-frame dose lies (PS3.3, C.8.8.3.2: both readings of GridFrameOffsetVector).

    Args:
        dataset: One in which `dose_fault` finds none.
        orientation: ImageOrientationPatient.
        origin: ImagePositionPatient, of the first plane, mm.
    """
    frames, along = integer(dataset, _FRAMES) or 1, normal(orientation)
    return tuple(
        FrameGeometry(tuple(orientation), tuple(o + n * offset for o, n in zip(origin, along, strict=True)))
        for offset in _offsets(dataset, frames) or ()
    )
