"""Rigid and affine registration of a series to the reference by mutual information (Mattes 2003), coarse to fine."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from radiogenomics.errors import CohortError
from radiogenomics.preparation.measures import (
    Motion,
    Pair,
    clipped,
    coarse,
    gain,
    likeness,
    matrix,
    middle,
    motion,
    overlap,
    pair_of,
    shared,
    windowed,
)
from radiogenomics.preparation.volumes import Outcome, Volumes
from radiogenomics.recipe.preparation import AffineStep, LinearRegistration, Registration, RigidStep
from radiogenomics.records import Figure

FARTHEST, MOST_TURNED, SCALES = 100.0, 45.0, (0.7, 1.4)  # mm, degrees; beyond, no patient lay so
LEAST_SHARED = 0.1  # of the lesser field of view, after registration, where the headers do not say what both show
STEP, SHORTEST, SHORTER = 2.0, 0.005, 0.7  # mm an iteration moves the voxels by at first, at last; how it wanes

THICK = 0.3  # sd of the least smoothing, in slices of the thicker of the two
GRADIENT = 4  # voxels that ITK's smooth gradient needs along every axis

Linear = sitk.Euler3DTransform | sitk.AffineTransform


def rigid(volumes: Volumes, modality: str, part: RigidStep) -> Outcome:
    """Turn and shift a series until it lies on the reference.

    The first step of a series begins where the scanner says that it lies, or with the middles of both on each other,
    or their centres of brightness, whichever makes the two more alike. Where the two state different frames of
    reference, the scanner's place tells nothing, so motion is told from where the step began.

    Raises:
        CohortError: The two show no common place, or one of them shows nothing.
    """
    return _linear(volumes, modality, part, sitk.Euler3DTransform)


def affine(volumes: Volumes, modality: str, part: AffineStep) -> Outcome:
    """Scale and shear a series too; it should lie rigidly on the reference already.

    Raises:
        CohortError: The two show no common place, or one of them shows nothing.
    """
    return _linear(volumes, modality, part, lambda: sitk.AffineTransform(3))


def _linear(volumes: Volumes, modality: str, part: LinearRegistration, kind: Callable[[], Linear]) -> Outcome:
    fixed, volume, before = volumes.fixed, volumes.by_modality[modality], volumes.transform(modality)
    first = before is None and not isinstance(part, AffineStep)
    strange = first and volumes.apart(modality)
    pair = looked_at(volumes, modality, anywhere=strange)
    start, how = _start(pair) if first else (before, "")
    if strange:
        before, volume = start, replace(volume, start=start)
    found = kind()
    found.SetCenter(middle(fixed).tolist())
    for level in levels(volumes, modality, part):
        _optimise(part, level, start, found, modality)
    after = joined(start, found, fixed)
    figures = likeness(pair, before, after)
    moves = tuple(motion(fixed, t, volume.start) for t in (before, after)) if after.IsLinear() else None
    return Outcome(
        volumes.put(modality, replace(volume, transform=after)),
        (*figures, *(_motion_figures(*moves) if moves else ())),
        fallen(figures[0]) or (_implausible(moves[1]) if moves else "") or (_strayed(pair, after) if strange else ""),
        f"of another frame of reference: begun with {how}" if strange else "",
    )


def looked_at(volumes: Volumes, modality: str, anywhere: bool = False) -> Pair:
    """What the measures look at.

    Args:
        volumes: One patient's.
        modality: Of the series.
        anywhere: Whether it does not matter where the two lie.

    Raises:
        CohortError: The reference and the series show no common place, or nobody knows whether they do, or one of them
            shows nothing.
    """
    pair = pair_of(*_both(volumes, modality))
    for name, image in ((volumes.reference, pair.fixed), (modality, pair.moving)):
        values = sitk.GetArrayViewFromImage(image)
        if not values.min() < values.max():
            raise CohortError(f"{name} shows nothing: all its voxels are equal")
    if anywhere:
        return pair
    if volumes.apart(modality) and volumes.transform(modality) is None:
        raise CohortError(
            f"{modality} lies in another frame of reference than the reference, {volumes.reference}, "
            "and no rigid step laid it there"
        )
    if not overlap(pair, volumes.transform(modality)):
        raise CohortError(
            f"{modality} shows another place than the reference, {volumes.reference}: "
            "their fields of view have nothing in common"
        )
    return pair


def levels(volumes: Volumes, modality: str, part: Registration) -> Iterator[Pair]:
    """The two images as each level of a registration sees them, coarse to fine.

    Thick slices ask for smoothing of their own: interpolated between, they would look best exactly on each other.
    """
    both = _both(volumes, modality)
    least = THICK * max(width for image in both for width in image.GetSpacing())
    for voxel, smoothing in zip(part.voxel_mm, part.smoothing_mm, strict=True):
        yield Pair(*(clipped(coarse(image, voxel, max(smoothing, least))) for image in both))


def _both(volumes: Volumes, modality: str) -> tuple[sitk.Image, sitk.Image]:
    reference, series = (windowed(volumes.by_modality[m].image, m) for m in (volumes.reference, modality))
    return reference, series


def joined(start: sitk.Transform | None, found: sitk.Transform, fixed: sitk.Image) -> sitk.Transform:
    """First `found`, then `start`; one affine transform where both are linear."""
    whole = sitk.CompositeTransform([found] if start is None else [start, found])
    if not whole.IsLinear():
        return whole
    centre = middle(fixed)
    result = sitk.AffineTransform(3)
    result.SetCenter(centre.tolist())
    result.SetMatrix(matrix(whole, centre).ravel().tolist())
    result.SetTranslation((np.array(whole.TransformPoint(centre.tolist())) - centre).tolist())
    return result


def fallen(information: Figure) -> str:
    """The sentence that says that mutual information fell, or ""."""
    before, after = information.before, information.after
    if before is None or after >= before:
        return ""
    return f"mutual information fell from {before:.4f} to {after:.4f} nats"


def _optimise(
    part: LinearRegistration, level: Pair, start: sitk.Transform | None, found: sitk.Transform, modality: str
) -> None:
    """Better the transform `found`, in place."""
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(part.bins)
    method.SetMetricSamplingStrategy(method.RANDOM)
    # ITK takes a seed of 0 for the clock's.
    method.SetMetricSamplingPercentage(min(1.0, part.samples / level.fixed.GetNumberOfPixels()), part.seed + 1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetMetricUseFixedImageGradientFilter(False)
    method.SetMetricUseMovingImageGradientFilter(min(level.moving.GetSize()) >= GRADIENT)
    method.SetOptimizerAsRegularStepGradientDescent(STEP, SHORTEST, part.iterations, SHORTER, 1e-8)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(found, True)
    if start is not None:
        method.SetMovingInitialTransform(start)
    try:
        method.Execute(level.fixed, level.moving)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise CohortError(f"{modality} can't be registered: {reason}") from error


def _start(pair: Pair) -> tuple[sitk.Transform | None, str]:
    """Where the scanner says that a series lies (None), or its middle or centre of brightness on the reference's.

    And this in words. What has nothing in common gains nothing, so the scanner's place does not win from there.
    """
    middles = sitk.TranslationTransform(3, (middle(pair.moving) - middle(pair.fixed)).tolist())
    bright = sitk.TranslationTransform(3, (_bright(pair.moving) - _bright(pair.fixed)).tolist())
    starts: tuple[tuple[sitk.Transform | None, str], ...] = (
        (None, "the place that its header tells"),
        (middles, "the middles of both on each other"),
        (bright, "the centres of brightness of both on each other"),
    )
    return max(starts, key=lambda start: gain(pair, start[0]))


def _bright(image: sitk.Image) -> np.ndarray:
    """The centre of an image's brightness above its lowest, x, y, z in mm."""
    values = sitk.GetArrayFromImage(image).astype(float)
    values -= values.min()
    total = values.sum()
    place = [
        float((values.sum(axis=tuple({0, 1, 2} - {axis})) * np.arange(values.shape[axis])).sum() / total)
        for axis in (2, 1, 0)
    ]
    return np.array(image.TransformContinuousIndexToPhysicalPoint(place))


