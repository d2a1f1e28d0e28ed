"""How well a series lies on the reference, told in the same way before a step and after it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from radiogenomics.records import Figure
from radiogenomics.tables.modalities import MODALITIES

POINTS = 200_000  # of the reference, evenly spread, at which it is told
BINS = 32
TAILS = (0.5, 99.5)  # percentiles between which brightness counts: metal in CT must not fill the histogram
WINDOWS = {"CT": (-200.0, 300.0)}  # HU: air, fat, muscle, brain, and all bone alike
LEAST = 8  # voxels along an axis that is made coarser

Values = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The reference and a series, coarse and without extremes: what the measures look at."""

    fixed: sitk.Image
    moving: sitk.Image


@dataclass(frozen=True, slots=True)
class Motion:
    """What a linear transform does to the reference, seen from its middle."""

    shift: float  # mm by which the middle is moved, from where registration began
    turn: float  # degrees
    least: float  # scale, of any direction
    largest: float


def coarse(image: sitk.Image, voxel_mm: float, smoothing_mm: float = 0.0) -> sitk.Image:
    """An image with voxels about as wide as said, means over those that it had; then a Gaussian of that sd.

    Axes whose voxels are wider already stay as they are, as do thick slices, and none gets fewer than 8 voxels.
    """
    shrink = [
        max(1, min(round(voxel_mm / width), count // LEAST))
        for width, count in zip(image.GetSpacing(), image.GetSize(), strict=True)
    ]
    image = sitk.BinShrink(image, shrink) if max(shrink) > 1 else image
    return sitk.DiscreteGaussian(image, [smoothing_mm**2] * 3, 32, 0.01, True) if smoothing_mm else image


def clipped(image: sitk.Image) -> sitk.Image:
    """An image without its darkest and brightest half percent, which become as the next to them."""
    low, high = np.percentile(sitk.GetArrayViewFromImage(image), TAILS)
    return sitk.Clamp(image, sitk.sitkFloat32, float(low), float(high)) if low < high else image


def windowed(image: sitk.Image, modality: str) -> sitk.Image:
    """An image as registration looks at it: CT in a window for soft tissue, of which else few bins would be left."""
    window = WINDOWS.get(MODALITIES[modality].dicom)
    return sitk.Clamp(image, sitk.sitkFloat32, *window) if window else image


def pair_of(fixed: sitk.Image, moving: sitk.Image) -> Pair:
    """Both images, coarse enough that the reference has about POINTS voxels."""
    width = (np.prod(fixed.GetSize()) * np.prod(fixed.GetSpacing()) / POINTS) ** (1 / 3)
    return Pair(clipped(coarse(fixed, width)), clipped(coarse(moving, width)))


def seen(pair: Pair, transform: sitk.Transform | None) -> Values:
    """The series' values at the points of the reference, [z, y, x]; NaN outside its field of view."""
    moved = sitk.Resample(
        pair.moving, pair.fixed, transform or sitk.Transform(3, sitk.sitkIdentity), sitk.sitkLinear, float("nan")
    )
    return sitk.GetArrayFromImage(moved)


def overlap(pair: Pair, transform: sitk.Transform | None) -> float:
    """The share of the reference's points that lie within the series' field of view."""
    return float(np.isfinite(seen(pair, transform)).mean())


def shared(pair: Pair, transform: sitk.Transform | None) -> float:
    """The share of the lesser field of view that both show: an MR series of a limb may fill little of a CT."""
    sizes = [float(np.prod(image.GetSize()) * np.prod(image.GetSpacing())) for image in (pair.fixed, pair.moving)]
    return overlap(pair, transform) * sizes[0] / min(sizes)


def gain(pair: Pair, transform: sitk.Transform | None) -> float:
    """How much the two tell of each other in all, in nats: mutual information a point, times points that both show.

    So a place in which the two share little is not preferred for being alike there by chance.
    """
    moving = seen(pair, transform)
    both = np.isfinite(moving)
    return mutual_information(sitk.GetArrayViewFromImage(pair.fixed)[both], moving[both]) * int(both.sum())


def likeness(pair: Pair, before: sitk.Transform | None, after: sitk.Transform | None) -> tuple[Figure, Figure]:
    """Mutual information and the foregrounds' Dice, before and after, at the same points: those within both times.

    Where no point lies within both times, each is told of its own.
    """
    fixed, found = sitk.GetArrayViewFromImage(pair.fixed), (seen(pair, before), seen(pair, after))
    inside = tuple(np.isfinite(values) for values in found)
    both = inside[0] & inside[1]
    if both.any():
        inside = (both, both)
    edges = _otsu(pair.fixed), _otsu(pair.moving)
    points = [(fixed[where], values[where]) for values, where in zip(found, inside, strict=True)]
    information = [mutual_information(*values) for values in points]
    shares = [dice(a > edges[0], b > edges[1]) for a, b in points]
    return (
        Figure("mutual information", information[0], information[1], "nats"),
        Figure("Dice of the foregrounds", shares[0], shares[1]),
    )


def mutual_information(one: Values, other: Values, bins: int = BINS) -> float:
    """Of two images' values at the same points, in nats (Maes 1997), by a joint histogram; 0 where one is even."""
    if not one.size:
        return 0.0
    joint = np.histogram2d(one.ravel(), other.ravel(), bins)[0] / one.size
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    some = joint > 0
    return max(0.0, float((joint[some] * np.log(joint[some] / apart[some])).sum()))


def dice(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Twice what two masks share, over what they hold; 0 where both are empty."""
    return float(2 * (one & other).sum() / max(1, one.sum() + other.sum()))


def middle(image: sitk.Image) -> npt.NDArray[np.float64]:
    """The middle of an image's field of view, x, y, z in mm."""
    return np.array(image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()]))


def matrix(transform: sitk.Transform | None, point: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The matrix of a linear transform, [3, 3]; told from where it takes points around `point`."""
    if transform is None:
        return np.eye(3)
    ends = np.array([transform.TransformPoint((point + 100 * step).tolist()) for step in np.eye(3)])
    return (ends - np.array(transform.TransformPoint(point.tolist()))).T / 100


def motion(fixed: sitk.Image, transform: sitk.Transform | None, start: sitk.Transform | None = None) -> Motion:
    """What a linear transform does beyond `start`, a translation; its turn is that of the polar decomposition."""
    centre = middle(fixed)
    left, scales, right = np.linalg.svd(matrix(transform, centre))
    turn = np.degrees(np.arccos(np.clip((np.trace(left @ right) - 1) / 2, -1, 1)))
    shift = np.linalg.norm(_moved(transform, centre) - _moved(start, centre))
    return Motion(float(shift), float(turn), float(scales.min()), float(scales.max()))


def _moved(transform: sitk.Transform | None, point: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return point if transform is None else np.array(transform.TransformPoint(point.tolist()))


def _otsu(image: sitk.Image) -> float:
    otsu = sitk.OtsuThresholdImageFilter()
    otsu.Execute(image)
    return float(otsu.GetThreshold())
