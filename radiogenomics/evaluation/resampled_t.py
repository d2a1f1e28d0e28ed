"""The corrected resampled t test: two runs over the same folds, with what shared training patients hide."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radiogenomics.records import Estimate

TINY = 1e-12  # a variance below this share of the squared differences is rounding


@dataclass(frozen=True, slots=True)
class ResampledTest:
    """The mean difference of two runs over folds, and whether it is more than chance; nan where it can't be tested."""

    difference: Estimate  # the mean and its 95% interval; n counts folds, not patients
    t: float
    df: int  # folds - 1
    p: float  # two-sided


def _untestable(mean: float, folds: int) -> ResampledTest:
    return ResampledTest(Estimate(mean, math.nan, math.nan, folds), math.nan, max(folds - 1, 0), math.nan)


def corrected_resampled_t(differences: Sequence[float], n_train: float, n_test: float) -> ResampledTest:
    """Student's t over folds, its variance corrected for training sets that overlap.

    The figures of folds are no independent trials: any two folds of ten share eight ninths of their training patients.
    The variance of the mean is not s^2 / k but s^2 (1 / k + n_test / n_train) (C. Nadeau, Y. Bengio: Inference for
    the generalization error. Machine Learning 52 (2003)); over all folds of all repeats of a repeated k-fold
    likewise (R. Bouckaert, E. Frank: Evaluating the replicability of significance tests for comparing learning
    algorithms. PAKDD 2004). Unlike DeLong's test it knows of the variance of training; the correction is a rule of
    thumb and no theorem, and with few folds the test has little power.

    Args:
        differences: Of one figure, first run - second run, one a fold (all repeats' folds in a row). A fold in which
            the figure is undefined (nan) is left out.
        n_train: Patients whom a fold's model was trained on, the mean over folds.
        n_test: Patients on whom it was scored, the mean over folds.

    Returns:
        Without two defined folds, or where all differ by the same amount other than 0, only the mean; where no fold
        differs at all, p is 1.

    Raises:
        ValueError: n_train or n_test is not above 0.
    """
    from scipy.special import stdtr, stdtrit

    if not (n_train > 0 and n_test > 0):
        raise ValueError(f"patients trained and tested on must be above 0, not {n_train} and {n_test}")
    defined = np.array([value for value in differences if not math.isnan(value)], dtype=np.float64)
    folds, mean = len(defined), float(defined.mean()) if len(defined) else math.nan
    if folds < 2:
        return _untestable(mean, folds)
    spread = float(defined.var(ddof=1))
    if spread <= TINY * float((defined**2).max()):
        alike = not defined.any()
        return ResampledTest(Estimate(0.0, 0.0, 0.0, folds), 0.0, folds - 1, 1.0) if alike else _untestable(mean, folds)
    deviation = math.sqrt(spread * (1 / folds + n_test / n_train))
    t, margin = mean / deviation, float(stdtrit(folds - 1, 0.975)) * deviation
    p = float(2 * stdtr(folds - 1, -abs(t)))
    return ResampledTest(Estimate(mean, mean - margin, mean + margin, folds), t, folds - 1, p)
