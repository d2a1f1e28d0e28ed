"""A synthetic skull-stripped head with one lesion or two, seen by four MR sequences; nothing comes from a person."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from radiogenomics.phantom.grid import Place, Volume, distance, inside, unit_place

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

FOLDS, WOBBLE, TEXTURE = 0.05, 0.12, 0.04  # sd of the blur of each smooth noise, in half fields of view


@dataclass(frozen=True, slots=True)
class Lesion:
    """Its core reaches to about .55 of the radius, its rim to .85, its oedema to 1.25; along z, 1.6 times as far."""

    centre: tuple[float, float, float]  # z, y, x
    radius: float


@dataclass(frozen=True, slots=True)
class Head:
    """What differs between patients; only `rim` and `texture` depend on the label.

    Lengths are in half fields of view: the field spans -1 to 1 along every axis.
    """

    radii: tuple[float, float, float]  # of the brain: z, y, x
    lesions: tuple[Lesion, ...]
    rim: float  # about 1 where positive, 0 where negative
    texture: float  # about 1 where positive, 0 where negative


def draw_head(generator: np.random.Generator, positive: bool) -> Head:
    """A head with one lesion; its size, and the lesion's size and place, are drawn without a look at the label."""
    side = generator.choice([-1.0, 1.0])
    centre = (generator.uniform(-0.06, 0.06), generator.uniform(-0.28, 0.22), side * generator.uniform(0.24, 0.34))
    radii = tuple(generator.uniform((0.95, 0.74, 0.60), (1.15, 0.86, 0.72)))
    radius = generator.uniform(0.22, 0.32)
    rim, texture = np.clip(float(positive) + generator.normal(0, 0.2, 2), 0, 1.5)
    return Head(radii, (Lesion(centre, float(radius)),), float(rim), float(texture))


def with_second_lesion(head: Head, generator: np.random.Generator) -> Head:
    """The head with a second, smaller lesion in the other hemisphere; the label shows in both alike."""
    first = head.lesions[0]
    x = -np.sign(first.centre[2]) * generator.uniform(0.24, 0.36)
    centre = (generator.uniform(-0.25, 0.25), generator.uniform(-0.3, 0.3), float(x))
    return replace(head, lesions=(first, Lesion(centre, float(first.radius * generator.uniform(0.5, 0.75)))))


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
    folds = smooth_noise(generator, shape, FOLDS / 2 * shape[1])
    wobble = smooth_noise(generator, shape, WOBBLE / 2 * shape[1])
    return tissues_at(head, unit_place(shape), folds, wobble, 2 / shape[1])


def tissues_at(head: Head, place: Place, folds: Volume, wobble: Volume, pixel: float) -> Volume:
    """How much of each tissue lies at each place, [tissues, slices, rows, columns]; outside the brain all are 0.

    Args:
        head: Whose.
        place: z, y, x in half fields of view.
        folds: Smooth noise of the cortex.
        wobble: Smooth noise of the lesions' outlines.
        pixel: From one to the next, in half fields of view.
    """
    depth = 1 - distance(place, (0.0, 0.0, 0.0), head.radii) + 0.02 * folds  # 0 at the brain's surface
    brain, grey = inside(depth, pixel), inside(0.12 + 0.09 * folds - depth, 2 * pixel)
    fluid = np.maximum(_ventricles(place), inside(0.02 - 0.14 * folds - depth, pixel))
    reach = _reaches(head, place).min(axis=0) + 0.1 * wobble
    oedema, tumour, core = (inside(edge - reach, 2 * pixel) for edge in (1.25, 0.85, 0.55))
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


def _reaches(head: Head, place: Place) -> Volume:
    """Distance from each lesion in its own radii, [lesions, slices, rows, columns]."""
    return np.stack([distance(place, lesion.centre, (1.6, 1.0, 1.0)) / lesion.radius for lesion in head.lesions])


def tumour_masks(head: Head, tissues: Volume, place: Place | None = None) -> npt.NDArray[np.bool_]:
    """The voxels that are mostly core or rim, by lesion: [lesions, slices, rows, columns].

    Args:
        head: Whose.
        tissues: From `tissue_fractions`, or from `tissues_at` and then with its `place`.
        place: z, y, x of the voxels in half fields of view; None where they fill the field.
    """
    tumour = tissues[TISSUES.index("core")] + tissues[TISSUES.index("rim")] > 0.5
    slices, rows, columns = tumour.shape
    nearest = _reaches(head, place or unit_place((slices, rows, columns))).argmin(axis=0)
    return np.stack([tumour & (nearest == lesion) for lesion in range(len(head.lesions))])


def _ventricles(place: Place) -> Volume:
    left, right = (1 - distance(place, (0.05, 0.0, x), (0.35, 0.28, 0.07)) for x in (-0.1, 0.1))
    return inside(np.maximum(left, right), 0.1)


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
