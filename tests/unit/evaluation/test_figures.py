from xml.etree import ElementTree

import pytest

from radiogenomics.evaluation import figures
from radiogenomics.evaluation.decide import Scored
from radiogenomics.records import EpochRow, Estimate

UNITS = [Scored(str(i), i % 2, (i * 7 % 10) / 10, 0.5) for i in range(20)]
NEGATIVES = [unit for unit in UNITS if unit.label == 0]
HISTORY = [
    EpochRow(f, p, e, {"loss": 1 / e, "val_accuracy": 0.5}) for f in (0, 1) for p in (1, 2) for e in range(1, 4 - f)
]
HOSTILE = ("$x_", "<script>甲")


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.learning_curves(HISTORY, ["frozen", "fine-tuned"]),
        lambda: figures.learning_curves(HISTORY[:1], ["only"]),
        lambda: figures.probability_distribution([("a", UNITS), ("b", NEGATIVES)], HOSTILE),
        lambda: figures.roc_curve(UNITS, [UNITS, NEGATIVES], Estimate(0.5, 0.2, 0.8, 20)),
        lambda: figures.confusion_matrix(NEGATIVES, HOSTILE),
    ],
    ids=["curves", "one epoch", "distribution", "roc", "confusion"],
)
def test_figures_are_well_formed_and_the_same_each_time(draw):
    first = draw()
    ElementTree.fromstring(first)
    assert first == draw()


def test_the_roc_curve_encloses_the_auc():
    import numpy as np
    from sklearn.metrics import roc_auc_score

    x, y = figures._roc(UNITS)
    area = np.trapezoid(y, x)
    assert area == pytest.approx(roc_auc_score([u.label for u in UNITS], [u.probability for u in UNITS]))
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
