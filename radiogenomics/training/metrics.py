"""What each epoch is measured by: accuracy, AUC and F1 of slices."""

from typing import Any

import keras
from keras import ops


class _OfDecidedLabels:
    """Takes a label as 1 from .5 on.

    Mixup and CutMix give training labels between 0 and 1, which Keras' metrics would compare for equality (accuracy)
    or take as 1 wherever they are not 0 (AUC). Validation labels are never mixed.
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch."""
        decided = ops.cast(ops.convert_to_tensor(y_true) >= 0.5, "float32")
        return super().update_state(decided, y_pred, sample_weight)  # type: ignore[misc]


class Accuracy(_OfDecidedLabels, keras.metrics.BinaryAccuracy):
    """The share of slices that are on the right side of .5."""


class Auc(_OfDecidedLabels, keras.metrics.AUC):
    """The area under the ROC curve, by Keras' 200 thresholds."""


class F1(_OfDecidedLabels, keras.metrics.F1Score):
    """F1 of the positive class at .5; 0 where nothing is called positive."""

    def __init__(self, name: str) -> None:
        super().__init__(average="micro", threshold=0.5, name=name)


def epoch_metrics() -> list[keras.metrics.Metric]:
    """New metrics, named as history.csv and tables.monitors name them; sample weights play no part in them."""
    return [Accuracy(name="accuracy"), Auc(name="auc"), F1(name="f1")]
