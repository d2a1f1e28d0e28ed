"""A head that has a value at any place (mm): displaced, it is sampled anew rather than interpolated. Nobody's.

Brain with grey and white matter, ventricles and a stem that leaves the skull, CSF, a skull with marrow, scalp, neck,
and eyes whose nerves reach the brain. x is to the left, y to the back, z to the head; about 160 x 200 x 220 mm.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from radiogenomics.phantom.limb import Waves, draw_waves

Values = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]  # [points, 3], x, y, z in mm
CONTRASTS = {  # HU in CT, relative brightness in MR
    #        air, fat, muscle, bone, marrow, CSF, grey, white, vessel, eye
    "t1w": (0.0, 0.95, 0.42, 0.05, 0.45, 0.18, 0.50, 0.68, 0.30, 0.20),
    "t1wce": (0.0, 0.95, 0.50, 0.05, 0.50, 0.18, 0.54, 0.68, 1.10, 0.20),
    "flair": (0.0, 0.70, 0.35, 0.04, 0.35, 0.10, 0.68, 0.54, 0.20, 0.10),
    "t2w": (0.0, 0.60, 0.22, 0.04, 0.35, 1.00, 0.62, 0.44, 0.15, 1.00),
    "ct": (-1000.0, -90.0, 55.0, 1000.0, 400.0, 8.0, 40.0, 29.0, 50.0, 10.0),
}
AIR, FAT, MUSCLE, BONE, MARROW, CSF, GREY, WHITE, VESSEL, EYE = range(10)
EDGE = 1.2  # mm over which one tissue turns into the next
MR_SCALE = 800.0  # of an MR value of 1


@dataclass(frozen=True, slots=True, eq=False)
class ToyHead:
    """An image of it, and what is true."""

    image: sitk.Image  # float32
    brain: sitk.Image  # uint8: brain and ventricles; the stem as far as the skull
    bias: sitk.Image  # float32: what the image was multiplied with


@dataclass(frozen=True, slots=True)
class _Anatomy:
    folds: Waves  # what is grey and what is white
    grain: Waves  # fine texture of every tissue
    surface: Waves  # how far the brain keeps from the skull


def head(
    contrast: str,
    size: tuple[int, int, int] = (64, 80, 48),
    spacing: tuple[float, float, float] = (3.0, 3.0, 4.0),
    *,
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
    direction: tuple[float, ...] = (1, 0, 0, 0, 1, 0, 0, 0, 1),
    displace: Callable[[Points], Points] | None = None,
    bias: float = 0.0,
    noise: float = 0.0,
    seed: int = 1,
) -> ToyHead:
    """The head on a grid.

    Args:
        contrast: A key of `CONTRASTS`.
        size: Voxels along x, y, z.
        spacing: mm.
        centre: Of the grid, mm; the head's own lies at 0, 0, 0.
        direction: Of the grid's axes, as in SimpleITK.
        displace: From a point of this image to the point of the head that is seen there, [points, 3] in mm both.
        bias: How uneven it is: it is multiplied with exp(-bias) to exp(bias), by place in the image.
        noise: Its sd as a share of MR_SCALE; in CT, of 1000 HU.
        seed: Of the anatomy and the noise. The same seed is the same head in every contrast.
    """
    image = sitk.Image(size, sitk.sitkFloat32)
    image.SetSpacing(spacing)
    image.SetDirection(direction)
    middle = image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in size])
    image.SetOrigin([c - m for c, m in zip(centre, middle, strict=True)])
    anatomy = _draw(seed)
    shape = size[::-1]
    values, brain, uneven = (np.zeros(shape, np.float32) for _ in range(3))
    for k in range(size[2]):
        points = _plane(image, k)
        seen = points if displace is None else np.asarray(displace(points))
        plane, inside = _values(anatomy, seen, contrast)
        values[k], brain[k] = plane.reshape(shape[1:]), inside.reshape(shape[1:])
        uneven[k] = np.exp(bias * _smooth(points, seed)).reshape(shape[1:])
    values = _noisy(values * uneven if contrast != "ct" else values, contrast, noise, seed)
    return ToyHead(*(_like(image, v) for v in (values, (brain > 0.5).astype(np.uint8), uneven)))


def points_of(image: sitk.Image) -> Points:
    """The places of all voxels, [z * y * x, 3] in mm."""
    return np.concatenate([_plane(image, k) for k in range(image.GetSize()[2])])


def dice(one: sitk.Image, other: sitk.Image) -> float:
    """Twice the overlap over the sum, of two masks."""
    a, b = (sitk.GetArrayViewFromImage(mask) > 0 for mask in (one, other))
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def _like(image: sitk.Image, values: npt.NDArray[np.generic]) -> sitk.Image:
    result = sitk.GetImageFromArray(values)
    result.CopyInformation(image)
    return result


def _plane(image: sitk.Image, k: int) -> Points:
    columns, rows, _ = image.GetSize()
    j, i = np.mgrid[:rows, :columns]
    index = np.stack([i.ravel(), j.ravel(), np.full(i.size, k)], axis=1) * np.array(image.GetSpacing())
    return np.asarray(index @ np.array(image.GetDirection()).reshape(3, 3).T + np.array(image.GetOrigin()))


def _draw(seed: int) -> _Anatomy:
    generator = np.random.default_rng([seed, 5])
    return _Anatomy(
        folds=draw_waves(generator, 36, 16, 24),
        grain=draw_waves(generator, 16, 8, 16),
        surface=draw_waves(generator, 60, 25, 12),
    )


def _at(waves: Waves, points: Points) -> Values:
    angles = (points @ waves.vectors.T + waves.phases).astype(np.float32)
    return np.asarray(np.cos(angles).sum(axis=1) * np.sqrt(2 / len(waves.phases)), np.float32)


def _depth(points: Points, centre: tuple[float, ...], radii: tuple[float, ...]) -> Values:
    """mm below the surface of an ellipsoid, near it; less than 0 outside."""
    from_centre = points - np.array(centre)
    reach = np.linalg.norm(from_centre / np.array(radii), axis=1)
    slope = np.linalg.norm(from_centre / np.array(radii) ** 2, axis=1)
    return np.asarray((1 - reach) * np.maximum(reach, 1e-6) / np.maximum(slope, 1e-8), np.float32)


def _tube(points: Points, start: tuple[float, ...], end: tuple[float, ...], radius: float) -> Values:
    """mm below the surface of a rod with round ends."""
    a, b = np.array(start), np.array(end)
    share = np.clip((points - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
    return np.asarray(radius - np.linalg.norm(points - a - share[:, None] * (b - a), axis=1), np.float32)


def _ramp(depth: Values, width: float = EDGE) -> Values:
    return np.clip(depth / width + 0.5, 0, 1)


def _values(anatomy: _Anatomy, points: Points, contrast: str) -> tuple[Values, Values]:
    """What is seen at each point, without bias or noise, and how much of it is brain."""
    tissue = CONTRASTS[contrast]
    skull, x = _depth(points, (0, 0, 22), (72, 90, 69)), points[:, 0]
    gap = 3.5 + 0.8 * _at(anatomy.surface, points) + 2.0 * np.exp(-((x / 6) ** 2))  # of CSF: more in the midline
    cortex = _depth(points, (0, 0, 22), (65, 83, 62)) - gap
    stem = _tube(points, (0, 12, -20), (0, 20, -140), 11)
    scalp = np.maximum(_depth(points, (0, 0, 10), (80, 98, 90)), _depth(points, (0, -10, -40), (62, 84, 72)))
    scalp = np.maximum(scalp, _tube(points, (0, 25, -40), (0, 25, -200), 56))
    eyes = np.maximum(*(_depth(points, (side * 32, -74, -32), (12, 12, 12)) for side in (-1, 1)))
    nerves = np.maximum(*(_tube(points, (side * 32, -66, -32), (side * 9, -30, -12), 2.5) for side in (-1, 1)))
    ventricles = np.maximum(*(_depth(points, (side * 13, 0, 30), (7, 32, 9)) for side in (-1, 1)))
    sinus = _tube(points, (0, 60, 79), (0, -40, 82), 4.0)
    folds, grain = _at(anatomy.folds, points), _at(anatomy.grain, points)
    white = _ramp(folds + np.minimum(cortex - 4, 3) * 0.4, 0.7)
    within = np.maximum(_ramp(cortex), _ramp(stem) * _ramp(skull - 7, 4.0))
    layers = (
        (_ramp(scalp), FAT),
        (_ramp(scalp - 7) * _ramp(12 - skull), MUSCLE),
        (_ramp(eyes + 7), FAT),
        (_ramp(skull), BONE),
        (_ramp(1.3 - np.abs(skull - 3.5)), MARROW),
        (np.maximum(_ramp(skull - 7), _ramp(stem + 3)), CSF),
        (_ramp(np.minimum(sinus, skull - 4)), VESSEL),
        (np.maximum(_ramp(cortex), _ramp(stem)), GREY),
        (np.maximum(_ramp(cortex) * white, _ramp(stem - 2)), WHITE),
        (_ramp(ventricles), CSF),
        (_ramp(nerves), WHITE),
        (_ramp(eyes), EYE),
    )
    values = np.full(len(points), tissue[AIR], np.float32)
    for share, name in layers:
        values += share * (np.float32(tissue[name]) - values)
    lively = 0.04 * grain * values if contrast != "ct" else 4 * grain * _ramp(scalp)
    return np.asarray(values + lively, np.float32), within


def _smooth(points: Points, seed: int) -> Values:
    """About -1 to 1, over lengths of the head: a coil's sensitivity."""
    waves = draw_waves(np.random.default_rng([seed, 6]), 420, 260, 6)
    return np.tanh(_at(waves, points)).astype(np.float32)


def _noisy(values: Values, contrast: str, noise: float, seed: int) -> Values:
    generator = np.random.default_rng([seed, 7, list(CONTRASTS).index(contrast)])
    if contrast == "ct":
        return np.asarray(values + 1000 * noise * generator.standard_normal(values.shape), np.float32)
    real, imaginary = (noise * generator.standard_normal(values.shape, np.float32) for _ in range(2))
    return np.asarray(MR_SCALE * np.hypot(values + real, imaginary), np.float32)  # Rician, as magnitudes are
