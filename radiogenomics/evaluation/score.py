"""Scored slices to everything that is said of them: patients, decisions, figures with intervals."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from radiogenomics.evaluation.aggregate import aggregate, order
from radiogenomics.evaluation.decide import Threshold, choose_thresholds, pool
from radiogenomics.evaluation.estimate import METRICS, estimate
from radiogenomics.evaluation.intervals import mean_and_sd
from radiogenomics.recipe import Recipe, SplitPart
from radiogenomics.records import Estimate, Prediction, SlicePrediction

POOLED = "all"


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A row of scores.csv.

    `fold` says what the figure is of: "all" (pooled out of fold, each patient once), "3" (one fold), "repeat 2" (all
    folds of one repeat; where a single split was drawn anew, that split), or "mean of folds", "sd of folds", "mean of
    repeats", "sd of repeats", which have no interval and whose n counts folds or repeats, not patients.
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


class _Cell(NamedTuple):
    level: str
    phase: int
    split: str


@dataclass(frozen=True, slots=True)
class Scores:
    """All that follows from scored slices and a recipe."""

    slices: tuple[SlicePrediction, ...]
    predictions: tuple[Prediction, ...]
    thresholds: tuple[Threshold, ...]
    rows: tuple[ScoreRow, ...]
    metrics: dict[str, Estimate]  # patient level, test split, last phase, pooled


def _spread(cell: _Cell, of: str, parts: Sequence[dict[str, Estimate]]) -> Iterator[ScoreRow]:
    for metric in METRICS:
        values = [part[metric].value for part in parts]
        defined = sum(not math.isnan(value) for value in values)
        for name, value in zip(("mean", "sd"), mean_and_sd(values), strict=True):
            yield ScoreRow(*cell, f"{name} of {of}", metric, value, math.nan, math.nan, defined)


def _named(cell: _Cell, fold: str, figures: dict[str, Estimate]) -> Iterator[ScoreRow]:
    for metric, found in figures.items():
        yield ScoreRow(*cell, fold, metric, found.value, found.low, found.high, found.n)


def _repeats(folds: Sequence[int], plan: SplitPart) -> list[set[int]]:
    """The folds of each repeat; [] where the plan has none, or these folds are not the plan's."""
    repeats = [{fold for fold in folds if fold // plan.folds == number} for number in range(plan.repeats)]
    planned = all(repeats) and sum(map(len, repeats)) == len(folds)
    return repeats if plan.repeats > 1 and planned else []


def _rows(cell: _Cell, source: Sequence[Prediction | SlicePrediction],
          thresholds: Sequence[Threshold], recipe: Recipe) -> Iterator[ScoreRow]:  # fmt: skip
    def figures(members: set[int]) -> dict[str, Estimate]:
        return estimate(pool([row for row in source if row.fold in members], thresholds), cell.level)

    folds = sorted({row.fold for row in source})
    yield from _named(cell, POOLED, figures(set(folds)))
    repeats = _repeats(folds, recipe.split)
    if not repeats or recipe.split.folds > 1:
        each = {fold: figures({fold}) for fold in folds}
        for fold, found in each.items():
            yield from _named(cell, str(fold), found)
        if len(folds) > 1:
            yield from _spread(cell, "folds", list(each.values()))
    if repeats:
        parts = [figures(members) for members in repeats]
        for number, found in enumerate(parts):
            yield from _named(cell, f"repeat {number}", found)
        yield from _spread(cell, "repeats", parts)


def score(slices: Iterable[SlicePrediction], recipe: Recipe, thresholds: Sequence[Threshold] | None = None) -> Scores:
    """Aggregate, choose thresholds, decide, and estimate every figure.

    Each patient's test probabilities are pooled out of fold (see `decide.pool`); figures of single folds and
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
    for phase, split in sorted({(row.phase, row.split) for row in predictions}):
        patients = [row for row in predictions if (row.phase, row.split) == (phase, split)]
        planes = [row for row in slices if (row.phase, row.split) == (phase, split)]
        rows += _rows(_Cell("patient", phase, split), patients, thresholds, recipe)
        rows += _rows(_Cell("slice", phase, split), planes, thresholds, recipe)
    last = max((row.phase for row in predictions), default=0)
    return Scores(slices, predictions, thresholds, tuple(rows), estimates(rows, "patient", last, "test"))


def estimates(rows: Iterable[ScoreRow], level: str, phase: int, split: str, fold: str = POOLED) -> dict[str, Estimate]:
    """The figures of one cell of scores.csv, by metric."""
    return {
        row.metric: Estimate(row.value, row.low, row.high, row.n)
        for row in rows
        if (row.level, row.phase, row.split, row.fold) == (level, phase, split, fold)
    }
