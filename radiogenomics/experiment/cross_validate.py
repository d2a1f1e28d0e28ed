"""Train and score every fold of a plan, and write the run."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from radiogenomics.engine import run_jobs
from radiogenomics.errors import ExistsError, RunError
from radiogenomics.evaluation.audit.audit import verdict
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.decide import WHOSE, chooser
from radiogenomics.evaluation.wording import LEAKS, carried
from radiogenomics.experiment.audit import audit_facts, audit_run, require_clean
from radiogenomics.experiment.environment import data_hash, environment, samples_hash
from radiogenomics.experiment.evaluate import evaluate
from radiogenomics.experiment.facts import plan_traits, planned_facts
from radiogenomics.experiment.layout import laid_out
from radiogenomics.experiment.plan import Plan
from radiogenomics.experiment.prepare import Prepared
from radiogenomics.experiment.quality import write_quality
from radiogenomics.experiment.report import write_report
from radiogenomics.experiment.start import Ready
from radiogenomics.experiment.volumes import flags
from radiogenomics.files import must_be_new, write_text
from radiogenomics.models.weights import Weights
from radiogenomics.pipeline.contact_sheet import contact_sheet
from radiogenomics.recipe import Phase, Recipe
from radiogenomics.records import SILENT, Estimate, PreparedSlice, Progress, SlicePrediction, Trait
from radiogenomics.rundir.log import Logged
from radiogenomics.rundir.rows import read_records, write_history, write_records
from radiogenomics.rundir.run import Run, read_folds, read_json, write_cohort, write_folds, write_json
from radiogenomics.store import Store
from radiogenomics.tables.monitors import MONITORS

if TYPE_CHECKING:
    from radiogenomics.experiment.fold import FoldOutcome


def new_run(path: Path, force: bool) -> Run:
    """The run to be written at `path`; an older run there is removed only when this one has something to write.

    Raises:
        ExistsError: Something lies there and `force` was not given, or it is no run and so is never removed.
    """
    run = Run(path)
    must_be_new(path, "run", force)
    must_be_ours(run)
    return run


def must_be_ours(run: Run) -> None:
    """Tell of a folder that is no run, and so is never removed to make room for one; an empty one may be.

    Raises:
        ExistsError: Something lies there, and it has no recipe.json.
    """
    root = run.root
    if run.recipe.is_file() or not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return
    raise ExistsError(f"{root} is no run of ours (it has no recipe.json), and is never removed: name another place")


def begin_run(run: Run, plan: Plan, facts: Facts) -> None:
    """Write what is known of a run before it trains, in place of whatever run lay there.

    Raises:
        ExistsError: Something lies there that is no run.
    """
    must_be_ours(run)
    if run.root.exists():
        shutil.rmtree(run.root.resolve())
    write_text(run.recipe, plan.recipe.to_json())
    write_json(run.environment, facts.environment)
    write_records(run.traits, Trait, facts.traits)


def changed_since(
    run: Run, plan: Plan, weights: Weights, store: Store, *, workers: int | str = 1, progress: Progress = SILENT
) -> list[str]:
    """What is no longer as it was when the run was begun, in words; nothing is written but prepared images.

    Raises:
        CohortError: No image can be read any more.
    """
    return _changes(run, *laid_out(plan, store, workers, progress), weights)


def _changes(run: Run, plan: Plan, prepared: Prepared, weights: Weights) -> list[str]:
    """What was not yet written can't have changed."""
    changed, begun = [], read_json(run.environment)
    if run.folds.is_file() and read_folds(run) != (plan.folds, plan.labels):
        changed.append("the patients, their labels or their folds")
    others = run.slices.is_file() and data_hash(read_records(run.slices, PreparedSlice)) != data_hash(prepared.slices)
    if others or begun["hashes"].get("samples") not in {None, samples_hash(prepared.samples)}:
        changed.append("the images, lesions or brain masks")
    if begun["weights"]["sha256"] != weights.sha256:
        changed.append("the pretrained weights")
    return changed


def _check_same(run: Run, plan: Plan, prepared: Prepared, weights: Weights) -> None:
    """A resumed run must go on from what it was begun with."""
    changed = _changes(run, plan, prepared, weights)
    if changed:
        raise RunError(
            f"{run.root} can't be resumed: {' and '.join(changed)} changed since it was begun. Restore them, or start "
            "a new run"
        )


