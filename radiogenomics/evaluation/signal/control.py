"""The planted-signal control: how often a pipeline finds a signal of known size among so many patients.

A mark is put into the images of some patients. Labels are dealt at random, and more of the positives carry it: whoever
sees the mark and nothing else reaches a known AUC, and nothing but the mark can be found.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radiogenomics.evaluation.linear import FoldPlaces, first_repeat
from radiogenomics.evaluation.permutation import PermutationTest, permutation_test, permuted, those_tested
from radiogenomics.records import SILENT, Progress

TARGETS = (0.65, 0.75, 0.85, 1.0)  # the AUC that the mark alone gives
DRAWS = 100
RESAMPLES = 199  # of each draw's own test: as many as tell p < .05
CONTROL_SEED = 20142
LEVEL = 0.05

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Control:
    """How a planted signal fared."""

    auc: float  # that the mark alone gives, the best that can be reached
    found: int  # draws in which the head beat chance, p < .05
    draws: int
    reached: float  # the mean AUC of the head


def marked(labels: NDArray[np.int64], groups: Sequence[NDArray[np.intp]], auc: float, seed: int) -> NDArray[np.bool_]:
    """Who carries the mark: of either class so many that knowing the mark alone gives the AUC, as nearly as it can.

    A classifier with two answers has the AUC (1 + sensitivity - its false positive rate) / 2.

    Args:
        labels: [n].
        groups: The patients of each test fold, and the rest; marks are dealt within each, so that folds are alike.
        auc: From .5 to 1.
        seed: Of the Philox generator.
    """
    random = np.random.Generator(np.random.Philox(seed))
    carries = np.zeros(len(labels), bool)
    for label, share in ((1, auc), (0, 1 - auc)):
        places = np.concatenate([random.permutation(group[labels[group] == label]) for group in groups])
        # Every so-many-th of a list that goes through the groups one by one: each group gets its share.
        turns = np.floor(np.arange(1, len(places) + 1) * share + 0.5) - np.floor(np.arange(len(places)) * share + 0.5)
        carries[places] = turns > 0
    return carries


def planted_control(
    plain: ArrayLike,
    planted: ArrayLike,
    labels: ArrayLike,
    folds: FoldPlaces,
    targets: Sequence[float] = TARGETS,
    draws: int = DRAWS,
    *,
    seed: int = CONTROL_SEED,
    progress: Progress = SILENT,
) -> tuple[Control, ...]:
    """Plant signals of several sizes, each in many random labellings, and count how often the head finds them.

    Args:
        plain: Features of each patient's images as they are; [n, F].
        planted: Features of the same images with the mark in all of them; [n, F].
        labels: Of the cohort: the sizes of its classes count, and no more; [n].
        folds: See `linear.out_of_fold`; of repeats the first is used.
        targets: AUCs to plant.
        draws: How often each is planted.
        seed: Of labellings and marks.
        progress: Hears of every draw.
    """
    from threadpoolctl import threadpool_limits

    plain, planted = np.asarray(plain, np.float64), np.asarray(planted, np.float64)
    folds, labels = first_repeat(folds), np.array(labels, np.int64)
    rest = np.setdiff1d(np.arange(len(plain)), those_tested(folds))
    groups = [*(test for _, test in folds), rest]
    for group in groups:
        labels[group] = np.sort(labels[group])  # or the labels dealt would still follow from whose the real ones are
    rows = permuted(labels, folds, draws, seed)
    controls = []
    with threadpool_limits(1):  # matrices so small that threads mostly wait for one another
        for number, target in enumerate(targets):
            tests = []
            for draw, row in enumerate(rows):
                carries = marked(row, groups, target, seed + draw)
                features = np.where(carries[:, None], planted, plain)
                tests.append(permutation_test(features, row, folds, RESAMPLES, seed + draw))
                progress.update("planted signals", number * draws + draw + 1, len(targets) * draws)
            controls.append(_control(target, tests))
    return tuple(controls)


def _control(target: float, tests: Sequence[PermutationTest]) -> Control:
    found = sum(test.p < LEVEL for test in tests)
    return Control(target, found, len(tests), float(np.mean([test.auc.value for test in tests])) if tests else math.nan)
