"""Logistic regression of an outcome on one logit: what is fitted, how sure it is, and why it can't be."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiogenomics.evaluation.normal import Z
from radiogenomics.records import Estimate

Array = NDArray[np.float64]
STEPS = 100
TIED = "but for equal probabilities on the border a threshold tells the classes apart, and no finite slope is the best"
ALIKE = 1e-5  # logits that lie nearer together differ by rounding alone


@dataclass(frozen=True, slots=True)
class Fitted:
    """A coefficient with Wald's 95% interval; nan, and the reason, where there is none."""

    estimate: Estimate
    reason: str = ""


def _none(reason: str, n: int) -> Fitted:
    return Fitted(Estimate(math.nan, math.nan, math.nan, n), reason)


def _lacks(labels: Array) -> str:
    """Why nothing at all can be fitted; "" where both classes are there."""
    if not len(labels):
        return "there are no patients"
    return "" if 0 < labels.sum() < len(labels) else "all patients are of one class"


def _log_likelihood(labels: Array, logit: Array) -> float:
    return float((labels * logit - np.logaddexp(0, logit)).sum())


def _newton(labels: Array, columns: Array, offset: Array) -> tuple[Array, Array] | None:
    """The greatest likelihood's coefficients and their covariance; None where the steps don't settle.

    The logarithm of the likelihood is concave: halving a step that overshoots leads to its only maximum.

    Args:
        labels: [n].
        columns: [n, k].
        offset: [n], added to the logit as it is.
    """
    beta = np.zeros(columns.shape[1])
    best = _log_likelihood(labels, offset)
    for _ in range(STEPS):
        expected = 0.5 + 0.5 * np.tanh((offset + columns @ beta) / 2)
        information = (columns.T * (expected * (1 - expected))) @ columns
        if not np.linalg.cond(information) < 1e12:
            return None
        step = np.linalg.solve(information, columns.T @ (labels - expected))
        if np.abs(step).max() < 1e-10 * (1 + np.abs(beta).max()):
            return beta + step, np.asarray(np.linalg.inv(information), dtype=np.float64)
        while (found := _log_likelihood(labels, offset + columns @ (beta + step))) < best - 1e-12 * (1 + abs(best)):
            step = step / 2
        beta, best = beta + step, found
    return None


def _wald(value: float, variance: float, n: int) -> Fitted:
    margin = Z * math.sqrt(variance)
    return Fitted(Estimate(value, value - margin, value + margin, n))


def fit_offset(labels: Array, logit: Array) -> Fitted:
    """The constant that, added to all logits, makes as many positives expected as there are; `glm(y ~ 1 + offset(x))`.

    Args:
        labels: 1 positive, 0 negative; [n].
        logit: [n], finite.
    """
    if reason := _lacks(labels):
        return _none(reason, len(labels))
    found = _newton(labels, np.ones((len(labels), 1)), logit)
    if found is None:
        return _none("the fit does not settle", len(labels))
    return _wald(float(found[0][0]), float(found[1][0, 0]), len(labels))


def fit_slope(labels: Array, logit: Array) -> Fitted:
    """The slope of the outcome on the logits, beside an intercept; `glm(y ~ x)`.

    It has no finite value where a threshold tells the classes apart, be it with equal values on both sides of it
    (A. Albert, J. Anderson: On the existence of maximum likelihood estimates in logistic regression models.
    Biometrika 71 (1984)).

    Args:
        labels: 1 positive, 0 negative; [n].
        logit: [n], finite.
    """
    n = len(labels)
    if reason := _lacks(labels):
        return _none(reason, n)
    if np.ptp(logit) < ALIKE:
        return _none("all patients have the same probability", n)
    above, below = logit[labels == 1], logit[labels == 0]
    if above.min() > below.max() or below.min() > above.max():
        return _none("a threshold tells the classes wholly apart, and no finite slope is the best", n)
    if above.min() == below.max() or below.min() == above.max():
        return _none(TIED, n)
    centre, scale = float(logit.mean()), float(logit.std())  # so that steps are of one size
    found = _newton(labels, np.column_stack([np.ones(n), (logit - centre) / scale]), np.zeros(n))
    if found is None:
        return _none("the classes hardly overlap, and the fit does not settle", n)
    return _wald(float(found[0][1]) / scale, float(found[1][1, 1]) / scale**2, n)
