"""Probabilities from a model in memory; the one place."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt


def predict(model: keras.Model, batches: Iterable[tuple[Any, ...]]) -> npt.NDArray[np.float32]:
    """The probability of the positive class for each image, in order.

    Args:
        model: From `build_model`, trained.
        batches: Tuples whose first element is images [B, h, w, C] in [0, 1]; a tf.data.Dataset, or any other.

    Returns:
        [n]; empty where there is no batch.
    """
    parts = [np.asarray(model.predict_on_batch(images), np.float32)[:, 0] for images, *_ in batches if len(images)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
