"""Scored slices to everything that is said of them: patients, decisions, figures with intervals."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from radiogenomics.evaluation.aggregate import aggregate, order
from radiogenomics.evaluation.decide import Threshold, choose_thresholds, pool_patients, pool_slices
from radiogenomics.evaluation.estimate import METRICS, estimate
from radiogenomics.evaluation.intervals import mean_and_sd
from radiogenomics.recipe import Recipe
from radiogenomics.records import Estimate, Prediction, SlicePrediction

POOLED = "all"


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A row of scores.csv.

    `fold` says what the figure is of: "all" (pooled out of fold, each patient once), "3" (one fold), "repeat 2" (all
    folds of one repeat), or "mean of folds", "sd of folds", "mean of repeats", "sd of repeats", which have no interval
    and whose n counts folds or repeats, not patients.
    """

    level: str  # patient or slice
    phase: int  # from 1
    split: str
    fold: str
    metric: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Scores:
    """All that follows from scored slices and a recipe."""

    slices: tuple[SlicePrediction, ...]
    predictions: tuple[Prediction, ...]
    thresholds: tuple[Threshold, ...]
    rows: tuple[ScoreRow, ...]
    metrics: dict[str, Estimate]  # patient level, test split, last phase, pooled


def _spread(level: str, phase: int, split: str, of: str, parts: Sequence[dict[str, Estimate]]) -> Iterator[ScoreRow]:
    for metric in METRICS:
        values = [part[metric].value for part in parts]
        defined = sum(not math.isnan(value) for value in values)
        for name, value in zip(("mean", "sd"), mean_and_sd(values), strict=True):
            yield ScoreRow(level, phase, split, f"{name} of {of}", metric, value, math.nan, math.nan, defined)


def _rows_of(
    level: str, phase: int, split: str, rows: Sequence[Prediction | SlicePrediction],
    thresholds: Sequence[Threshold], recipe: Recipe,
) -> Iterator[ScoreRow]:  # fmt: skip
    def figures(folds: set[int], name: str) -> tuple[dict[str, Estimate], list[ScoreRow]]:
        chosen = [row for row in rows if row.fold in folds]
        units = (
            pool_patients([row for row in chosen if isinstance(row, Prediction)], thresholds)
            if level == "patient"
            else pool_slices([row for row in chosen if isinstance(row, SlicePrediction)], thresholds)
        )
        found = estimate(units, level)
        return found, [ScoreRow(level, phase, split, name, m, e.value, e.low, e.high, e.n) for m, e in found.items()]

    folds = sorted({row.fold for row in rows})
    yield from figures(set(folds), POOLED)[1]
    each = [figures({fold}, str(fold)) for fold in folds]
    yield from (row for _, found in each for row in found)
    if len(folds) > 1:
        yield from _spread(level, phase, split, "folds", [found for found, _ in each])
    members = [{fold for fold in folds if fold // recipe.split.folds == r} for r in range(recipe.split.repeats)]
    if recipe.split.folds > 1 and recipe.split.repeats > 1 and all(members):
        repeats = [figures(part, f"repeat {number}") for number, part in enumerate(members)]
        yield from (row for _, found in repeats for row in found)
        yield from _spread(level, phase, split, "repeats", [found for found, _ in repeats])


def score(slices: Iterable[SlicePrediction], recipe: Recipe, thresholds: Sequence[Threshold] | None = None) -> Scores:
    """Aggregate, choose thresholds, decide, and estimate every figure.

    Each patient's test probabilities are pooled out of fold (see `decide.pool_patients`); figures of single folds and
    their spread stand beside. On validation patients the epoch was chosen (and the threshold, where the recipe says
    so): their figures are optimistic, and none of them reaches `metrics`.

    Args:
        slices: Of every fold, phase and split.
        recipe: Names the aggregator, the threshold and how folds and repeats are numbered.
        thresholds: For slices without validation patients (an outside cohort); chosen from `slices` where not given.

    Raises:
        RunError: A patient's slices carry two labels.
    """
    slices = tuple(sorted(slices, key=lambda s: (*order(s), s.lesion_id, s.series_uid, s.slice)))
    predictions = tuple(aggregate(slices, recipe.evaluation.aggregator))
    thresholds = tuple(thresholds) if thresholds is not None else choose_thresholds(predictions, recipe)
    rows: list[ScoreRow] = []
    sources: tuple[tuple[str, Sequence[Prediction | SlicePrediction]], ...] = (
        ("patient", predictions),
        ("slice", slices),
    )
    for level, source in sources:
        for phase, split in sorted({(row.phase, row.split) for row in source}, key=lambda pair: (pair[0], pair[1])):
            chosen = [row for row in source if (row.phase, row.split) == (phase, split)]
            rows += _rows_of(level, phase, split, chosen, thresholds, recipe)
    last = max((row.phase for row in predictions), default=0)
    return Scores(slices, predictions, thresholds, tuple(rows), estimates(rows, "patient", last, "test"))


def estimates(rows: Iterable[ScoreRow], level: str, phase: int, split: str, fold: str = POOLED) -> dict[str, Estimate]:
    """The figures of one cell of scores.csv, by metric."""
    return {
        row.metric: Estimate(row.value, row.low, row.high, row.n)
        for row in rows
        if (row.level, row.phase, row.split, row.fold) == (level, phase, split, fold)
    }
