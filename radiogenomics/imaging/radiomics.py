"""Simple measures of a model's own input: how bright it is, and the outline of what it shows.

They stand beside a network's features: what these few numbers tell as well needs no network, and of a whole slice the
outline is the head's or the limb's, not the tumour's.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from radiogenomics.records import Lesion, Series

SHOWN = 0.1  # of the way from an image's 1st percentile to its 99th: what is darker is background
EVEN = 1e-6  # an image whose percentiles are nearer is even
FULL = 0.99  # of its bounding box: what fills more is a rectangle, such as a slice on a canvas
BINS = 32  # of the entropy
INTENSITY = ("mean", "deviation", "10th percentile", "median", "90th percentile", "entropy")
SHAPE = ("area", "width", "height", "roundness")
LESION = ("number", "longest side (mm)", "largest area (mm2)", "slices")

Image = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]


def names(channels: Sequence[str]) -> tuple[str, ...]:
    """What `radiomics` measures, in its order; the first word is "intensity" or "shape"."""
    bright = (f"intensity: {channel} {name}" for channel in channels for name in INTENSITY)
    return (*bright, *(f"shape: {name}" for name in SHAPE))


def radiomics(image: Image) -> Values:
    """The measures of one sample.

    Args:
        image: [h, w, channels] in [0, 1].

    Returns:
        In the order of `names`; lengths and areas are shares of the image's own.
    """
    shown = foreground(image)
    bright = [_intensity(image[..., channel][shown]) for channel in range(image.shape[-1])]
    return np.array([*(value for values in bright for value in values), *_shape(shown)])


def foreground(image: Image) -> npt.NDArray[np.bool_]:
    """What an image [h, w, channels] shows, holes filled: the largest thing that is brighter than the background.

    The background is told from the image's own darkest part, for only some normalisations lay it at 0: by z-scores air
    comes to about .4. On a canvas, which is 0, a slice stands as a rectangle; what counts is the thing within. A crop
    without any background loses some of its darkest edge.
    """
    mean = image.mean(axis=-1)
    shown = _thing(mean)
    left, top, width, height = cv2.boundingRect(shown)
    if shown.sum() > FULL * width * height > 0:
        within = _thing(mean[top : top + height, left : left + width])
        if within.any():
            shown[top : top + height, left : left + width] = within
    return shown.astype(np.bool_)


def _thing(mean: Image) -> npt.NDArray[np.uint8]:
    """1 in the largest thing that stands out of an image [h, w], which is all of an even one that is not 0."""
    low, high = np.percentile(mean, (1, 99)).tolist()
    threshold = low + SHOWN * (high - low) if high - low > EVEN else EVEN
    bright = (mean > threshold).astype(np.uint8)
    outlines, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mean.shape, np.uint8)
    if outlines:
        largest = max(range(len(outlines)), key=lambda k: (cv2.contourArea(outlines[k]), -k))
        cv2.drawContours(filled, outlines, largest, 1, cv2.FILLED)
    return filled


def _intensity(pixels: npt.NDArray[np.float32]) -> list[float]:
    if not pixels.size:
        return [0.0] * len(INTENSITY)
    shares = np.histogram(pixels, BINS, (0, 1))[0] / pixels.size
    entropy = -sum(float(share) * float(np.log2(share)) for share in shares if share)
    percentiles = np.percentile(pixels, (10, 50, 90)).tolist()
    return [float(pixels.mean(dtype=np.float64)), float(pixels.std(dtype=np.float64)), *percentiles, entropy]


def _shape(shown: npt.NDArray[np.bool_]) -> list[float]:
    if not shown.any():
        return [0.0] * len(SHAPE)
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    height, width = (int(line[-1] - line[0] + 1) for line in (rows, columns))
    outline = cv2.findContours(shown.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0]
    around = cv2.arcLength(outline, closed=True)
    roundness = min(4 * np.pi * cv2.contourArea(outline) / around**2, 1.0) if around else 0.0
    return [float(shown.mean()), width / shown.shape[1], height / shown.shape[0], float(roundness)]


def lesion_sizes(lesions: Sequence[Lesion], series: Series) -> Values | None:
    """How large a patient's lesions are, in the order of LESION; None where the header states no spacing.

    Args:
        lesions: At least one.
        series: Whose pixels the outlines count.
    """
    if series.spacing is None:
        return None
    down, right = series.spacing
    drawn = [outline for lesion in lesions for outline in lesion.outlines]
    longest = max(max((o.x_max - o.x_min) * right, (o.y_max - o.y_min) * down) for o in drawn)
    largest = max(o.area for o in drawn) * down * right
    return np.array([len(lesions), longest, largest, max(len(lesion.outlines) for lesion in lesions)], np.float64)
