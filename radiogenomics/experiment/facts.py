"""What the audit goes by: of a plan whose images are prepared, or of a run folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from radiogenomics.cohort.traits import read_traits
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.experiment.plan import Plan
from radiogenomics.experiment.prepare import Prepared
from radiogenomics.records import Exclusion, Prediction, PreparedSlice, SlicePrediction, Trait
from radiogenomics.rundir.rows import Record, read_csv, read_records
from radiogenomics.rundir.run import Run, read_folds, read_json, read_recipe, series_rows


def plan_traits(plan: Plan) -> tuple[Trait, ...]:
    """What headers, folders and the labels file tell of the plan's patients; one file of each series is opened.

    Digests of who they are differ from call to call, for their key is thrown away.
    """
    recipe, data = plan.recipe, Path(plan.request.data)
    return read_traits(data, plan.cases, plan.clinical, classes=(recipe.positive, recipe.negative))


def planned_facts(
    plan: Plan, prepared: Prepared, traits: Sequence[Trait], environment: Mapping[str, Any] | None = None
) -> Facts:
    """What is known before training starts.

    Args:
        plan: Of those who take part, after preparation left out whom it could not read.
        prepared: Their images.
        traits: From `plan_traits`.
        environment: What environment.json is to hold, where the caller has it.
    """
    return Facts(
        recipe=plan.recipe,
        labels=plan.labels,
        folds=plan.folds,
        slices=prepared.slices,
        series=series_rows(plan.cohort),
        exclusions=plan.cohort.exclusions,
        traits=traits,
        environment=environment or {},
    )


def _records(path: Path, kind: type[Record]) -> Sequence[Record]:
    return read_records(path, kind) if path.is_file() else ()


def _json(path: Path) -> Mapping[str, Any]:
    return read_json(path) if path.is_file() else {}


def read_facts(run: Run) -> Facts:
    """What is known of a run, finished or not; files that are missing give empty parts.

    Raises:
        MissingPathError: It has no recipe.json.
        RunError: A file is damaged.
    """
    folds, labels = read_folds(run) if run.folds.is_file() else ((), {})
    return Facts(
        recipe=read_recipe(run),
        labels=labels,
        folds=folds,
        slices=_records(run.slices, PreparedSlice),
        series=read_csv(run.cohort) if run.cohort.is_file() else (),
        exclusions=_records(run.exclusions, Exclusion),
        traits=_records(run.traits, Trait),
        environment=_json(run.environment),
        selection=_json(run.selection),
        predictions=_records(run.predictions, Prediction),
        scored=_records(run.slice_predictions, SlicePrediction),
    )
