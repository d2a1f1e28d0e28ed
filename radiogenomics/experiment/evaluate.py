"""Score a run (again) from its slices' probabilities; no model and no TensorFlow is needed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from radiogenomics.errors import RunError, raise_faults
from radiogenomics.evaluation.aggregate import most_frequent
from radiogenomics.evaluation.decide import FIXED, Threshold
from radiogenomics.evaluation.score import ScoreRow, Scores, score
from radiogenomics.evaluation.wording import LEAKS, OUTSIDE
from radiogenomics.files import write_text
from radiogenomics.overrides import override
from radiogenomics.recipe import CHOSEN, Recipe
from radiogenomics.records import SILENT, Estimate, Fold, Prediction, Progress, SlicePrediction
from radiogenomics.rundir.rows import read_records, write_records
from radiogenomics.rundir.run import Run, read_folds, read_json, read_recipe, write_json


def read_thresholds(run: Run) -> tuple[Threshold, ...]:
    """The thresholds of selection.json, one a fold and phase.

    Raises:
        RunError: The run was never evaluated, or the file is damaged.
    """
    try:
        values = read_json(run.selection)["threshold"]["values"]
        return tuple(Threshold(row["fold"], row["phase"], row["threshold"], row["by"]) for row in values)
    except (KeyError, TypeError):
        raise RunError(f"{run.selection} holds no thresholds: run `radiogen evaluate {run.root}` first") from None


def deployed_recipe(run: Run) -> Recipe:
    """The run's recipe as its folds' models are used together: where each fold chose an aggregator, the most frequent.

    Of equals it is the first of tables.aggregators; the recipe's sources say where it comes from.

    Raises:
        RunError: The run was never evaluated, or selection.json is damaged.
    """
    recipe = read_recipe(run)
    if recipe.evaluation.aggregator != CHOSEN:
        return recipe
    try:
        values = read_json(run.selection)["aggregator"]["values"]
        last = max(row["phase"] for row in values)
        chosen = [row for row in values if row["phase"] == last]
        name, ways = most_frequent([row["aggregator"] for row in chosen]), sorted({row["by"] for row in chosen})
    except (KeyError, TypeError, ValueError):
        raise RunError(f"{run.selection} holds no aggregators: run `radiogen evaluate {run.root}` first") from None
    source = f"the most frequent of the {len(chosen)} chosen by {run.root.name}, one a fold ({'; '.join(ways)})"
    return override(recipe, [f"evaluation.aggregator={name}"], source)


def _selection(scores: Scores, recipe: Recipe) -> dict[str, Any]:
    by = "; ".join(sorted({row.by for row in scores.aggregators}))
    names = [{"fold": row.fold, "phase": row.phase, "aggregator": row.name, "by": row.by} for row in scores.aggregators]
    return {
        "threshold": {
            "by": "; ".join(sorted({row.by for row in scores.thresholds})),
            "values": [
                {"fold": row.fold, "phase": row.phase, "threshold": row.value, "by": row.by}
                for row in scores.thresholds
            ],
        },
        "aggregator": {"by": by, **({"value": recipe.evaluation.aggregator} if by == FIXED else {"values": names})},
    }


def _write_figures(run: Run, scores: Scores, recipe: Recipe) -> None:
    earlier = read_json(run.selection) if run.selection.is_file() else {}
    write_records(run.predictions, Prediction, scores.predictions)
    write_records(run.scores, ScoreRow, scores.rows)
    write_json(run.selection, {**earlier, **_selection(scores, recipe)})
    note = {"note": scores.note} if scores.note else {}
    # Last: who finds metrics.json finds all that it follows from.
    write_json(run.metrics, {name: asdict(figure) | note for name, figure in scores.metrics.items()})


def write_scores(folder: Path, scores: Scores, recipe: Recipe, *, outside: Mapping[str, object] | None = None) -> None:
    """Write what the scores of an outside cohort leave behind, so that `write_report` can read the folder as a run.

    slice_predictions.csv, predictions.csv, scores.csv, selection.json, metrics.json, and the recipe.

    Args:
        folder: Where to; what selection.json held there before is gone.
        scores: Of the cohort.
        recipe: Of the run that scored it, from `deployed_recipe`.
        outside: What is known of the cohort, kept in selection.json: "run" (the run that scored it), "patients_seen"
            (how many of its patients the run was made with; where it is not told, nobody is called unseen).
    """
    run = Run(folder)
    write_text(run.recipe, recipe.to_json())
    write_json(run.selection, {"protocol": OUTSIDE, OUTSIDE: dict(outside or {})})
    write_records(run.slice_predictions, SlicePrediction, scores.slices)
    _write_figures(run, scores, recipe)


def read_people(run: Run) -> tuple[tuple[Fold, ...], dict[str, int]]:
    """The folds and each patient's label; ((), {}) for an outside cohort, which says in selection.json that it is one.

    Raises:
        RunError: folds.csv is damaged, or a trained run lacks it.
    """
    selection = read_json(run.selection) if run.selection.is_file() else {}
    if selection.get("protocol") == OUTSIDE:
        return (), {}
    folds, labels = read_folds(run) if run.folds.is_file() else ((), {})
    if not folds:
        raise RunError(
            f"{run.folds} is missing or empty, and without it nothing says whom the models were trained on: restore "
            f"it, or make {run.root} anew"
        )
    return folds, labels


def _misplaced(slices: Iterable[SlicePrediction], folds: Sequence[Fold], labels: Mapping[str, int]) -> list[str]:
    members = {(fold.index, split): set(getattr(fold, split)) for fold in folds for split in ("validation", "test")}
    faults = {}
    for row in slices:
        where = f"patient {row.patient_id} in fold {row.fold}"
        if row.patient_id not in members.get((row.fold, row.split), ()):
            faults[where] = f"{where} is scored as {row.split}, and folds.csv does not place it there"
        elif row.label != labels[row.patient_id]:
            faults[where] = f"{where} has the label {row.label}, and {labels[row.patient_id]} in folds.csv"
        elif not 0 <= row.probability <= 1:
            faults[where] = f"{where} has a slice whose probability is {row.probability}: its model diverged"
    return sorted(faults.values())


def _unscored(slices: Iterable[SlicePrediction], folds: Sequence[Fold]) -> dict[int, list[str]]:
    """The test patients without a slice, by fold."""
    scored: dict[int, set[str]] = defaultdict(set)
    for row in slices:
        if row.split == "test":
            scored[row.fold].add(row.patient_id)
    missing = {fold.index: [p for p in fold.test if p not in scored[fold.index]] for fold in folds}
    return {fold: patients for fold, patients in missing.items() if patients}


def _check(
    run: Run,
    slices: Sequence[SlicePrediction],
    folds: Sequence[Fold],
    labels: Mapping[str, int],
    progress: Progress,
) -> None:
    faults = _misplaced(slices, folds, labels)
    for fold, patients in _unscored(slices, folds).items():
        if len(patients) == len(next(f for f in folds if f.index == fold).test):
            faults.append(f"fold {fold} was never scored: finish the run with --resume")
        else:
            progress.say(f"fold {fold}: no slice of the test patients {', '.join(patients)} was scored")
    raise_faults(RunError, faults, str(run.slice_predictions))


def evaluate(run: Run, progress: Progress = SILENT) -> dict[str, Estimate]:
    """Score a run from its slice_predictions.csv, folds.csv, recipe.json and selection.json.

    Writes predictions.csv, scores.csv, metrics.json, and into selection.json what chose threshold and aggregator; what
    stood there before (the epochs) is kept.

    Args:
        run: A finished run. An outside cohort (scored whole, without folds) keeps its thresholds.
        progress: Hears of test patients that were never scored.

    Returns:
        The figures of metrics.json: patient level, test split, last phase, pooled over folds.

    Raises:
        MissingPathError: The run has no scored slices yet.
        RunError: Predictions and folds contradict each other (every contradiction is listed), or folds.csv is gone.
    """
    recipe = read_recipe(run)
    slices = read_records(run.slice_predictions, SlicePrediction)
    folds, labels = read_people(run)
    if folds:
        _check(run, slices, folds, labels, progress)
    leaks = read_json(run.selection).get(LEAKS, ()) if folds and run.selection.is_file() else ()
    scores = score(slices, recipe, None if folds else read_thresholds(run), leaks)
    _write_figures(run, scores, recipe)
    return scores.metrics
