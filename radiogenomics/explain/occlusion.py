"""Occlusion sensitivity (Zeiler & Fergus 2014, 10.1007/978-3-319-10590-1_53): what the logit loses with each patch.

It asks the whole model and not its last feature map, and so is finer than Grad-CAM, and dearer: some 225 images each.
"""

import itertools
from collections.abc import Callable, Iterator

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from radiogenomics.explain.gradcam import Images
from radiogenomics.explain.heat import Maps
from radiogenomics.explain.logits import halve
from radiogenomics.records import SILENT, Progress

PATCHES = 8  # that would cover a side of the image without overlap
LEAST = 2  # pixels of a patch's side, so that half of it is a step
BATCH_SIZE = 64

Window = tuple[slice, slice]


def windows(height: int, width: int, patches: int = PATCHES) -> tuple[Window, ...]:
    """The patches of an image: about an eighth of each side long, half of that apart, the last one at the edge."""
    return tuple(itertools.product(_spans(height, patches), _spans(width, patches)))


def _spans(length: int, patches: int) -> list[slice]:
    side = min(max(round(length / patches), LEAST), length)
    starts = dict.fromkeys([*range(0, length - side, max(side // 2, 1)), length - side])
    return [slice(start, start + side) for start in starts]


def occlusion(model: keras.Model, progress: Progress = SILENT, task: str = "occlusion") -> Callable[[Images], Maps]:
    """A function from images [n, H, W, C] to the drop of the logit [n, H, W] where a patch is covered.

    The patch is filled with the image's own mean, channel by channel. A pixel has the mean drop over all patches that
    cover it; below 0 lies what speaks against the positive class.

    Args:
        model: From `build_model`, trained; any head.
        progress: Hears of every image.
        task: What to call it.
    """
    parts = halve(model)

    @tf.function(reduce_retracing=True)
    def logits(images: tf.Tensor) -> tf.Tensor:
        return parts.logit(parts.base(images, training=False))

    def maps(images: Images) -> Maps:
        drops = []
        for done, image in enumerate(images, 1):
            drops.append(_drops(image, lambda batch: logits(tf.convert_to_tensor(batch)).numpy()))
            progress.update(task, done, len(images))
        return np.stack(drops) if drops else np.zeros(images.shape[:3], np.float32)

    return maps


def _drops(image: npt.NDArray[np.float32], logits: Callable[[Images], npt.NDArray[np.float32]]) -> Maps:
    """The mean drop at each pixel of one image [H, W, C]."""
    height, width, _ = image.shape
    places = windows(height, width)
    whole = float(logits(image[None])[0])
    total, times = np.zeros((height, width)), np.zeros((height, width))
    for chosen in _batched(places):
        for window, logit in zip(chosen, logits(_covered(image, chosen)), strict=True):
            total[window] += whole - float(logit)
            times[window] += 1
    return (total / times).astype(np.float32)


def _covered(image: npt.NDArray[np.float32], places: tuple[Window, ...]) -> Images:
    """The image once for each place, with its own mean there."""
    images = np.repeat(image[None], len(places), axis=0)
    mean = image.mean(axis=(0, 1))
    for one, window in zip(images, places, strict=True):
        one[window] = mean
    return images


def _batched(places: tuple[Window, ...]) -> Iterator[tuple[Window, ...]]:
    return (places[at : at + BATCH_SIZE] for at in range(0, len(places), BATCH_SIZE))
