"""Deformable registration finds a known bend between images of unlike contrast, and folds nothing."""

import numpy as np
import pytest
import SimpleITK as sitk
from toy_motions import bent, errors, patient, turned

from radiogenomics.preparation import deformation
from radiogenomics.preparation.deformation import deformable
from radiogenomics.preparation.registration import rigid
from radiogenomics.recipe.preparation import DeformableStep, RigidStep

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

RIGID = RigidStep(step="rigid", samples=20_000)
DEFORMABLE = DeformableStep(step="deformable", voxel_mm=(6.0, 4.0), smoothing_mm=(3.0, 1.0), iterations=30)
TRUTH = sitk.CompositeTransform([turned((3, 2, -4), (5.0, 4.0, -6.0)), bent(4.5)])


@pytest.fixture(scope="module")
def bent_head():
    volumes, points = patient(TRUTH)
    first = rigid(volumes, "flair", RIGID)
    return first, points, deformable(first.volumes, "flair", DEFORMABLE)


def figure(outcome, name):
    return next(figure for figure in outcome.figures if figure.name == name)


def test_a_known_bend_is_found_to_less_than_two_millimetres(bent_head):
    first, points, outcome = bent_head
    assert errors(first.volumes, "flair", TRUTH, points).max() > 4
    found = errors(outcome.volumes, "flair", TRUTH, points)
    assert found.mean() < 1
    assert np.percentile(found, 95) < 2


def test_nothing_is_folded(bent_head):
    outcome = bent_head[2]
    assert 0.5 < figure(outcome, "least Jacobian").after < 1 < figure(outcome, "largest Jacobian").after < 1.6
    assert figure(outcome, "least Jacobian").before is None
    assert not outcome.worse


def test_it_says_how_alike_the_two_became(bent_head):
    for name in ("mutual information", "Dice of the foregrounds"):
        assert figure(bent_head[2], name).after > figure(bent_head[2], name).before


def test_the_same_bytes_each_time(bent_head):
    first, points, outcome = bent_head
    again = deformable(first.volumes, "flair", DEFORMABLE)
    assert again.figures == outcome.figures
    assert (errors(again.volumes, "flair", TRUTH, points) == errors(outcome.volumes, "flair", TRUTH, points)).all()


def test_it_goes_on_from_what_was_bent_before(bent_head):
    _, points, outcome = bent_head
    again = deformable(outcome.volumes, "flair", DEFORMABLE)
    assert errors(again.volumes, "flair", TRUTH, points).mean() < 1


def test_a_folded_space_is_told(bent_head, monkeypatch):
    monkeypatch.setattr(deformation, "jacobian", lambda spline, grid: (-0.25, 3.0))
    outcome = deformable(bent_head[0].volumes, "flair", DEFORMABLE.model_copy(update={"iterations": 1}))
    assert outcome.worse == "the Jacobian falls to -0.25: space is folded"
