"""Samples changed on purpose, for controls: a faint mark put in, or the lesions hidden."""

import cv2
import numpy as np
import numpy.typing as npt

from radiogenomics.imaging.radiomics import foreground

STRENGTH = 0.25  # of the way to white, at the mark's middle
SPREAD = 1 / 12  # its standard deviation, of the image's sides
PLACE = (0.4, 0.4)  # down and right, of the image's sides: within a head as within a crop, and in neither's middle

Image = npt.NDArray[np.float32]


def planted(image: Image, strength: float = STRENGTH) -> Image:
    """The image [h, w, channels] in [0, 1] with a soft bright spot in every channel; nothing is clipped.

    Args:
        image: As the model is shown it.
        strength: How far towards white the spot's middle goes, from 0 to 1.
    """
    height, width = image.shape[:2]
    down = ((np.arange(height) + 0.5) / height - PLACE[0]) / SPREAD
    right = ((np.arange(width) + 0.5) / width - PLACE[1]) / SPREAD
    spot = strength * np.exp(-(down[:, None] ** 2 + right[None, :] ** 2) / 2)
    return (image + (1 - image) * spot[..., None]).astype(np.float32)


def hidden(image: Image, lesion: npt.NDArray[np.float32]) -> Image:
    """The image with an even rectangle over each lesion, of the median of what else it shows.

    A rectangle, for the lesion's outline would still show where it alone was blanked. How large it is can be seen.

    Args:
        image: [h, w, channels] in [0, 1].
        lesion: Which part of each pixel is lesion, [h, w].
    """
    covered = np.zeros(lesion.shape, np.bool_)
    for left, top, width, height, _ in cv2.connectedComponentsWithStats((lesion > 0).astype(np.uint8))[2][1:]:
        covered[top : top + height, left : left + width] = True
    changed = image.copy()
    rest = image[foreground(image) & ~covered]
    changed[covered] = np.median(rest, axis=0) if len(rest) else 0
    return changed
