"""The tables of a report, each a header and rows of text."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radiogenomics.evaluation.classification import classification_report
from radiogenomics.evaluation.estimate import METRICS
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.intervals import auc_intervals
from radiogenomics.evaluation.published import ABOUT, SPREAD, metric_of, printed
from radiogenomics.evaluation.sites import site_of_fold
from radiogenomics.evaluation.wording import TITLES, number, with_interval
from radiogenomics.recipe import CHOSEN, Recipe
from radiogenomics.tables.aggregators import AGGREGATORS

EACH = "one a model and phase, told further down"
FOLD_METRICS = ("auc", "accuracy", "sensitivity", "specificity", "f1")


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to show."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: frozenset[int] = frozenset()  # rows to stand out
    caption: str = ""  # what the table holds
    states: int = -1  # the column whose cells are states of one word or two, shown as tags; -1: none


def noted(text: str, evidence: Evidence) -> str:
    """The text, with the words that every figure under it carries."""
    return f"{text}, {evidence.note}" if evidence.note else text


def metrics_table(evidence: Evidence) -> Table:
    """Every metric: patients after each phase, last first; slices; validation patients."""
    phases = evidence.phases[::-1]
    cells = [("patient", phase, "test") for phase in phases]
    titles = [f"Test patients, after phase {phase} ({evidence.phase_name(phase)})" for phase in phases]
    cells += [("slice", evidence.last, "test"), ("patient", evidence.last, "validation")]
    titles += [f"Test slices, after phase {evidence.last}", f"Validation patients, after phase {evidence.last}"]
    columns = [(t, f) for t, c in zip(titles, cells, strict=True) if (f := evidence.figures(*c))]
    known = [metric for metric in METRICS if any(metric in figures for _, figures in columns)]
    rows = tuple(
        (TITLES[metric], *(with_interval(f[metric]) if metric in f else "-" for _, f in columns)) for metric in known
    )
    return Table(("", *(title for title, _ in columns)), rows, caption="Every metric, in brackets its 95% interval")


def intervals_table(evidence: Evidence) -> Table:
    """The pooled AUC with the interval of every method."""
    units = evidence.tested(evidence.last)
    areas = auc_intervals([unit.label for unit in units], [unit.probability for unit in units])
    rows = tuple(
        (
            name + (" (the default)" if not place else ""),
            number(area.value, 3),
            number(area.low, 3),
            number(area.high, 3),
        )
        for place, (name, area) in enumerate(areas.items())
        if not math.isnan(area.value)
    )
    header = ("Interval", "AUC", "Low", "High")
    return Table(header, rows, frozenset({0}), "The pooled AUC of the test patients by several 95% intervals")


def aggregators_table(evidence: Evidence) -> Table:
    """The test patients by every aggregator, and by the one that counts; the AUC pooled, and its mean over folds."""
    chosen, of = evidence.recipe.evaluation.aggregator, f"{evidence.part}s"
    levels = {name: f"patient by {name}" for name in AGGREGATORS} | ({CHOSEN: "patient"} if chosen == CHOSEN else {})
    rows = []
    for name, level in levels.items():
        pooled, mean, deviation = (
            evidence.figures(level, evidence.last, fold=fold) for fold in ("all", f"mean of {of}", f"sd of {of}")
        )
        if not pooled:  # scored by an earlier version
            return Table((), ())
        spread = f"{number(mean['auc'].value)} ± {number(deviation['auc'].value)}" if mean else "-"
        area, *others = (with_interval(pooled[metric]) for metric in FOLD_METRICS)
        rows.append((evidence.aggregated if name == CHOSEN else name, area, spread, *others))
    area, *others = (TITLES[metric] for metric in FOLD_METRICS)
    marked = frozenset(index for index, name in enumerate(levels) if name == chosen)
    header = ("", area, f"{area}, mean ± sd of {of}", *others)
    return Table(header, tuple(rows), marked, "Test patients by each aggregator, in brackets 95% intervals")


def classification_table(evidence: Evidence) -> Table:
    """Precision, recall and F1 of each class, test patients after the last phase."""
    report = classification_report(evidence.tested(evidence.last), evidence.classes)
    rows = (
        (row.name, *(number(value) for value in (row.precision, row.recall, row.f1)), str(row.support))
        for row in report
    )
    return Table(("", "Precision", "Recall", "F1", "Patients"), tuple(rows), caption="Test patients, class by class")


def _epochs(evidence: Evidence, fold: int) -> str:
    chosen = evidence.selection.get("epoch", ())
    return ", ".join(str(row["epoch"]) for row in chosen if row["fold"] == fold) or "-"


def _titles(evidence: Evidence, names: Sequence[str]) -> dict[str, str]:
    """What each fold or repeat is called: where folds were made of sites, by the site too."""
    titles = {name: f"fold {name}" if name.isdigit() else name for name in names}
    if evidence.recipe.split.by == "site":
        sites = site_of_fold(evidence.folds, evidence.traits, evidence.recipe.chosen_on)
        titles |= {str(fold): f"fold {fold}: {site}" for fold, site in sites.items() if site and str(fold) in titles}
    return titles


def _parts(evidence: Evidence, of: str, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Rows of single folds or repeats, then their mean and standard deviation."""
    columns = 4 if evidence.aggregators else 3  # the aggregator is told where each model has its own
    for name, title in _titles(evidence, names).items():
        figures = evidence.figures("patient", evidence.last, fold=name)
        if of == f"{evidence.part}s":  # of one model, hence with its own epoch and threshold
            fold = int(name.split()[-1])
            threshold = next(t.value for t in evidence.thresholds if (t.fold, t.phase) == (fold, evidence.last))
            chosen, units = evidence.aggregators.get((fold, evidence.last), ""), evidence.tested(evidence.last, fold)
            patients = f"{len(units)} ({sum(unit.label for unit in units)})"
            about = (patients, _epochs(evidence, fold), number(threshold), chosen)
        else:
            about = (str(figures["auc"].n), "", "", "")
        yield (title, *about[:columns], *(with_interval(figures[metric], to="–") for metric in FOLD_METRICS))
    mean, deviation = (evidence.figures("patient", evidence.last, fold=f"{part} of {of}") for part in ("mean", "sd"))
    if mean:
        spread = (f"{number(mean[m].value)} ± {number(deviation[m].value)}" for m in FOLD_METRICS)
        yield ("mean ± sd", *(f"{len(names)} {of}", "", "", "")[:columns], *spread)


