"""Prepared samples to tf.data: batches of (image [B, h, w, C] in [0, 1], label [B, 1], weight [B]), float32.

A batch at a time is read from the store, changed by OpenCV (which lets go of Python's lock) and handed to TensorFlow;
what is held is a few batches, however large the cohort.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from radiogenomics.errors import CohortError
from radiogenomics.imaging.sample import filled, to_unit
from radiogenomics.pipeline.augment import augment, draw
from radiogenomics.pipeline.layers import apply_layers
from radiogenomics.pipeline.mixing import Batch, mix
from radiogenomics.pipeline.sampling import class_weights, epoch_draws, generator, key_of
from radiogenomics.recipe import AugmentationPart, Phase, Recipe
from radiogenomics.records import Sample
from radiogenomics.store import Store

CALLS = 2  # batches made at once: fixed, as all that touches speed but not results should not follow the machine
AHEAD = 2  # finished batches held


def training_stream(
    store: Store,
    samples: Sequence[Sample],
    recipe: Recipe,
    phase: Phase,
    *,
    seed: int,
    first_epoch: int = 0,
    features: npt.NDArray[np.float32] | None = None,
) -> tuple[tf.data.Dataset, int]:
    """All epochs of a phase, one after the other, each shuffled, balanced, augmented and mixed as the recipe says.

    Without oversampling an epoch holds every sample once; with it, see `epoch_draws`. The last batch of an epoch is
    smaller where the draws don't divide. An epoch is the same wherever the stream began, so a resumed phase sees what
    an unbroken one sees.

    Args:
        store: Holds the samples' planes.
        samples: The training samples, from which classes are counted; a draw belongs to a sample's place among them.
        recipe: Its augmentation and training.balance are used; its layers are those that `check_layers` let through.
        phase: Its epochs and batch size are used.
        seed: Of order and augmentation; another for each phase, or its epochs repeat those of the phase before.
        first_epoch: From 0.
        features: [n, F], what a frozen base says of each sample, to come in its image's place: of the same draws, and
            with the same labels and weights. Only where the recipe changes no image.

    Returns:
        The stream, and the steps of one epoch. Labels are fractions where images are mixed.

    Raises:
        CohortError: There is no sample, or balance is asked for and all are of one class.
        StoreError: The first sample can't be read.
    """
    shape = _shape(store, samples) if features is None else features.shape[1:]
    change, balance = recipe.augmentation, recipe.training.balance
    weights = class_weights(samples) if balance == "class-weights" else np.ones(len(samples), np.float32)
    draws = lru_cache(CALLS)(partial(epoch_draws, samples, balance, seed))
    steps = math.ceil(len(draws(0)) / phase.batch_size)

    def load(number: np.int64) -> Batch:
        epoch, step = divmod(int(number), steps)
        chosen = draws(epoch)[step * phase.batch_size : (step + 1) * phase.batch_size]
        places = chosen % len(samples)
        own = [samples[place] for place in places]
        if features is not None:
            return features[places], _labels(own), weights[places]
        numbers = (generator(seed, "augmentation", epoch, drawn) for drawn in chosen.tolist())
        images, labels, _ = _changed(store, own, shape, change, numbers)
        batch = (images, labels, weights[places])
        batch = apply_layers(batch, change.layers, generator(seed, "layers", epoch, step))
        return mix(batch, change, generator(seed, "mixing", epoch, step))

    numbers = range(first_epoch * steps, phase.epochs * steps)
    return _dataset(numbers, load, shape, _copies(shape) if features is None else 1), steps


def scoring_batches(
    store: Store,
    samples: Sequence[Sample],
    batch_size: int,
    recipe: Recipe | None = None,
    copy: int = 0,
    seed: int = 0,
) -> tf.data.Dataset:
    """Every sample once, in order: as it is, or one of its augmented copies.

    Args:
        store: Holds the samples' planes.
        samples: Of any split; a copy's change belongs to the sample, and does not depend on the others.
        batch_size: Speed and memory hang on it, and nothing else.
        recipe: Whose augmentation changes the copies: its geometry, brightness and contrast, without layers and mixing.
        copy: 0 is the samples as they are; from 1 each number gives other changes.
        seed: Of the changes.

    Raises:
        CohortError: There is no sample.
        StoreError: The first sample can't be read.
    """
    shape = _shape(store, samples)
    if copy and recipe is None:
        raise ValueError("an augmented copy needs the recipe that says how")

    def load(number: np.int64) -> Batch:
        chosen = samples[int(number) * batch_size : (int(number) + 1) * batch_size]
        if recipe is None or not copy:
            return _plain(store, chosen, shape)
        numbers = (generator(seed, "test-time", copy, key_of(sample)) for sample in chosen)
        return _changed(store, chosen, shape, recipe.augmentation, numbers)

    return _dataset(range(math.ceil(len(samples) / batch_size)), load, shape, _copies(shape))


def feature_batches(features: npt.NDArray[np.float32], samples: Sequence[Sample], batch_size: int) -> tf.data.Dataset:
    """Every sample once, in order, with the features [n, F] of a frozen base in its image's place."""

    def load(number: np.int64) -> Batch:
        part = slice(int(number) * batch_size, (int(number) + 1) * batch_size)
        return features[part], _labels(samples[part]), np.ones(len(samples[part]), np.float32)

    return _dataset(range(math.ceil(len(samples) / batch_size)), load, features.shape[1:], 1)


