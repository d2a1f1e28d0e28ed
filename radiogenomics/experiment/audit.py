"""Audit a run, or a cohort before its training, and keep what was found."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from radiogenomics.errors import LeakError, RunError, raise_faults
from radiogenomics.evaluation.audit.audit import audit, leaks, verdict
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.fitted import TRAINED_ON
from radiogenomics.experiment.cases import Request, check_paths, read_request_labels
from radiogenomics.experiment.facts import plan_traits, planned_facts, read_facts
from radiogenomics.experiment.layout import laid_out
from radiogenomics.experiment.plan import Plan, make_plan
from radiogenomics.recipe import Recipe
from radiogenomics.records import SILENT, Estimate, Finding, PreparedSlice, Progress
from radiogenomics.rundir.rows import read_records
from radiogenomics.rundir.run import Run, read_folds, read_json, write_json
from radiogenomics.store import Store


def audit_facts(facts: Facts) -> tuple[Finding, ...]:
    """What every check says of the facts, and of the run from which the starting weights come."""
    return audit(with_origin(facts))


def audit_run(run: Run) -> tuple[Finding, ...]:
    """Audit a run, finished or not, from its files, and write audit.json.

    Raises:
        MissingPathError: It has no recipe.json.
        RunError: A file is damaged.
    """
    findings = audit_facts(read_facts(run))
    write_findings(run.audit, findings)
    return findings


def audit_cohort(
    request: Request, recipe: Recipe, store: Store, *, workers: int | str = 1, progress: Progress = SILENT
) -> tuple[Plan, tuple[Finding, ...]]:
    """Audit a cohort before any training: planned and prepared as `radiogen train` does, without weights or a model.

    Args:
        request: The data, the labels, and what else the user named.
        recipe: Its series, slices and split are used.
        store: Where prepared slices lie or go.
        workers: Processes, or the address of a cluster.
        progress: Hears of the work.

    Raises:
        MissingPathError: A path is not there.
        CohortError: The labels, series or splits can't give a trainable cohort, or no image can be read.
    """
    check_paths(request, recipe)
    read_request_labels(request, recipe)  # their faults are told before a scan of minutes
    plan = make_plan(request, recipe, store, workers if isinstance(workers, int) else 0, progress)
    plan, prepared = laid_out(plan, store, workers, progress)
    return plan, audit_facts(planned_facts(plan, prepared, plan_traits(plan)))


def with_origin(facts: Facts) -> Facts:
    """The facts, and whom the starting weights were trained on, where their file still lies in a run of ours.

    Two clinics may both number their patients from 1, so that their images are named too, where slices.csv is there.
    """
    path = Path(facts.recipe.model.weights)
    run = Run(path.parent.parent)
    if path.parent.name != "models" or not (run.recipe.is_file() and run.folds.is_file()):
        return facts
    try:
        folds, labels = read_folds(run)
        slices = read_records(run.slices, PreparedSlice) if run.slices.is_file() else ()
    except RunError:  # of another run's damage this one need not stop: then nothing is known of its weights
        return facts
    if not labels:
        return facts
    # A model refitted on all patients, or of a fold that is not there, may have seen any of them.
    own = [{*fold.train, *fold.validation} for fold in folds if path == run.model(fold.index)]
    patients = own[0] if own else set(labels)
    images = [row for row in slices if row.patient_id in patients]
    known = facts.environment.get("weights")
    weights = {
        **(known if isinstance(known, Mapping) else {}),
        TRAINED_ON: {
            "run": run.root.name,
            "patients": sorted(patients),
            "series": sorted({row.series_uid for row in images}),
            "pixels": sorted({row.pixel_hash for row in images if row.pixel_hash}),
        },
    }
    return replace(facts, environment={**facts.environment, "weights": weights})


def write_findings(path: Path, findings: Sequence[Finding]) -> None:
    """Write audit.json: the verdict, then every finding."""
    write_json(path, {"verdict": verdict(findings), "findings": [asdict(finding) for finding in findings]})


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _figure(row: Mapping[str, Any] | None) -> Estimate | None:
    if row is None:
        return None
    return Estimate(_number(row["value"]), _number(row["low"]), _number(row["high"]), row["n"])


def read_findings(run: Run) -> tuple[Finding, ...]:
    """The findings of audit.json; none where the run was never audited.

    Raises:
        RunError: The file is damaged.
    """
    if not run.audit.is_file():
        return ()
    rows: Any = read_json(run.audit, "audit").get("findings")
    try:
        return tuple(
            Finding(**{**row, "patients": tuple(row["patients"]), "figure": _figure(row["figure"])}) for row in rows
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{run.audit} is damaged ({error!r}): make it anew with `radiogen audit {run.root}`") from None


def require_clean(findings: Sequence[Finding], allow_leak: bool) -> list[str]:
    """Stop before a training whose test patients would be no test.

    Args:
        findings: Of the audit.
        allow_leak: Whether the user asked to go on all the same.

    Returns:
        The checks whose leaks are let pass, each once: what selection.json keeps and every figure carries.

    Raises:
        LeakError: Leaks were found and not allowed; it lists all, with their mends.
    """
    found = leaks(findings)
    if not allow_leak:
        faults = [f"{one.sentence} ({one.check}). Mend: {one.mend}" for one in found]
        heading = (
            "the audit found a leak (`radiogen audit` with the same options writes down whom it is about; --allow-leak "
            "trains all the same, and every figure then says so)"
        )
        raise_faults(LeakError, faults, heading)
    return list(dict.fromkeys(one.check for one in found))
