"""The tables of a report, each a header and rows of text."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radiogenomics.evaluation.classification import classification_report
from radiogenomics.evaluation.estimate import METRICS
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.wording import TITLES, number, with_interval
from radiogenomics.recipe import Recipe

FOLD_METRICS = ("auc", "accuracy", "sensitivity", "specificity", "f1")


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to show."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: frozenset[int] = frozenset()  # rows to stand out


def metrics_table(evidence: Evidence) -> Table:
    """Every metric: patients after each phase, last first; slices; validation patients."""
    phases = evidence.phases[::-1]
    cells = [("patient", phase, "test") for phase in phases]
    titles = [f"Test patients, after phase {phase} ({evidence.phase_name(phase)})" for phase in phases]
    cells += [("slice", evidence.last, "test"), ("patient", evidence.last, "validation")]
    titles += [f"Test slices, after phase {evidence.last}", f"Validation patients, after phase {evidence.last}"]
    columns = [(t, f) for t, c in zip(titles, cells, strict=True) if (f := evidence.figures(*c))]
    rows = tuple((TITLES[metric], *(with_interval(figures[metric]) for _, figures in columns)) for metric in METRICS)
    return Table(("", *(title for title, _ in columns)), rows)


def classification_table(evidence: Evidence) -> Table:
    """Precision, recall and F1 of each class, test patients after the last phase."""
    report = classification_report(evidence.tested(evidence.last), evidence.classes)
    rows = (
        (row.name, *(number(value) for value in (row.precision, row.recall, row.f1)), str(row.support))
        for row in report
    )
    return Table(("", "Precision", "Recall", "F1", "Patients"), tuple(rows))


def _epochs(evidence: Evidence, fold: int) -> str:
    chosen = evidence.selection.get("epoch", ())
    return ", ".join(str(row["epoch"]) for row in chosen if row["fold"] == fold) or "-"


def _parts(evidence: Evidence, of: str, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Rows of single folds or repeats, then their mean and standard deviation."""
    for name in names:
        figures = evidence.figures("patient", evidence.last, fold=name)
        if of == f"{evidence.part}s":  # of one model, hence with its own epoch and threshold
            fold = int(name.split()[-1])
            threshold = next(t.value for t in evidence.thresholds if (t.fold, t.phase) == (fold, evidence.last))
            units = evidence.tested(evidence.last, fold)
            about = (f"{len(units)} ({sum(u.label for u in units)})", _epochs(evidence, fold), number(threshold))
        else:
            about = (str(figures["auc"].n), "", "")
        title = f"fold {name}" if name.isdigit() else name
        yield (title, *about, *(with_interval(figures[metric], to="–") for metric in FOLD_METRICS))
    mean, deviation = (evidence.figures("patient", evidence.last, fold=f"{part} of {of}") for part in ("mean", "sd"))
    if mean:
        spread = (f"{number(mean[m].value)} ± {number(deviation[m].value)}" for m in FOLD_METRICS)
        yield ("mean ± sd", f"{len(names)} {of}", "", "", *spread)


def folds_table(evidence: Evidence) -> Table:
    """Each fold and repeat on its own test patients, their spread, and all pooled."""
    names = sorted({row.fold for row in evidence.rows if row.fold.isdigit()}, key=int)
    repeats = sorted({r.fold for r in evidence.rows if r.fold.startswith("repeat ")}, key=lambda n: int(n.split()[1]))
    rows = [*_parts(evidence, "folds", names), *(_parts(evidence, "repeats", repeats) if repeats else ())]
    marked = frozenset(i for i, row in enumerate(rows) if row[0].startswith("mean"))
    header = ("", f"Test patients ({evidence.recipe.positive})", "Epoch, by phase", "Threshold")
    return Table((*header, *(TITLES[metric] for metric in FOLD_METRICS)), tuple(rows), marked)


def split_table(evidence: Evidence) -> Table:
    """Patients of each class in each split, a row a fold."""
    rows = []
    for fold in evidence.folds:
        cells = [f"{evidence.part} {fold.index}"]
        for split in ("train", "validation", "test"):
            members = getattr(fold, split)
            positives = sum(evidence.labels[patient] for patient in members)
            cells.append(f"{len(members)} ({len(members) - positives} / {positives})")
        rows.append(tuple(cells))
    classes = f"({evidence.recipe.negative} / {evidence.recipe.positive})"
    return Table(("", *(f"{split} {classes}" for split in ("Train", "Validation", "Test"))), tuple(rows))


