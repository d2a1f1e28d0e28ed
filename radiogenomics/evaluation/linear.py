"""A linear head fitted to fixed features, in closed form: so cheap that a thousand labellings are fitted at once.

It is ridge regression on the labels (regularised least squares), and no logistic regression: of the same features,
the two rank patients nearly alike, and least squares answer linearly to the labels. One system of equations a fold then
serves every permutation of them. A. Hoerl, R. Kennard: Ridge regression. Technometrics 12 (1970); the dual form:
C. Saunders, A. Gammerman, V. Vovk: Ridge regression learning algorithm in dual variables. ICML 1998.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radiogenomics.records import Fold

PENALTY = 1.0  # beside a kernel whose diagonal has the mean 1: as much as a training patient's own weight
DIGITS = 9  # of a score: patients of the same features tie, whatever the order of a sum was

Array = NDArray[np.float64]
Places = NDArray[np.intp]
FoldPlaces = Sequence[tuple[Places, Places]]  # of each fold: who trains, who is tested


def fold_places(folds: Sequence[Fold], patients: Sequence[str]) -> list[tuple[Places, Places]]:
    """The folds as places in a list of patients; whoever validates trains too, since nothing is chosen here.

    Args:
        folds: A run's; patients of theirs who are not in the list are left out.
        patients: In the order of the features' rows.
    """
    place = {patient: number for number, patient in enumerate(patients)}

    def places(ids: Sequence[str]) -> Places:
        return np.array(sorted(place[patient] for patient in ids if patient in place), dtype=np.intp)

    return [(places((*fold.train, *fold.validation)), places(fold.test)) for fold in folds]


def first_repeat(folds: FoldPlaces) -> FoldPlaces:
    """The leading folds of which none tests a patient again."""
    seen: set[int] = set()
    for number, (_, test) in enumerate(folds):
        if seen & set(test.tolist()):
            return folds[:number]
        seen.update(test.tolist())
    return folds


def out_of_fold(features: ArrayLike, labels: ArrayLike, folds: FoldPlaces) -> Array:
    """The score of every tested patient by a head that was fitted to the other folds' patients.

    Features are standardised on the training side alone, and those constant there are dropped. A score is how far the
    prediction lies above the training patients' mean label: the mean itself, which falls where a fold tests more
    positives, would rank the patients of different folds against their labels.

    Args:
        features: [n, F], finite; F may be 0, or larger than n.
        labels: 1 positive, 0 negative; [n], or several labellings [P, n].
        folds: Places of those who train and those who are tested; where folds test a patient twice, the last counts.

    Returns:
        Of the shape of `labels`; 0 where nothing tells patients apart, and nan of whoever is never tested.
    """
    features = np.asarray(features, dtype=np.float64)
    if not np.isfinite(features).all():
        raise ValueError("features must be finite")
    labels = np.asarray(labels, dtype=np.float64)
    rows = np.atleast_2d(labels)
    scores = np.full(rows.shape, np.nan)
    for train, test in folds:
        known = rows[:, train]
        scores[:, test] = (known - known.mean(axis=1, keepdims=True)) @ _answers(features[train], features[test])
    return (np.round(scores, DIGITS) + 0.0).reshape(labels.shape)


def _answers(train: Array, test: Array) -> Array:
    """How much each training patient's label counts in each tested one's score; [train, test]. Changes both arrays.

    It works in place, and makes a constant feature 0 rather than cut it out: memory is what this costs.
    """
    if not len(train):
        return np.zeros((0, len(test)))
    mean = train.mean(axis=0)
    train -= mean
    test -= mean
    deviation = np.sqrt(np.einsum("ij,ij->j", train, train) / len(train))
    varies = deviation > 1e-9 * np.maximum(np.abs(mean), 1e-300)
    scale = np.divide(1, deviation, out=np.zeros_like(deviation), where=varies)
    train *= scale
    test *= scale
    count = max(int(varies.sum()), 1)
    kernel = train @ train.T
    kernel /= count
    kernel.flat[:: len(train) + 1] += PENALTY
    return np.asarray(np.linalg.solve(kernel, train @ test.T / count), np.float64)
