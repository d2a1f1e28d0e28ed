"""The free-form deformation is ITK's B-spline, and its slopes are those of its cost."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_motions import bent, moved, turned

from radiogenomics.preparation.freeform import _cost, _level, _pitch, jacobian, refined, spline_over
from radiogenomics.preparation.measures import Pair

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

ANGLE = st.integers(-180, 180)


def grid(size=(22, 20, 12), spacing=(2.5, 2.6, 5.0), degrees=(0, 0, 0), origin=(-30.0, -20.0, 10.0)):
    image = sitk.Image(list(size), sitk.sitkFloat32)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(turned(degrees, (0.0, 0.0, 0.0)).GetMatrix())
    return image


def spline_on(image, size_mm, seed=0, mesh=(2, 3, 1)):
    spline = spline_over(image, list(mesh))
    values = np.random.default_rng(seed).normal(size=len(spline.GetParameters())) * size_mm
    spline.SetParameters(values.tolist())
    return spline


@settings(max_examples=20, deadline=None)
@given(st.tuples(ANGLE, ANGLE, ANGLE), st.integers(0, 99))
def test_the_jacobian_is_that_of_the_transform(degrees, seed):
    image = grid((7, 6, 5), degrees=degrees)
    spline, step = spline_on(image, 5.0, seed), 1e-3
    index = np.stack(np.meshgrid(*(range(n) for n in image.GetSize())), -1).reshape(-1, 3)
    points = np.array([image.TransformIndexToPhysicalPoint(i) for i in index.tolist()])
    sides = [(moved(spline, points + e) - moved(spline, points - e)) / (2 * step) for e in step * np.eye(3)]
    values = np.linalg.det(np.stack(sides, -1))
    assert jacobian(spline, image) == pytest.approx((values.min(), values.max()), abs=2e-3)


def test_a_refined_spline_bends_alike():
    image = grid(degrees=(10, 20, 5))
    spline = spline_on(image, 5.0)
    finer = refined(spline)
    assert finer.GetTransformDomainMeshSize() == (4, 6, 2)
    points = [image.TransformIndexToPhysicalPoint(i) for i in ((0, 0, 0), (5, 9, 3), (21, 19, 11), (11, 3, 7))]
    np.testing.assert_allclose(moved(finer, points), moved(spline, points), atol=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99))
def test_the_slope_is_that_of_the_cost(seed):
    rng = np.random.default_rng(seed)
    wide = grid((44, 40, 30), degrees=(10, 20, 5))
    noise = sitk.GetImageFromArray(rng.normal(size=(30, 40, 44)).astype(np.float32))
    noise.CopyInformation(wide)
    moving = sitk.DiscreteGaussian(noise, 60.0, 32, 0.01, True)
    fixed = moving[11:33, 10:30, 9:21]  # so that no point leaves the series on the way
    spline = spline_on(fixed, 2.0, seed)
    level = _level(spline, Pair(fixed, moving**2), turned((1, 2, -3), (2.0, 1.0, 0.0)), 32, 0.05)
    control = np.reshape(spline.GetParameters(), (3, 4, 6, 5))
    way = rng.normal(size=control.shape)
    ahead, behind = (_cost(level, control + h * way, _pitch(spline))[0] for h in (1e-2, -1e-2))
    slope = float((_cost(level, control, _pitch(spline))[1] * way).sum())
    assert slope == pytest.approx((ahead - behind) / 2e-2, rel=0.01, abs=2e-5)


def test_a_large_bend_is_seen_to_fold():
    assert jacobian(bent(4.5), grid())[0] > 0
    assert jacobian(bent(60.0), grid((40, 40, 30), (4.0, 4.0, 5.0), origin=(-80.0, -80.0, -70.0)))[0] < 0
