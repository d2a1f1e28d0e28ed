"""What a worker does to one patient: series read, taken through the steps, and written as an entry of the store."""

import itertools
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from radiogenomics.errors import CohortError, RadiogenomicsError, ReadingError, StoreError
from radiogenomics.experiment.channel import read_brain
from radiogenomics.experiment.rawpatient import RawPatient
from radiogenomics.imaging.outlines import Mask, mask_of, to_plain
from radiogenomics.imaging.voxels import on_slice
from radiogenomics.preparation.carry import THERE_AND_BACK, carry
from radiogenomics.preparation.pictures import pictures
from radiogenomics.preparation.reading import Faults, Reading, on_grid, read_grid, read_image
from radiogenomics.preparation.steps import take_steps
from radiogenomics.preparation.volumes import Volume, Volumes
from radiogenomics.records import Figure, Lesion, Progress, Series, StepRecord
from radiogenomics.store import VolumesEntry
from radiogenomics.tables.modalities import MODALITIES
from radiogenomics.tables.steps import STEPS

BRAIN = "brain.nii.gz"
PICTURE = ".jpg"
LEAST_BACK, LEAST_WITHIN = 0.7, 0.9  # below: flagged, to be looked at
DIED = "its preparation ended the process that did it: out of memory, or a crash in a library"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one patient."""

    entry: VolumesEntry | None
    built: bool = False
    reason: str = ""  # why there is no entry
    faults: Faults = ()  # of files that can't be decoded
    steps: tuple[StepRecord, ...] = ()  # what was done, in order


def lost(patient: RawPatient) -> Done:
    """What became of a patient whose process died."""
    return Done(None, reason=DIED)


def bring_one(job: RawPatient, progress: Progress) -> Done:
    """Find or build one patient's entry, in whatever process."""
    try:
        entry = job.store.find_volumes(job.key)
    except StoreError as error:
        progress.say(f"Patient {job.case.patient_id} is prepared anew: {error}")
        entry = None
    if entry is not None and not entry.facts["faults"]:  # why a file could not be read may lie outside of it
        return _checked(job, _told(job, entry, built=False))
    # One thread: the workers share the cores, and the sums of several would differ from time to time.
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    faults: Faults = ()
    try:
        readings = _read(job)
        faults = _faults(readings.values())
        return _checked(job, _told(job, _build(job, readings), built=True))
    except StoreError:
        raise
    except RadiogenomicsError as error:
        return Done(None, reason=str(error), faults=error.faults if isinstance(error, ReadingError) else faults)
    except Exception as error:  # ITK's own are of many kinds, and one bad patient must stop no other
        return Done(None, reason=f"its preparation failed ({type(error).__name__}: {_last_line(error)})", faults=faults)


def _checked(job: RawPatient, done: Done) -> Done:
    """Leave out a patient whose brain was not found, where the others' intensities are told from their brains."""
    tried = [record for record in done.steps if record.step == "brain"]
    if not job.needs_brain or not tried or (done.entry and BRAIN in done.entry.files):
        return done
    why = tried[-1].worse or tried[-1].note or "nothing was found"
    return Done(None, reason=f"its brain was not found, and intensities are told from it: {why}", faults=done.faults)


def _last_line(error: Exception) -> str:
    """ITK's messages begin with paths of its sources, and end with what is the matter."""
    return (str(error).strip().splitlines() or ["no message"])[-1].strip()


def _told(job: RawPatient, entry: VolumesEntry, built: bool) -> Done:
    """An entry, and what it tells."""
    plain = entry.facts["steps"]
    seconds = [*job.store.aside(entry.key).get("seconds", []), *[0.0] * len(plain)]
    steps = [
        StepRecord(**{**one, "figures": tuple(Figure(**figure) for figure in one["figures"]), "seconds": taken})
        for one, taken in zip(plain, seconds, strict=False)
    ]
    faults = tuple((path, reason) for path, reason in entry.facts["faults"])
    return Done(entry, built, faults=faults, steps=tuple(steps))


def _build(job: RawPatient, readings: Mapping[str, Reading]) -> VolumesEntry:
    _check_copies(job, readings)
    before = _volumes(job, readings)
    taken = take_steps(before, job.part.steps)
    _check_laid(job, taken.records)
    lesions, carried = _lesions(job, taken.moved.transform(job.case.reference.modality))
    masks = [mask_of(lesion, job.grid) for lesion in lesions]
    records = [*_interpolated(readings), *taken.records, *carried, *_within(taken.volumes.brain, masks)]
    drawn = pictures(before, taken.volumes, masks)
    files = {f"{caption}{PICTURE}": content for caption, content in drawn.items()}
    if taken.volumes.brain is not None:
        files[BRAIN] = _nifti(taken.volumes.brain)
    facts = {
        "steps": [asdict(replace(record, seconds=0.0)) for record in records],
        "lesions": [to_plain(lesion) for lesion in lesions],
        "faults": _faults(readings.values()),
    }
    arrays = {s.modality: on_grid(taken.volumes.by_modality[s.modality].image) for s in job.case.series}
    shape = (len(job.grid.slices), job.grid.rows, job.grid.columns)
    if any(array.shape != shape for array in arrays.values()):
        raise CohortError(f"its series do not all lie on the grid of its {job.grid.modality}")
    aside = {"seconds": [record.seconds for record in records]}
    return job.store.write_volumes(job.key, arrays, files, facts, aside)


