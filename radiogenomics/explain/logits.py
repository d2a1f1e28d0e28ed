"""A trained model up to its logit, cut in two where the base's last feature map enters the head.

The logit and not the probability is explained: near 0 and 1 the sigmoid is flat, and whatever is asked of it answers
with nearly nothing.
"""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from radiogenomics.models.build import feature_map


@dataclass(frozen=True, slots=True)
class Halves:
    """The parts of a model; both run as in prediction (no dropout, batch normalization by its moving statistics)."""

    base: keras.Model  # images [B, H, W, C] in [0, 1] to the feature map [B, h, w, F]
    head: keras.Model  # the feature map to what the last layer reads
    last: keras.Layer  # the dense layer whose sigmoid is the probability

    @property
    def cells(self) -> tuple[int, int]:
        """Height and width of the feature map: no heat made of it is finer."""
        _, height, width, _ = self.base.output_shape
        return height, width

    def logit(self, features: Any) -> Any:
        """The logit [B] of the positive class, of feature maps [B, h, w, F]."""
        read = tf.cast(self.head(features, training=False), tf.float32)
        return (tf.matmul(read, self.last.kernel) + self.last.bias)[:, 0]


def halve(model: keras.Model) -> Halves:
    """The parts of a model from `build_model`, trained or reloaded; they share its weights."""
    features, last = feature_map(model), model.layers[-1]
    return Halves(keras.Model(model.input, features), keras.Model(features, last.input), last)
