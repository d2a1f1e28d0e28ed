"""Rigid and affine registration find a known motion, say how good it is, and admit what can't be."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from toy_head import head
from toy_motions import errors, patient, sheared, turned

from radiogenomics.errors import CohortError
from radiogenomics.preparation import registration
from radiogenomics.preparation.deformation import deformable
from radiogenomics.preparation.registration import affine, fallen, rigid
from radiogenomics.preparation.resampling import on_reference
from radiogenomics.preparation.volumes import Volume
from radiogenomics.recipe.preparation import AffineStep, DeformableStep, ResampleStep, RigidStep
from radiogenomics.records import Figure

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

RIGID, AFFINE = RigidStep(step="rigid", samples=20_000), AffineStep(step="affine", samples=20_000)
LIGHT = RigidStep(step="rigid", samples=5000, voxel_mm=(8, 6), smoothing_mm=(4, 3))
MOTION = turned((5, -4, 7), (9.0, -7.0, 5.0))
STRETCH = sheared([[1.05, 0.03, 0], [0, 0.96, 0.02], [-0.02, 0, 1.03]], (5.0, -4.0, 3.0))


@pytest.fixture(scope="module")
def turned_head():
    volumes, points = patient(MOTION)
    return volumes, points, rigid(volumes, "flair", RIGID)


@pytest.fixture(scope="module")
def stretched_head():
    volumes, points = patient(STRETCH)
    first = rigid(volumes, "flair", RIGID)
    return first, points, affine(first.volumes, "flair", AFFINE)


def figure(outcome, name):
    return next(figure for figure in outcome.figures if figure.name == name)


def test_rigid_finds_a_known_motion_to_less_than_a_millimetre(turned_head):
    volumes, points, outcome = turned_head
    assert errors(volumes, "flair", MOTION, points).mean() > 8
    assert errors(outcome.volumes, "flair", MOTION, points).max() < 1


def test_rigid_says_how_far_it_moved_and_how_alike_it_became(turned_head):
    outcome = turned_head[2]
    angle = np.degrees(np.arccos((np.trace(np.reshape(MOTION.GetMatrix(), (3, 3))) - 1) / 2))
    assert figure(outcome, "shift").before == 0
    assert figure(outcome, "shift").after == pytest.approx(np.linalg.norm((9, -7, 5)), abs=1)
    assert figure(outcome, "turn").after == pytest.approx(angle, abs=0.5)
    assert not outcome.worse
    for name in ("mutual information", "Dice of the foregrounds"):
        assert figure(outcome, name).after > figure(outcome, name).before + 0.1


def test_rigid_gives_the_same_bytes_each_time(turned_head):
    volumes, _, outcome = turned_head
    again = rigid(volumes, "flair", RIGID)
    assert again.volumes.transform("flair").GetParameters() == outcome.volumes.transform("flair").GetParameters()
    assert again.figures == outcome.figures


def test_rigid_leaves_the_input_and_the_reference_alone(turned_head):
    volumes, _, outcome = turned_head
    assert volumes.transform("flair") is None
    assert outcome.volumes.by_modality["t1wce"] is volumes.by_modality["t1wce"]
    assert outcome.volumes.by_modality["flair"].image is volumes.by_modality["flair"].image


def test_affine_goes_on_from_rigid(stretched_head):
    first, points, outcome = stretched_head
    assert errors(first.volumes, "flair", STRETCH, points).max() > 2
    assert errors(outcome.volumes, "flair", STRETCH, points).max() < 1
    assert figure(outcome, "mutual information").before == pytest.approx(
        figure(first, "mutual information").after, abs=0.05
    )
    scales = np.linalg.svd(np.reshape(STRETCH.GetMatrix(), (3, 3)))[1]
    assert figure(outcome, "least scale").after == pytest.approx(scales.min(), abs=0.01)
    assert figure(outcome, "largest scale").after == pytest.approx(scales.max(), abs=0.01)


def test_a_series_centimetres_away_is_found_from_its_middle():
    far = turned((3, 0, -3), (45.0, -35.0, 40.0))
    volumes, points = patient(far, centre=(-45.0, 35.0, -40.0))
    assert errors(rigid(volumes, "flair", RIGID).volumes, "flair", far, points).max() < 1


def test_twenty_thick_slices_are_enough():
    volumes, points = patient(MOTION, moving="t2w", series={"size": (56, 68, 80), "spacing": (3.5, 3.5, 1.5)})
    thick = sitk.BinShrink(volumes.by_modality["t2w"].image, [1, 1, 4])  # 6 mm: means over a slice, as scanners give
    outcome = rigid(volumes.put("t2w", Volume(thick)), "t2w", RIGID)
    assert errors(outcome.volumes, "t2w", MOTION, points).max() < 1


def test_three_slices_are_registered_too():
    still = turned((0, 0, 0), (3.0, -3.0, 0.0))
    volumes, points = patient(still, series={"size": (56, 68, 3), "spacing": (3.5, 3.5, 12.0)})
    near = points[np.abs(points[:, 2]) < 15]
    assert errors(rigid(volumes, "flair", RIGID).volumes, "flair", still, near).max() < 4


def elsewhere(volumes, millimetres, frames):
    """The same patient, whose series' header tells a place so far to the head, in those frames of reference."""
    away = sitk.Image(volumes.by_modality["flair"].image)
    x, y, z = away.GetOrigin()
    away.SetOrigin([x, y, z + millimetres])
    fixed = replace(volumes.by_modality["t1wce"], frame=frames[0])
    return volumes.put("t1wce", fixed).put("flair", Volume(away, frame=frames[1]))


