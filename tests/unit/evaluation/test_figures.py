import re
from dataclasses import replace
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
        lambda: figures.precision_recall_curve(UNITS, [UNITS, NEGATIVES], "0.50", "LEAK ALLOWED (x)"),
        lambda: figures.precision_recall_curve([replace(unit, threshold=2.0) for unit in UNITS], [UNITS], "0.50"),
    ],
    ids=["curves", "one epoch", "distribution", "roc", "confusion", "precision-recall", "nobody called positive"],
)
def test_figures_are_well_formed_and_the_same_each_time(draw):
    first = draw()
    ElementTree.fromstring(first)
    assert first == draw()


def test_a_long_note_stands_above_the_figure_line_by_line_and_takes_nothing_from_it():
    plain = figures.confusion_matrix(UNITS, ("a", "b"))
    noted = figures.confusion_matrix(UNITS, ("a", "b"), note="LEAK ALLOWED (" + ", ".join(["same-patient"] * 12) + ")")
    assert "LEAK ALLOWED" in noted
    assert "LEAK ALLOWED" not in plain
    height, taller = (float(re.search(r'height="([\d.]+)pt"', svg)[1]) for svg in (plain, noted))
    assert taller > height + 20
