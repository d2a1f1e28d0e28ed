"""Lesions lie in the same place of the patient after they were carried to another grid."""

import math
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_grids import centred, grid, points, rotated
from toy_masks import write_structures

from radiogenomics.errors import CohortError
from radiogenomics.imaging.outlines import outlines_of, pixels_of
from radiogenomics.imaging.structures import lay_structures
from radiogenomics.preparation.carry import carry
from radiogenomics.records import Lesion, Outline

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

ANGLE = st.integers(-500, 500).map(lambda n: n / 1000)  # of subnormal cosines ITK makes nothing
CT = grid("ct", offsets=np.arange(16) * 3.0, shape=(40, 44), spacing=(1.2, 1.0), origin=(-22.0, -24.0, -22.5))
MR = grid("t2w", offsets=np.arange(24) * 2.0, shape=(46, 50), spacing=(1.1, 0.9), orientation=rotated(0.3, 0.2, -0.4))
MR = replace(MR, origin=centred(MR, (0.0, 0.0, 0.0)))


def lesion_of(series, inside, name="1"):
    """A lesion from voxels [slices, rows, columns]."""
    numbers = [s.number for s in series.slices]
    return Lesion("p", name, outlines_of({n: plane for n, plane in zip(numbers, inside, strict=True) if plane.any()}))


def voxels(series, lesion):
    """The voxels of a lesion, [slices, rows, columns]."""
    places = {s.number: place for place, s in enumerate(series.slices)}
    inside = np.zeros((len(series.slices), series.rows, series.columns), bool)
    for o in lesion.outlines:
        inside[places[o.slice], o.y_min : o.y_max, o.x_min : o.x_max] = pixels_of(o)
    return inside


def ball(series, centre=(0.0, 0.0, 0.0), radius=12.0):
    return np.linalg.norm(points(series) - centre, axis=-1) < radius


def voxel_mm3(series):
    return math.prod(series.spacing) * (series.slices[1].position - series.slices[0].position)


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def rigid(angles=(0.1, -0.2, 0.15), shift=(3.0, -4.0, 2.0)):
    turned = sitk.Euler3DTransform()
    turned.SetRotation(*angles)
    turned.SetTranslation(shift)
    return turned


def bent(series, size=2.0):
    """A rigid transform with a B-spline over the field of view of a series, as `deformable` makes it."""
    where = points(series).reshape(-1, 3)
    low, high = where.min(axis=0) - 4, where.max(axis=0) + 4
    domain = sitk.Image([8, 8, 8], sitk.sitkFloat32)
    domain.SetOrigin(low.tolist())
    domain.SetSpacing(((high - low) / 7).tolist())
    spline = sitk.BSplineTransformInitializer(domain, [3, 3, 3])
    spline.SetParameters((np.random.default_rng(1).normal(size=len(spline.GetParameters())) * size).tolist())
    both = sitk.CompositeTransform(3)
    both.AddTransform(rigid())
    both.AddTransform(spline)
    return both


@given(
    shift=st.tuples(st.integers(-2, 2), st.integers(-4, 4), st.integers(-5, 5)),
    angles=st.tuples(ANGLE, ANGLE, ANGLE),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, deadline=None)
def test_a_shift_by_whole_voxels_is_exact(shift, angles, seed):
    series = grid(offsets=np.arange(9) * 4.0, shape=(20, 24), spacing=(1.3, 0.7), orientation=rotated(*angles))
    inside = np.zeros((9, 20, 24), bool)
    inside[2:7, 4:16, 5:19] = np.random.default_rng(seed).random((5, 12, 14)) < 0.4
    where = points(series)
    move = sitk.TranslationTransform(3, (where[2, 4, 5] - where[tuple(np.add((2, 4, 5), shift))]).tolist())
    (found,), figures = carry([lesion_of(series, inside)], series, series, move)
    assert (voxels(series, found) == np.roll(inside, shift, (0, 1, 2))).all()
    assert figures[0].after == pytest.approx(figures[0].before)
    assert figures[1].after == 1


