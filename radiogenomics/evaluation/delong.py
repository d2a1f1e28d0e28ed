"""DeLong's nonparametric theory of the AUC: its value, its variance, and the paired test of two.

E. DeLong, D. DeLong, D. Clarke-Pearson: Comparing the areas under two or more correlated receiver operating
characteristic curves. Biometrics 44 (1988). Computed by mid-ranks in O(n log n): X. Sun, W. Xu: Fast implementation
of DeLong's algorithm. IEEE Signal Processing Letters 21 (2014).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radiogenomics.evaluation.normal import Z
from radiogenomics.records import Estimate

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Two AUCs of the same patients: the difference (first - second), and the two-sided p value."""

    first: float
    second: float
    difference: Estimate  # 95% interval by DeLong's variance of a difference
    p: float  # nan where the variance can't be estimated


def _placements(labels: ArrayLike, scores: ArrayLike) -> tuple[Array, Array]:
    """For each positive the share of negatives below it, for each negative the share of positives above it.

    A tie counts one half. Their common mean is the AUC.
    """
    from scipy.stats import rankdata

    positive = np.asarray(labels) == 1
    scores = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite")
    above, below = scores[positive], scores[~positive]
    ranks = rankdata(np.concatenate([above, below]))
    m, n = len(above), len(below)
    of_positives = (ranks[:m] - rankdata(above)) / n if n else np.empty(0)
    of_negatives = 1 - (ranks[m:] - rankdata(below)) / m if m else np.empty(0)
    return of_positives, of_negatives


def _covariance(first: Array, second: Array) -> float:
    """Sample covariance; nan for fewer than two."""
    if len(first) < 2:
        return math.nan
    return float(((first - first.mean()) * (second - second.mean())).sum() / (len(first) - 1))


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """The probability that a positive scores above a negative, ties one half; nan where a class is absent."""
    of_positives, of_negatives = _placements(labels, scores)
    if not len(of_positives) or not len(of_negatives):
        return math.nan
    return float(of_positives.mean())


def auc_variance(labels: ArrayLike, scores: ArrayLike) -> tuple[float, float]:
    """The AUC and DeLong's estimate of its variance.

    Returns:
        (auc, variance); the variance is nan where a class has fewer than two members, and 0 where the scores
        separate the classes wholly or are all alike: then it says nothing.
    """
    of_positives, of_negatives = _placements(labels, scores)
    m, n = len(of_positives), len(of_negatives)
    if not m or not n:
        return math.nan, math.nan
    variance = _covariance(of_positives, of_positives) / m + _covariance(of_negatives, of_negatives) / n
    return float(of_positives.mean()), variance


def informants(labels: ArrayLike, scores: ArrayLike) -> float:
    """On how many patients DeLong's variance in effect rests, in the class that has fewer of them.

    Where most patients are in order, the variance is made by the few who are not: by one alone, if he is far out of
    order and the others hardly. They are counted as L. Kish counts a weighted sample (Survey Sampling, 1965), (sum of
    weights)^2 / sum of squares, the weight being how far a patient is out of order; never above a class's size - 1.
    """
    placements = _placements(labels, scores)
    found = [float(len(of) - 1) for of in placements]
    for of in placements:
        for out in (1 - of, of):  # of scores that point the other way, it is the order that is out of place
            squares = float((out**2).sum())
            found.append(float(out.sum()) ** 2 / squares if squares > 0 else 0.0)
    return min(found)


def paired_test(labels: ArrayLike, first: ArrayLike, second: ArrayLike) -> PairedTest:
    """DeLong's test of two scores of the same patients.

    Args:
        labels: 1 positive, 0 negative; [patients].
        first: Scores, patients in the order of `labels`.
        second: As `first`.

    Returns:
        Where both score vectors order the patients so alike that the difference has no variance, p is 1 if there is no
        difference, else nan (two perfect but opposite orders: nothing to estimate the variance from).
    """
    from scipy.special import ndtr

    (p1, n1), (p2, n2) = _placements(labels, first), _placements(labels, second)
    count = len(p1) + len(n1)
    if not len(p1) or not len(n1):
        return PairedTest(math.nan, math.nan, Estimate(math.nan, math.nan, math.nan, count), math.nan)
    difference = float(p1.mean() - p2.mean())
    variance = _covariance(p1 - p2, p1 - p2) / len(p1) + _covariance(n1 - n2, n1 - n2) / len(n1)
    deviation = math.sqrt(variance) if variance > 0 else math.nan
    if variance == 0 and difference == 0:
        estimate, p = Estimate(0.0, 0.0, 0.0, count), 1.0
    else:
        margin = Z * deviation
        estimate = Estimate(difference, max(difference - margin, -1.0), min(difference + margin, 1.0), count)
        if math.isnan(deviation):
            estimate = Estimate(difference, math.nan, math.nan, count)
        p = float(2 * ndtr(-abs(difference) / deviation))
    return PairedTest(float(p1.mean()), float(p2.mean()), estimate, p)
