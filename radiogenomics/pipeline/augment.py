"""Random changes of training images: one affine map composed of zoom, rotation, shift and flips; then intensities."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from radiogenomics.imaging.sample import STEP, Pixels
from radiogenomics.recipe import AugmentationPart


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one sample in one epoch; all its channels alike."""

    zoom: float = 1.0  # above 1 enlarges
    rotation: float = 0.0  # degrees, counter-clockwise as seen
    shift: tuple[float, float] = (0.0, 0.0)  # fraction of the height down, of the width to the right
    horizontal_flip: bool = False  # left and right
    brightness: float = 1.0  # factor
    vertical_flip: bool = False  # top and bottom
    contrast: float = 1.0  # factor about each channel's mean


def draw(augmentation: AugmentationPart, generator: np.random.Generator) -> Change:
    """A change, each part of it uniform in its range.

    Eight numbers are drawn whatever the ranges: closing one range leaves the other parts as they were.
    """
    zoom, rotation, down, right, sideways, brightness, upside_down, contrast = generator.random(8)
    height, width = augmentation.shift
    return Change(
        zoom=_within(augmentation.zoom, zoom),
        rotation=_within((-augmentation.rotation, augmentation.rotation), rotation),
        shift=(_within((-height, height), down), _within((-width, width), right)),
        horizontal_flip=augmentation.horizontal_flip and bool(sideways < 0.5),
        brightness=_within(augmentation.brightness, brightness),
        vertical_flip=augmentation.vertical_flip and bool(upside_down < 0.5),
        contrast=_within(augmentation.contrast, contrast),
    )


def _within(limits: tuple[float, float], share: float) -> float:
    low, high = limits
    return float(low + (high - low) * share)


def affine(change: Change, height: int, width: int) -> npt.NDArray[np.float64]:
    """The map of old pixel coordinates (x, y) to new ones, [2, 3]: flip, rotate, zoom about the centre, then shift."""
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    angle = np.deg2rad(change.rotation)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # y points down
    flips = [-1.0 if change.horizontal_flip else 1.0, -1.0 if change.vertical_flip else 1.0]
    linear = change.zoom * rotation @ np.diag(flips)
    shift = np.array([change.shift[1] * width, change.shift[0] * height])
    return np.column_stack([linear, centre + shift - linear @ centre])


def augment(
    planes: Sequence[Pixels], change: Change, out: npt.NDArray[np.float32] | None = None
) -> npt.NDArray[np.float32]:
    """The planes of one sample as channels in [0, 1], changed; what comes from outside the image is 0.

    Args:
        planes: Each [h, w], in 65535ths.
        change: What to do to all of them.
        out: [h, w, planes], to be filled; None makes it.
    """
    height, width = planes[0].shape
    image = np.empty((height, width, len(planes)), np.float32) if out is None else out
    matrix = affine(change, height, width)
    for channel, plane in enumerate(planes):
        warped = cv2.warpAffine(
            plane, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0
        )
        np.multiply(warped, np.float32(change.brightness * STEP), out=image[..., channel])
    np.minimum(image, 1, out=image)
    return image if change.contrast == 1 else _spread(image, change.contrast)


def _spread(image: npt.NDArray[np.float32], factor: float) -> npt.NDArray[np.float32]:
    """Move all values away from their channel's mean by a factor, or towards it; in place, cut off at 0 and 1."""
    mean = image.mean(axis=(0, 1), dtype=np.float64)
    image *= np.float32(factor)
    image += (mean * (1 - factor)).astype(np.float32)
    return np.clip(image, 0, 1, out=image)
