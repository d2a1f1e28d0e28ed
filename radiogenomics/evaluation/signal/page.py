"""signal.html: the verdict first, then what it goes by; made from signal.json alone."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from radiogenomics.evaluation.doubts import cautions
from radiogenomics.evaluation.page import template
from radiogenomics.evaluation.signal.smallest import could_find
from radiogenomics.evaluation.signal.verdict import COUNTS, WORDS
from radiogenomics.evaluation.tables import Table
from radiogenomics.evaluation.wording import number, with_interval
from radiogenomics.records import Estimate

BINS = 40
WIDTH, HEIGHT, FOOT = 640.0, 200.0, 26.0  # of the histogram, in its own units; the foot holds the scale
TITLES = {
    "head": "Linear head on frozen features of the images",
    "model": "This run's trained model",
    "hidden": "The same head, the lesions hidden in the images",
    "metadata": "Without images: how and where they were made",
    "clinical": "Without images: sex, age and the like",
    "intensity": "Without a network: brightness",
    "shape": "Without a network: outline of the picture",
    "lesion": "Without a network: size of the lesions",
}


@dataclass(frozen=True, slots=True)
class Histogram:
    """What chance gave, drawn: bars as x, y, width, height; and where two values stand."""

    bars: tuple[tuple[float, float, float, float], ...]
    ticks: tuple[tuple[float, str], ...]
    observed: float
    bound: float  # that 5% of chance exceed


def histogram(null: Sequence[float], observed: float, bound: float) -> Histogram:
    """The histogram of the AUCs on permuted labels.

    Args:
        null: At least one.
        observed: The AUC on the real labels.
        bound: The value that 5% of `null` exceed.
    """
    low = np.floor(min(*null, observed, 0.3) * 10) / 10
    high = np.ceil(max(*null, observed, 0.7) * 10) / 10
    counts, edges = np.histogram(null, bins=BINS, range=(low, high))

    def place(value: float) -> float:
        return round(float((value - low) / (high - low) * WIDTH), 1)

    heights = counts / max(counts.max(), 1) * (HEIGHT - FOOT - 30)  # room above for two labels
    bars = tuple(
        (place(left), round(float(HEIGHT - FOOT - height), 1), round(WIDTH / BINS - 1, 1), round(float(height), 1))
        for left, height in zip(edges[:-1], heights, strict=True)
        if height
    )
    ticks = tuple((place(tick), f"{tick:.1f}") for tick in np.arange(low, high + 0.05, 0.1))
    return Histogram(bars, ticks, place(observed), place(bound))


def _estimate(plain: Mapping[str, Any]) -> Estimate:
    value, low, high = (math.nan if plain[name] is None else float(plain[name]) for name in ("value", "low", "high"))
    return Estimate(value, low, high, int(plain["n"]))


def _rows(signal: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, part in {**{key: signal[key] for key in ("model", "head", "hidden")}, **signal["baselines"]}.items():
        if part is None:
            continue
        p = part.get("p")
        chance = f"{part['as_good']:,} of {signal['resamples']:,}" if p is not None else "-"
        auc = _estimate(part["auc"])
        yield TITLES.get(name, name), f"{auc.n:,}", with_interval(auc), "-" if p is None else f"{p:.3f}", chance


def comparison_table(signal: Mapping[str, Any]) -> Table:
    """Each test: its AUC, its p, and how many random labellings did as well."""
    rows = tuple(_rows(signal))
    marked = frozenset(place for place, row in enumerate(rows) if row[0] == TITLES["head"])
    header = ("What tells the classes apart", "Patients", "AUC (95% interval)", "p", "Random labellings as good")
    return Table(header, rows, marked, _carrying("The images, and what might explain them away", signal))


def control_table(signal: Mapping[str, Any]) -> Table:
    """Each planted AUC: how often it was found, and what the head reached."""
    rows = tuple(
        (number(row["auc"]), f"{row['found']} of {row['draws']}", number(row["reached"])) for row in signal["control"]
    )
    caption = _carrying("Marks of known size, put into the images of some patients", signal)
    header = ("AUC that the mark alone gives", "Found (p < .05)", "AUC of the head, on average")
    return Table(header, rows, caption=caption)


def _carrying(caption: str, signal: Mapping[str, Any]) -> str:
    return f"{caption}. Every figure is: {signal['note']}" if signal["note"] else caption


def _power(signal: Mapping[str, Any]) -> str:
    """What may well have been missed; for the class sizes, and against the chance of this very head."""
    smallest, of_head = signal["smallest_auc"], signal["smallest_auc_of_head"]
    said = could_find(math.nan if smallest is None else smallest, signal["control"])
    if smallest is None:
        return said
    other = "" if of_head is None else f"; against the chance of this very head {number(of_head)}"
    return f"{said} (80% of such cohorts, one-sided 5%, variance by Hanley and McNeil{other}.)"


def render(signal: Mapping[str, Any], name: str, version: str) -> str:
    """The page.

    Args:
        signal: What signal.json holds; nan is None.
        name: Of the run.
        version: Of radiogen, for the foot.
    """
    head, told = signal["head"], signal["sentence"].partition(": ")[2]
    null = [value for value in head["null"] if value is not None]
    drawn = None
    if null and head["p"] is not None:
        drawn = histogram(null, head["auc"]["value"], head["chance_95"])
    return template("signal.html.j2", straight=True)(
        name=name,
        version=version,
        signal=signal,
        word=WORDS[signal["verdict"]],
        told=told[:1].upper() + told[1:],
        drawn=drawn,
        comparison=comparison_table(signal),
        control=control_table(signal),
        size=(WIDTH, HEIGHT, FOOT),
        number=number,
        found=next((row for row in signal["control"] if abs(row["auc"] - 0.75) < 1e-9), None),
        power=_power(signal),
        cautions=cautions(signal),
        counts=COUNTS,
    )
