"""Cases to prepared samples: the slices or crops that the recipe uses, read once, and kept in the store."""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import cv2

from radiogenomics.engine import run_jobs
from radiogenomics.errors import CohortError, StoreError
from radiogenomics.experiment.channel import Channel, brain_file, fill, read_brain
from radiogenomics.experiment.onto_grid import DIED
from radiogenomics.experiment.volumes import Brought, bring
from radiogenomics.imaging.cuts import Cut, cuts
from radiogenomics.imaging.matching import lay
from radiogenomics.recipe import Recipe
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
)
from radiogenomics.store import Entry, Store


@dataclass(frozen=True, slots=True)
class Prepared:
    """What lies ready in the store, in the order of the cases, and what was left out on the way."""

    samples: tuple[Sample, ...]
    slices: tuple[PreparedSlice, ...]
    exclusions: tuple[Exclusion, ...]  # files whose pixels can't be decoded; patients without a sample (path "")
    n_built: int  # entries (a series each) made now
    n_reused: int  # entries found intact
    volumes: Brought | None = None  # what the recipe's preparation gave, where it has one


@dataclass(frozen=True, slots=True)
class _Job:
    """One patient's channels, each an entry of the store, all of the same cuts."""

    root: Path
    store: Store
    patient_id: str
    cuts: tuple[Cut, ...]
    channels: tuple[Channel, ...]
    beyond: int  # cuts left out because a channel does not reach there


@dataclass(frozen=True, slots=True)
class _Filled:
    """One patient's entries, in the order of the channels."""

    entries: tuple[Entry, ...]
    built: int


def prepare(
    root: Path, cases: Sequence[Case], recipe: Recipe, store: Store, workers: int | str, progress: Progress = SILENT
) -> Prepared:
    """Do the recipe's preparation, then normalise, cut and resize what the recipe uses, unless the store holds it.

    Without steps of preparation, series are laid on one grid by their headers, and only the pixels that a sample
    depends on are read. A slice that can't be decoded is left out with its reason, and its series is tried again each
    time, as the cause may lie outside the file. A patient of whom two channels are one image is left out: one of the
    sequences is missing. One bad patient never stops the others, and the result does not depend on `workers`.

    Args:
        root: What the slices' paths are relative to.
        cases: The patients; each one's reference chooses the slices, and the channels are laid on it.
        recipe: Its slices, region and image parts are used.
        store: Where prepared slices lie or go.
        workers: Processes, or the address of a cluster; 0 works in this one.
        progress: Hears of patients done, of damaged entries that are built anew, of slices beyond a channel's reach.

    Raises:
        StoreError: The store can't be written.
    """
    brought = bring(root, cases, recipe, store, workers, progress) if recipe.preparation.steps else None
    if brought:
        cases = brought.cases
    plans = [_plan(root, case, recipe, store) for case in cases]
    jobs = [plan for plan in plans if isinstance(plan, _Job)]
    _tell_beyond(jobs, progress)
    done_all = _fill_all(jobs, workers, progress)
    _tell_empty(jobs, done_all, progress)
    results, parts = iter(done_all), []
    for case, plan in zip(cases, plans, strict=True):
        done = plan if isinstance(plan, Exclusion) else next(results)
        if isinstance(plan, _Job) and isinstance(done, _Filled):
            parts.append(_collect(case, plan, done))
        elif isinstance(done, Exclusion):
            parts.append(Prepared((), (), (done,), 0, 0))
    return Prepared(
        tuple(chain.from_iterable(part.samples for part in parts)),
        tuple(chain.from_iterable(part.slices for part in parts)),
        (*(brought.exclusions if brought else ()), *chain.from_iterable(part.exclusions for part in parts)),
        sum(part.n_built for part in parts),
        sum(part.n_reused for part in parts),
        brought,
    )


def _plan(root: Path, case: Case, recipe: Recipe, store: Store) -> _Job | Exclusion:
    try:
        if not case.series:
            raise CohortError("it has no series")
        chosen = cuts(case.reference, case.lesions, recipe.slices, recipe.region)
        same_pixels = recipe.region.policy != "whole" or recipe.image.canvas is not None
        laid = [lay(series, case.reference, chosen, same_pixels) for series in case.series]
        rows = [
            (cut, [s for s in slices if s])
            for cut, *slices in zip(chosen, *(one.slices for one in laid), strict=True)
            if all(slices)
        ]
        if not rows:
            raise CohortError(f"none of the {len(chosen)} slices chosen is reached by every modality")
        brain = brain_file(case.brain_mask) if case.brain_mask and recipe.image.over == "brain" else None
    except CohortError as error:
        return Exclusion(case.patient_id, "", str(error))
    kept = tuple(cut for cut, _ in rows)
    channels = tuple(
        Channel(
            one.series, tuple(slices[k] for _, slices in rows), one.resampled, case.reference, kept, recipe.image, brain
        )
        for k, one in enumerate(laid)
    )
    return _Job(root, store, case.patient_id, kept, channels, len(chosen) - len(kept))


def _tell_beyond(jobs: Sequence[_Job], progress: Progress) -> None:
    short = [job for job in jobs if job.beyond]
    if short:
        progress.say(
            f"{sum(job.beyond for job in short)} slices of {len(short)} patients (such as {short[0].patient_id}) are "
            "left out: a modality does not reach them"
        )


