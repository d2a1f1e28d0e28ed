"""The smallest AUC that a cohort could have shown."""

import math

Z_TEST = 1.6448536269514722  # the normal distribution's .95 quantile: one-sided 5%
Z_POWER = 0.8416212335729143  # its .80 quantile


def deviation(value: float, positives: int, negatives: int) -> float:
    """The standard deviation of an observed AUC whose true value is `value`.

    J. Hanley, B. McNeil: The meaning and use of the area under a receiver operating characteristic (ROC) curve.
    Radiology 143 (1982).
    """
    of_positives, of_negatives = value / (2 - value) - value**2, 2 * value**2 / (1 + value) - value**2
    spread = value * (1 - value) + (positives - 1) * of_positives + (negatives - 1) * of_negatives
    return math.sqrt(max(spread, 0.0) / (positives * negatives))


def smallest_auc(positives: int, negatives: int, bound: float | None = None) -> float:
    """The true AUC that would exceed a bound in 80% of cohorts of these class sizes; nan where none would.

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
