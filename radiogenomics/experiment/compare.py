"""One table over runs, with paired tests; what the papers' tables of backbones and modalities are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from radiogenomics.evaluation.comparison import NONE, Optimism, Pair, Part, compare_pairs
from radiogenomics.evaluation.decide import Scored, pool
from radiogenomics.evaluation.delong import auc
from radiogenomics.evaluation.estimate import METRICS, estimate
from radiogenomics.evaluation.fusion import Way
from radiogenomics.evaluation.published import Beside, metric_of, published_figures
from radiogenomics.evaluation.score import ScoreRow, estimates
from radiogenomics.evaluation.side_by_side import (
    Comparison,
    Made,
    RunRow,
    caution_warnings,
    class_warnings,
    differences,
)
from radiogenomics.evaluation.tables import recipe_values
from radiogenomics.evaluation.wording import OUTSIDE, SELECTED, carried
from radiogenomics.experiment.evaluate import read_people, read_thresholds
from radiogenomics.experiment.fuse import Fused, fuse, last_predictions
from radiogenomics.recipe import Recipe
from radiogenomics.records import Fold, Prediction
from radiogenomics.rundir.rows import read_records
from radiogenomics.rundir.run import Run, read_json, read_metrics, read_recipe

OPTIMISM = ("auc", "accuracy")  # what is set side by side for two protocols


def _optional(path: Path) -> Mapping[str, Any]:
    return read_json(path) if path.is_file() else {}


def _row(run: Run, name: str, recipe: Recipe, of_backbones: bool) -> RunRow:
    figures, scored = read_metrics(run), read_records(run.scores, ScoreRow)
    after = {phase: estimates(scored, "patient", phase, "test") for phase in {row.phase for row in scored}}
    beside = []
    for column, paper in published_figures(recipe, of_backbones=of_backbones).items():
        metric, phase = metric_of(column)
        if metric in METRICS:
            beside.append(Beside(column, (after.get(phase, {}) if phase else figures).get(metric, NONE), paper))
    protocol = recipe.split.protocol if read_people(run)[0] else OUTSIDE
    return RunRow(
        run=name,
        recipe=recipe.name,
        modality=",".join(recipe.modalities),
        backbone=recipe.model.backbone,
        weights=Path(recipe.model.weights).name,
        protocol=protocol,
        note=carried(recipe, _optional(run.selection)),
        n=figures["auc"].n,
        figures=figures,
        accuracy_first_phase=after.get(1, {}).get("accuracy", NONE),
        beside=tuple(beside),
    )


def _tested(run: Run) -> list[Scored]:
    return pool([row for row in last_predictions(run) if row.split == "test"], read_thresholds(run))


def _parts(predictions: Sequence[Prediction], folds: Sequence[Fold]) -> tuple[Part, ...]:
    """The AUC of each fold's own test patients; () for an outside cohort, which has no folds."""
    parts = []
    for fold in folds:
        rows = [row for row in predictions if row.split == "test" and row.fold == fold.index]
        rows.sort(key=lambda row: row.patient_id)
        area = auc([row.label for row in rows], [row.probability for row in rows]) if rows else math.nan
        parts.append(Part(fold.index, tuple(row.patient_id for row in rows), len(fold.train), area))
    return tuple(parts)


def _names(runs: Sequence[Run]) -> list[str]:
    """The folders' names, or their paths where two folders are called alike."""
    names = [run.root.resolve().name for run in runs]
    return names if len(set(names)) == len(names) else [str(run.root) for run in runs]


def _fused_row(fused: Fused, units: Sequence[Scored], rows: Sequence[RunRow], way: Way) -> RunRow:
    def together(values: Sequence[str]) -> str:
        return " + ".join(dict.fromkeys(values))

    return RunRow(
        run=f"fused by {way}",
        recipe=together([row.recipe for row in rows]),
        modality=together([row.modality for row in rows]),
        backbone=together([row.backbone for row in rows]),
        weights=together([row.weights for row in rows]),
        protocol=rows[0].protocol,
        note=fused.note,
        n=len(units),
        figures=estimate(units, "patient"),
        accuracy_first_phase=NONE,
    )


def _all_but_protocol(run: Run, recipe: Recipe) -> object:
    """What two runs share that differ in nothing but the protocol: settings, test folds and labels."""
    folds, labels = read_people(run)
    settings = {path: value for path, value in recipe_values(recipe).items() if path != "split.protocol"}
    return sorted(settings.items()), [(fold.index, fold.test) for fold in folds], sorted(labels.items())