@pytest.mark.parametrize("move", [None, rigid(), bent(MR)], ids=["nothing", "rigid", "bent"])
def test_every_pixel_of_the_grid_is_asked_where_it_came_from(move):
    """Against the definition, point by point."""
    inside = ball(CT, (2.0, 1.0, -3.0)) & (np.random.default_rng(0).random((16, 40, 44)) < 0.7)
    (found,), _ = carry([lesion_of(CT, inside)], CT, MR, move)
    where = points(MR).reshape(-1, 3)
    if move:
        where = np.array([move.TransformPoint(point) for point in where.tolist()])
    u, v, k = np.floor((where - points(CT)[0, 0, 0]) / (1.0, 1.2, 3.0) + 0.5).astype(int).T
    within = (k >= 0) & (k < 16) & (v >= 0) & (v < 40) & (u >= 0) & (u < 44)
    expected = np.zeros(len(where), bool)
    expected[within] = inside[k[within], v[within], u[within]]
    assert (voxels(MR, found).ravel() != expected).sum() <= 1e-4 * expected.sum() + 1  # midway between two pixels


@given(angles=st.tuples(ANGLE, ANGLE, ANGLE), row=st.floats(0.7, 1.6), column=st.floats(0.7, 1.6), gap=st.floats(1, 3))
@settings(max_examples=20, deadline=None)
def test_between_grids_the_volume_and_the_place_are_kept(angles, row, column, gap):
    other = grid(
        offsets=np.arange(math.ceil(50 / gap)) * gap,
        shape=(math.ceil(50 / row), math.ceil(50 / column)),
        spacing=(row, column),
        orientation=rotated(*angles),
    )
    other = replace(other, origin=centred(other, (0.0, 0.0, 0.0)))
    inside = ball(CT)
    (found,), figures = carry([lesion_of(CT, inside)], CT, other)
    carried = voxels(other, found)
    before, after = inside.sum() * voxel_mm3(CT), carried.sum() * voxel_mm3(other)
    # However they lie, a slice of the grid more or less may fall within: at most the widest.
    one_slice = inside.sum(axis=(1, 2)).max() * 1.2 * gap
    assert after == pytest.approx(before, abs=0.04 * before + one_slice)
    off = points(other)[carried].mean(axis=0) - points(CT)[inside].mean(axis=0)
    assert (np.abs(off) < np.array([1.0, 1.2, 3.0]) / 2 + 0.1).all(), "half a voxel, where all lie midway between two"
    assert (figures[0].before, figures[0].after) == (pytest.approx(before, rel=1e-4), pytest.approx(after, rel=1e-4))
    assert figures[1].after > 0.75


@given(angles=st.tuples(ANGLE, ANGLE, ANGLE), shift=st.tuples(*[st.integers(-6000, 6000).map(lambda n: n / 1000)] * 3))
@settings(max_examples=20, deadline=None)
def test_a_rigid_transform_moves_the_middle_and_keeps_the_volume(angles, shift):
    move, inside = rigid(angles, shift), ball(CT, (3.0, -2.0, 4.0), 10.0)
    (found,), (volume, _) = carry([lesion_of(CT, inside)], CT, MR, move)
    middle = points(MR)[voxels(MR, found)].mean(axis=0)
    assert move.TransformPoint(middle.tolist()) == pytest.approx(points(CT)[inside].mean(axis=0), abs=0.3)
    assert volume.after == pytest.approx(volume.before, rel=0.04)


@pytest.mark.parametrize("move", [rigid(), bent(MR, 1.5)], ids=["rigid", "bent"])
def test_the_way_there_and_back_is_told_as_it_is(move):
    """The figure is that of a lesion really carried back, voxel by voxel."""
    inside = ball(CT, (2.0, 1.0, -3.0), 8.0)
    (found,), (_, told) = carry([lesion_of(CT, inside)], CT, MR, move)
    if move.IsLinear():
        back = move.GetInverse()
    else:
        domain = sitk.Image([60, 60, 60], sitk.sitkFloat32)
        domain.SetOrigin([-30.0] * 3)
        field = sitk.TransformToDisplacementField(
            move, sitk.sitkVectorFloat64, domain.GetSize(), domain.GetOrigin(), domain.GetSpacing()
        )
        back = sitk.DisplacementFieldTransform(sitk.InverseDisplacementField(field, domain.GetSize(), [-30.0] * 3))
    (returned,), _ = carry([found], MR, CT, back)
    real = dice(voxels(CT, returned), inside)
    assert 0.85 < real < 1
    assert told.after == pytest.approx(real, abs=0.02)


