"""Is there signal? The tests of signal.json."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from radiogenomics.evaluation.chapters.section import Chapter, Section
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.tables import Table
from radiogenomics.evaluation.wording import number, with_interval
from radiogenomics.records import Estimate

ABOUT = {
    "acquisition": "header fields alone: scanner, echo time, matrix and the like",
    "metadata": "header fields alone: scanner, echo time, matrix and the like",
    "clinical": "sex, age and other columns of the labels file alone",
    "radiomics": "intensity and shape of what the model is shown, without any network",
}


def estimate(entry: object) -> Estimate | None:
    """An estimate as JSON has it; None where there is none."""
    if not isinstance(entry, Mapping) or entry.get("value") is None:
        return None
    low, high = (math.nan if entry.get(name) is None else float(entry[name]) for name in ("low", "high"))
    return Estimate(float(entry["value"]), low, high, int(entry.get("n") or 0))


def _row(title: str, entry: object, about: str) -> Iterator[tuple[str, ...]]:
    """One classifier: its AUC, and how often permuted labels did as well."""
    if not isinstance(entry, Mapping):
        return
    found = estimate(entry.get("auc"))
    p = entry.get("p")
    said = str(entry.get("sentence") or entry.get("reason") or "")
    if found or said:
        area = with_interval(found) if found else "-"
        yield title, area, f"{p:.3f}" if isinstance(p, int | float) else "-", said or about


def signal_table(signal: Mapping[str, Any]) -> Table:
    """The model, the head on frozen features, and what needs no tumour, side by side."""
    rows = [
        *_row("this run's model, trained", signal.get("model"), "the AUC of this page"),
        *_row("a head on frozen features", signal.get("head"), "the same images, the base not trained"),
    ]
    baselines = signal.get("baselines")
    for name, entry in (baselines if isinstance(baselines, Mapping) else {}).items():
        rows += _row(f"baseline: {str(name).replace('_', ' ')}", entry, ABOUT.get(str(name), ""))
    header = ("Told by", "AUC (95% interval)", "p, by permuted labels", "What it goes by")
    return Table(header, tuple(rows), caption="What tells the classes apart, and how well")


def _cell(value: object) -> str:
    known = estimate(value)
    if known:
        return with_interval(known)
    if isinstance(value, bool) or not isinstance(value, float):
        return "-" if value is None else str(value)
    return number(value, 3)


def control_table(signal: Mapping[str, Any]) -> Table:
    """Whether this pipeline finds a signal of known size at this number of patients."""
    control = signal.get("control")
    rows = [row for row in control if isinstance(row, Mapping)] if isinstance(control, list | tuple) else []
    columns = list(dict.fromkeys(str(column) for row in rows for column in row))
    cells = tuple(tuple(_cell(row.get(column)) for column in columns) for row in rows)
    header = tuple(column.replace("_", " ").capitalize() for column in columns)
    return Table(header, cells, caption="Planted signals of known size")


def _control_note(signal: Mapping[str, Any]) -> str:
    least = signal.get("smallest_auc")
    told = f" The smallest AUC that this cohort could have shown: {least:.2f}." if isinstance(least, float) else ""
    return f"A signal of known size was planted in features of these patients: does the same test find it?{told}"


def chapter(evidence: Evidence) -> Chapter:
    """The tests, or the command that makes them."""
    signal = evidence.signal
    note = (
        f"{str(signal.get('sentence', '')).strip()} p is the share of 1,000 permutations of the labels after which the "
        "same classifier did at least as well. A baseline that does as well as the model needs no tumour to do so."
    )
    asked = "" if signal or evidence.outside else "radiogen signal RUN"
    sections = (
        Section("What tells the classes apart", note.strip() if signal else "", signal_table(signal), command=asked),
        Section("Would a signal have been found?", _control_note(signal), control_table(signal)),
    )
    return Chapter("signal", "Is there signal?", sections)