def _read(job: RawPatient) -> dict[str, Reading]:
    """Every series as one image, by modality; all are looked at before any fault is raised."""
    readings, reasons, faults = {}, list[str](), list[tuple[str, str]]()
    for name, series in job.series.items():
        try:
            readings[name] = (read_grid if name == job.grid.modality else read_image)(job.root, series)
        except CohortError as error:
            reasons.append(str(error))
            faults += error.faults if isinstance(error, ReadingError) else ()
    if reasons:
        raise ReadingError("; ".join(reasons), (*_faults(readings.values()), *faults))
    return readings


def _faults(readings: Iterable[Reading]) -> Faults:
    return tuple(fault for reading in readings for fault in reading.faults)


def _check_copies(job: RawPatient, readings: Mapping[str, Reading]) -> None:
    for one, other in itertools.combinations([s.modality for s in job.case.series], 2):
        if _same(readings[one].image, readings[other].image):
            raise CohortError(f"its {one} is a copy of its {other}: one of the two sequences is missing")


def _same(one: sitk.Image, other: sitk.Image) -> bool:
    return one.GetSize() == other.GetSize() and bool(
        np.array_equal(sitk.GetArrayViewFromImage(one), sitk.GetArrayViewFromImage(other))
    )


def _volumes(job: RawPatient, readings: Mapping[str, Reading]) -> Volumes:
    grid = job.grid.modality
    by_modality = {
        name: Volume(
            reading.image,
            follows="" if name == grid else MODALITIES[name].follows,
            frame=job.series[name].frame_of_reference_uid,
        )
        for name, reading in readings.items()
    }
    return Volumes(grid, by_modality, _given_brain(job, readings[grid].image))


def _given_brain(job: RawPatient, fixed: sitk.Image) -> sitk.Image | None:
    """The mask of --brain-masks, on the grid."""
    if job.brain is None:
        return None
    mask = read_brain(job.brain)
    inside = np.stack([on_slice(mask, job.grid, s) for s in job.grid.slices])
    if not inside.any():
        raise CohortError(f"its brain mask {job.brain.path} covers no voxel of its {job.grid.modality}")
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.CopyInformation(fixed)
    return image


def _check_laid(job: RawPatient, records: Sequence[StepRecord]) -> None:
    """Whether every series came to lie in the reference's frame: by its header, or by a registration that was kept."""
    for name, series in job.series.items():
        leader = job.series.get(MODALITIES[name].follows, job.grid) if name != job.grid.modality else job.grid
        if not _apart(series, leader):
            continue
        tried = [record for record in records if record.modality == name and STEPS[record.step].to == "moving"]
        if not any(record.used for record in tried):
            why = tried[-1].worse if tried else "no step registers it"
            raise CohortError(f"its {name} lies in another frame of reference than its {leader.modality}: {why}")


def _apart(one: Series, other: Series) -> bool:
    frames = one.frame_of_reference_uid, other.frame_of_reference_uid
    return all(frames) and frames[0] != frames[1]


def _lesions(job: RawPatient, transform: sitk.Transform | None) -> tuple[tuple[Lesion, ...], tuple[StepRecord, ...]]:
    """The lesions on the grid, and what carrying them there did to them."""
    if not job.carries:
        return job.case.lesions, ()
    began = time.perf_counter()
    lesions, figures = carry(job.case.lesions, job.case.reference, job.grid, transform)
    back = next((figure.after for figure in figures if figure.name == THERE_AND_BACK), 1.0)
    worse = f"carried there and back, a lesion covers itself by a Dice of {back:.2f}" if back < LEAST_BACK else ""
    seconds = time.perf_counter() - began
    return lesions, (StepRecord("carry", job.case.reference.modality, {}, seconds, figures, True, worse),)


def _interpolated(readings: Mapping[str, Reading]) -> list[StepRecord]:
    """What reading had to fill in."""
    return [StepRecord("read", name, {}, 0.0, (), True, note=one.note) for name, one in readings.items() if one.note]


def _within(brain: sitk.Image | None, masks: Sequence[Mask]) -> list[StepRecord]:
    """How much of the lesions lies in the brain: what is outside of it was taken away."""
    if brain is None or not masks:
        return []
    inside = sitk.GetArrayViewFromImage(brain) > 0
    share = min(float(inside[mask].mean()) for mask in masks)
    worse = f"only {share:.0%} of a lesion lies in the brain that was found" if share < LEAST_WITHIN else ""
    return [StepRecord("lesions", "", {}, 0.0, (Figure("least share in the brain", None, share),), True, worse)]


def _nifti(image: sitk.Image) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / BRAIN  # SimpleITK writes to paths only
        sitk.WriteImage(image, str(path))
        return path.read_bytes()
