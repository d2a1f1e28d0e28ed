"""Cases to prepared samples: the slices around the mid-section, read once, and kept in the store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from radiogenomics.engine import run_jobs
from radiogenomics.errors import CohortError, PixelError, StoreError
from radiogenomics.imaging.cuts import mid_section
from radiogenomics.imaging.fingerprint import perceptual_hash, pixel_hash
from radiogenomics.imaging.matching import counterparts
from radiogenomics.imaging.pixels import read_plane
from radiogenomics.imaging.sample import Pixels, to_sample
from radiogenomics.recipe import ImagePart, Recipe
from radiogenomics.records import (
    SILENT,
    Case,
    Cohort,
    Exclusion,
    Plane,
    PreparedSlice,
    Progress,
    Sample,
    Series,
    Slice,
)
from radiogenomics.store import Entry, Store, StoredSlice, entry_key


@dataclass(frozen=True, slots=True)
class Prepared:
    """What lies ready in the store, in the order of the cases, and what was left out on the way."""

    samples: tuple[Sample, ...]
    slices: tuple[PreparedSlice, ...]
    exclusions: tuple[Exclusion, ...]  # files whose pixels can't be decoded; patients without a sample (path "")
    n_built: int  # entries (a series each) made now
    n_reused: int  # entries found intact


@dataclass(frozen=True, slots=True)
class _Job:
    """One patient's series, and of each the slices that one entry of the store holds."""

    root: Path
    store: Store
    image: ImagePart
    patient_id: str
    parts: tuple[tuple[str, tuple[Slice, ...]], ...]  # series_uid, slices; slice k of each is a channel of sample k


@dataclass(frozen=True, slots=True)
class _Filled:
    """One patient's entries, in the order of the job's parts."""

    entries: tuple[Entry, ...]
    built: int


def prepare(
    root: Path, cases: Sequence[Case], recipe: Recipe, store: Store, workers: int, progress: Progress = SILENT
) -> Prepared:
    """Read, normalise and resize the slices that the recipe uses, unless the store holds them.

    Only these slices' pixels are read. One that can't be decoded is left out with its reason, and its series is tried
    again each time, as the cause may lie outside the file. One bad patient never stops the others, and the result
    does not depend on `workers`.

    Args:
        root: What the slices' paths are relative to.
        cases: The patients; each one's first series is the reference, whose mid-section chooses the slices.
        recipe: Its slices and image parts are used.
        store: Where prepared slices lie or go.
        workers: Processes; 0 works in this one.
        progress: Hears of patients done, and of damaged entries that are built anew.

    Raises:
        StoreError: The store can't be written.
    """
    plans = [_plan(root, case, recipe, store) for case in cases]
    jobs = [plan for plan in plans if isinstance(plan, _Job)]
    filled = _fill_all(jobs, workers, progress)
    results = iter(filled)
    parts = [
        Prepared((), (), (plan,), 0, 0) if isinstance(plan, Exclusion) else _collect(case, plan, next(results))
        for case, plan in zip(cases, plans, strict=True)
    ]
    return Prepared(
        tuple(chain.from_iterable(part.samples for part in parts)),
        tuple(chain.from_iterable(part.slices for part in parts)),
        tuple(chain.from_iterable(part.exclusions for part in parts)),
        sum(part.n_built for part in parts),
        sum(part.n_reused for part in parts),
    )


def _plan(root: Path, case: Case, recipe: Recipe, store: Store) -> _Job | Exclusion:
    try:
        if not case.series or not case.series[0].slices:
            raise CohortError("the series has no slice")
        reference = case.series[0]
        chosen = mid_section(reference, recipe.slices)
        others = [(series.series_uid, counterparts(reference, chosen, series)) for series in case.series[1:]]
    except CohortError as error:
        return Exclusion(case.patient_id, "", str(error))
    return _Job(root, store, recipe.image, case.patient_id, ((reference.series_uid, chosen), *others))


def _fill_all(jobs: Sequence[_Job], workers: int, progress: Progress) -> list[_Filled]:
    filled: dict[int, _Filled] = {}
    for index, result in run_jobs(_fill, jobs, workers if len(jobs) > 1 else 0, progress):
        filled[index] = result
        progress.update("prepare", len(filled), len(jobs), f"patient {jobs[index].patient_id}")
    return [filled[index] for index in range(len(jobs))]


