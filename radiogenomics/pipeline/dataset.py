"""Prepared samples to tf.data: batches of (image [B, h, w, C] in [0, 1], label [B, 1], weight [B]), float32.

A batch at a time is read from the store, changed by OpenCV (which lets go of Python's lock) and handed to TensorFlow;
what is held is a few batches, however large the cohort.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from radiogenomics.errors import CohortError
from radiogenomics.imaging.sample import filled, to_unit
from radiogenomics.pipeline.augment import augment, draw
from radiogenomics.pipeline.sampling import epoch_order, generator
from radiogenomics.recipe import Phase, Recipe
from radiogenomics.records import Sample
from radiogenomics.store import Store

CALLS = 2  # batches made at once: fixed, as all that touches speed but not results should not follow the machine
AHEAD = 2  # finished batches held

Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]


def training_stream(
    store: Store, samples: Sequence[Sample], recipe: Recipe, phase: Phase, *, seed: int, first_epoch: int = 0
) -> tuple[tf.data.Dataset, int]:
    """All epochs of a phase, one after the other, each with every sample once, shuffled and augmented.

    The last batch of an epoch is smaller where the samples don't divide. An epoch is the same wherever the stream
    began, so a resumed phase sees what an unbroken one sees.

    Args:
        store: Holds the samples' planes.
        samples: The training samples; a draw belongs to a sample's place among them.
        recipe: Its augmentation is used.
        phase: Its epochs and batch size are used.
        seed: Of order and augmentation; another for each phase, or its epochs repeat those of the phase before.
        first_epoch: From 0.

    Returns:
        The stream, and the steps of one epoch.

    Raises:
        CohortError: There is no sample.
        StoreError: The first sample can't be read.
    """
    shape = _shape(store, samples)
    steps = math.ceil(len(samples) / phase.batch_size)

    def load(number: np.int64) -> Batch:
        epoch, step = divmod(int(number), steps)
        chosen = epoch_order(len(samples), seed, epoch)[step * phase.batch_size : (step + 1) * phase.batch_size]
        images = np.empty((len(chosen), *shape), np.float32)
        for image, index in zip(images, chosen, strict=True):
            change = draw(recipe.augmentation, generator(seed, "augmentation", epoch, int(index)))
            augment([store.read(plane) for plane in samples[index].planes], change, out=image)
        return _labelled(images, [samples[index] for index in chosen])

    return _dataset(range(first_epoch * steps, phase.epochs * steps), load, shape), steps


def scoring_batches(store: Store, samples: Sequence[Sample], batch_size: int) -> tf.data.Dataset:
    """Every sample once, in order, unchanged.

    Raises:
        CohortError: There is no sample.
        StoreError: The first sample can't be read.
    """
    shape = _shape(store, samples)

    def load(number: np.int64) -> Batch:
        chosen = samples[int(number) * batch_size : (int(number) + 1) * batch_size]
        images = np.empty((len(chosen), *shape), np.float32)
        for image, sample in zip(images, chosen, strict=True):
            for channel, plane in enumerate(sample.planes):
                image[..., channel] = to_unit(store.read(plane))
        return _labelled(images, chosen)

    return _dataset(range(math.ceil(len(samples) / batch_size)), load, shape)


def _shape(store: Store, samples: Sequence[Sample]) -> tuple[int, int, int]:
    """Height, width and planes of every sample."""
    if not samples:
        raise CohortError("no sample to feed a model with: every slice was excluded; exclusions.csv says why")
    planes = samples[0].planes
    height, width = store.read(planes[0]).shape
    return height, width, len(planes)


def _labelled(images: npt.NDArray[np.float32], samples: Sequence[Sample]) -> Batch:
    labels = np.array([[sample.label] for sample in samples], np.float32)
    return images, labels, np.ones(len(samples), np.float32)


def _dataset(numbers: range, load: Callable[[np.int64], Batch], shape: tuple[int, int, int]) -> tf.data.Dataset:
    cv2.setNumThreads(1)  # the batches made at once share the cores
    planes = shape[-1]

    def batch(number: Any) -> tuple[Any, Any, Any]:
        images, labels, weights = tf.numpy_function(load, [number], (tf.float32, tf.float32, tf.float32))
        images.set_shape([None, *shape])
        labels.set_shape([None, 1])
        weights.set_shape([None])
        return tf.repeat(images, filled(planes) // planes, axis=-1), labels, weights

    dataset = tf.data.Dataset.range(numbers.start, numbers.stop)
    return dataset.map(batch, num_parallel_calls=CALLS, deterministic=True).prefetch(AHEAD)
