"""A synthetic skull-stripped head with one lesion, seen by four MR sequences. Nothing in it comes from a person."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Volume = npt.NDArray[np.floating[Any]]  # [slices, rows, columns]

TISSUES = ("white", "grey", "fluid", "oedema", "core", "rim")
# Relative brightness of each tissue: what a radiologist would expect of the sequence.
CONTRASTS = {
    "t1w": (0.80, 0.60, 0.22, 0.50, 0.42, 0.55),
    "t1wce": (0.80, 0.62, 0.22, 0.50, 0.40, 0.60),
    "t2w": (0.42, 0.56, 1.00, 0.82, 0.88, 0.70),
    "flair": (0.50, 0.62, 0.18, 0.92, 0.70, 0.80),
}
# What the label changes: brightness added to the rim, and contrast of the texture inside it, where it is positive.
RIM_SIGNAL = {"t1w": 0.40, "t1wce": 0.75, "t2w": -0.35, "flair": 0.30}
TEXTURE_SIGNAL = {"t1w": 0.16, "t1wce": 0.18, "t2w": 0.20, "flair": 0.16}


@dataclass(frozen=True, slots=True)
class Head:
    """What differs between patients; only `rim` and `texture` depend on the label.

    Lengths are in half fields of view: the field spans -1 to 1 along every axis.
    """

    radii: tuple[float, float, float]  # of the brain: z, y, x
    lesion: tuple[float, float, float]  # its centre: z, y, x
    lesion_radius: float
    rim: float  # about 1 where positive, 0 where negative
    texture: float  # about 1 where positive, 0 where negative


def draw_head(generator: np.random.Generator, positive: bool) -> Head:
    """A head whose size, and whose lesion's size and place, are drawn without a look at the label."""
    side = generator.choice([-1.0, 1.0])
    centre = (generator.uniform(-0.06, 0.06), generator.uniform(-0.28, 0.22), side * generator.uniform(0.24, 0.34))
    radii = tuple(generator.uniform((0.95, 0.74, 0.60), (1.15, 0.86, 0.72)))
    radius = generator.uniform(0.22, 0.32)
    rim, texture = np.clip(float(positive) + generator.normal(0, 0.2, 2), 0, 1.5)
    return Head(radii, centre, float(radius), float(rim), float(texture))


def smooth_noise(generator: np.random.Generator, shape: tuple[int, int, int], sigma: float) -> Volume:
    """Gaussian noise blurred over `sigma` pixels within slices and `sigma` / 4 across them; mean 0, sd 1."""
    slices, rows, columns = shape
    noise = generator.standard_normal(shape, dtype=np.float32)
    noise = np.stack([cv2.GaussianBlur(plane, (0, 0), sigma) for plane in noise])
    across = cv2.GaussianBlur(noise.reshape(slices, -1), (1, 0), sigmaX=1e-3, sigmaY=max(sigma / 4, 0.3))
    noise = across.reshape(slices, rows, columns)
    return (noise - noise.mean()) / noise.std()


def tissue_fractions(head: Head, generator: np.random.Generator, shape: tuple[int, int, int]) -> Volume:
    """How much of each tissue lies in each voxel, [tissues, slices, rows, columns]; outside the brain all are 0."""
    place, pixel = _coordinates(shape), 2 / shape[1]
    folds = smooth_noise(generator, shape, 0.025 * shape[1])
    wobble = smooth_noise(generator, shape, 0.06 * shape[1])
    depth = 1 - _distance(place, (0.0, 0.0, 0.0), head.radii) + 0.02 * folds  # 0 at the brain's surface
    brain, grey = _inside(depth, pixel), _inside(0.12 + 0.09 * folds - depth, 2 * pixel)
    fluid = np.maximum(_ventricles(place), _inside(0.02 - 0.14 * folds - depth, pixel))
    reach = _distance(place, head.lesion, (1.6, 1.0, 1.0)) / head.lesion_radius + 0.1 * wobble
    oedema, tumour, core = (_inside(edge - reach, 2 * pixel) for edge in (1.25, 0.85, 0.55))
    healthy = 1 - oedema
    fractions = (
        healthy * (1 - fluid) * (1 - grey),
        healthy * (1 - fluid) * grey,
        healthy * fluid,
        oedema * (1 - tumour),
        tumour * core,
        tumour * (1 - core),
    )
    return brain * np.stack(fractions)


def _ventricles(place: tuple[Volume, Volume, Volume]) -> Volume:
    left, right = (1 - _distance(place, (0.05, 0.0, x), (0.35, 0.28, 0.07)) for x in (-0.1, 0.1))
    return _inside(np.maximum(left, right), 0.1)


def image(head: Head, tissues: Volume, texture: Volume, modality: str) -> Volume:
    """The head as one sequence shows it, without noise: about 0 to 1.3.

    Args:
        head: Its rim and texture say how strongly the label shows.
        tissues: [tissues, slices, rows, columns], from `tissue_fractions`.
        texture: Smooth noise, the same for all sequences of a patient.
        modality: A key of `CONTRASTS`.
    """
    brightness = np.array(CONTRASTS[modality], np.float32)
    brightness[TISSUES.index("rim")] += RIM_SIGNAL[modality] * head.rim
    tumour = tissues[TISSUES.index("core")] + tissues[TISSUES.index("rim")]
    volume = np.tensordot(brightness, tissues, 1) + TEXTURE_SIGNAL[modality] * head.texture * texture * tumour
    return np.maximum(volume, 0)


def bias_field(generator: np.random.Generator, shape: tuple[int, int, int]) -> Volume:
    """The slow brightness change of a receive coil: a factor of about .8 to 1.25."""
    slopes = generator.uniform(-0.12, 0.12, 6)
    z, y, x = _coordinates(shape)
    field = sum(slope * term for slope, term in zip(slopes, (z, y, x, x * y, y * y, x * x), strict=True))
    return np.exp(np.asarray(field, np.float32))


def _coordinates(shape: tuple[int, int, int]) -> tuple[Volume, Volume, Volume]:
    """Positions of voxel centres from -1 to 1, each along its own axis."""
    z, y, x = (np.linspace(1 / n - 1, 1 - 1 / n, n, dtype=np.float32) for n in shape)
    return z[:, None, None], y[None, :, None], x[None, None, :]


def _distance(
    place: tuple[Volume, Volume, Volume], centre: tuple[float, float, float], radii: tuple[float, float, float]
) -> Volume:
    """Distance from the centre of an ellipsoid: 1 on its surface."""
    squares = [((p - c) / r) ** 2 for p, c, r in zip(place, centre, radii, strict=True)]
    distance: Volume = np.sqrt(squares[0] + squares[1] + squares[2])
    return distance


def _inside(depth: Volume, softness: float) -> Volume:
    """A mask with a soft edge (partial volume): 0 outside, 1 where `depth` is well above 0."""
    return np.clip(depth / np.float32(softness) + np.float32(0.5), 0, 1)