def _train(
    run: Run, plan: Plan, prepared: Prepared, store: Store, weights: Weights, workers: int | str, progress: Progress
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


def chosen_by(recipe: Recipe, phase: Phase) -> str:
    """What chose the epoch whose weights a phase keeps."""
    monitor, whose = recipe.training.monitor, WHOSE[chooser(recipe.split)]
    if phase.keep == "best":
        return f"{'highest' if MONITORS[monitor] else 'lowest'} {monitor} on {whose}"
    kept = {"last": "the last epoch", "mean": "the mean of all epochs' weights"}[phase.keep]
    guided = [
        what
        for what, part in (("the end", phase.early_stopping), ("the learning rate", phase.reduce_learning_rate))
        if part
    ]
    return f"{kept}; {' and '.join(guided)} by {monitor} on {whose}" if guided else kept


def _write_outcomes(
    run: Run,
    recipe: Recipe,
    outcomes: Sequence["FoldOutcome"],
    slices: Sequence[PreparedSlice],
    leaks: Sequence[str],
) -> None:
    write_records(run.slice_predictions, SlicePrediction, (p for outcome in outcomes for p in outcome.predictions))
    chosen = [
        {"fold": o.fold, "phase": number, "epoch": epoch, "by": chosen_by(recipe, phase)}
        for o in outcomes
        for number, (phase, epoch) in enumerate(zip(recipe.training.phases, o.epochs, strict=True), 1)
    ]
    image = recipe.image
    voxels = "all" if image.over == "all" else "the brain's"
    selection = {
        "protocol": recipe.split.protocol,
        "normalisation": {"on": f"each {image.scope}", "by": f"{image.normalisation} of {voxels} voxels"},
        "oversampling": {"on": "train", "by": recipe.training.balance},
        "epoch": chosen,
        **({LEAKS: leaks} if leaks else {}),
    }
    write_history(run.history, (row for outcome in outcomes for row in outcome.history), carried(recipe, selection))
    write_json(run.selection, selection)
    facts: dict[str, Any] = read_json(run.environment)
    facts["device"] = sorted({outcome.device for outcome in outcomes})
    facts["hashes"]["data"] = data_hash(slices)
    write_json(run.environment, facts)


def _write_prepared(run: Run, plan: Plan, prepared: Prepared, store: Store, leaks: Sequence[str], log: Logged) -> None:
    """Write who takes part, with which images and in which fold, before anything is trained."""
    unreadable = sum(bool(exclusion.path) for exclusion in prepared.exclusions)
    if unreadable:
        log.say(f"{unreadable} files could not be decoded and were left out: see {run.exclusions}")
    write_cohort(run.root, plan.cohort)
    if prepared.volumes:
        for sentence in flags(prepared.volumes.quality):
            log.note(sentence)
        exclusions = plan.cohort.exclusions
        write_quality(run.quality, run.preparation, plan.recipe, prepared.volumes, exclusions, store, log)
    write_records(run.slices, PreparedSlice, prepared.slices)
    write_folds(run, plan.folds, plan.labels)
    note = carried(plan.recipe, {LEAKS: leaks})
    contact_sheet(store, prepared.samples, plan.recipe, run.figures / "contact-sheet.png", note)


def cross_validate(
    ready: Ready,
    run: Run,
    store: Store,
    *,
    workers: int | str = 1,
    resume: bool = False,
    progress: Progress = SILENT,
) -> dict[str, Estimate]:
    """Prepare, train every fold, score, report; and leave a complete run folder.

    Args:
        ready: From `start`.
        run: From `new_run`, or with `resume` one begun before. It is written once the images are prepared.
        store: Where prepared slices lie or go.
        workers: Folds at once, each in a process of its own, or the address of a cluster; 0 trains here. The result
            does not depend on it.
        resume: Go on from the last state written, which of a very large model is not that of every epoch.
        progress: Hears everything; log.txt keeps it.

    Returns:
        The patient-level figures on the test split, as in metrics.json.
    """
    weights = ready.weights
    plan, prepared = laid_out(ready.plan, store, workers, progress)
    begun = environment(plan.request, plan.recipe, weights, prepared.samples)
    facts = planned_facts(plan, prepared, plan_traits(plan), begun)
    if resume:
        _check_same(run, plan, prepared, weights)
    leaks = require_clean(audit_facts(facts), plan.request.allow_leak)
    if resume:  # a leak may be let pass that an earlier audit did not find
        write_json(run.environment, {**read_json(run.environment), "request": begun["request"]})
    else:
        begin_run(run, plan, facts)
    progress = log = Logged(progress, run.log)
    for note in plan.notes:
        (log.note if note in ready.plan.notes else log.say)(note)
    _write_prepared(run, plan, prepared, store, leaks, log)
    outcomes = _train(run, plan, prepared, store, weights, workers, progress)
    _write_outcomes(run, plan.recipe, outcomes, prepared.slices, leaks)
    metrics = evaluate(run, progress)
    log.say(f"Audit: {verdict(audit_run(run))}")
    write_report(run)
    shutil.rmtree(run.checkpoints, ignore_errors=True)
    return metrics
