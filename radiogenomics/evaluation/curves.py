"""The points of ROC and precision-recall curves."""

from collections.abc import Sequence

import numpy as np

from radiogenomics.evaluation.decide import Scored

Points = tuple[np.ndarray, np.ndarray]


def _called(units: Sequence[Scored]) -> tuple[np.ndarray, np.ndarray, int, int]:
    """True and false positives at each distinct probability, from the highest down; positives, negatives."""
    labels, scores = np.array([unit.label for unit in units]), np.array([unit.probability for unit in units])
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    hits = np.cumsum(labels[order] == 1)[ends]
    return hits, ends + 1 - hits, int((labels == 1).sum()), int((labels != 1).sum())


def roc_points(units: Sequence[Scored]) -> Points:
    """False and true positive rates from (0, 0) to (1, 1); ties make slanted segments. Both classes are present."""
    hits, alarms, positives, negatives = _called(units)
    return np.append(0, alarms / negatives), np.append(0, hits / positives)


def precision_recall_points(units: Sequence[Scored]) -> Points:
    """Recall and precision at each distinct probability at which recall grows; at least one positive is present.

    To be drawn by steps that go up (or down) before they go right: the area is then the average precision.
    """
    hits, alarms, positives, _ = _called(units)
    gained = np.diff(hits, prepend=0) > 0
    precision = (hits / (hits + alarms))[gained]
    return np.append(0, hits[gained] / positives), np.append(precision[0], precision)
