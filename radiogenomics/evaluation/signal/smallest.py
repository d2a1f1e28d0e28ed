"""What a cohort, and a pipeline, could have shown: the smallest AUC, and the marks that were missed."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

Z_TEST = 1.6448536269514722  # the normal distribution's .95 quantile: one-sided 5%
Z_POWER = 0.8416212335729143  # its .80 quantile
POWER = 0.8  # of draws, in which a mark must be found for its kind to count as findable
STRONG = 0.85  # AUC of a mark, from which it is told that it was missed


def deviation(value: float, positives: int, negatives: int) -> float:
    """The standard deviation of an observed AUC whose true value is `value`.

    J. Hanley, B. McNeil: The meaning and use of the area under a receiver operating characteristic (ROC) curve.
    Radiology 143 (1982).
    """
    of_positives, of_negatives = value / (2 - value) - value**2, 2 * value**2 / (1 + value) - value**2
    spread = value * (1 - value) + (positives - 1) * of_positives + (negatives - 1) * of_negatives
    return math.sqrt(max(spread, 0.0) / (positives * negatives))


def smallest_auc(positives: int, negatives: int, bound: float | None = None) -> float:
    """The AUC of a classifier that would exceed a bound in 80% of cohorts of these class sizes; nan where none would.

    It is that of scores as they come out: what a pipeline makes of a signal of this size in the images may be far less.

    Args:
        positives: How many are tested.
        negatives: Likewise.
        bound: What an AUC must exceed to count as found; None takes the value that 5% of scores without signal exceed.
    """
    if not positives or not negatives:
        return math.nan
    bound = 0.5 + Z_TEST * deviation(0.5, positives, negatives) if bound is None else bound
    if not bound < 1:
        return math.nan
    low, high = 0.5, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        found = middle - Z_POWER * deviation(middle, positives, negatives) >= bound
        low, high = (low, middle) if found else (middle, high)
    return high


def missed(control: Sequence[Mapping[str, Any]]) -> str:
    """A sentence on the strongest mark that was found too rarely; "" where all strong ones were found.

    Args:
        control: Rows of signal.json: `auc`, `found`, `draws`.
    """
    rare = [row for row in control if row["auc"] >= STRONG and row["found"] < POWER * row["draws"]]
    if not rare:
        return ""
    worst = max(rare, key=lambda row: float(row["auc"]))
    often = f"in only {worst['found']} of {worst['draws']} draws"
    if worst["auc"] >= 1:
        return (
            f"This head found even a perfect mark (AUC 1.00) {often}: where it finds nothing, that says next to "
            "nothing."
        )
    return f"This head found a mark of AUC {worst['auc']:.2f} {often}, so it may miss much that is there."


def could_find(smallest: float, control: Sequence[Mapping[str, Any]] = ()) -> str:
    """What may well have been missed: first by the pipeline, then for the size of the cohort.

    Args:
        smallest: See `smallest_auc`.
        control: See `missed`.
    """
    if math.isnan(smallest):
        return "So few patients could have shown no AUC at all."
    size = f"A classifier whose own AUC is below {smallest:.2f} may well have been missed in so few patients."
    return f"{missed(control)} {size}".lstrip()