def test_thick_slices_fill_the_thin_ones_between_and_a_missing_one_stays_a_gap():
    thick = grid("ct", offsets=(0.0, 5.0, 10.0, 20.0, 25.4), shape=(20, 20))  # at 15 mm one is missing
    thin = grid("t2w", offsets=np.arange(30) * 1.0 - 2.75, shape=(20, 20))
    inside = np.zeros((5, 20, 20), bool)
    inside[1:, 5:9, 6:12] = True
    inside[2, 7] = False
    (found,), (volume, _) = carry([lesion_of(thick, inside)], thick, thin)
    carried = voxels(thin, found)
    depth = np.arange(30) - 2.75
    filled = ((depth >= 2.5) & (depth < 12.6)) | (depth >= 17.4)  # the usual distance is 5.2
    assert (carried.any(axis=(1, 2)) == filled).all()
    assert (carried[(depth >= 7.5) & (depth < 12.5)] == inside[2]).all()
    assert volume.before == pytest.approx(4 * (24 * (5 + 5.3 + 5.3) + 18 * 5.1))


def test_a_lesion_that_the_grid_can_not_show_is_never_lost_silently():
    thin = grid("t1w", offsets=np.arange(30) * 1.0, shape=(40, 40), spacing=(1.0, 1.0))
    thick = grid("t2w", offsets=np.arange(5) * 6.0, shape=(40, 40), spacing=(1.0, 1.0))
    small, sound = np.zeros((2, 30, 40, 40), bool)
    small[2:5, 10:12, 10:12] = True
    sound[2:9, 10:20, 10:20] = True
    with pytest.raises(
        CohortError, match=r"^lesion 7 covers no pixel's centre of t2w, on whose grid .* between slices"
    ):
        carry([lesion_of(thin, sound), lesion_of(thin, small, "7")], thin, thick)
    (found,), _ = carry([lesion_of(thin, sound)], thin, thick)
    assert [o.slice for o in found.outlines] == [2]


@pytest.mark.parametrize("move", [None, bent(CT, 0.5)], ids=["nothing", "bent"])
def test_a_lesion_mostly_outside_of_the_grid_is_told_and_all_are_named(move):
    where = points(CT)[..., 2] < 0
    lesions = [
        lesion_of(CT, ball(CT, centre, 6.0), name) for name, centre in {"a": (0, 0, -12), "b": (0, 0, 13)}.items()
    ]
    lower = replace(CT, slices=CT.slices[: int(where.any(axis=(1, 2)).sum()) - 4], modality="t1w", series_uid="2")
    shift = sitk.CompositeTransform([move or sitk.Transform(), sitk.TranslationTransform(3, (0.0, 0.0, 2.0))])
    with pytest.raises(CohortError, match=r"^lesion b: it lies outside of t1w, on whose grid all is laid$"):
        carry(lesions, CT, lower, shift)
    away = sitk.TranslationTransform(3, (0.0, 70.0, 0.0))
    with pytest.raises(CohortError, match=r"^lesion a: it lies outside of t1w, .*; lesion b: it lies outside of t1w"):
        carry(lesions, CT, lower, away)


def test_up_to_half_of_a_lesion_may_lie_beyond_the_grid():
    inside = np.zeros((16, 40, 44), bool)
    inside[4:9, 10:20, 10:20] = True
    for kept, fits in [(5, True), (4, False)]:
        part = replace(CT, columns=10 + kept, modality="t1w", series_uid="2")
        if fits:
            (found,), (volume, _) = carry([lesion_of(CT, inside)], CT, part)
            assert {o.x_max - o.x_min for o in found.outlines} == {kept}
            assert volume.after == pytest.approx(volume.before / 2)
        else:
            with pytest.raises(CohortError, match=r"^lesion 1: only 40% of it lies within t1w"):
                carry([lesion_of(CT, inside)], CT, part)


