"""Decision curves: whether deciding by the model does more good than treating everyone, or no one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radiogenomics.evaluation.decide import Scored

Array = NDArray[np.float64]
THRESHOLDS = tuple(percent / 100 for percent in range(1, 100))


@dataclass(frozen=True, slots=True)
class DecisionCurve:
    """Net benefit by threshold probability, in true positives a patient; of treating no one it is 0."""

    thresholds: tuple[float, ...]
    model: tuple[float, ...]
    treat_all: tuple[float, ...]
    n: int
    positives: int


def net_benefit(labels: ArrayLike, probabilities: ArrayLike, thresholds: ArrayLike = THRESHOLDS) -> Array:
    """True positives less false positives, these weighed by the odds of the threshold, a patient.

    A. Vickers, E. Elkin: Decision curve analysis: a novel method for evaluating prediction models. Medical Decision
    Making 26 (2006), 565-574.

    Args:
        labels: 1 positive, 0 negative; [patients], at least one.
        probabilities: [patients].
        thresholds: Above 0 and below 1; who reaches one is treated. It says how many needless treatments one rightly
            given is worth: at .2 four.

    Returns:
        [thresholds].
    """
    labels, cuts = np.asarray(labels), np.asarray(thresholds, dtype=np.float64)
    treated = np.asarray(probabilities, dtype=np.float64) >= cuts[:, None]
    hits = (treated & (labels == 1)).sum(1)
    return (hits - (treated.sum(1) - hits) * cuts / (1 - cuts)) / len(labels)


def decision_curve(units: Sequence[Scored]) -> DecisionCurve:
    """The net benefit of deciding by the probabilities, and of treating all, at THRESHOLDS.

    Args:
        units: Patients, each once; at least one.
    """
    labels = [unit.label for unit in units]
    by_model = net_benefit(labels, [unit.probability for unit in units])
    by_all = net_benefit(labels, np.ones(len(labels)))
    return DecisionCurve(THRESHOLDS, tuple(by_model.tolist()), tuple(by_all.tolist()), len(units), sum(labels))
