"""A series interpolated on the reference's grid, once, through all that registration found."""

from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from radiogenomics.errors import CohortError
from radiogenomics.preparation.volumes import Outcome, Volumes
from radiogenomics.recipe.preparation import ResampleStep
from radiogenomics.records import Figure

FEW = 0.5  # of the reference's voxels, below which a reader is told that the rest shows nothing
_BY = {"linear": sitk.sitkLinear, "bspline": sitk.sitkBSpline}


def on_reference(volumes: Volumes, modality: str, part: ResampleStep) -> Outcome:
    """Lay a series on the reference's grid; outside its field of view is 0, or its lowest value where that is lower.

    The series has no transform from then on. What follows it (a dose its CT) keeps the transform as its own, so that
    the order in which they are resampled does not matter.

    Raises:
        CohortError: The two show no common place.
    """
    if modality == volumes.reference:
        return Outcome(volumes, note="the reference itself")
    volume, fixed, transform = volumes.by_modality[modality], volumes.fixed, volumes.transform(modality)
    values = _resampled(volume.image, fixed, transform, part)
    outside = np.isnan(values)
    if outside.all():
        raise CohortError(f"{modality} shows nothing of what the reference, {volumes.reference}, shows")
    values[outside] = min(0.0, _range(volume.image)[0])
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(fixed)
    for name, other in volumes.by_modality.items():
        if other.follows == modality:
            volumes = volumes.put(name, replace(other, transform=transform, follows=""))
    frame = volumes.by_modality[volumes.reference].frame
    volumes = volumes.put(
        modality, replace(volume, image=image, transform=None, follows="", frame=frame, start=None)
    )  # fmt: skip
    share = 1 - float(outside.mean())
    # Never "worse": it is as it should be with a dose, or with an MR series beside a CT of all the body.
    note = f"only {share:.0%} of the reference is seen" if share < FEW else ""
    return Outcome(volumes, (Figure("share of the reference seen", None, share),), note=note)


def _resampled(
    image: sitk.Image, fixed: sitk.Image, transform: sitk.Transform | None, part: ResampleStep
) -> np.ndarray:
    """The image's values at the reference's voxels, within its own range; NaN outside its field of view."""
    if transform is None and _same_grid(image, fixed):
        return sitk.GetArrayFromImage(image)
    through = transform or sitk.Transform(3, sitk.sitkIdentity)
    moved = sitk.Resample(image, fixed, through, _BY[part.interpolation], float("nan"), sitk.sitkFloat32)
    # A B-spline overshoots at edges, to values that no voxel had.
    return np.clip(sitk.GetArrayFromImage(moved), *_range(image))


def _range(image: sitk.Image) -> tuple[float, float]:
    values = sitk.GetArrayViewFromImage(image)
    return float(values.min()), float(values.max())


def _same_grid(one: sitk.Image, other: sitk.Image) -> bool:
    return one.GetSize() == other.GetSize() and all(
        np.allclose(a, b, rtol=0, atol=1e-6)
        for a, b in (
            (one.GetOrigin(), other.GetOrigin()),
            (one.GetSpacing(), other.GetSpacing()),
            (one.GetDirection(), other.GetDirection()),
        )
    )
