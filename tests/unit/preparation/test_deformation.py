"""Deformable registration finds a known bend between images of unlike contrast, and folds nothing."""

import numpy as np
import pytest
import SimpleITK as sitk
from toy_head import points_of
from toy_motions import bent, errors, moved, patient, turned

from radiogenomics.phantom.grid import Grid
from radiogenomics.phantom.limb import draw_limb, draw_waves, image, tissue_fractions
from radiogenomics.preparation import deformation
from radiogenomics.preparation.deformation import deformable
from radiogenomics.preparation.registration import rigid
from radiogenomics.preparation.volumes import Volume, Volumes
from radiogenomics.recipe.preparation import DeformableStep, RigidStep

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

RIGID = RigidStep(step="rigid", samples=20_000)
DEFORMABLE = DeformableStep(step="deformable")
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
    assert found.mean() < 1.2
    assert np.percentile(found, 95) < 2


def test_nothing_is_folded(bent_head):
    outcome = bent_head[2]
    assert 0.5 < figure(outcome, "least Jacobian").after < 1 < figure(outcome, "largest Jacobian").after < 1.6
    assert figure(outcome, "least Jacobian").before is None
    assert not outcome.worse


@pytest.fixture(scope="module")
def limb():
    """A thigh's CT, seen through a bend, and its T2w; and points within the tumour."""
    draw = np.random.default_rng(0)
    thigh = draw_limb(draw, positive=True)
    waves, middle = (draw_waves(draw), draw_waves(draw)), np.array(thigh.centre)
    there, back = (sitk.TranslationTransform(3, (sign * middle).tolist()) for sign in (-1, 1))
    truth = sitk.CompositeTransform([back, TRUTH, there])

    def shown(modality, spacing, shape):
        first = middle - np.array(spacing) * (np.array(shape[::-1]) - 1) / 2
        grid = Grid(tuple(first.tolist()), spacing, shape)
        values = image(thigh, tissue_fractions(thigh, grid), *(wave.on(grid) for wave in waves), modality)
        result = sitk.GetImageFromArray(np.asarray(values, np.float32))
        result.SetOrigin(grid.origin)
        result.SetSpacing(spacing)
        return result

    mr, ct = shown("t2w", (2.5, 2.5, 4.0), (44, 96, 96)), shown("ct", (1.5, 1.5, 3.0), (80, 180, 180))
    ct = sitk.AdditiveGaussianNoise(sitk.Resample(ct, mr, truth, sitk.sitkLinear, -1000.0), 10.0, 0.0, 5)
    points = points_of(mr)[::37]
    away = (moved(truth, points) - np.array(thigh.lesion)) / np.array([*[thigh.lesion_radius] * 2, thigh.lesion_length])
    tumour = points[np.linalg.norm(away, axis=1) < 1]
    return Volumes("ct", {"ct": Volume(ct), "t2w": Volume(mr)}), truth, tumour


def test_an_mr_series_is_bent_to_a_ct(limb):
    volumes, truth, tumour = limb
    first = rigid(volumes, "t2w", RIGID).volumes
    outcome = deformable(first, "t2w", DEFORMABLE)
    assert errors(first, "t2w", truth, tumour).max() > 3
    assert errors(outcome.volumes, "t2w", truth, tumour).max() < 2
    assert figure(outcome, "least Jacobian").after > 0.5


def test_it_says_how_alike_the_two_became(bent_head):
    for name in ("mutual information", "Dice of the foregrounds"):
        assert figure(bent_head[2], name).after > figure(bent_head[2], name).before


def test_the_same_bytes_each_time(bent_head):
    first, points, outcome = bent_head
    again = deformable(first.volumes, "flair", DEFORMABLE)
    assert again.figures == outcome.figures
    assert (errors(again.volumes, "flair", TRUTH, points) == errors(outcome.volumes, "flair", TRUTH, points)).all()


def test_a_folded_space_is_told(bent_head, monkeypatch):
    monkeypatch.setattr(deformation, "jacobian", lambda spline, grid: (-0.25, 3.0))
    outcome = deformable(bent_head[0].volumes, "flair", DEFORMABLE.model_copy(update={"iterations": 1}))
    assert outcome.worse == "the Jacobian falls to -0.25: space is folded"