def exclusions_table(evidence: Evidence) -> Table:
    """What takes no part and why, most frequent first; reasons that differ only after a colon count as one."""
    counts = Counter(("file" if e.path else "patient", e.reason.split(":")[0]) for e in evidence.exclusions)
    unused = (row["reason"].split(":")[0] for row in evidence.series if row["status"] != "used")
    counts.update(("series", reason) for reason in unused)
    order = ("patient", "series", "file")
    rows = sorted(counts.items(), key=lambda item: (order.index(item[0][0]), -item[1], item[0][1]))
    return Table(("What", "How many", "Reason"), tuple((kind, str(count), why) for (kind, why), count in rows))


def acquisition_table(evidence: Evidence) -> Table:
    """How the series that were used were acquired, by scanner, field strength, plane and matrix."""
    columns = ("modality", "scanner", "field_strength", "plane", "matrix")
    used = (row for row in evidence.series if row["status"] == "used")
    counts = Counter(tuple(row.get(column, "") or "not stated" for column in columns) for row in used)
    rows = tuple((*cells, str(count)) for cells, count in counts.most_common())
    return Table(("Modality", "Scanner", "Field (T)", "Plane", "Matrix", "Series"), rows)


def _summary(entry: Any) -> tuple[str, str]:
    """(value, what chose it) of one entry of selection.json."""
    if isinstance(entry, list):
        return "one a model and phase: see above", "; ".join(sorted({str(row.get("by", "")) for row in entry}))
    if isinstance(entry, Mapping) and not {"value", "values"} & entry.keys():
        return "; ".join(f"{key.replace('_', ' ')}: {value}" for key, value in entry.items()), ""
    if isinstance(entry, Mapping):
        values = sorted({number(row["threshold"], 3) for row in entry.get("values", ())})
        shown = values[0] if len(values) == 1 else "one a model and phase: see above"
        return str(entry.get("value", shown)), str(entry.get("by", ""))
    return str(entry), ""


def selection_table(evidence: Evidence) -> Table:
    """What was chosen, and on what data."""
    rows = tuple((key, *_summary(entry)) for key, entry in evidence.selection.items())
    return Table(("Choice", "Value", "Chosen by"), rows)


def _ours(evidence: Evidence, column: str) -> str:
    """Our figure for a column of the paper's table, such as "accuracy after phase 1"."""
    metric, _, phase = column.partition(" after phase ")
    level = evidence.figures("patient", int(phase) if phase.isdigit() else evidence.last)
    figure = level.get(metric.strip().lower().replace(" ", "_"))
    return with_interval(figure) if figure else ""


def published_table(evidence: Evidence) -> Table:
    """The paper's figures as printed, and this run's under them."""
    columns = list(dict.fromkeys(column for row in evidence.recipe.published for column in row))
    rows = [("the paper", *(str(row.get(column, "")) for column in columns)) for row in evidence.recipe.published]
    known = {"modality": ",".join(evidence.recipe.modalities), "backbone": evidence.recipe.model.backbone}
    ours = ("this run (test patients)", *(known.get(column) or _ours(evidence, column) for column in columns))
    return Table(("", *columns), (*rows, ours), frozenset({len(rows)}))


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
    told = {"sources", "published", "title", "citation", "positive", "negative"}
    return dict(flatten(recipe.model_dump(mode="json", exclude=told)))


def _source(recipe: Recipe, path: str) -> str:
    steps = path.split(".")
    prefixes = (".".join(steps[:length]) for length in range(len(steps), 0, -1))
    return next((recipe.sources[prefix] for prefix in prefixes if prefix in recipe.sources), "")


def recipe_table(recipe: Recipe) -> Table:
    """Every value of the recipe, and where it comes from."""
    rows = tuple((path, value, _source(recipe, path)) for path, value in recipe_values(recipe).items())
    return Table(("Setting", "Value", "Where it comes from"), rows)


def overrides_table(evidence: Evidence) -> Table:
    """What this run does otherwise than the named recipe."""
    rows = tuple((o.path, o.value, o.recipe_value) for o in evidence.overrides)
    return Table(("Setting", "This run", f"Recipe {evidence.recipe.name}"), rows)


def environment_table(environment: Mapping[str, Any]) -> Table:
    """What the run was made with."""
    return Table(("Fact", "Value"), tuple(flatten(environment)))
