"""Does the label go with something else? Tests of one trait at a time, and Holm's correction over many of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiogenomics.evaluation.intervals import auc_interval
from radiogenomics.records import Estimate

DEALS = 19_999  # of the labels over categories
DEAL_SEED = 20142  # of the Philox generator: fixed, so that p never depends on the run
SLACK = 1e-9
RARE = 3  # patients; categories that fewer have are pooled
MOST_LEVELS = 6  # categories up to which none are pooled
POOLED = "\0others"

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Association:
    """How well one trait tells the classes apart."""

    p: float  # two-sided, of this trait alone
    auc: Estimate  # of the trait as a score, its direction chosen so that it is .5 or more


def of_categories(labels: Labels, values: Sequence[str]) -> Association:
    """A trait of categories; each scores its own share of positives, so that the AUC of many categories flatters.

    Two categories: Fisher's exact test (R. Fisher, The design of experiments, 1935). More: the chi-square statistic
    against labels dealt anew, its margins fixed, as no table of a small cohort follows the chi-square distribution.

    Args:
        labels: 1 positive, 0 negative; [n], of both classes.
        values: [n].
    """
    from scipy.stats import fisher_exact

    _, place = np.unique(np.asarray(_pooled(values), dtype=object).astype(str), return_inverse=True)
    sizes, positives = np.bincount(place), np.bincount(place, weights=labels).astype(int)
    if len(sizes) == 2:
        p = float(fisher_exact([positives, sizes - positives])[1])
    else:
        p = _dealt(sizes, positives) if len(sizes) > 1 else 1.0
    return Association(p, auc_interval(labels, (positives / sizes)[place]))


def _pooled(values: Sequence[str]) -> list[str]:
    """The values, those of too few patients to tell anything as one, where there are more than a few."""
    sizes = Counter(values)
    if len(sizes) <= MOST_LEVELS:
        return list(values)
    return [value if sizes[value] >= RARE else POOLED for value in values]


def _dealt(sizes: NDArray[np.int64], positives: NDArray[np.int64]) -> float:
    """The share of deals of the labels whose chi-square is no smaller than the one observed."""
    random = np.random.Generator(np.random.Philox(DEAL_SEED))
    dealt = random.multivariate_hypergeometric(sizes, int(positives.sum()), size=DEALS, method="marginals")
    expected = sizes * (positives.sum() / sizes.sum())
    statistic = ((np.vstack([positives, dealt]) - expected) ** 2 / sizes).sum(axis=1)
    return float((1 + (statistic[1:] >= statistic[0] - SLACK).sum()) / (1 + DEALS))


def of_numbers(labels: Labels, values: Sequence[float]) -> Association:
    """A trait of numbers, by the test of Mann and Whitney (Annals of Mathematical Statistics 18 (1947)).

    Args:
        labels: 1 positive, 0 negative; [n], of both classes.
        values: [n], finite.
    """
    from scipy.stats import mannwhitneyu

    scores, positive = np.asarray(values, dtype=np.float64), labels == 1
    if np.ptp(scores) == 0:
        return Association(1.0, auc_interval(labels, scores))
    p = float(mannwhitneyu(scores[positive], scores[~positive], alternative="two-sided").pvalue)
    rising = auc_interval(labels, scores)
    return Association(p, rising if rising.value >= 0.5 else auc_interval(labels, -scores))


def holm(ps: Sequence[float]) -> list[float]:
    """The p values, each corrected for all of them (S. Holm, Scandinavian Journal of Statistics 6 (1979))."""
    corrected, highest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda k: ps[k])):
        highest = min(1.0, max(highest, (len(ps) - rank) * ps[place]))
        corrected[place] = highest
    return corrected