def _fill(job: _Job, progress: Progress) -> _Filled:
    """Find or build one patient's entries, in whatever process."""
    cv2.setNumThreads(1)  # the workers share the cores
    entries, built = [], 0
    for series_uid, slices in job.parts:
        key = entry_key(series_uid, slices, job.image)
        entry = _find(job, key, progress)
        if entry is None or any(stored.reason for stored in entry.slices):
            rows = _rows(job, slices)
            entry = job.store.write(key, job.image.size, len(slices), rows)
            built += 1
        entries.append(entry)
    return _Filled(tuple(entries), built)


def _find(job: _Job, key: str, progress: Progress) -> Entry | None:
    try:
        return job.store.find(key)
    except StoreError as error:
        progress.say(f"Patient {job.patient_id} is prepared anew: {error}")
        return None


def _rows(job: _Job, slices: Sequence[Slice]) -> Iterator[tuple[StoredSlice, Pixels]]:
    for s in slices:
        try:
            pixels = read_plane(job.root / s.path, s.frame)
            plane = to_sample(pixels, job.image)
        except PixelError as error:
            yield StoredSlice(s.sop_uid, s.number, reason=str(error)), np.zeros(job.image.size, np.uint16)
        else:
            yield StoredSlice(s.sop_uid, s.number, pixel_hash(pixels), perceptual_hash(pixels)), plane


def _collect(case: Case, job: _Job, filled: _Filled) -> Prepared:
    """The patient's samples: the places at which every channel has pixels."""
    bad = _unreadable(job, filled.entries)
    columns = list(zip(*(slices for _, slices in job.parts), strict=True))
    good = [row for row, channels in enumerate(columns) if not any(s.path in bad for s in channels)]
    reference = job.parts[0][0]
    samples = tuple(
        Sample(
            *(case.patient_id, "", reference, columns[row][0].number, case.label),
            tuple(Plane(entry.key, row) for entry in filled.entries),
        )
        for row in good
    )
    exclusions = [Exclusion(case.patient_id, path, reason) for path, reason in bad.items()]
    if not samples:
        reason = f"none of the {len(columns)} slices around the mid-section has pixels in every modality"
        exclusions.append(Exclusion(case.patient_id, "", reason))
    reused = len(filled.entries) - filled.built
    return Prepared(samples, _kept(case, job, filled.entries, bad), tuple(exclusions), filled.built, reused)


def _unreadable(job: _Job, entries: Sequence[Entry]) -> dict[str, str]:
    """Path and reason of every file that failed; a file is taken whole or not at all, so one bad frame is enough."""
    bad: dict[str, str] = {}
    for (_, slices), entry in zip(job.parts, entries, strict=True):
        for s, stored in zip(slices, entry.slices, strict=True):
            if stored.reason:
                bad.setdefault(s.path, stored.reason if s.frame is None else f"frame {s.frame + 1}: {stored.reason}")
    return bad


def _kept(case: Case, job: _Job, entries: Sequence[Entry], bad: dict[str, str]) -> tuple[PreparedSlice, ...]:
    rows = (
        PreparedSlice(case.patient_id, uid, s.sop_uid, s.number, stored.pixel_hash, stored.perceptual_hash)
        for (uid, slices), entry in zip(job.parts, entries, strict=True)
        for s, stored in zip(slices, entry.slices, strict=True)
        if s.path not in bad
    )
    return tuple(dict.fromkeys(rows))  # a thick slice may be the counterpart of two thin ones


def without_unreadable(cohort: Cohort, prepared: Prepared) -> Cohort:
    """The cohort with what preparation left out moved from its series to its exclusions, each file still once.

    A patient left out whole keeps its series, as unused, with the reason.
    """
    files = {exclusion.path for exclusion in prepared.exclusions if exclusion.path}
    patients = {exclusion.patient_id: exclusion.reason for exclusion in prepared.exclusions if not exclusion.path}
    series = tuple(_reduced(s, files, patients.get(s.patient_id, "")) for s in cohort.series)
    return replace(cohort, series=series, exclusions=(*cohort.exclusions, *prepared.exclusions))


def _reduced(series: Series, files: set[str], reason: str) -> Series:
    gone = {s.path for s in series.slices} & files
    if gone:
        slices = tuple(s for s in series.slices if s.path not in gone)
        series = replace(series, slices=slices, n_files=series.n_files - len(gone))
    if reason and series.status == "used":
        series = replace(series, status="unused", reason=reason)
    return series
