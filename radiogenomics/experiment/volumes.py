"""Raw series to volumes on one grid, a patient a job, kept in the store; and the cases as preparation left them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from radiogenomics.engine import run_jobs
from radiogenomics.errors import CohortError
from radiogenomics.evaluation.quality import step_title
from radiogenomics.experiment.channel import brain_file
from radiogenomics.experiment.onto_grid import BRAIN, PICTURE, Done, bring_one, lost
from radiogenomics.experiment.rawpatient import RawPatient
from radiogenomics.imaging.outlines import to_lesion
from radiogenomics.recipe import Recipe
from radiogenomics.records import SILENT, Case, Exclusion, PatientQuality, Progress
from radiogenomics.store import Store, VolumesEntry


@dataclass(frozen=True, slots=True)
class Brought:
    """Patients whose series lie on one grid in the store, and those who could not be brought there."""

    cases: tuple[Case, ...]  # in the order they came
    exclusions: tuple[Exclusion, ...]  # files that could not be read, and patients (path "")
    quality: tuple[PatientQuality, ...]  # of every patient; their pictures lie in the store
    keys: Mapping[str, str]  # by patient: the entry of the store
    n_built: int
    n_reused: int


def bring(
    root: Path, cases: Sequence[Case], recipe: Recipe, store: Store, workers: int | str, progress: Progress = SILENT
) -> Brought:
    """Do the recipe's preparation to every patient's series, unless the store holds what it gives.

    A patient with whom a step fails is left out with the reason, and stops no other. The result does not depend on
    `workers`; what is done is kept, so that a run that was killed goes on with the next patient.

    Args:
        root: What the slices' paths are relative to.
        cases: The patients, their series as the scanner made them.
        recipe: Its preparation is used.
        store: Where volumes lie or go.
        workers: Processes, or the address of a cluster; 0 works in this one.
        progress: Hears of patients done, and of steps left out because they made things worse.

    Raises:
        StoreError: The store can't be written.
    """
    jobs, done = list[RawPatient](), dict[str, Done]()
    for case in cases:
        try:
            brain = brain_file(case.brain_mask) if case.brain_mask else None
        except CohortError as error:
            done[case.patient_id] = Done(None, reason=str(error))
        else:
            jobs.append(
                RawPatient(root.absolute(), store, case, recipe.preparation, brain, recipe.image.over == "brain")
            )
    masks = {Path(job.brain.path).parent.absolute() for job in jobs if job.brain}
    folders, count = [root.absolute(), store.root, *sorted(masks)], workers if len(jobs) > 1 else 0
    for index, result in run_jobs(bring_one, jobs, count, progress, folders=folders, lost=lost):
        patient = jobs[index].case.patient_id
        done[patient] = result
        progress.update("volumes", len(done), len(cases), f"patient {patient}")
    brought = _collected(jobs, dict(sorted(done.items())))
    for sentence in flags(brought.quality):
        progress.say(sentence)
    return brought


def _collected(jobs: Sequence[RawPatient], done: Mapping[str, Done]) -> Brought:
    """What became of all patients, of whom `done` tells in their order."""
    entries = {patient: one.entry for patient, one in done.items() if one.entry}
    failed = {patient: one.reason for patient, one in done.items() if not one.entry}
    files = [Exclusion(patient, path, reason) for patient, one in done.items() for path, reason in one.faults]
    quality = [
        PatientQuality(patient, one.steps if one.entry else (), {}, failed.get(patient, ""))
        for patient, one in done.items()
    ]
    built = sum(one.built for one in done.values())
    return Brought(
        cases=tuple(_as_prepared(job, entries[p]) for job in jobs if (p := job.case.patient_id) in entries),
        exclusions=(*files, *(Exclusion(patient, "", reason) for patient, reason in failed.items())),
        quality=tuple(quality),
        keys={patient: entry.key for patient, entry in entries.items()},
        n_built=built,
        n_reused=len(entries) - built,
    )


def pictures_of(store: Store, entry_key: str) -> dict[str, bytes]:
    """The pictures of one patient, JPEG by caption; the volumes beside them are not read.

    Raises:
        StoreError: There is no such entry, or its entry.json is damaged.
        OSError: A picture can't be read.
    """
    names = [name for name in store.read_volumes_entry(entry_key).files if name.endswith(PICTURE)]
    return {name.removesuffix(PICTURE): store.volume_file(entry_key, name).read_bytes() for name in names}


def flags(quality: Sequence[PatientQuality]) -> list[str]:
    """What steps made worse by their own figure, a sentence a step."""
    records = [(q.patient_id, record) for q in quality for record in q.steps if record.worse]
    sentences = []
    for step, used in dict.fromkeys((record.step, record.used) for _, record in records):
        some = [(patient, record) for patient, record in records if (record.step, record.used) == (step, used)]
        patient, record = some[0]
        count = "once" if len(some) == 1 else f"{len(some)} times"
        verdict = "to be looked at" if used else "left out, as by its own figure it made things worse,"
        whose = f"patient {patient}, {record.modality}" if record.modality else f"patient {patient}"
        sentences.append(f"{step_title(step)}: {verdict} {count} (such as {whose}: {record.worse})")
    return sentences


def _as_prepared(job: RawPatient, entry: VolumesEntry) -> Case:
    """The case, its series and lesions as they lie on the grid."""
    from radiogenomics.preparation.reading import prepared_series

    case, grid = job.case, job.grid
    faulty = {path for path, _ in entry.facts["faults"]}
    on_grid = prepared_series(grid, grid, entry.key, faulty)
    return replace(
        case,
        series=tuple(prepared_series(series, grid, entry.key, faulty) for series in case.series),
        drawn_on=on_grid if case.lesions else None,
        lesions=tuple(map(to_lesion, entry.facts["lesions"])),
        brain_mask=str(job.store.volume_file(entry.key, BRAIN)) if BRAIN in entry.files else case.brain_mask,
        others=(),
        grid=None,
    )
