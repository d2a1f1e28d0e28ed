"""Average precision: the area under the precision-recall curve, by steps."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radiogenomics.evaluation.intervals import DEGENERATE, clopper_pearson, logit_limits
from radiogenomics.records import Estimate

Array = NDArray[np.float64]
CELLS = 2_000_000  # of an array, at most: resamples are taken in blocks, so that memory does not grow with them


def _block(weights: Array, positive: NDArray[np.bool_], ends: NDArray[np.intp]) -> Array:
    """Average precision of each row of weights [resamples, units], the units sorted from the highest score down."""
    hits = np.where(positive, weights, 0).cumsum(1)[:, ends]
    called = weights.cumsum(1)[:, ends]
    gained = np.diff(hits, axis=1, prepend=0) / hits[:, -1:]
    # Where a resample has drawn nobody yet, there is no precision, and no recall gained either. What is lost is summed,
    # not what is had: so that of classes wholly separated it is 1 to the last digit.
    false = np.divide(called - hits, called, out=np.zeros_like(hits), where=called > 0)
    return np.asarray(1 - (gained * false).sum(1))


def resampled_average_precision(labels: ArrayLike, scores: ArrayLike, patients: ArrayLike, weights: ArrayLike) -> Array:
    """Average precision in each resample of patients; [resamples], nan where a class is absent.

    Args:
        labels: 1 positive, 0 negative; [units], a unit being a patient or one of a patient's slices.
        scores: Higher means more likely positive; [units]. Equal scores are one step of the curve.
        patients: To whom each unit belongs, a column of `weights`; [units].
        weights: How often each patient was drawn, whole numbers, each class at least once; [resamples, patients].
    """
    positive, scores = np.asarray(labels) == 1, np.asarray(scores, dtype=np.float64)
    weights, patients = np.asarray(weights, dtype=np.float64), np.asarray(patients)
    if positive.all() or not positive.any():
        return np.full(len(weights), math.nan)
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    ends = ends[np.diff(positive[order].cumsum()[ends], prepend=0) > 0]  # a step of negatives alone gains no recall
    rows = max(CELLS // len(order), 1)
    blocks = (weights[start : start + rows, patients[order]] for start in range(0, len(weights), rows))
    return np.concatenate([_block(block, positive[order], ends) for block in blocks])


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float:
    """The mean of the precision over the positives, each at its own score; nan where a class is absent.

    The sum over the distinct scores, from the highest down, of the recall gained there times the precision there: no
    line is drawn between the points, which would flatter (J. Davis, M. Goadrich, ICML 2006). scikit-learn's
    `average_precision_score` is the same. A score that knows nothing gets the share of positives, not 0.5.

    Args:
        labels: 1 positive, 0 negative; [units].
        scores: Higher means more likely positive; [units].
    """
    count = len(np.asarray(labels))
    return float(resampled_average_precision(labels, scores, np.arange(count), np.ones((1, count)))[0])


def precision_interval(labels: ArrayLike, scores: ArrayLike, patients: ArrayLike, weights: ArrayLike) -> Estimate:
    """Average precision with a 95% interval on the logit scale, its standard deviation by resampling patients.

    It holds the truth in 90 to 96% of the simulated cohorts of `benchmarks/coverage.py`, with 5 or 8 positives in 86 to
    98%: too few still where the AUC is low, since average precision is biased upwards where patients are few. The
    resamples' plain quantiles, no narrower, did so in 83 to 93%. Average precision is a mean over the positives of a
    number from 0 to 1: where all resamples agree (classes wholly separated, or scores all alike), its limits are those
    of a proportion with one trial a positive patient, the exact form of the binomial interval of K. Boyd, K. Eng, C.
    Page (ECML PKDD 2013).

    Args:
        labels: 1 positive, 0 negative; [units].
        scores: Higher means more likely positive; [units].
        patients: To whom each unit belongs, a column of `weights`; [units].
        weights: How often each patient was drawn, see `bootstrap_weights`; [resamples, patients].
    """
    labels, patients, count = np.asarray(labels), np.asarray(patients), np.shape(weights)[1]
    value = average_precision(labels, scores)
    if math.isnan(value):
        return Estimate(math.nan, math.nan, math.nan, count)
    deviation = float(resampled_average_precision(labels, scores, patients, weights).std(ddof=1))
    if deviation**2 > DEGENERATE and value < 1:
        return Estimate(value, *logit_limits(value, deviation), count)
    positives = len(np.unique(patients[labels == 1]))
    return Estimate(value, *clopper_pearson(value * positives, positives), count)
