"""Temperature scaling: probabilities drawn towards or away from a half, by what validation patients tell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from radiogenomics.evaluation.calibration import logits
from radiogenomics.records import Prediction

LEAST, MOST = 0.1, 10.0


@dataclass(frozen=True, slots=True)
class Temperature:
    """What the logits of one fold's model are divided by, and what chose it."""

    fold: int
    phase: int  # from 1
    value: float  # above 1: the probabilities were too extreme
    n: int  # validation patients who chose it
    by: str


def _pull(inverse: float, labels: np.ndarray, logit: np.ndarray) -> float:
    """The derivative of the log loss by 1 / temperature; it grows throughout."""
    return float((logit * (0.5 + 0.5 * np.tanh(inverse * logit / 2) - labels)).sum())


def best_temperature(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """The temperature of the lowest log loss from LEAST to MOST; 1 where a class is absent or nothing depends on it.

    C. Guo, G. Pleiss, Y. Sun, K. Weinberger: On calibration of modern neural networks. ICML (2017). The loss is convex
    in 1 / temperature, so that bisection finds its only minimum.

    Args:
        labels: 1 positive, 0 negative; [patients].
        probabilities: [patients].
    """
    labels, logit = np.asarray(labels), logits(probabilities)
    if len(set(labels.tolist())) < 2 or not np.any(logit):
        return 1.0
    low, high = 1 / MOST, 1 / LEAST
    if _pull(low, labels, logit) >= 0:
        return MOST
    if _pull(high, labels, logit) <= 0:
        return LEAST
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _pull(middle, labels, logit) < 0 else (low, middle)
    return 2 / (low + high)


def _chosen(rows: Sequence[Prediction], fold: int, phase: int) -> Temperature:
    labels, n = [row.label for row in rows], len(rows)
    value = best_temperature(labels, [row.probability for row in rows])
    by = "lowest log loss on the fold's validation patients"
    if len(set(labels)) < 2:
        by = f"1, since the fold's {n} validation patients lack a class" if n else "1, since nobody validates the fold"
    elif value in (LEAST, MOST):
        by += f"; at the {'least' if value == LEAST else 'most'} that is allowed"
    return Temperature(fold, phase, value, n, by)


def choose_temperatures(predictions: Iterable[Prediction], phase: int) -> tuple[Temperature, ...]:
    """One temperature for each fold that has test patients; these have no say in it.

    Args:
        predictions: Patient-level, of any folds, phases and splits.
        phase: The one in question, from 1.
    """
    known = [row for row in predictions if row.phase == phase]
    folds = sorted({row.fold for row in known if row.split == "test"})
    validating = {fold: [row for row in known if (row.fold, row.split) == (fold, "validation")] for fold in folds}
    return tuple(_chosen(validating[fold], fold, phase) for fold in folds)


def at_temperature(probability: float, temperature: float) -> float:
    """The probability whose logit is divided by the temperature; itself, to the last digit, at 1."""
    if temperature == 1:
        return probability
    # The logit is at most 14, and 140 at the least temperature: nothing overflows.
    return float(1 / (1 + np.exp(-logits(probability) / temperature)))


def scaled(predictions: Iterable[Prediction], temperatures: Sequence[Temperature]) -> list[Prediction]:
    """The test patients' predictions, each at its fold's temperature; other splits and phases are left out."""
    of_fold = {(row.fold, row.phase): row.value for row in temperatures}
    return [
        replace(row, probability=at_temperature(row.probability, of_fold[row.fold, row.phase]))
        for row in predictions
        if row.split == "test" and (row.fold, row.phase) in of_fold
    ]