def _motion_figures(before: Motion, after: Motion) -> tuple[Figure, ...]:
    scaled = () if max(abs(after.least - 1), abs(after.largest - 1)) < 1e-6 else (
        Figure("least scale", before.least, after.least), Figure("largest scale", before.largest, after.largest),
    )  # fmt: skip
    return (
        Figure("shift", before.shift, after.shift, "mm"),
        Figure("turn", before.turn, after.turn, "degrees"),
        *scaled,
    )


def _strayed(pair: Pair, after: sitk.Transform) -> str:
    """The sentence that says that two came to lie beside each other, or ""."""
    both = shared(pair, after)
    return f"only {both:.0%} of the lesser field of view is seen by both" if both < LEAST_SHARED else ""


def _implausible(moved: Motion) -> str:
    """The sentence that says that a motion can't be a patient's, or ""."""
    if moved.shift > FARTHEST:
        return f"moved by {moved.shift:.0f} mm, more than the {FARTHEST:.0f} that are plausible"
    if moved.turn > MOST_TURNED:
        return f"turned by {moved.turn:.0f} degrees, more than the {MOST_TURNED:.0f} that are plausible"
    low, high = SCALES
    if moved.least < low or moved.largest > high:
        return f"scaled by {moved.least:.2f} to {moved.largest:.2f}, beyond the {low} to {high} that are plausible"
    return ""