def folds_table(evidence: Evidence) -> Table:
    """Each fold and repeat on its own test patients, their spread, and all pooled."""
    names = sorted({row.fold for row in evidence.rows if row.fold.isdigit()}, key=int)
    repeats = sorted({r.fold for r in evidence.rows if r.fold.startswith("repeat ")}, key=lambda n: int(n.split()[1]))
    rows = [*_parts(evidence, "folds", names), *(_parts(evidence, "repeats", repeats) if repeats else ())]
    marked = frozenset(i for i, row in enumerate(rows) if row[0].startswith("mean"))
    header = ["", f"Test patients ({evidence.recipe.positive})", "Epoch, by phase", "Threshold"]
    header += ["Aggregator"] if evidence.aggregators else []
    header += [TITLES[metric] for metric in FOLD_METRICS]
    each = f"Each {evidence.part}'s own" if len({*names, *repeats}) > 1 else "The"
    caption = f"{each} test patients, in brackets 95% intervals"
    return Table(tuple(header), tuple(rows), marked, caption)


def _summary(entry: Any) -> tuple[str, str]:
    """(value, what chose it) of one entry of selection.json."""
    if isinstance(entry, list) and not any(isinstance(row, Mapping) for row in entry):
        return ", ".join(map(str, entry)) or "none", ""
    if isinstance(entry, list):
        return EACH, "; ".join(sorted({str(row.get("by", "")) for row in entry}))
    if isinstance(entry, Mapping) and entry.keys() == {"on", "by"}:
        return str(entry["on"]), str(entry["by"])
    if isinstance(entry, Mapping) and not {"value", "values"} & entry.keys():
        return "; ".join(f"{key.replace('_', ' ')}: {value}" for key, value in entry.items()), ""
    if isinstance(entry, Mapping):
        rows = entry.get("values", ())
        values = sorted({row["aggregator"] if "aggregator" in row else number(row["threshold"], 3) for row in rows})
        shown = values[0] if len(values) == 1 else EACH
        return str(entry.get("value", shown)), str(entry.get("by", ""))
    return str(entry), ""


