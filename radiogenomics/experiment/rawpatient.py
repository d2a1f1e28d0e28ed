"""One patient's raw series to volumes on one grid: what a worker does, and the entry of the store that it leaves."""

import hashlib
import itertools
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from radiogenomics.errors import CohortError, RadiogenomicsError, ReadingError, StoreError
from radiogenomics.experiment.channel import BrainFile, read_brain
from radiogenomics.imaging.voxels import on_slice
from radiogenomics.recipe import PreparationPart
from radiogenomics.records import Case, Figure, Lesion, Outline, Progress, Series, StepRecord
from radiogenomics.store import Store, VolumesEntry
from radiogenomics.tables.modalities import MODALITIES
from radiogenomics.tables.steps import STEPS

if TYPE_CHECKING:
    import SimpleITK as sitk

    from radiogenomics.preparation.reading import Reading
    from radiogenomics.preparation.volumes import Volumes

VERSION = 1  # to be raised when a step comes to give something else for the same parameters
BRAIN = "brain.nii.gz"
PICTURE = ".jpg"
DIED = "its preparation ended the process that did it: out of memory, or a crash in a library"

Faults = tuple[tuple[str, str], ...]  # path and reason


@dataclass(frozen=True, slots=True)
class RawPatient:
    """One patient to be brought on the grid of a series."""

    root: Path
    store: Store
    case: Case
    part: PreparationPart
    brain: BrainFile | None  # given

    @property
    def grid(self) -> Series:
        """The series on whose grid all come to lie."""
        return self.case.grid or self.case.reference

    @property
    def series(self) -> dict[str, Series]:
        """All that is read, by modality, that of the grid first."""
        every = (self.grid, *self.case.series, self.case.reference, *self.case.others)
        return {series.modality: series for series in every}

    @property
    def carries(self) -> bool:
        """Whether lesions were drawn elsewhere than on the grid."""
        return bool(self.case.lesions) and self.case.reference.series_uid != self.grid.series_uid

    @property
    def key(self) -> str:
        """The name of the entry: another file, step or parameter gives another."""
        content = {
            "version": VERSION,
            "series": {name: _identity(series) for name, series in self.series.items()},
            "channels": [series.modality for series in self.case.series],
            "grid": self.grid.modality,
            "steps": [part.model_dump(mode="json") for part in self.part.steps],
            "brain": self.brain.sha256 if self.brain else None,
            "lesions": [to_plain(lesion) for lesion in self.case.lesions],  # the pictures show them, carried or not
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _identity(series: Series) -> list[object]:
    return [series.series_uid, [s.stamp for s in series.slices]]


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
    import SimpleITK as sitk

    try:
        entry = job.store.find_volumes(job.key)
    except StoreError as error:
        progress.say(f"Patient {job.case.patient_id} is prepared anew: {error}")
        entry = None
    if entry is not None and not entry.facts["faults"]:  # why a file could not be read may lie outside of it
        return _told(job, entry, built=False)
    # One thread: the workers share the cores, and the sums of several would differ from time to time.
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    faults: Faults = ()
    try:
        readings = _read(job)
        faults = _faults(readings.values())
        return _told(job, _build(job, readings), built=True)
    except StoreError:
        raise
    except RadiogenomicsError as error:
        return Done(None, reason=str(error), faults=error.faults if isinstance(error, ReadingError) else faults)
    except Exception as error:  # ITK's own are of many kinds, and one bad patient must stop no other
        return Done(None, reason=f"its preparation failed ({type(error).__name__}: {_last_line(error)})", faults=faults)


def _last_line(error: Exception) -> str:
    """ITK's messages begin with paths of its sources, and end with what is the matter."""
    return (str(error).strip().splitlines() or ["no message"])[-1].strip()


def _build(job: RawPatient, readings: "Mapping[str, Reading]") -> VolumesEntry:
    from radiogenomics.preparation.pictures import pictures
    from radiogenomics.preparation.reading import on_grid
    from radiogenomics.preparation.steps import take_steps

    _check_copies(job, readings)
    before = _volumes(job, readings)
    taken = take_steps(before, job.part.steps)
    _check_laid(job, taken.records)
    lesions, carried = _lesions(job, taken.moved.transform(job.case.reference.modality))
    interpolated = [StepRecord("read", name, {}, 0.0, (), True, note=r.note) for name, r in readings.items() if r.note]
    records = [*interpolated, *taken.records, *carried]
    drawn = pictures(before, taken.volumes, [_drawn(lesion, job.grid) for lesion in lesions])
    files = {f"{caption}{PICTURE}": content for caption, content in drawn.items()}
    if taken.volumes.brain is not None:
        files[BRAIN] = _nifti(taken.volumes.brain)
    facts = {
        "steps": [asdict(replace(record, seconds=0.0)) for record in records],
        "lesions": [to_plain(lesion) for lesion in lesions],
        "faults": _faults(readings.values()),
    }
    arrays = {s.modality: on_grid(taken.volumes.by_modality[s.modality].image) for s in job.case.series}
    aside = {"seconds": [record.seconds for record in records]}
    return job.store.write_volumes(job.key, arrays, files, facts, aside)


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


def _read(job: RawPatient) -> "dict[str, Reading]":
    """Every series as one image, by modality; all are looked at before any fault is raised."""
    from radiogenomics.preparation.reading import read_grid, read_image

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


def _faults(readings: "Iterable[Reading]") -> Faults:
    return tuple(fault for reading in readings for fault in reading.faults)


def _check_copies(job: RawPatient, readings: "Mapping[str, Reading]") -> None:
    for one, other in itertools.combinations([s.modality for s in job.case.series], 2):
        if _same(readings[one].image, readings[other].image):
            raise CohortError(f"its {one} is a copy of its {other}: one of the two sequences is missing")


def _same(one: "sitk.Image", other: "sitk.Image") -> bool:
    import SimpleITK as sitk

    return one.GetSize() == other.GetSize() and bool(
        np.array_equal(sitk.GetArrayViewFromImage(one), sitk.GetArrayViewFromImage(other))
    )


def _volumes(job: RawPatient, readings: "Mapping[str, Reading]") -> "Volumes":
    from radiogenomics.preparation.volumes import Volume, Volumes

    grid = job.grid.modality
    by_modality = {
        name: Volume(reading.image, follows="" if name == grid else MODALITIES[name].follows)
        for name, reading in readings.items()
    }
    return Volumes(grid, by_modality, _given_brain(job, readings[grid].image))


def _given_brain(job: RawPatient, fixed: "sitk.Image") -> "sitk.Image | None":
    """The mask of --brain-masks, on the grid."""
    import SimpleITK as sitk

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


def _lesions(job: RawPatient, transform: "sitk.Transform | None") -> tuple[tuple[Lesion, ...], tuple[StepRecord, ...]]:
    """The lesions on the grid, and what carrying them there did to them."""
    from radiogenomics.preparation.carry import carry

    if not job.carries:
        return job.case.lesions, ()
    lesions, figures = carry(job.case.lesions, job.case.reference, job.grid, transform)
    record = StepRecord("carry", job.case.reference.modality, {}, 0.0, tuple(figures), True)
    return tuple(lesions), (record,)


def _drawn(lesion: Lesion, grid: Series) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """A lesion as voxels of the grid, [slices, rows, columns]."""
    from radiogenomics.imaging.outlines import pixels_of

    mask = np.zeros((len(grid.slices), grid.rows, grid.columns), np.bool_)
    places = {s.number: place for place, s in enumerate(grid.slices)}
    for outline in lesion.outlines:
        box = slice(outline.y_min, outline.y_max), slice(outline.x_min, outline.x_max)
        mask[places[outline.slice]][box] = pixels_of(outline)
    return mask


def _nifti(image: "sitk.Image") -> bytes:
    import SimpleITK as sitk

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / BRAIN  # SimpleITK writes to paths only
        sitk.WriteImage(image, str(path))
        return path.read_bytes()


def to_plain(lesion: Lesion) -> dict[str, Any]:
    """A lesion as JSON takes it."""
    outlines = [{**asdict(outline), "inside": outline.inside.hex()} for outline in lesion.outlines]
    return {"patient_id": lesion.patient_id, "lesion_id": lesion.lesion_id, "outlines": outlines}


def to_lesion(plain: Mapping[str, Any]) -> Lesion:
    """What `to_plain` gave."""
    outlines = tuple(Outline(**{**one, "inside": bytes.fromhex(one["inside"])}) for one in plain["outlines"])
    return Lesion(plain["patient_id"], plain["lesion_id"], outlines)