def _plain(store: Store, samples: Sequence[Sample], shape: tuple[int, ...]) -> Batch:
    images = np.empty((len(samples), *shape), np.float32)
    for image, sample in zip(images, samples, strict=True):
        for channel, plane in enumerate(sample.planes):
            image[..., channel] = to_unit(store.read(plane))
    return _labelled(images, samples)


def _changed(
    store: Store,
    samples: Sequence[Sample],
    shape: tuple[int, ...],
    augmentation: AugmentationPart,
    numbers: Iterable[np.random.Generator],
) -> Batch:
    """The samples, each changed by the draw from a generator of its own."""
    images = np.empty((len(samples), *shape), np.float32)
    for image, sample, own in zip(images, samples, numbers, strict=True):
        augment([store.read(plane) for plane in sample.planes], draw(augmentation, own), out=image)
    return _labelled(images, samples)


def _shape(store: Store, samples: Sequence[Sample]) -> tuple[int, int, int]:
    """Height, width and planes of every sample."""
    if not samples:
        raise CohortError("no sample to feed a model with: every slice was excluded; exclusions.csv says why")
    planes = samples[0].planes
    height, width = store.read(planes[0]).shape
    return height, width, len(planes)


def _copies(shape: tuple[int, ...]) -> int:
    """How often a model wants the planes: a single one fills all its channels."""
    return filled(shape[-1]) // shape[-1]


def _labelled(images: npt.NDArray[np.float32], samples: Sequence[Sample]) -> Batch:
    return images, _labels(samples), np.ones(len(samples), np.float32)


def _labels(samples: Sequence[Sample]) -> npt.NDArray[np.float32]:
    return np.array([[sample.label] for sample in samples], np.float32)


def _dataset(numbers: range, load: Callable[[np.int64], Batch], shape: tuple[int, ...], copies: int) -> tf.data.Dataset:
    cv2.setNumThreads(1)  # the batches made at once share the cores

    def batch(number: Any) -> tuple[Any, Any, Any]:
        images, labels, weights = tf.numpy_function(load, [number], (tf.float32, tf.float32, tf.float32))
        images.set_shape([None, *shape])
        labels.set_shape([None, 1])
        weights.set_shape([None])
        return tf.repeat(images, copies, axis=-1), labels, weights

    dataset = tf.data.Dataset.range(numbers.start, numbers.stop)
    return dataset.map(batch, num_parallel_calls=CALLS, deterministic=True).prefetch(AHEAD)
