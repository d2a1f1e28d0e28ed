"""Figures in words, the same on every page and table."""

import math
from collections.abc import Mapping
from typing import Any

from radiogenomics.recipe import Recipe
from radiogenomics.records import Estimate

UNDEFINED = "undefined"
SELECTED = "selected on the reported fold"  # what every figure of the published protocol carries
OUTSIDE = "outside"  # the protocol of a cohort that was no part of the run, as selection.json says
LEAKS = "leaks_allowed"  # of selection.json: the checks whose leaks --allow-leak let pass
# How the 95% intervals of patients' figures are made: said wherever they are shown.
OF_AUC = (
    "DeLong on the logit scale, widened to Hanley and McNeil's where fewer than two patients of a class inform it, and "
    "Newcombe's method 5 where none does"
)
INTERVALS = (
    f"for the AUC {OF_AUC}; for proportions Clopper-Pearson; for F1, balanced accuracy and MCC what follows from "
    "Clopper-Pearson's limits of sensitivity and specificity; for average precision the standard deviation of a "
    "bootstrap over patients (stratified, 2,000 resamples) on the logit scale"
)
TITLES = {
    "auc": "AUC",
    "average_precision": "Average precision",
    "accuracy": "Accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "precision": "Precision (PPV)",
    "npv": "NPV",
    "recall": "Recall",
    "f1": "F1",
    "balanced_accuracy": "Balanced accuracy",
    "mcc": "MCC",
}


def number(value: float, digits: int = 2) -> str:
    """A figure with fixed digits, or the word for none."""
    return UNDEFINED if math.isnan(value) else f"{value:.{digits}f}"


def with_interval(figure: Estimate, interval: str = "", to: str = " to ") -> str:
    """E.g. "0.73 (0.60 to 0.84)".

    Args:
        figure: What to write; without limits only its value.
        interval: Words before the limits.
        to: What stands between the limits.
    """
    if math.isnan(figure.value) or math.isnan(figure.low):
        return number(figure.value)
    return f"{number(figure.value)} ({interval}{number(figure.low)}{to}{number(figure.high)})"


def carried(recipe: Recipe, selection: Mapping[str, Any]) -> str:
    """The words that every figure of a run carries; "" where nothing speaks against it.

    Args:
        recipe: The run's.
        selection: selection.json.
    """
    words = []
    if recipe.split.protocol == "published" and selection.get("protocol") != OUTSIDE:
        words.append(SELECTED)
    if leaks := selection.get(LEAKS):
        words.append(f"LEAK ALLOWED ({', '.join(map(str, leaks))})")
    return "; ".join(words)
