"""Is there signal? The tests of signal.json; signal.html has them at length."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from radiogenomics.evaluation.chapters.section import Chapter, Section
from radiogenomics.evaluation.doubts import said_of_signal
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.signal.smallest import could_find
from radiogenomics.evaluation.signal.verdict import COUNTS
from radiogenomics.evaluation.tables import Table
from radiogenomics.evaluation.wording import number, with_interval
from radiogenomics.records import Estimate

TITLES = {
    "model": ("This run's trained model", "the AUC of this page"),
    "head": ("Linear head on frozen features", "the same images; the base never learns"),
    "hidden": ("The same head, lesions hidden", "the images without what a tumour shows"),
}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _estimate(entry: Mapping[str, Any]) -> Estimate:
    value, low, high = (_number(entry.get(name)) for name in ("value", "low", "high"))
    return Estimate(value, low, high, int(entry.get("n") or 0))


def _parts(signal: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Title, what it goes by, and figures of each test; those that were not made are left out."""
    for key, (title, about) in TITLES.items():
        if isinstance(signal.get(key), Mapping):
            yield title, about, signal[key]
    for name, part in dict(signal.get("baselines") or {}).items():
        if isinstance(part, Mapping):
            yield f"Baseline: {name}", str(part.get("sentence", "")), part


def signal_table(signal: Mapping[str, Any]) -> Table:
    """The model, the head on frozen features, and what needs no tumour, side by side."""
    rows = tuple(
        (
            title,
            about,
            f"{_estimate(part.get('auc') or {}).n:,}",
            with_interval(_estimate(part.get("auc") or {})),
            "-" if part.get("p") is None else f"{part['p']:.3f}",
        )
        for title, about, part in _parts(signal)
    )
    header = ("Told by", "What it goes by", "Patients", "AUC (95% interval)", "p")
    return Table(header, rows, caption="What tells the classes apart, and how well")


def control_table(signal: Mapping[str, Any]) -> Table:
    """How often a mark of known size was found at this number of patients."""
    rows = tuple(
        (
            number(_number(row.get("auc"))),
            f"{row.get('found')} of {row.get('draws')}",
            number(_number(row.get("reached"))),
        )
        for row in signal.get("control") or ()
        if isinstance(row, Mapping)
    )
    header = ("AUC that the mark alone gives", "Found (p < .05)", "AUC of the head, on average")
    return Table(header, rows, caption="Marks of known size, put into the images of some patients")


def _note(signal: Mapping[str, Any]) -> str:
    resamples = signal.get("resamples")
    random = f"{resamples:,} random labellings" if isinstance(resamples, int) else "random labellings"
    return (
        f"{said_of_signal(signal)} p is the share of {random} of the same patients on which the same "
        f"classifier did at least as well, with the real one counted among them. {COUNTS} "
        "signal.html beside this page has it at length."
    ).strip()


def power(signal: Mapping[str, Any]) -> str:
    """What may well have been missed, by signal.json."""
    rows = [row for row in signal.get("control") or () if isinstance(row, Mapping)]
    return could_find(_number(signal.get("smallest_auc")), rows)


def _control_note(signal: Mapping[str, Any]) -> str:
    note = "Labels were dealt at random, and a faint mark put into more of the one class: does the same test find it?"
    return f"{note} {power(signal)}"


def chapter(evidence: Evidence) -> Chapter:
    """The tests, or the command that makes them."""
    signal = evidence.signal
    asked = "" if signal or evidence.outside else "radiogen signal RUN"
    sections = (
        Section("What tells the classes apart", _note(signal) if signal else "", signal_table(signal), command=asked),
        Section("Would a signal have been found?", _control_note(signal), control_table(signal)),
    )
    return Chapter("signal", "Is there signal?", sections)
