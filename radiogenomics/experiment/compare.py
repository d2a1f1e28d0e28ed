"""One table over runs, with paired tests; what the papers' tables of backbones and modalities are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from radiogenomics import recipes
from radiogenomics.evaluation.comparison import NONE, Pair, compare_pairs
from radiogenomics.evaluation.decide import Scored, pool
from radiogenomics.evaluation.score import ScoreRow, estimates
from radiogenomics.experiment.evaluate import read_thresholds
from radiogenomics.recipe import Recipe
from radiogenomics.records import Estimate, Prediction
from radiogenomics.rundir.rows import read_records, write_csv
from radiogenomics.rundir.run import Run, read_metrics, read_recipe

FIGURES = ("auc", "accuracy", "sensitivity", "specificity", "precision", "recall", "f1")


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the table: what it was, its patient-level test figures, and the paper's beside them."""

    run: str
    recipe: str
    modality: str
    backbone: str
    weights: str
    n: int  # test patients
    figures: dict[str, Estimate]  # by metric, after the last phase
    accuracy_first_phase: Estimate
    published_accuracy: float  # as printed in the paper for this modality and backbone; nan where it is not
    published_accuracy_first_phase: float
    published_precision: float
    published_recall: float
    published_f1: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `compare` found."""

    rows: tuple[RunRow, ...]
    pairs: tuple[Pair, ...]
    tests: int  # paired tests made: what Holm's correction counts


def published_row(recipe: Recipe) -> dict[str, str | float]:
    """The paper's row for the recipe's modalities and backbone, or {} where it prints none.

    A row that names no backbone speaks of the paper's own, and is not set beside another one; of two that fit, it
    comes first, for it is of the paper's main experiment and the other of its table of backbones.
    """
    own = recipes.find(recipe.name).model.backbone if recipe.name in recipes.names() else recipe.model.backbone
    here = ",".join(recipe.modalities), recipe.model.backbone
    matching = [row for row in recipe.published if (row.get("modality"), row.get("backbone", own)) == here]
    return min(matching, key=lambda row: "backbone" in row, default={})


def _printed(row: dict[str, str | float], column: str) -> float:
    value = row.get(column, math.nan)
    return value if isinstance(value, float | int) else math.nan


def _row(run: Run, name: str) -> RunRow:
    recipe, figures = read_recipe(run), read_metrics(run)
    first = estimates(read_records(run.scores, ScoreRow), "patient", 1, "test")
    published = published_row(recipe)
    return RunRow(
        run=name,
        recipe=recipe.name,
        modality=",".join(recipe.modalities),
        backbone=recipe.model.backbone,
        weights=Path(recipe.model.weights).name,
        n=figures["auc"].n,
        figures=figures,
        accuracy_first_phase=first.get("accuracy", NONE),
        published_accuracy=_printed(published, "accuracy"),
        published_accuracy_first_phase=_printed(published, "accuracy after phase 1"),
        published_precision=_printed(published, "precision"),
        published_recall=_printed(published, "recall"),
        published_f1=_printed(published, "F1"),
    )


def _tested(run: Run) -> list[Scored]:
    predictions = [row for row in read_records(run.predictions, Prediction) if row.split == "test"]
    last = max((row.phase for row in predictions), default=0)
    return pool([row for row in predictions if row.phase == last], read_thresholds(run))


def _names(runs: Sequence[Run]) -> list[str]:
    """The folders' names, or their paths where two folders are called alike."""
    names = [run.root.resolve().name for run in runs]
    return names if len(set(names)) == len(names) else [str(run.root) for run in runs]


def compare(runs: Sequence[Run]) -> Comparison:
    """Put runs side by side, and test every two that scored the same patients.

    Args:
        runs: Evaluated runs, in the order to show.

    Raises:
        MissingPathError: A run lacks predictions, scores or metrics.
        RunError: A run's files are damaged.
    """
    names = _names(runs)
    rows = tuple(_row(run, name) for run, name in zip(runs, names, strict=True))
    pairs = compare_pairs([(name, _tested(run)) for run, name in zip(runs, names, strict=True)])
    return Comparison(rows, pairs, sum(not math.isnan(pair.p) for pair in pairs))


def _limits(name: str, figure: Estimate) -> dict[str, object]:
    return {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}


def _flat(row: RunRow) -> dict[str, object]:
    cells: dict[str, object] = {
        name: getattr(row, name) for name in ("run", "recipe", "modality", "backbone", "weights", "n")
    }
    for name in FIGURES:
        cells |= _limits(name, row.figures.get(name, NONE))
    cells |= _limits("accuracy_first_phase", row.accuracy_first_phase)
    published = ("accuracy_first_phase", "accuracy", "precision", "recall", "f1")
    return cells | {f"published_{name}": getattr(row, f"published_{name}") for name in published}


def write_comparison(comparison: Comparison, out: Path) -> Path:
    """Write the table of runs to `out`, and the paired tests beside it as X.pairs.csv, whose path is returned."""
    rows = [_flat(row) for row in comparison.rows]
    write_csv(out, list(rows[0]) if rows else [], (list(row.values()) for row in rows))
    pairs = out.with_suffix(".pairs.csv")
    columns = ["first", "second", "n", "first_auc", "second_auc", *_limits("difference", NONE), "p", "p_holm", "note"]
    cells = ({f.name: getattr(pair, f.name) for f in fields(pair)} for pair in comparison.pairs)
    flat = (cell | _limits("difference", cell["difference"]) for cell in cells)
    write_csv(pairs, columns, ([row[name] for name in columns] for row in flat))
    return pairs
