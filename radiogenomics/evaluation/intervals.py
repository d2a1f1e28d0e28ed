"""95% intervals: of the AUC, of proportions, and by resampling patients.

All of them say how far a figure would vary over other patients scored by the same model. None covers how far it would
vary had the model been trained anew.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radiogenomics.evaluation.delong import auc_variance
from radiogenomics.records import Estimate

Z = 1.959963984540054  # the normal distribution's .975 quantile
ALPHA = 0.05
RESAMPLES = 2000
BOOTSTRAP_SEED = 20140  # of the resamples alone: a fixed number, so that a figure's interval never depends on the run

Array = NDArray[np.float64]


def newcombe_interval(value: float, positives: int, negatives: int) -> tuple[float, float]:
    """Newcombe's method 5 for an AUC: an interval from the class sizes alone, finite at an AUC of 0 or 1 too.

    The limits are the values whose own (Hanley-McNeil) standard deviation puts the observed AUC 1.96 of it away,
    with both class sizes replaced by their mean in the correction term. R. Newcombe: Confidence intervals for an effect
    size measure based on the Mann-Whitney statistic. Part 2. Statistics in Medicine 25 (2006), 559-573.

    Args:
        value: The AUC observed.
        positives: How many independent positives, at least 1.
        negatives: How many independent negatives, at least 1.
    """
    star = (positives + negatives) / 2 - 1

    def excess(limit: float) -> float:
        correction = 1 + star * ((1 - limit) / (2 - limit) + limit / (1 + limit))
        return (limit - value) ** 2 - Z**2 * limit * (1 - limit) * correction / (positives * negatives)

    def root(outside: float) -> float:
        inside = value  # excess <= 0 here, >= 0 at the end of the range: bisection can't fail
        if excess(outside) <= 0:
            return outside
        for _ in range(100):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if excess(middle) < 0 else (inside, middle)
        return (inside + outside) / 2

    return (0.0 if value <= 0 else root(0.0)), (1.0 if value >= 1 else root(1.0))


def auc_interval(labels: ArrayLike, scores: ArrayLike) -> Estimate:
    """The AUC with DeLong's interval on the logit scale, the default of this package.

    Plain DeLong and percentile-bootstrap intervals cover too little in cohorts of tens; on the logit scale DeLong's
    holds its 95% (G. Qin, L. Hotilovac: Comparison of non-parametric confidence intervals for the area under the ROC
    curve. Statistical Methods in Medical Research 17 (2008)). Where DeLong's variance is 0 (classes wholly separated,
    or all scores alike) or can't be estimated (one patient in a class), an interval of no width would be a lie: there
    Newcombe's method 5 takes its place, which needs the class sizes only.

    Args:
        labels: 1 positive, 0 negative; [patients].
        scores: Higher means more likely positive; [patients].
    """
    labels = np.asarray(labels)
    value, variance = auc_variance(labels, scores)
    if math.isnan(value):
        return Estimate(math.nan, math.nan, math.nan, len(labels))
    if not variance > 1e-12 or not 0 < value < 1:
        positives = int((labels == 1).sum())
        return Estimate(value, *newcombe_interval(value, positives, len(labels) - positives), len(labels))
    centre, margin = math.log(value / (1 - value)), Z * math.sqrt(variance) / (value * (1 - value))
    # tanh rather than exp: it can't overflow, however wide the interval.
    low, high = (0.5 + 0.5 * math.tanh((centre + sign * margin) / 2) for sign in (-1, 1))
    return Estimate(value, low, high, len(labels))


def clopper_pearson(successes: float, trials: int) -> tuple[float, float]:
    """The exact 95% interval of a proportion (C. Clopper, E. Pearson, Biometrika 26 (1934)); nan for no trials.

    Args:
        successes: How many; a fraction is taken as the beta distribution takes it.
        trials: Out of how many independent ones.
    """
    from scipy.special import betaincinv

    if trials == 0:
        return math.nan, math.nan
    low = float(betaincinv(successes, trials - successes + 1, ALPHA / 2)) if successes > 0 else 0.0
    high = float(betaincinv(successes + 1, trials - successes, 1 - ALPHA / 2)) if successes < trials else 1.0
    return low, high


def proportion(successes: int, trials: int, n: int) -> Estimate:
    """A proportion with its exact interval; undefined (nan) where there are no trials.

    Args:
        successes: How many.
        trials: Out of how many.
        n: How many patients the figure is about.
    """
    return Estimate(successes / trials if trials else math.nan, *clopper_pearson(successes, trials), n)


def bootstrap_weights(labels: ArrayLike, resamples: int = RESAMPLES, seed: int = BOOTSTRAP_SEED) -> Array:
    """How often each patient is drawn in each resample; [resamples, patients].

    Stratified: every resample holds as many positives and negatives as the cohort. The folds are stratified too, the
    other intervals take the class sizes as given, and no resample can lack a class.

    Args:
        labels: 1 positive, 0 negative; [patients].
        resamples: How many cohorts to draw.
        seed: Of the Philox generator; the same seed draws the same cohorts on any machine.
    """
    labels = np.asarray(labels)
    random = np.random.Generator(np.random.Philox(seed))
    weights = np.zeros((resamples, len(labels)))
    for members in (np.flatnonzero(labels == 1), np.flatnonzero(labels != 1)):
        size = len(members)
        if size:
            drawn = random.integers(size, size=(resamples, size)) + size * np.arange(resamples)[:, None]
            weights[:, members] = np.bincount(drawn.ravel(), minlength=resamples * size).reshape(resamples, size)
    return weights


def percentile(resampled: ArrayLike) -> tuple[float, float]:
    """The 2.5% and 97.5% quantiles over the resamples in which a figure was defined; nan where it never was."""
    values = np.asarray(resampled, dtype=np.float64)
    values = values[~np.isnan(values)]
    if not len(values):
        return math.nan, math.nan
    low, high = np.quantile(values, [ALPHA / 2, 1 - ALPHA / 2])
    return float(low), float(high)


def mean_and_sd(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation of the values that are defined; nan for none, and for the sd of one."""
    defined = np.array([value for value in values if not math.isnan(value)])
    mean = float(defined.mean()) if len(defined) else math.nan
    return mean, float(defined.std(ddof=1)) if len(defined) > 1 else math.nan