def _optimism(runs: Sequence[Run], recipes: Sequence[Recipe], rows: Sequence[RunRow]) -> tuple[Optimism, ...]:
    """Every run by the published protocol beside the one that is nested and else the same."""
    keys = [_all_but_protocol(run, recipe) for run, recipe in zip(runs, recipes, strict=True)]
    nested = [(key, row) for key, row in zip(keys, rows, strict=True) if row.protocol == "nested"]
    found = []
    for key, row in zip(keys, rows, strict=True):
        partner = next((other for own, other in nested if own == key), None)
        if row.protocol == "published" and partner:
            figures = {metric: (partner.figures[metric], row.figures[metric]) for metric in OPTIMISM}
            # That the one was selected on the reported fold is what is measured here; leaks come on top of it.
            leaks = [partner.note, row.note.removeprefix(SELECTED).removeprefix("; ")]
            found.append(Optimism(partner.run, row.run, figures, "; ".join(dict.fromkeys(filter(None, leaks)))))
    return tuple(found)


def _noted(pair: Pair, rows: Sequence[RunRow]) -> Pair:
    """The pair, with the words that the figures of its runs carry."""
    named = (f"{row.run}: {row.note}" for row in rows if row.note and row.run in {pair.first, pair.second})
    return replace(pair, note="; ".join(filter(None, [pair.note, *named])))


def compare(runs: Sequence[Run], fuse_by: Way | None = None) -> Comparison:
    """Put runs side by side, and test every two that scored the same patients.

    Two that differ in nothing but the protocol are also set beside each other, with the optimism between them:
    what choosing on the reported fold adds, and what training on the validation patients too adds.

    Args:
        runs: Evaluated runs, in the order to show.
        fuse_by: Also fuse them all, see `fuse`: the last row, tested against each of them.

    Raises:
        MissingPathError: A run lacks predictions, scores or metrics.
        RunError: A run's files are damaged, or runs to be fused are not split alike.
    """
    names, recipes = _names(runs), [read_recipe(run) for run in runs]
    of_backbones = len({recipe.model.backbone for recipe in recipes}) > 1
    rows = [_row(*each, of_backbones) for each in zip(runs, names, recipes, strict=True)]
    tested = [(name, _tested(run)) for run, name in zip(runs, names, strict=True)]
    parts = {name: _parts(last_predictions(run), read_people(run)[0]) for run, name in zip(runs, names, strict=True)}
    optimism, fused = _optimism(runs, recipes, rows), None
    if fuse_by:
        fused = fuse(runs, names, fuse_by)
        units = pool([row for row in fused.predictions if row.split == "test"], fused.thresholds)
        rows.append(_fused_row(fused, units, rows, fuse_by))
        tested.append((rows[-1].run, units))
        parts[rows[-1].run] = _parts(fused.predictions, read_people(runs[0])[0])
    pairs = tuple(_noted(pair, rows) for pair in compare_pairs(tested, parts))
    made = [
        Made(name, recipe, _optional(run.environment)) for run, name, recipe in zip(runs, names, recipes, strict=True)
    ]
    return Comparison(
        rows=tuple(rows),
        pairs=pairs,
        tests=sum(not math.isnan(pair.p) for pair in pairs),
        optimism=optimism,
        fused=tuple(row for row in fused.predictions if row.split == "test") if fused else (),
        units=tuple(tuple(units) for _, units in tested),
        differences=differences(made),
        warnings=(*class_warnings(made), *caution_warnings(made)),
    )


def sweep_table(runs: Sequence[Run]) -> tuple[Comparison, str]:
    """The runs of a sweep, sorted as given, and what to know of them: how many tests, and on whom."""
    found = compare(runs)
    folds = [[sorted(fold.test) for fold in read_people(run)[0]] for run in runs]
    sizes = sorted(row.n for row in found.rows)
    differ = (
        f" The cells were not tested on the same patients in the same folds ({sizes[0]} to {sizes[-1]} patients): each "
        "leaves out whoever lacks its images, and splits the others. Where patients differ there is no paired "
        "test, and figures differ by the patients too; a --splits file of those whom all cells have makes them alike."
    )
    return found, (
        f"{len(runs)} runs were set side by side, and {found.tests} paired tests made between them (Holm's correction "
        "counts them all). Whichever is best was found by looking at its test patients, so its figure is optimistic: "
        "confirm it on others."
    ) + (differ if any(other != folds[0] for other in folds) else "")
