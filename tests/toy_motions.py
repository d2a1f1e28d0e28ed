"""Known displacements of a toy head, and how far a registration is from them."""

import numpy as np
import SimpleITK as sitk
from toy_head import head, points_of

from radiogenomics.preparation.volumes import Volume, Volumes


def turned(degrees, shift):
    """A rigid motion about 0, 0, 0."""
    transform = sitk.Euler3DTransform()
    transform.SetRotation(*np.radians(degrees).tolist())
    transform.SetTranslation(shift)
    return transform


def sheared(matrix, shift):
    """An affine motion about 0, 0, 0."""
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(np.ravel(matrix).tolist())
    transform.SetTranslation(shift)
    return transform


def bent(size_mm, seed=3):
    """A B-spline over 240 mm around 0: control points 60 mm apart, each moved by `size_mm` (sd) along each axis."""
    domain = sitk.Image([60, 60, 60], sitk.sitkFloat32)
    domain.SetSpacing([4.0] * 3)
    domain.SetOrigin([-118.0] * 3)
    spline = sitk.BSplineTransformInitializer(domain, [4, 4, 4], 3)
    values = np.random.default_rng(seed).normal(size=len(spline.GetParameters())) * size_mm
    spline.SetParameters(values.tolist())
    return spline


def moved(transform, points):
    """Where a transform takes points, [n, 3]."""
    return np.array([transform.TransformPoint(point) for point in np.asarray(points, float).tolist()])


def patient(truth, fixed="t1wce", moving="flair", noise=0.03, series=None, **reference):
    """The volumes of a head whose reference is seen through a transform, and points of its brain.

    So the transform is what registration should find: from the reference's points to the series'.
    """
    seen = head(fixed, displace=lambda points: moved(truth, points), noise=noise, **reference)
    other = head(moving, noise=noise, bias=0.15, **(series or {}))
    volumes = Volumes(fixed, {fixed: Volume(seen.image), moving: Volume(other.image)})
    return volumes, points_of(seen.brain)[sitk.GetArrayFromImage(seen.brain).ravel() > 0][::97]


def errors(volumes, modality, truth, points):
    """Target registration error of each point, mm."""
    transform = volumes.transform(modality) or sitk.Transform(3, sitk.sitkIdentity)
    return np.linalg.norm(moved(transform, points) - moved(truth, points), axis=1)