def and_up(truth, millimetres):
    return sitk.CompositeTransform([turned((0, 0, 0), (0.0, 0.0, millimetres)), truth])


@pytest.mark.parametrize("frames", [("", ""), ("1.2", "1.2"), ("1.2", "")])
def test_a_series_of_another_place_is_refused(turned_head, frames):
    with pytest.raises(CohortError, match=r"^flair shows another place than the reference, t1wce"):
        rigid(elsewhere(turned_head[0], 900.0, frames), "flair", RIGID)


def test_in_one_frame_of_reference_no_patient_lies_13_centimetres_off(turned_head):
    quick = RIGID.model_copy(update={"iterations": 10})
    outcome = rigid(elsewhere(turned_head[0], 130.0, ("1.2", "1.2")), "flair", quick)
    assert outcome.worse.startswith("moved by 13")
    assert not outcome.note


@pytest.mark.parametrize(
    ("millimetres", "truth", "part"), [(130.0, MOTION, LIGHT), (900.0, turned((20, -3, 4), (9.0, -7.0, 5.0)), RIGID)]
)
def test_in_another_frame_of_reference_it_does_not_matter_where_the_header_puts_it(millimetres, truth, part):
    volumes, points = patient(truth)
    outcome = rigid(elsewhere(volumes, millimetres, ("1.2", "1.3")), "flair", part)
    assert errors(outcome.volumes, "flair", and_up(truth, millimetres), points).max() < 1
    assert not outcome.worse
    assert outcome.note == "of another frame of reference: begun with the centres of brightness of both on each other"
    assert figure(outcome, "shift").before == figure(outcome, "turn").before == 0
    assert 0 < figure(outcome, "shift").after < 15
    assert figure(outcome, "mutual information").after > figure(outcome, "mutual information").before > 0.3


def test_all_steps_go_on_in_another_frame_of_reference():
    volumes, points = patient(STRETCH)
    taken = elsewhere(volumes, 900.0, ("1.2", "1.3"))
    for step, part in ((rigid, LIGHT), (affine, AFFINE)):
        outcome = step(taken, "flair", part)
        assert not outcome.worse
        taken = outcome.volumes
    assert figure(outcome, "shift").after < 15
    assert errors(taken, "flair", and_up(STRETCH, 900.0), points).max() < 1
    quick = DeformableStep(step="deformable", iterations=2, voxel_mm=(6,), smoothing_mm=(3,), stiffness=1)
    outcome = deformable(taken, "flair", quick)
    assert errors(outcome.volumes, "flair", and_up(STRETCH, 900.0), points).max() < 2
    laid = on_reference(outcome.volumes, "flair", ResampleStep(step="resample"))
    assert laid.figures[0].after > 0.8
    assert not laid.volumes.apart("flair")


def test_motion_beyond_where_another_frame_began_is_still_told(turned_head, monkeypatch):
    monkeypatch.setattr(registration, "FARTHEST", 2.0)
    quick = RIGID.model_copy(update={"iterations": 10})
    taken = elsewhere(turned_head[0], 900.0, ("1.2", "1.3"))
    assert rigid(taken, "flair", quick).worse.startswith("moved by ")
    monkeypatch.setattr(registration, "FARTHEST", 100.0)
    monkeypatch.setattr(registration, "LEAST_SHARED", 2.0)
    assert rigid(taken, "flair", quick).worse.endswith("% of the lesser field of view is seen by both")


@pytest.mark.parametrize("step", [affine, deformable])
def test_in_another_frame_of_reference_nothing_is_bent_that_was_not_laid_rigidly(turned_head, step):
    part = AFFINE if step is affine else DeformableStep(step="deformable")
    with pytest.raises(CohortError, match="flair lies in another frame of reference than the reference, t1wce, and no"):
        step(elsewhere(turned_head[0], 0.0, ("1.2", "1.3")), "flair", part)


def test_an_empty_series_is_refused(turned_head):
    volumes = turned_head[0]
    image = volumes.by_modality["flair"].image
    with pytest.raises(CohortError, match="flair shows nothing"):
        rigid(volumes.put("flair", Volume(image * 0 + 7)), "flair", RIGID)


def test_what_no_patient_does_is_told(turned_head, monkeypatch):
    volumes = turned_head[0]
    quick = RIGID.model_copy(update={"iterations": 10})
    for name, limit, word in (
        ("FARTHEST", 2.0, "moved"), ("MOST_TURNED", 2.0, "turned"), ("SCALES", (1.1, 1.4), "scaled"),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(registration, name, limit)
            assert rigid(volumes, "flair", quick).worse.startswith(f"{word} by ")


def test_a_fall_of_mutual_information_is_told_with_its_figures():
    assert fallen(Figure("mutual information", 0.8125, 0.75)) == "mutual information fell from 0.8125 to 0.7500 nats"
    assert not fallen(Figure("mutual information", 0.75, 0.75))


def test_a_series_that_lies_well_is_not_made_worse_by_much():
    still = turned((0, 0, 0), (0.0, 0.0, 0.0))
    volumes, points = patient(still)
    assert errors(rigid(volumes, "flair", RIGID).volumes, "flair", still, points).max() < 0.3


def test_a_dose_goes_where_its_ct_goes():
    volumes, _ = patient(MOTION, moving="ct")
    dose = Volume(head("t1w", size=(20, 20, 10), spacing=(8.0, 8.0, 12.0)).image, follows="ct")
    outcome = rigid(volumes.put("dose", dose), "ct", RIGID)
    assert outcome.volumes.transform("dose") is outcome.volumes.transform("ct")
