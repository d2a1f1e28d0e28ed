"""Could the labels have been dealt at random? A head's AUC against those of the same head on permuted labels.

M. Ojala, G. Garriga: Permutation tests for studying classifier performance. Journal of Machine Learning Research 11
(2010), test 1. Labels are permuted among the patients of each test fold, so that every fold keeps its classes' sizes,
as the split made them.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radiogenomics.evaluation.intervals import auc_interval
from radiogenomics.evaluation.linear import FoldPlaces, first_repeat, out_of_fold
from radiogenomics.records import Estimate

RESAMPLES = 1000
PERMUTATION_SEED = 20141  # of the permutations alone: fixed, so that p never depends on the run
SLACK = 1e-9  # AUCs nearer than that are equal

Array = NDArray[np.float64]
Labellings = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """An AUC, how it compares with chance, and what chance gave."""

    auc: Estimate  # of the scores pooled over folds, with its logit-DeLong interval
    p: float  # one-sided: the share of permutations, the observed labels among them, at least as good; nan: undefined
    null: tuple[float, ...]  # the AUC on each permutation of the labels

    @property
    def chance(self) -> tuple[float, float]:
        """The mean of what chance gave, and the value that 5% of it exceed; nan where nothing was permuted."""
        if not self.null or math.isnan(self.p):
            return math.nan, math.nan
        return float(np.mean(self.null)), float(np.quantile(self.null, 0.95))


def those_tested(folds: FoldPlaces) -> NDArray[np.intp]:
    """The places of all who are tested, in order."""
    return np.unique(np.concatenate([test for _, test in folds])) if folds else np.empty(0, np.intp)


def permuted(labels: ArrayLike, folds: FoldPlaces, resamples: int, seed: int) -> Labellings:
    """Labels permuted within each test fold, and among those whom no fold tests; [resamples, n].

    Args:
        labels: 0 or 1; [n].
        folds: Whose tests do not overlap.
        resamples: How many labellings.
        seed: Of the Philox generator.
    """
    labels = np.asarray(labels, dtype=np.int64)
    random = np.random.Generator(np.random.Philox(seed))
    rows = np.tile(labels, (resamples, 1))
    rest = np.setdiff1d(np.arange(len(labels)), those_tested(folds))
    for group in (*(test for _, test in folds), rest):
        rows[:, group] = random.permuted(rows[:, group], axis=1)
    return rows


def aucs(labels: Labellings, scores: Array) -> Array:
    """The AUC of each row of labels and scores [P, n], ties one half; nan where a class is absent."""
    from scipy.stats import rankdata

    positive = labels.sum(axis=1)
    pairs = positive * (labels.shape[1] - positive)
    wins = (rankdata(scores, axis=1) * labels).sum(axis=1) - positive * (positive + 1) / 2
    return np.divide(wins, pairs, out=np.full(len(labels), np.nan), where=pairs > 0)


def permutation_test(
    features: ArrayLike,
    labels: ArrayLike,
    folds: FoldPlaces,
    resamples: int = RESAMPLES,
    seed: int = PERMUTATION_SEED,
) -> PermutationTest:
    """Whether a linear head on these features tells the classes apart better than chance.

    The statistic is the AUC of the scores pooled over the folds of the first repeat, of the observed labels as of the
    permuted ones. Pooling shifts the mean AUC of chance from .5, in single cohorts of 60 patients by up to .02
    (measured with 5 to 1,000 features); as it shifts both sides alike, p stays right.

    Args:
        features: [n, F], finite; F may be 0, and then p is 1.
        labels: 0 or 1; [n].
        folds: See `linear.out_of_fold`; of repeats only the first is used.
        resamples: How many permutations.
        seed: Of the permutations; the same seed permutes the same on any machine.
    """
    folds, labels = first_repeat(folds), np.asarray(labels, dtype=np.int64)
    who = those_tested(folds)
    rows = np.vstack([labels, permuted(labels, folds, resamples, seed)])
    scores = out_of_fold(features, rows, folds)
    values = aucs(rows[:, who], scores[:, who])
    p = math.nan if math.isnan(values[0]) else (1 + int((values[1:] >= values[0] - SLACK).sum())) / (1 + resamples)
    return PermutationTest(auc_interval(labels[who], scores[0, who]), p, tuple(values[1:].tolist()))