def selection_table(evidence: Evidence) -> Table:
    """What was chosen, and on what data."""
    rows = tuple((key.replace("_", " "), *_summary(entry)) for key, entry in evidence.selection.items())
    return Table(("Choice", "Value", "Chosen by"), rows, caption="What was chosen, and on what data")


def _ours(evidence: Evidence, column: str, level: str) -> str:
    """Our figure for a column of the paper's table, such as "accuracy after phase 1"."""
    if column == f"F1 {evidence.recipe.negative}" and level == "patient":
        return number(classification_report(evidence.tested(evidence.last), evidence.classes)[0].f1)
    metric, phase = metric_of(column)
    figure = evidence.figures(level, phase or evidence.last).get(metric)
    return with_interval(figure) if figure else ""


def published_table(evidence: Evidence) -> Table:
    """The paper's figures as printed, and this run's under them: a row for each aggregator that the paper tells of."""
    published, recipe = evidence.recipe.published, evidence.recipe
    if not published:
        return Table((), ())
    about = [column for column in ABOUT if any(column in row for row in published)]
    columns = list(dict.fromkeys(column for row in published for column in printed(row)))
    rows = []
    for row in published:
        figures = printed(row)
        cells = (str(figures[column]).removesuffix(" (validation)") if column in figures else "" for column in columns)
        rows.append(("the paper", *(str(row.get(column, "")) for column in about), *cells))
    known = {"modality": ",".join(recipe.modalities), "backbone": recipe.model.backbone, "split": "test"}
    for name in dict.fromkeys(str(row["aggregator"]) for row in published if "aggregator" in row) or [""]:
        whose = known | {"aggregator": name}
        ours = (_ours(evidence, column, f"patient by {name}" if name else "patient") for column in columns)
        rows.append(("this run (test patients)", *(whose[column] for column in about), *ours))
    header = ("", *about, *(f"{column} ± sd" if _has_spread(published, column) else column for column in columns))
    marked = frozenset(range(len(published), len(rows)))
    return Table(header, tuple(rows), marked, "The paper's figures as printed, and this run's")


def _has_spread(published: Sequence[Mapping[str, Any]], column: str) -> bool:
    return any(column + SPREAD in row for row in published)


def flatten(data: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Nested mappings and lists of them as (dotted path, value as text)."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from flatten(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list | tuple) and data and isinstance(data[0], Mapping):
        for index, value in enumerate(data):
            yield from flatten(value, f"{path}.{index}")
    else:
        yield path, data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)


def recipe_values(recipe: Recipe) -> dict[str, str]:
    """Every value of a recipe by dotted path."""
    told = {"sources", "published", "title", "citation", "positive", "negative", "demo"}
    return dict(flatten(recipe.model_dump(mode="json", exclude=told)))


def _source(recipe: Recipe, path: str) -> str:
    steps = path.split(".")
    prefixes = (".".join(steps[:length]) for length in range(len(steps), 0, -1))
    return next((recipe.sources[prefix] for prefix in prefixes if prefix in recipe.sources), "")


def recipe_table(recipe: Recipe) -> Table:
    """Every value of the recipe, and where it comes from."""
    rows = tuple((path, value, _source(recipe, path)) for path, value in recipe_values(recipe).items())
    return Table(("Setting", "Value", "Where it comes from"), rows, caption="Every setting of this run")


def overrides_table(evidence: Evidence) -> Table:
    """What this run does otherwise than the named recipe."""
    rows = tuple((o.path, o.value, o.recipe_value) for o in evidence.overrides)
    header = ("Setting", "This run", f"Recipe {evidence.recipe.name}")
    return Table(header, rows, caption="Settings that are not those of the recipe")


def environment_table(environment: Mapping[str, Any]) -> Table:
    """What the run was made with."""
    return Table(("Fact", "Value"), tuple(flatten(environment)), caption="Versions, device, seeds, hashes and command")