def _tell_empty(jobs: Sequence[_Job], done: Sequence[_Filled | Exclusion], progress: Progress) -> None:
    """Say of which cuts a channel turned out to show nothing; of files that can't be decoded the exclusions tell."""
    lost = {}
    for job, filled in zip(jobs, done, strict=True):
        if isinstance(filled, _Filled) and not any(entry.faults for entry in filled.entries):
            empty = sum(not _has_pixels(job, filled.entries, row, {}) for row in range(len(job.cuts)))
            lost.update({job.patient_id: empty} if empty else {})
    if lost:
        progress.say(
            f"{sum(lost.values())} slices of {len(lost)} patients (such as {next(iter(lost))}) are left out: a "
            "modality shows nothing there, or nothing of the brain"
        )


def _fill_all(jobs: Sequence[_Job], workers: int | str, progress: Progress) -> list[_Filled | Exclusion]:
    filled: dict[int, _Filled | Exclusion] = {}
    folders = [jobs[0].root.absolute(), jobs[0].store.root] if jobs else []
    count = workers if len(jobs) > 1 else 0
    for index, result in run_jobs(_fill, jobs, count, progress, folders=folders, lost=_lost):
        filled[index] = result
        progress.update("prepare", len(filled), len(jobs), f"patient {jobs[index].patient_id}")
    return [filled[index] for index in range(len(jobs))]


def _lost(job: _Job) -> Exclusion:
    return Exclusion(job.patient_id, "", DIED)


def _fill(job: _Job, progress: Progress) -> _Filled | Exclusion:
    """Find or build one patient's entries, in whatever process."""
    cv2.setNumThreads(1)  # the workers share the cores
    brain = functools.cache(read_brain)  # once for all channels, and only where one is built
    entries, built = [], 0
    for channel in job.channels:
        entry = _find(job, channel.key, progress)
        if entry is None or entry.faults:
            try:
                entry = fill(job.root, job.store, channel, brain(channel.brain) if channel.brain else None)
            except CohortError as error:
                return Exclusion(job.patient_id, "", str(error))
            built += 1
        entries.append(entry)
    return _Filled(tuple(entries), built)


def _find(job: _Job, key: str, progress: Progress) -> Entry | None:
    try:
        return job.store.find(key)
    except StoreError as error:
        progress.say(f"Patient {job.patient_id} is prepared anew: {error}")
        return None


def _collect(case: Case, job: _Job, filled: _Filled) -> Prepared:
    """The patient's samples: the cuts of which every channel has pixels."""
    bad = _unreadable(job, filled.entries)
    good = [row for row in range(len(job.cuts)) if _has_pixels(job, filled.entries, row, bad)]
    exclusions = [Exclusion(case.patient_id, path, reason) for path, reason in bad.items()]
    slices = _kept(case, job, filled.entries, bad)
    reason = _copies(job, filled.entries, good)
    if not good:
        reason = f"none of the {len(job.cuts)} slices chosen has pixels in every modality"
    elif reason:
        good, slices = [], ()
    if reason:
        exclusions.append(Exclusion(case.patient_id, "", reason))
    samples = tuple(
        Sample(
            *(case.patient_id, job.cuts[row].lesion_id, case.reference.series_uid, job.cuts[row].slice.number),
            *(case.label, tuple(Plane(entry.key, row) for entry in filled.entries)),
        )
        for row in good
    )
    reused = len(filled.entries) - filled.built
    return Prepared(samples, slices, tuple(exclusions), filled.built, reused)


def _unreadable(job: _Job, entries: Sequence[Entry]) -> dict[str, str]:
    """Path and reason of every file that failed; a file is taken whole or not at all, so one bad frame is enough."""
    bad: dict[str, str] = {}
    for channel, entry in zip(job.channels, entries, strict=True):
        for fault in entry.faults:
            s = next(s for s in channel.files if (s.sop_uid, s.number) == (fault.sop_uid, fault.number))
            bad.setdefault(s.path, fault.reason if s.frame is None else f"frame {s.frame + 1}: {fault.reason}")
    return bad


def _has_pixels(job: _Job, entries: Sequence[Entry], row: int, bad: dict[str, str]) -> bool:
    return all(
        entry.slices[row].pixel_hash and channel.slices[row].path not in bad
        for channel, entry in zip(job.channels, entries, strict=True)
    )


def _copies(job: _Job, entries: Sequence[Entry], rows: Sequence[int]) -> str:
    """What to say of a patient of whom two channels have the same pixels in every slice; "" where none do.

    A public collection filled the sequences that it lacked with copies of others.
    """
    for (one, first), (other, second) in itertools.combinations(zip(job.channels, entries, strict=True), 2):
        if all(first.slices[row].pixel_hash == second.slices[row].pixel_hash for row in rows):
            names = one.series.modality, other.series.modality
            return f"its {names[0]} is a copy of its {names[1]}: one of the two sequences is missing"
    return ""


def _kept(case: Case, job: _Job, entries: Sequence[Entry], bad: dict[str, str]) -> tuple[PreparedSlice, ...]:
    rows = (
        PreparedSlice(
            *(case.patient_id, channel.series.series_uid, s.sop_uid, s.number),
            *(stored.pixel_hash, stored.perceptual_hash),
        )
        for channel, entry in zip(job.channels, entries, strict=True)
        for s, stored in zip(channel.slices, entry.slices, strict=True)
        if stored.pixel_hash and s.path not in bad
    )
    return tuple(dict.fromkeys(rows))  # a thick slice may lie on two thin ones, a slice may hold two lesions


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
