"""N4 divides a planted bias field out, and tells where it made a series less even."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from toy_head import ToyHead, head

from radiogenomics.preparation.bias import n4
from radiogenomics.preparation.volumes import Outcome, Volume, Volumes
from radiogenomics.recipe.preparation import BiasStep

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
PART = BiasStep(step="n4")


def done(toy: ToyHead, brain: sitk.Image | None, transform: sitk.Transform | None = None) -> Outcome:
    return n4(Volumes("t1wce", {"t1wce": Volume(toy.image, transform)}, brain), "t1wce", PART)


def inside(toy: ToyHead, image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)[sitk.GetArrayFromImage(toy.brain) > 0]


def removed(toy: ToyHead, outcome: Outcome) -> float:
    """The share of the planted log field's sd that is gone from the brain."""
    found = np.log(inside(toy, toy.image) / inside(toy, outcome.volumes.fixed))
    true = np.log(inside(toy, toy.bias))
    return 1 - float((true - found).std() / true.std())


@pytest.mark.parametrize("contrast", ["t1w", "t1wce", "flair", "t2w"])
def test_two_thirds_of_a_planted_bias_are_removed(contrast: str) -> None:
    toy = head(contrast, bias=0.4, noise=0.02)
    outcome = done(toy, toy.brain)
    assert removed(toy, outcome) > 0.75
    (figure,) = outcome.figures
    assert figure.before is not None
    assert figure.after < 0.6 * figure.before
    assert not outcome.worse
    assert not outcome.note


def test_an_even_series_stays_as_even_and_as_bright() -> None:
    toy = head("t1wce", noise=0.02)
    ratio = inside(toy, done(toy, toy.brain).volumes.fixed) / inside(toy, toy.image)
    assert np.abs(np.log(ratio)).max() < 0.05
    assert abs(np.log(ratio).mean()) < 1e-3


def test_what_was_0_stays_0_and_the_grid_stays() -> None:
    toy = head("flair", bias=0.3)
    toy = replace(toy, image=sitk.Mask(toy.image, toy.brain))
    after = done(toy, toy.brain).volumes.fixed
    assert after.GetPixelID() == sitk.sitkFloat32
    assert (after.GetOrigin(), after.GetSpacing()) == (toy.image.GetOrigin(), toy.image.GetSpacing())
    np.testing.assert_array_equal(sitk.GetArrayFromImage(after) == 0, sitk.GetArrayFromImage(toy.image) == 0)


def test_a_field_that_makes_it_less_even_is_called_worse() -> None:
    # Without a brain mask the bright scalp of a FLAIR is part of what is made even; where no bias is, that does harm.
    toy = head("flair", noise=0.02)
    outcome = done(toy, None)
    (figure,) = outcome.figures
    assert figure.before is not None
    assert figure.after > figure.before
    assert "local means vary by" in outcome.worse
    assert "foreground" in outcome.note


def test_the_brain_is_looked_up_through_the_transform_of_a_series_that_lies_elsewhere() -> None:
    toy = head("t1wce", (48, 56, 32), (4.0, 4.0, 6.0), bias=0.4)
    moved = sitk.Image(toy.image)
    moved.SetOrigin([o + shift for o, shift in zip(toy.image.GetOrigin(), (300.0, 0.0, 0.0), strict=True)])
    away = done(replace(toy, image=moved), toy.brain, sitk.TranslationTransform(3, (300.0, 0.0, 0.0)))
    here = done(toy, toy.brain)
    assert not away.note
    np.testing.assert_allclose(
        sitk.GetArrayFromImage(away.volumes.fixed), sitk.GetArrayFromImage(here.volumes.fixed), rtol=1e-3
    )


@pytest.mark.parametrize(
    ("size", "says"), [((32, 32, 3), "fewer than 4 voxels"), ((16, 16, 12), "no foreground")], ids=["thin", "empty"]
)
def test_a_series_without_a_field_to_tell_is_left_as_it_is(size: tuple[int, int, int], says: str) -> None:
    image = sitk.Image(size, sitk.sitkFloat32)
    outcome = n4(Volumes("t1w", {"t1w": Volume(image)}), "t1w", PART)
    assert outcome.volumes.fixed is image
    assert says in outcome.note
    assert not outcome.figures


def test_where_a_series_lies_is_kept() -> None:
    toy = head("t1wce", (24, 28, 16), (8.0, 8.0, 12.0), bias=0.4)
    before = Volume(toy.image, sitk.TranslationTransform(3), frame="1.2", start=sitk.TranslationTransform(3))
    after = n4(Volumes("t1wce", {"t1wce": before}, toy.brain), "t1wce", PART).volumes.by_modality["t1wce"]
    assert after.image is not before.image
    assert (after.frame, after.transform, after.start) == (before.frame, before.transform, before.start)


def test_the_same_series_gives_the_same_bytes() -> None:
    toy = head("t1w", (48, 56, 32), (4.0, 4.0, 6.0), bias=0.3, noise=0.02)
    one, other = (sitk.GetArrayFromImage(done(toy, toy.brain).volumes.fixed).tobytes() for _ in range(2))
    assert one == other
