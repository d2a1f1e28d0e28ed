"""Scored slices to everything that is said of them: patients, decisions, figures with intervals."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from radiogenomics.evaluation.aggregate import Aggregation, aggregate, choose_aggregators, of_cells, order
from radiogenomics.evaluation.decide import Threshold, choose_thresholds, chooser, pool
from radiogenomics.evaluation.estimate import METRICS, bare_values, estimate
from radiogenomics.evaluation.intervals import mean_and_sd
from radiogenomics.evaluation.wording import LEAKS, OUTSIDE, carried
from radiogenomics.recipe import Recipe, SplitPart
from radiogenomics.records import Estimate, Prediction, SlicePrediction
from radiogenomics.tables.aggregators import AGGREGATORS

POOLED = "all"


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A row of scores.csv.

    `level` says whose figure it is: "patient" (by the aggregator that the recipe names or that was chosen), "slice", or
    "patient by median" and so on for every aggregator: test split and last phase only, for information.
    `fold` says what the figure is of: "all" (pooled out of fold, each patient once), "3" (one fold), "repeat 2" (all
    folds of one repeat; where a single split was drawn anew, that split), or "mean of folds", "sd of folds", "mean of
    repeats", "sd of repeats", which have no interval and whose n counts folds or repeats, not patients.
    """

    level: str
    phase: int  # from 1
    split: str
    fold: str
    metric: str
    value: float
    low: float
    high: float
    n: int
    note: str = ""  # "selected on the reported fold" for all figures of the published protocol


class _Cell(NamedTuple):
    level: str
    phase: int
    split: str


@dataclass(frozen=True, slots=True)
class Scores:
    """All that follows from scored slices and a recipe."""

    slices: tuple[SlicePrediction, ...]
    predictions: tuple[Prediction, ...]
    aggregators: tuple[Aggregation, ...]
    thresholds: tuple[Threshold, ...]
    rows: tuple[ScoreRow, ...]
    metrics: dict[str, Estimate]  # patient level, test split, last phase, pooled
    note: str = ""  # of every figure, as in ScoreRow


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


def _rows(cell: _Cell, source: Sequence[Prediction | SlicePrediction], thresholds: Sequence[Threshold],
          recipe: Recipe, apart: bool = True) -> Iterator[ScoreRow]:  # fmt: skip
    """The rows of one cell: pooled, of each fold and repeat, and their spread; without `apart` not of each."""

    def figures(members: set[int], limits: bool) -> dict[str, Estimate]:
        units = pool([row for row in source if row.fold in members], thresholds)
        return estimate(units, "slice" if cell.level == "slice" else "patient") if limits else bare_values(units)

    folds = sorted({row.fold for row in source})
    yield from _named(cell, POOLED, figures(set(folds), limits=True))
    repeats, parts = _repeats(folds, recipe.split), dict[str, dict[str, set[int]]]()
    if not repeats or recipe.split.folds > 1:
        parts["folds"] = {str(fold): {fold} for fold in folds}
    if repeats:
        parts["repeats"] = {f"repeat {number}": members for number, members in enumerate(repeats)}
    for of, named in parts.items():
        found = {name: figures(members, limits=apart) for name, members in named.items()}
        for name in found if apart else ():
            yield from _named(cell, name, found[name])
        if len(found) > 1:
            yield from _spread(cell, of, list(found.values()))


def _side_by_side(slices: Sequence[SlicePrediction], phase: int, recipe: Recipe,
                  thresholds: Sequence[Threshold] | None) -> Iterator[ScoreRow]:  # fmt: skip
    """The figures of the test patients by every aggregator, pooled and over folds, each at its own threshold."""
    slices = [row for row in slices if row.phase == phase]
    policy = recipe.evaluation
    for name in AGGREGATORS:
        predictions = aggregate(slices, name, policy.lesions)
        cuts = thresholds or choose_thresholds(predictions, policy.threshold, chooser(recipe.split))
        cell = _Cell(f"patient by {name}", phase, "test")
        tested = [row for row in predictions if row.split == "test"]
        yield from _rows(cell, tested, cuts, recipe, apart=False)


def score(
    slices: Iterable[SlicePrediction],
    recipe: Recipe,
    thresholds: Sequence[Threshold] | None = None,
    leaks: Sequence[str] = (),
) -> Scores:
    """Aggregate, choose what the recipe leaves to be chosen, decide, and estimate every figure.

    Each patient's test probabilities are pooled out of fold (see `decide.pool`); figures of single folds and
    their spread stand beside. On validation patients the epoch was chosen (aggregator and threshold too, where the
    recipe says so): their figures are optimistic, and none of them reaches `metrics`. By the published protocol all of
    this was chosen on the test patients, and every figure carries a note that says so.

    Args:
        slices: Of every fold, phase and split.
        recipe: Names aggregator, threshold and protocol, and how folds and repeats are numbered.
        thresholds: For an outside cohort, where nothing is chosen; chosen from `slices` where not given.
        leaks: The checks whose leaks were allowed to pass: every figure says so.

    Raises:
        RunError: A patient's slices carry two labels.
    """
    slices = tuple(sorted(slices, key=lambda s: (*order(s), s.lesion_id, s.series_uid, s.slice)))
    policy, inside = recipe.evaluation, thresholds is None
    choosing = chooser(recipe.split) if inside else "validation"
    aggregators, cells = choose_aggregators(slices, policy, choosing), of_cells(slices)
    found = (p for a in aggregators for p in aggregate(cells[a.fold, a.phase], a.name, policy.lesions))
    predictions = tuple(sorted(found, key=order))
    chosen = tuple(thresholds or choose_thresholds(predictions, policy.threshold, choosing))
    rows: list[ScoreRow] = []
    for phase, split in sorted({(row.phase, row.split) for row in predictions}):
        patients = [row for row in predictions if (row.phase, row.split) == (phase, split)]
        planes = [row for row in slices if (row.phase, row.split) == (phase, split)]
        rows += _rows(_Cell("patient", phase, split), patients, chosen, recipe)
        rows += _rows(_Cell("slice", phase, split), planes, chosen, recipe)
    last = max((row.phase for row in predictions), default=0)
    rows += _side_by_side(slices, last, recipe, thresholds)
    note = carried(recipe, {LEAKS: leaks} if inside else {"protocol": OUTSIDE})
    noted = tuple(replace(row, note=note) for row in rows)
    return Scores(slices, predictions, aggregators, chosen, noted, estimates(rows, "patient", last, "test"), note)


def estimates(rows: Iterable[ScoreRow], level: str, phase: int, split: str, fold: str = POOLED) -> dict[str, Estimate]:
    """The figures of one cell of scores.csv, by metric."""
    return {
        row.metric: Estimate(row.value, row.low, row.high, row.n)
        for row in rows
        if (row.level, row.phase, row.split, row.fold) == (level, phase, split, fold)
    }
