"""What `compare` leaves on disk: tables for a spreadsheet, and the page to read."""

import math
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import radiogenomics
from radiogenomics.evaluation.comparison import NONE, Optimism, Pair, mean_optimism
from radiogenomics.evaluation.comparison_page import render
from radiogenomics.evaluation.estimate import METRICS
from radiogenomics.evaluation.side_by_side import Comparison, RunRow
from radiogenomics.evaluation.wording import SELECTED
from radiogenomics.experiment.compare import OPTIMISM
from radiogenomics.files import write_text
from radiogenomics.records import Estimate, Prediction
from radiogenomics.rundir.rows import write_csv, write_records

ABOUT = ("run", "recipe", "modality", "backbone", "weights", "protocol", "n")
INTERVALS = ("difference", "fold_difference")  # of a pair


def write_page(comparison: Comparison, out: Path, title: str = "", words: Sequence[str] = ()) -> Path:
    """Write the page of runs side by side to `out`.

    Args:
        comparison: What `compare` found.
        out: An HTML file.
        title: The page's heading, where it has one of its own.
        words: Sentences to follow the verdict.
    """
    heading = {"title": title} if title else {}
    write_text(out, render(comparison, radiogenomics.__version__, words=words, **heading))
    return out


def _limits(name: str, figure: Estimate) -> dict[str, object]:
    return {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}


def _flat(row: RunRow) -> dict[str, object]:
    cells: dict[str, object] = {name: getattr(row, name) for name in ABOUT}
    for name in METRICS:
        cells |= _limits(name, row.figures.get(name, NONE))
    cells |= _limits("accuracy_first_phase", row.accuracy_first_phase)
    for figure in row.beside:
        name = f"published_{figure.name.lower().replace(' ', '_')}"
        cells[name] = figure.paper.value
        if not math.isnan(figure.paper.sd):
            cells[f"{name}_sd"] = figure.paper.sd
        if figure.paper.split:
            cells[f"{name}_split"] = figure.paper.split
    return cells | {"note": row.note}


def _of_pair(pair: Pair) -> dict[str, object]:
    """The cells of a pair; where the two were not split alike, what tells of folds is empty."""
    cells: dict[str, object] = {}
    for name in (field.name for field in fields(pair)):
        value = getattr(pair, name)
        cells |= _limits(name, value) if name in INTERVALS else {name: value}
    return cells | {"folds": pair.fold_difference.n, "note": cells.pop("note")}


def write_comparison(comparison: Comparison, out: Path) -> tuple[Path, ...]:
    """Write the table of runs to `out`, and beside it the paired tests as X.pairs.csv.

    Where there are any, X.protocols.csv holds runs by both protocols, and X.fused.csv the fused predictions.

    Returns:
        The files written.
    """
    rows = [_flat(row) for row in comparison.rows]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    write_csv(out, columns, ([row.get(name, "") for name in columns] for row in rows))
    pairs = out.with_suffix(".pairs.csv")
    columns = list(_of_pair(Pair("", "", 0, math.nan, math.nan, NONE, math.nan, math.nan)))
    write_csv(pairs, columns, (list(_of_pair(pair).values()) for pair in comparison.pairs))
    written = [out, pairs]
    if comparison.optimism:
        written.append(_write_optimism(comparison.optimism, out.with_suffix(".protocols.csv")))
    if comparison.fused:
        written.append(out.with_suffix(".fused.csv"))
        write_records(written[-1], Prediction, comparison.fused)
    return tuple(written)


def _write_optimism(pairs: Sequence[Optimism], out: Path) -> Path:
    columns = [f"{metric}_{part}" for metric in OPTIMISM for part in ("nested", "published", "optimism")]
    base = f"published: {SELECTED}, and trained on the validation patients too"
    rows: list[tuple[object, ...]] = []
    for nested, published, chosen in [*((pair.nested, pair.published, [pair]) for pair in pairs), ("mean", "", pairs)]:
        figures = (value for metric in OPTIMISM for value in mean_optimism(chosen, metric))
        notes = dict.fromkeys([base, *(pair.note for pair in chosen if pair.note)])
        rows.append((nested, published, *figures, "; ".join(notes)))
    write_csv(out, ["nested", "published", *columns, "note"], rows)
    return out
