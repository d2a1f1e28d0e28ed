"""Losses over probabilities that Keras lacks."""

from typing import Any

import keras
from keras import ops

EPSILON = 1e-7  # keeps 0 / 0 from arising


class SoftF1(keras.losses.Loss):
    """One minus the soft F1 score of a batch, the mean over both classes.

    Counts are taken of probabilities instead of decisions. For the positive class, with weights w:
    tp = sum(w y p), fp = sum(w (1 - y) p), fn = sum(w y (1 - p)) and F1 = 2 tp / (2 tp + fp + fn); for the negative
    class the same with 1 - y and 1 - p. The score is of the batch, so the loss of an epoch is the mean of its batches'.

    Both classes count alike (macro): in a batch that happens to hold no positive, the positive class' score is 0
    whatever the model says and teaches nothing, but the negative class' still does. A paper that says "F1 loss"
    (Haim et al. 2022) does not say which.

    Source: Bénédict et al. 2021, sigmoidF1, arXiv 2108.10566, section 3 (soft counts); Maiza 2019, The unknown
    benefits of using a soft-F1 loss in classification systems (the mean over both classes).
    """

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch, between 0 and 1.

        Args:
            y_true: Labels [B, 1]; mixed ones between 0 and 1 count for both classes in part.
            y_pred: Probabilities [B, 1] of the positive class.
            sample_weight: [B], what each sample counts; None: 1.
        """
        p = ops.reshape(ops.convert_to_tensor(y_pred), (-1,))
        y = ops.cast(ops.reshape(y_true, (-1,)), p.dtype)
        w = ops.ones_like(p) if sample_weight is None else ops.cast(ops.reshape(sample_weight, (-1,)), p.dtype)
        return 1 - (_soft_f1(y, p, w) + _soft_f1(1 - y, 1 - p, w)) / 2

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of a batch without weights."""
        return self(y_true, y_pred)


def _soft_f1(y: Any, p: Any, w: Any) -> Any:
    # 2 tp + fp + fn is sum(w y) + sum(w p).
    return 2 * ops.sum(w * y * p) / (ops.sum(w * (y + p)) + EPSILON)
