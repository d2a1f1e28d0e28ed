"""A transform moves what its inverse gives to where it was wanted."""

import numpy as np
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.preparation.inverse import NEAR, inverse

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

GOALS = np.random.default_rng(0).uniform(-30, 30, (200, 3))


def bent(size):
    """A B-spline over 180 mm around 0, its control points 60 mm apart and moved by `size` mm (sd)."""
    domain = sitk.Image([9, 9, 9], sitk.sitkFloat32)
    domain.SetOrigin([-80.0] * 3)
    domain.SetSpacing([20.0] * 3)
    spline = sitk.BSplineTransformInitializer(domain, [3, 3, 3])
    spline.SetParameters((np.random.default_rng(1).normal(size=len(spline.GetParameters())) * size).tolist())
    return spline


def moved(transform, points):
    return np.array([transform.TransformPoint(point) for point in points.tolist()])


@given(
    turn=st.integers(-3000, 3000).map(lambda n: n / 1000),
    scale=st.floats(0.7, 1.4),
    shift=st.floats(-60, 60),
    size=st.floats(0, 8),
)
@settings(max_examples=20, deadline=None)
def test_every_point_within_is_found(turn, scale, shift, size):
    turned = sitk.Similarity3DTransform(scale, (0.6, 0.0, 0.8), turn, (shift, -20.0, 5.0))
    both = sitk.CompositeTransform([turned, bent(size)])
    goals = moved(both, GOALS)
    points, found = inverse(both, goals)
    assert found.all()
    assert np.linalg.norm(moved(both, points) - goals, axis=1).max() <= NEAR
    if size == 0:
        assert np.abs(points - GOALS).max() < 1e-6


def test_a_point_that_nothing_is_moved_to_is_not_found():
    spline = bent(0.0)
    spline.SetParameters([9.0] * len(spline.GetParameters()))  # all of the domain is shifted by 9 mm, and leaves a gap
    goals = np.array([[x, 0.0, 0.0] for x in (-85.0, -70.0, 0.0, 70.0)])
    points, found = inverse(spline, goals)
    assert found[1:].all()
    assert not found[0], "between what stays and what is shifted"
    assert np.abs(points[1:] - (goals[1:] - 9.0)).max() < 0.01
