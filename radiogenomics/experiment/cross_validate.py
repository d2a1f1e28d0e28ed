"""Train and score every fold of a plan, and write the run."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from radiogenomics.engine import cores, run_jobs
from radiogenomics.errors import CohortError, ExistsError, RunError
from radiogenomics.experiment.environment import data_hash, environment
from radiogenomics.experiment.evaluate import evaluate
from radiogenomics.experiment.plan import Plan, merged, split_cases
from radiogenomics.experiment.prepare import Prepared, prepare, without_unreadable
from radiogenomics.experiment.report import write_report
from radiogenomics.experiment.start import Ready
from radiogenomics.files import must_be_new, write_text
from radiogenomics.models.weights import Weights
from radiogenomics.pipeline.contact_sheet import contact_sheet
from radiogenomics.records import SILENT, Estimate, Fold, PreparedSlice, Progress, SlicePrediction
from radiogenomics.rundir.log import Logged
from radiogenomics.rundir.rows import write_history, write_records
from radiogenomics.rundir.run import Run, read_folds, read_json, write_cohort, write_folds, write_json
from radiogenomics.store import Store

if TYPE_CHECKING:
    from radiogenomics.experiment.fold import FoldOutcome


def new_run(path: Path, force: bool) -> Run:
    """An empty run folder; with `force` an older run there is removed first.

    Raises:
        ExistsError: Something lies there and `force` was not given, or it is no run and so is never removed.
    """
    run = Run(path)
    if force and path.exists() and not run.recipe.is_file():
        raise ExistsError(f"{path} is no run of ours, and --force removes only runs: name another place")
    must_be_new(path, "run", force)
    if path.exists():
        shutil.rmtree(path)
    return run


def _folds(plan: Plan, prepared: Prepared) -> tuple[Plan, tuple[Fold, ...]]:
    """The plan's folds; drawn anew where preparation lost a patient, so that the split stays stratified."""
    readable = {sample.patient_id for sample in prepared.samples}
    if readable >= plan.labels.keys():
        return plan, plan.folds
    labels = {patient: label for patient, label in plan.labels.items() if patient in readable}
    folds, outside, notes = split_cases(plan.request, plan.recipe, labels)
    cohort = replace(plan.cohort, exclusions=merged([*plan.cohort.exclusions, *outside]))
    cases = tuple(case for case in plan.cases if case.patient_id in labels)
    return replace(plan, cohort=cohort, cases=cases, folds=folds, notes=(*plan.notes, *notes)), folds


def _check_same(run: Run, folds: Sequence[Fold]) -> None:
    if not run.folds.is_file():
        return
    begun, _ = read_folds(run)
    if begun != tuple(folds):
        raise RunError(
            f"{run.root} can't be resumed: the patients or their labels changed since it was begun, and so would its "
            "folds. Restore the data, or start a new run"
        )


def _train(
    run: Run, plan: Plan, prepared: Prepared, store: Store, weights: Weights, workers: int, progress: Progress
) -> list["FoldOutcome"]:
    from radiogenomics.experiment.fold import FoldJob, finished, train_fold  # loads TensorFlow

    done = {fold.index: outcome for fold in plan.folds if (outcome := finished(run, fold.index))}
    jobs = []
    for fold in plan.folds:
        if fold.index not in done:
            members = {*fold.train, *fold.validation, *fold.test}
            samples = tuple(sample for sample in prepared.samples if sample.patient_id in members)
            jobs.append(FoldJob(run, plan.recipe, fold, samples, store, weights.path, weights.pretrained))
    progress.update("folds", len(done), len(plan.folds))
    for _, outcome in run_jobs(train_fold, jobs, workers, progress, fresh=True):
        done[outcome.fold] = outcome
        progress.update("folds", len(done), len(plan.folds))
    return [done[fold.index] for fold in plan.folds]


def _write_outcomes(run: Run, outcomes: Sequence["FoldOutcome"], slices: Sequence[PreparedSlice]) -> None:
    write_records(run.slice_predictions, SlicePrediction, (p for outcome in outcomes for p in outcome.predictions))
    write_history(run.history, (row for outcome in outcomes for row in outcome.history))
    chosen = [
        {"fold": o.fold, "phase": phase, "epoch": epoch, "by": "lowest val_loss on the fold's validation patients"}
        for o in outcomes
        for phase, epoch in enumerate(o.epochs, 1)
    ]
    write_json(run.selection, {"protocol": "nested", "epoch": chosen})
    facts: dict[str, Any] = read_json(run.environment)
    facts["device"] = sorted({outcome.device for outcome in outcomes})
    facts["hashes"]["data"] = data_hash(slices)
    write_json(run.environment, facts)


def cross_validate(
    ready: Ready,
    run: Run,
    store: Store,
    *,
    workers: int = 1,
    resume: bool = False,
    progress: Progress = SILENT,
) -> dict[str, Estimate]:
    """Prepare, train every fold, score, report; and leave a complete run folder.

    Args:
        ready: From `start`.
        run: A new run folder, or with `resume` one begun before.
        store: Where prepared slices lie or go.
        workers: Folds at once, each in a process of its own; 0 trains here. The result does not depend on it.
        resume: Go on from the last finished epoch.
        progress: Hears everything; log.txt keeps it.

    Returns:
        The patient-level figures on the test split, as in metrics.json.
    """
    plan, weights = ready.plan, ready.weights
    if not resume:
        write_text(run.recipe, plan.recipe.to_json())
        write_json(run.environment, environment(plan.request, plan.recipe, weights))
    progress = log = Logged(progress, run.log)
    for note in plan.notes:
        log.note(note)
    prepared = prepare(Path(plan.request.data), plan.cases, plan.recipe, store, workers and cores(), progress)
    if not prepared.samples:
        raise CohortError(f"no slice under {plan.request.data} could be read: see the reasons in {run.exclusions}")
    plan = replace(plan, cohort=without_unreadable(plan.cohort, prepared))
    plan, folds = _folds(plan, prepared)
    if resume:
        _check_same(run, folds)
    write_cohort(run.root, plan.cohort)
    write_records(run.slices, PreparedSlice, prepared.slices)
    write_folds(run, folds, plan.labels)
    contact_sheet(store, prepared.samples, plan.recipe, run.figures / "contact-sheet.png")
    outcomes = _train(run, plan, prepared, store, weights, workers, progress)
    _write_outcomes(run, outcomes, prepared.slices)
    metrics = evaluate(run, progress)
    write_report(run)
    shutil.rmtree(run.checkpoints, ignore_errors=True)
    return metrics
