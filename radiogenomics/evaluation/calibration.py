"""Calibration: whether of the patients who are given 30% every third or so is positive."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.intervals import bootstrap_weights, clopper_pearson, percentile
from radiogenomics.evaluation.logistic import TIED, fit_offset, fit_slope
from radiogenomics.records import Estimate

Array = NDArray[np.float64]
BINS = 5  # of equal counts: in a cohort of tens, more would hold too few patients each to say anything
CLIP = 1e-6  # a probability nearer to 0 or 1 counts as this far from it, for its logit would be infinite
ROUNDING = 1e-9  # resampled scores this near differ by the order of their summation alone
SIMULATIONS = 1000
SIMULATION_SEED = 20225  # a fixed number, as intervals.BOOTSTRAP_SEED is


@dataclass(frozen=True, slots=True)
class Point:
    """One bin of a reliability diagram."""

    predicted: float  # mean probability of its patients
    observed: float  # share of positives among them
    low: float  # exact 95% interval of that share
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well probabilities agree with outcomes; what can't be fitted is nan, and its reason says why."""

    n: int
    positives: int
    intercept: Estimate  # calibration in the large, on the logit scale: 0 is right, above 0 is too low on the whole
    intercept_reason: str
    slope: Estimate  # of the logits: 1 is right, below 1 is too extreme, above 1 too timid
    slope_reason: str
    brier: Estimate
    brier_prevalence: float  # of a model that gives everyone the cohort's share of positives
    scaled_brier: float  # 1 - brier / brier_prevalence: 1 is perfect, 0 no better than the prevalence
    expected_error: float  # expected calibration error over the points
    expected_error_if_calibrated: float  # what chance alone makes of it at this n, for it can't fall below 0
    bins: int
    clipped: int  # patients whose probability counts as CLIP or 1 - CLIP in intercept and slope
    points: tuple[Point, ...]


def logits(probabilities: ArrayLike) -> Array:
    """Log odds, of probabilities clipped to CLIP and 1 - CLIP."""
    clipped = np.clip(np.asarray(probabilities, dtype=np.float64), CLIP, 1 - CLIP)
    return np.log(clipped / (1 - clipped))


def _members(probabilities: Array, bins: int) -> list[NDArray[np.intp]]:
    """The patients of each bin, by rank; equal probabilities share one bin, and so no order of patients tells."""
    from scipy.stats import rankdata

    place = np.floor((rankdata(probabilities) - 0.5) * bins / max(len(probabilities), 1)).astype(int)
    return [np.flatnonzero(place == number) for number in np.unique(place)]


def reliability_points(labels: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> tuple[Point, ...]:
    """Bins of equal counts (but for equal probabilities, which are never parted), lowest first.

    Args:
        labels: 1 positive, 0 negative; [patients].
        probabilities: [patients].
        bins: How many; fewer come back where many probabilities are equal.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, dtype=np.float64)
    points = []
    for members in _members(probabilities, bins):
        positives, n = int(labels[members].sum()), len(members)
        share = clopper_pearson(positives, n)
        points.append(Point(float(probabilities[members].mean()), positives / n, *share, n))
    return tuple(points)


def expected_calibration_error(points: Sequence[Point]) -> float:
    """The mean distance of predicted from observed, bins weighted by their patients; nan for none.

    M. Naeini, G. Cooper, M. Hauskrecht: Obtaining well calibrated probabilities using Bayesian binning. AAAI (2015);
    with bins of equal counts. Chance alone makes it greater than 0, the more so the fewer the patients: compare it
    with `error_if_calibrated`.
    """
    total = sum(point.n for point in points)
    return sum(point.n * abs(point.predicted - point.observed) for point in points) / total if total else math.nan


def error_if_calibrated(probabilities: ArrayLike, bins: int = BINS) -> float:
    """The mean expected calibration error were every probability right: outcomes are drawn anew from them.

    Args:
        probabilities: [patients]; they stay, and with them their bins.
        bins: As of `reliability_points`.
    """
    # Sorted, so that the same patients in another order meet the same draws.
    probabilities = np.sort(np.asarray(probabilities, dtype=np.float64))
    if not len(probabilities):
        return math.nan
    random = np.random.Generator(np.random.Philox(SIMULATION_SEED))
    excess = (random.random((SIMULATIONS, len(probabilities))) < probabilities) - probabilities
    distances = [np.abs(excess[:, members].sum(1)) for members in _members(probabilities, bins)]
    return float(sum(distances).mean() / len(probabilities))


def brier(labels: ArrayLike, probabilities: ArrayLike) -> Estimate:
    """The mean squared distance of probability from outcome (G. Brier, 1950), with the patient bootstrap's interval.

    Without limits where all resamples agree, as with a model that gives everyone the same.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, dtype=np.float64)
    n = len(labels)
    if not n:
        return Estimate(math.nan, math.nan, math.nan, 0)
    losses = (probabilities - labels) ** 2
    low, high = percentile((bootstrap_weights(labels) * losses).sum(1) / n)
    return Estimate(float(losses.mean()), *((low, high) if high - low > ROUNDING else (math.nan, math.nan)), n)


def calibration(units: Sequence[Scored], bins: int = BINS) -> Calibration:
    """How well the probabilities of patients agree with their outcomes.

    Intercept and slope are D. Cox's (Biometrika 45 (1958)), in the words of B. Van Calster et al.: Calibration: the
    Achilles heel of predictive analytics. BMC Medicine 17 (2019): the intercept with the logit as offset, the slope
    with an intercept of its own.

    Args:
        units: Patients, each once.
        bins: Of the reliability diagram and the expected calibration error.
    """
    labels = np.array([unit.label for unit in units], dtype=np.float64)
    probabilities = np.array([unit.probability for unit in units], dtype=np.float64)
    offset = logits(probabilities)
    intercept, slope = fit_offset(labels, offset), fit_slope(labels, offset)
    found, share = brier(labels, probabilities), float(labels.mean()) if len(labels) else math.nan
    clipped = int(((probabilities < CLIP) | (probabilities > 1 - CLIP)).sum())
    slope_reason = slope.reason
    if slope.reason == TIED and clipped:  # equal here, and perhaps not to whom ranks them
        slope_reason += f" ({clipped} probabilities nearer than {CLIP:g} to 0 or 1 count as that far away)"
    of_share, points = share * (1 - share), reliability_points(labels, probabilities, bins)
    return Calibration(
        n=len(units),
        positives=int(labels.sum()),
        intercept=intercept.estimate,
        intercept_reason=intercept.reason,
        slope=slope.estimate,
        slope_reason=slope_reason,
        brier=found,
        brier_prevalence=of_share,
        scaled_brier=1 - found.value / of_share if of_share > 0 else math.nan,
        expected_error=expected_calibration_error(points),
        expected_error_if_calibrated=error_if_calibrated(probabilities, bins),
        bins=bins,
        clipped=clipped,
        points=points,
    )
