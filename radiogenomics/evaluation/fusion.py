"""Late fusion: the probabilities that several runs give a patient become one."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from radiogenomics.records import Prediction

Way = Literal["mean", "stack"]
EDGE = 1e-6  # probabilities are kept this far from 0 and 1, where a logit is infinite
PHASE = 1  # of what is fused: there is but one

Array = NDArray[np.float64]


def fuse_predictions(runs: Sequence[Sequence[Prediction]], way: Way) -> list[Prediction]:
    """One prediction for each patient, fold and split.

    Args:
        runs: Each run's predictions of one phase: of the same patients in the same folds and splits, in any order.
        way: "mean" of the probabilities; "stack": a logistic regression (L2, C = 1) on the runs' logits, fitted fold by
            fold to the validation patients and applied to the test patients. What it says of validation patients has
            been fitted to them.
    """
    rows = [sorted(run, key=lambda row: (row.fold, row.split, row.patient_id)) for run in runs]
    table = np.array([[row.probability for row in run] for run in rows]).T
    values = table.mean(axis=1) if way == "mean" else _stacked(rows[0], table)
    return [
        Prediction(row.patient_id, row.fold, PHASE, row.split, row.label, float(value))
        for row, value in zip(rows[0], values, strict=True)
    ]


def _stacked(rows: Sequence[Prediction], table: Array) -> Array:
    from sklearn.linear_model import LogisticRegression

    kept = np.clip(table, EDGE, 1 - EDGE)
    logits = np.log(kept / (1 - kept))
    folds, labels = np.array([row.fold for row in rows]), np.array([row.label for row in rows])
    validation = np.array([row.split == "validation" for row in rows])
    values = np.empty(len(rows))
    for fold in np.unique(folds):
        here = folds == fold
        model = LogisticRegression(C=1.0).fit(logits[here & validation], labels[here & validation])
        values[here] = model.predict_proba(logits[here])[:, 1]
    return values
