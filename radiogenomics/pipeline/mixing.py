"""Mixup and CutMix: each sample of a batch mixed with another of it, label and weight by the same shares."""

import numpy as np
import numpy.typing as npt

from radiogenomics.recipe import AugmentationPart

Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]
# images [B, h, w, C] in [0, 1], labels [B, 1], weights [B]


def mix(batch: Batch, augmentation: AugmentationPart, generator: np.random.Generator) -> Batch:
    """The batch after mixup or CutMix, whichever the recipe has; with both, one of them at even odds.

    Every sample draws a share of its own and one partner; a sample may be its own partner, so a batch of one stays as
    it is. Images are changed in place.

    Args:
        batch: Labels 0 or 1; they become floats between.
        augmentation: Its mixup and cutmix are used.
        generator: Of this batch alone.
    """
    cut = bool(augmentation.cutmix) and (not augmentation.mixup or generator.random() < 0.5)
    alpha = augmentation.cutmix if cut else augmentation.mixup
    if not alpha:
        return batch
    images, labels, weights = batch
    shares = generator.beta(alpha, alpha, len(images)).astype(np.float32)
    partners = generator.permutation(len(images))
    shares = _cutmix(images, shares, partners, generator) if cut else _mixup(images, shares, partners)
    return images, _between(labels, shares[:, None], partners), _between(weights, shares, partners)


def _between(
    values: npt.NDArray[np.float32], shares: npt.NDArray[np.float32], partners: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    return shares * values + (1 - shares) * values[partners]


def _mixup(
    images: npt.NDArray[np.float32], shares: npt.NDArray[np.float32], partners: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """Zhang et al. 2018, mixup: a weighted mean of two images."""
    others = images[partners]
    others *= (1 - shares)[:, None, None, None]
    images *= shares[:, None, None, None]
    images += others
    return shares


def _cutmix(
    images: npt.NDArray[np.float32],
    shares: npt.NDArray[np.float32],
    partners: npt.NDArray[np.int64],
    generator: np.random.Generator,
) -> npt.NDArray[np.float32]:
    """Yun et al. 2019, CutMix: a rectangle of the image's aspect is taken from the partner.

    As in keras.layers.CutMix the rectangle lies within the image. The shares given back are those of whole pixels.
    """
    whole, extent = images.copy(), np.array(images.shape[1:3])
    sizes = np.rint(np.sqrt(1 - shares)[:, None] * extent).astype(int)
    starts = np.floor(generator.random(sizes.shape) * (extent - sizes + 1)).astype(int)
    for image, partner, (top, left), (rows, columns) in zip(images, partners, starts, sizes, strict=True):
        box = np.s_[top : top + rows, left : left + columns]
        image[box] = whole[partner][box]
    return (1 - sizes.prod(axis=1) / extent.prod()).astype(np.float32)