def test_on_its_own_grid_a_lesion_stays_as_it_is():
    lesions = [lesion_of(CT, ball(CT))]
    prepared = replace(CT, modality="t1wce", volume="key")
    assert carry(lesions, CT, prepared) == (tuple(lesions), ())
    (found,), _ = carry(lesions, CT, prepared, sitk.Transform())
    assert found == lesions[0]


def test_boxes_become_boxes():
    box = Lesion("p", "1", tuple(Outline(number, 10, 8, 24, 20, 168) for number in (6, 7, 8)))
    (found,), (volume, _) = carry([box], CT, MR)
    assert len(found.outlines) >= 4
    assert all(o.inside == b"" and o.area == (o.x_max - o.x_min) * (o.y_max - o.y_min) for o in found.outlines)
    filled = replace(
        box, outlines=(*box.outlines[:2], replace(box.outlines[2], inside=np.packbits([1] * 168).tobytes()))
    )
    (mask,), (exact, _) = carry([filled], CT, MR)
    assert any(o.inside for o in mask.outlines)
    assert exact.after == pytest.approx(exact.before, rel=0.05)
    assert volume.after > 1.1 * volume.before, "an upright box around a turned one is larger"
    assert (voxels(MR, mask) <= voxels(MR, found)).all()


def test_far_parts_of_one_lesion_are_all_carried():
    inside = ball(CT, (-15.0, -15.0, -15.0), 4.0) | ball(CT, (14.0, 15.0, 14.0), 3.0)
    (found,), (volume, _) = carry([lesion_of(CT, inside)], CT, MR, bent(MR, 0.5))
    where = points(MR)[voxels(MR, found)]
    assert (where[:, 0] > 5).any()
    assert (where[:, 0] < -5).any()
    assert volume.after == pytest.approx(volume.before, rel=0.2)


def test_contours_on_ct_come_to_lie_where_they_belong_on_a_tilted_mr(tmp_path):
    ct = grid(
        "ct", offsets=np.arange(24) * 2.0, shape=(64, 64), spacing=(1.0, 1.0), origin=(-32.0, -32.0, -23.0), frame="1.2"
    )
    ct = replace(ct, patient_id="1.2", series_uid="1.3")
    turns = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    circles = []
    for z in np.arange(24) * 2.0 - 23:
        across = math.sqrt(max(14.0**2 - z**2, 0))
        x, y = across * np.cos(turns) + 4, across * np.sin(turns) - 3
        circles += [np.stack([x, y, np.full(120, z)], 1)] if across else []
    write_structures(tmp_path / "rt.dcm", {"GTV": circles}, ct)
    (region,) = lay_structures(tmp_path / "rt.dcm", ct, "").laid
    drawn = Lesion("p", "GTV", outlines_of(region.pixels))
    mr = replace(MR, origin=tuple(np.add(MR.origin, (6.0, 1.0, -2.0))))
    move = rigid()
    (found,), (volume, told) = carry([drawn], ct, mr, move)
    centre = move.GetInverse().TransformPoint((4.0, -3.0, 0.0))
    assert points(mr)[voxels(mr, found)].mean(axis=0) == pytest.approx(centre, abs=0.2)
    assert volume.after == pytest.approx(4 / 3 * np.pi * 14**3, rel=0.02)
    largest = max(o.area for o in found.outlines) * math.prod(mr.spacing)
    assert largest == pytest.approx(np.pi * 14**2, rel=0.04)
    assert told.after > 0.93


def test_headers_that_state_no_place_are_a_reason():
    nowhere = replace(CT, orientation=(), series_uid="2")
    with pytest.raises(CohortError, match="ct states no position, orientation or pixel spacing"):
        carry([lesion_of(CT, ball(CT))], CT, nowhere)
    with pytest.raises(CohortError, match="t2w is sheared"):
        carry([lesion_of(CT, ball(CT))], CT, replace(MR, sheared=3.0))
