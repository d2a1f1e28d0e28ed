"""Probabilities from trained models in memory; the one place."""

import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from radiogenomics.errors import ModelError
from radiogenomics.files import must_exist

# What Keras and zipfile raise for a .keras file, depending on where the damage lies.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, zipfile.BadZipFile)


def predict(model: keras.Model, batches: Iterable[tuple[Any, ...]]) -> npt.NDArray[np.float32]:
    """The probability of the positive class for each image, in order.

    Args:
        model: From `build_model`, trained.
        batches: Tuples whose first element is images [B, h, w, C] in [0, 1]; a tf.data.Dataset, or any other.

    Returns:
        [n]; empty where there is no batch.
    """
    return outputs(model, batches)[:, 0]


def outputs(model: keras.Model, batches: Iterable[tuple[Any, ...]]) -> npt.NDArray[np.float32]:
    """What a model gives for each image, [n, its width], in order; see `predict`."""
    parts = [np.asarray(model.predict_on_batch(images), np.float32) for images, *_ in batches if len(images)]
    return np.concatenate(parts) if parts else np.zeros((0, model.output_shape[-1]), np.float32)


def load_model(path: Path) -> keras.Model:
    """A trained model from its .keras file, for prediction.

    Raises:
        MissingPathError: There is no such file.
        ModelError: It is damaged, or was written by another version of Keras.
    """
    must_exist(path, "trained model")
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except UNREADABLE as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)[:200]
        raise ModelError(f"{path} can't be loaded ({reason}): train its run again, or restore the file") from error


def mean_probability(models: Sequence[keras.Model]) -> Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]:
    """A function from images [n, h, w, C] to the mean of the models' probabilities [n]."""

    def probability(images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        mean: npt.NDArray[np.float32] = np.mean([predict(model, [(images,)]) for model in models], axis=0)
        return mean

    return probability
