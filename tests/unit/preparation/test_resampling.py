"""A series is laid on the reference's grid where it belongs, in its own range, whatever the order."""

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_head import points_of
from toy_motions import moved, turned

from radiogenomics.errors import CohortError
from radiogenomics.preparation.resampling import on_reference
from radiogenomics.preparation.volumes import Volume, Volumes
from radiogenomics.recipe.preparation import ResampleStep

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

LINEAR = ResampleStep(step="resample")
BSPLINE = ResampleStep(step="resample", interpolation="bspline")
ANGLE = st.integers(-40000, 40000).map(lambda n: n / 1000)
SHIFT = st.integers(-8000, 8000).map(lambda n: n / 1000)


def image(size, spacing, values, degrees=(0, 0, 0), centre=(0.0, 0.0, 0.0)):
    """An image whose voxels are a function of where they lie, [n, 3] in mm."""
    result = sitk.Image(list(size), sitk.sitkFloat32)
    result.SetSpacing(spacing)
    result.SetDirection(turned(degrees, (0.0, 0.0, 0.0)).GetMatrix())
    middle = result.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in size])
    result.SetOrigin([c - m for c, m in zip(centre, middle, strict=True)])
    filled = sitk.GetImageFromArray(np.asarray(values(points_of(result)), np.float32).reshape(size[::-1]))
    filled.CopyInformation(result)
    return filled


def ramp(points):
    return 100 + points @ np.array([1.0, 2.0, -1.5])


def array(volumes, modality):
    return sitk.GetArrayFromImage(volumes.by_modality[modality].image)


FIXED = image((10, 12, 8), (2.0, 2.0, 4.0), ramp)


@settings(max_examples=25, deadline=None)
@given(st.tuples(ANGLE, ANGLE, ANGLE), st.tuples(ANGLE, ANGLE, ANGLE), st.tuples(SHIFT, SHIFT, SHIFT))
def test_values_come_from_where_the_transform_points(degrees, turn, shift):
    series = image((30, 32, 24), (3.0, 2.5, 3.5), ramp, degrees)
    motion = turned(turn, shift)
    volumes = Volumes("t1wce", {"t1wce": Volume(FIXED), "flair": Volume(series, motion)})
    after = on_reference(volumes, "flair", LINEAR).volumes
    wanted = ramp(moved(motion, points_of(FIXED))).reshape(array(after, "flair").shape)
    np.testing.assert_allclose(array(after, "flair"), wanted, atol=1e-2)


def test_it_lies_on_the_reference_and_has_no_transform_left():
    series = image((30, 32, 24), (3.0, 2.5, 3.5), ramp)
    volumes = Volumes("t1wce", {"t1wce": Volume(FIXED), "flair": Volume(series, turned((5, 0, 0), (1.0, 0, 0)))})
    after = on_reference(volumes, "flair", LINEAR)
    result = after.volumes.by_modality["flair"].image
    assert (result.GetSize(), result.GetOrigin()) == (FIXED.GetSize(), FIXED.GetOrigin())
    assert (result.GetSpacing(), result.GetDirection()) == (FIXED.GetSpacing(), FIXED.GetDirection())
    assert result.GetPixelID() == sitk.sitkFloat32
    assert after.volumes.transform("flair") is None
    assert volumes.transform("flair") is not None
    assert after.figures[0].after == 1


@pytest.mark.parametrize("part", [LINEAR, BSPLINE])
@pytest.mark.parametrize(("low", "outside"), [(5.0, 0.0), (-1000.0, -1000.0)])
def test_beyond_its_field_of_view_it_is_0_or_the_lowest(part, low, outside):
    half = image((12, 12, 4), (2.0, 2.0, 4.0), lambda points: low + np.abs(points[:, 0]) // 2, centre=(0.0, 0.0, 8.0))
    volumes = Volumes("ct", {"ct": Volume(FIXED), "t1w": Volume(half)})
    outcome = on_reference(volumes, "t1w", part)
    values = array(outcome.volumes, "t1w")
    assert (values[:4] == outside).all()
    assert (values[4:] >= low).all()
    assert outcome.figures[0].after == 0.5
    assert not outcome.note


def test_it_is_told_where_little_of_the_reference_is_seen():
    quarter = image((12, 12, 2), (2.0, 2.0, 4.0), ramp, centre=(0.0, 0.0, 12.0))
    outcome = on_reference(Volumes("ct", {"ct": Volume(FIXED), "t1w": Volume(quarter)}), "t1w", LINEAR)
    assert (outcome.note, outcome.worse) == ("only 25% of the reference is seen", "")


def test_a_bspline_does_not_leave_the_range():
    edge = image((14, 14, 10), (1.6, 1.6, 3.3), lambda points: np.where(points[:, 0] > 0, 50.0, -20.0))
    volumes = Volumes("t1wce", {"t1wce": Volume(FIXED), "ct": Volume(edge)})
    values = array(on_reference(volumes, "ct", BSPLINE).volumes, "ct")
    assert (values.min(), values.max()) == (-20, 50)
    assert len(np.unique(values)) > 2


@pytest.mark.parametrize("order", [("ct", "dose"), ("dose", "ct")])
def test_a_dose_lies_where_its_ct_lies_in_whatever_order(order):
    motion = turned((4, -6, 3), (5.0, -3.0, 2.0))
    ct = image((30, 32, 24), (3.0, 2.5, 3.5), ramp)
    dose = image((20, 20, 20), (4.0, 4.0, 5.0), ramp)
    volumes = Volumes(
        "t1wce", {"t1wce": Volume(FIXED), "ct": Volume(ct, motion), "dose": Volume(dose, follows="ct")}
    )  # fmt: skip
    for modality in order:
        volumes = on_reference(volumes, modality, LINEAR).volumes
    wanted = ramp(moved(motion, points_of(FIXED))).reshape(array(volumes, "dose").shape)
    np.testing.assert_allclose(array(volumes, "dose"), wanted, atol=1e-2)
    np.testing.assert_allclose(array(volumes, "ct"), wanted, atol=1e-2)
    assert volumes.transform("dose") is volumes.transform("ct") is None


def test_the_reference_and_what_lies_on_its_grid_stay_as_they_are():
    other = image((10, 12, 8), (2.0, 2.0, 4.0), lambda points: np.sin(points[:, 0]))
    volumes = Volumes("t1wce", {"t1wce": Volume(FIXED), "flair": Volume(other)})
    assert on_reference(volumes, "t1wce", LINEAR).volumes is volumes
    after = on_reference(volumes, "flair", BSPLINE).volumes
    assert (array(after, "flair") == sitk.GetArrayFromImage(other)).all()


def test_a_series_of_another_place_is_refused():
    away = image((10, 10, 10), (2.0, 2.0, 2.0), ramp, centre=(0.0, 0.0, 500.0))
    volumes = Volumes("ct", {"ct": Volume(FIXED), "t1w": Volume(away)})
    with pytest.raises(CohortError, match="t1w shows nothing of what the reference, ct, shows"):
        on_reference(volumes, "t1w", LINEAR)
