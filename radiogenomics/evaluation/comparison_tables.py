"""The tables of runs side by side."""

import math
from collections.abc import Sequence

from radiogenomics.evaluation.comparison import Optimism, Pair, mean_optimism
from radiogenomics.evaluation.comparison_verdict import beyond_chance, p_value
from radiogenomics.evaluation.estimate import METRICS
from radiogenomics.evaluation.side_by_side import Comparison, RunRow
from radiogenomics.evaluation.tables import Table
from radiogenomics.evaluation.wording import SELECTED, TITLES, number, with_interval
from radiogenomics.records import Estimate

ABOUT = {
    "recipe": "Recipe",
    "modality": "Modality",
    "backbone": "Backbone",
    "weights": "Weights",
    "protocol": "Protocol",
    "n": "Test patients",
}
SIDE_BY_SIDE = 4  # runs that fit as columns beside the metrics; more of them become rows
METRICS_A_TABLE = 5
OPTIMISM = ("auc", "accuracy")
LONGEST = 48  # letters of a value: a hash is told apart by far fewer


def _about(row: RunRow) -> dict[str, str]:
    return {name: str(getattr(row, name)) for name in ABOUT}


def shared_facts(rows: Sequence[RunRow]) -> dict[str, str]:
    """What all runs have in common, by title: it is told once, and leaves the columns to what differs."""
    facts = [_about(row) for row in rows]
    return {title: facts[0][name] for name, title in ABOUT.items() if facts and len({f[name] for f in facts}) == 1}


def runs_table(rows: Sequence[RunRow]) -> Table:
    """A row a run: what it was, its AUC, and what its figures carry."""
    shared = shared_facts(rows)
    names = [name for name, title in ABOUT.items() if title not in shared]
    noted = any(row.note for row in rows)
    cells = tuple(
        (
            row.run, *(_about(row)[name] for name in names), with_interval(row.auc),
            *([row.note or "-"] if noted else []),
        )
        for row in rows
    )  # fmt: skip
    header = ("Run", *(ABOUT[name] for name in names), "AUC", *(["Every figure is"] if noted else []))
    return Table(header, cells)


def _figure(row: RunRow, metric: str) -> str:
    figure = row.figures.get(metric)
    return with_interval(figure) if figure else "-"  # scored by an earlier version


def figures_tables(rows: Sequence[RunRow]) -> tuple[Table, ...]:
    """Every metric of every run: a column a run where they are few, else a row a run and a few metrics a table."""
    names = [f"{row.run} ({row.note})" if row.note else row.run for row in rows]
    title = {metric: TITLES.get(metric, metric) for metric in METRICS}
    if len(rows) <= SIDE_BY_SIDE:
        cells = tuple((title[metric], *(_figure(row, metric) for row in rows)) for metric in METRICS)
        return (Table(("", *names), cells),)
    groups = (METRICS[start : start + METRICS_A_TABLE] for start in range(0, len(METRICS), METRICS_A_TABLE))
    return tuple(
        Table(
            ("", *(title[metric] for metric in group)),
            tuple((name, *(_figure(row, m) for m in group)) for name, row in zip(names, rows, strict=True)),
        )
        for group in groups
    )


def _gap(figure: Estimate) -> str:
    """A difference with its sign: it is small, and so it has a digit more than an AUC."""
    if math.isnan(figure.value):
        return "-"
    limits = "" if math.isnan(figure.low) else f" ({figure.low:+.3f} to {figure.high:+.3f})"
    return f"{figure.value:+.3f}{limits}"


def tests_table(pairs: Sequence[Pair]) -> Table:
    """Every two runs by both tests; where one is not possible, why."""
    over_folds = any(pair.fold_difference.n for pair in pairs)
    rows = []
    for pair in pairs:
        cells = [f"{pair.first} - {pair.second}", str(pair.n), _gap(pair.difference), p_value(pair.p)]
        cells.append(p_value(pair.p_holm))
        if over_folds:
            folds = str(pair.fold_difference.n) if pair.fold_difference.n else "-"
            cells += [folds, _gap(pair.fold_difference), p_value(pair.p_resampled), p_value(pair.p_resampled_holm)]
        rows.append((*cells, pair.note))
    header = ["Pair", "Patients of both", "AUC difference", "p, DeLong", "after Holm"]
    header += ["Folds", "Mean difference of folds", "p, resampled t", "after Holm"] if over_folds else []
    noted = any(pair.note for pair in pairs)
    marked = frozenset(place for place, pair in enumerate(pairs) if beyond_chance(pair))
    shown = tuple(row if noted else row[:-1] for row in rows)
    return Table((*header, "Note") if noted else tuple(header), shown, marked)


def optimism_table(pairs: Sequence[Optimism]) -> Table:
    """Runs by both protocols, with what the published one adds; then their mean."""
    if not pairs:
        return Table((), ())
    sides = ("nested", f"published ({SELECTED})", "optimism")
    header = ("Nested", "Published", *(f"{TITLES[metric]}, {side}" for metric in OPTIMISM for side in sides), "Leaks")
    rows = []
    for nested, published, chosen in [*((p.nested, p.published, [p]) for p in pairs), ("mean", f"{len(pairs)}", pairs)]:
        values = (number(value) for metric in OPTIMISM for value in mean_optimism(chosen, metric))
        rows.append((nested, published, *values, "; ".join(dict.fromkeys(p.note for p in chosen if p.note)) or "-"))
    last = rows if len(pairs) > 1 else rows[:-1]
    return Table(header, tuple(last), frozenset({len(pairs)}) if len(pairs) > 1 else frozenset())


def published_table(rows: Sequence[RunRow]) -> Table:
    """What papers print of the runs' channels and backbones, with ours above it."""
    names = list(dict.fromkeys(figure.name for row in rows for figure in row.beside))
    cells = []
    for row in rows:
        found = {figure.name: figure for figure in row.beside}
        if found:
            about = f"{row.run} ({row.note})" if row.note else row.run
            ours = (with_interval(found[name].ours) if name in found else "-" for name in names)
            cells.append((about, "ours", *ours))
            cells.append((about, "the paper", *(str(found[name].paper) if name in found else "-" for name in names)))
    return Table(("Run", "Whose", *names), tuple(cells))


def _brief(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"


def differences_table(comparison: Comparison) -> Table:
    """Settings in which runs differ: a column a run, or where runs are more than settings a row a run."""
    found = comparison.differences
    if not found:
        return Table((), ())
    runs = [row.run for row in comparison.rows][: len(found[0].values)]
    if len(runs) <= len(found):
        return Table(("Setting", *runs), tuple((row.setting, *map(_brief, row.values)) for row in found))
    columns = zip(*(map(_brief, row.values) for row in found), strict=True)
    cells = tuple((run, *values) for run, values in zip(runs, columns, strict=True))
    return Table(("Run", *(row.setting for row in found)), cells)
