"""The brain's mask: from whoever gives it, else found; and the rest of the head taken out of the MR series."""

import sys

import numpy as np
import pytest
import SimpleITK as sitk
from toy_head import dice, head

from radiogenomics.errors import CohortError
from radiogenomics.preparation.brain import brain
from radiogenomics.preparation.extraction import find_brain, stripped_brain
from radiogenomics.preparation.volumes import Outcome, Volume, Volumes
from radiogenomics.recipe.preparation import BrainStep

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
PART = BrainStep(step="brain")


def array(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image)


def done(part: BrainStep = PART, mask: sitk.Image | None = None, **images: sitk.Image) -> Outcome:
    return brain(Volumes(next(iter(images)), {m: Volume(i) for m, i in images.items()}, mask), "", part)


@pytest.mark.parametrize(
    ("contrast", "seed", "bias", "noise", "rise"),
    [
        ("t1w", 1, 0.3, 0.02, 0.0),
        ("t1wce", 1, 0.3, 0.02, 0.0),
        ("flair", 1, 0.3, 0.02, 0.0),
        ("t1wce", 2, 0.4, 0.04, -20.0),
        ("flair", 3, 0.0, 0.0, 20.0),
    ],
)
def test_the_brain_is_found_without_weights(contrast: str, seed: int, bias: float, noise: float, rise: float) -> None:
    toy = head(contrast, (64, 80, 40), (3.0, 3.0, 5.0), seed=seed, bias=bias, noise=noise, centre=(0, 0, rise))
    found = find_brain(toy.image)
    assert found is not None
    assert dice(found, toy.brain) > 0.95


def test_mr_series_are_0_beyond_the_brain_and_others_stay() -> None:
    t1wce, ct = (head(contrast, bias=0.2, noise=0.02) for contrast in ("t1wce", "ct"))
    outcome = done(t1wce=t1wce.image, ct=ct.image)
    mask = outcome.volumes.brain
    assert mask is not None
    assert mask.GetPixelID() == sitk.sitkUInt8
    assert mask.GetSize() == t1wce.image.GetSize()
    after = array(outcome.volumes.by_modality["t1wce"].image)
    np.testing.assert_array_equal(after, array(t1wce.image) * array(mask))
    assert outcome.volumes.by_modality["ct"].image is ct.image
    volume, share = outcome.figures
    true = array(t1wce.brain).sum() * 36 / 1000
    assert volume.after == pytest.approx(true, rel=0.1)
    assert volume.unit == "ml"
    assert 0 < share.after < 1
    assert not outcome.worse


def test_a_lesion_brighter_than_brain_is_brain() -> None:
    toy = head("flair", noise=0.02)
    z, y, x = (n // 2 for n in array(toy.image).shape)
    values = array(toy.image)
    values[z : z + 10, y - 20 : y - 8, x + 4 : x + 16] *= 1.8  # 36 mm, at the cortex
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(toy.image)
    found = find_brain(image)
    assert found is not None
    lesion = array(toy.brain)[z : z + 10, y - 20 : y - 8, x + 4 : x + 16] > 0
    assert array(found)[z : z + 10, y - 20 : y - 8, x + 4 : x + 16][lesion].mean() > 0.95


def test_it_is_looked_for_where_the_recipe_says() -> None:
    toy = head("t1wce", noise=0.02)
    flat = sitk.Image(toy.image.GetSize(), sitk.sitkFloat32)
    flat.CopyInformation(toy.image)
    outcome = done(BrainStep(step="brain", on="t1wce", strip=False), flair=flat, t1wce=toy.image)
    assert outcome.volumes.brain is not None
    assert dice(outcome.volumes.brain, toy.brain) > 0.95
    assert "found in t1wce" in outcome.note
    assert outcome.volumes.by_modality["t1wce"].image is toy.image


def test_a_mask_that_is_given_is_taken_as_it_is() -> None:
    toy = head("t1w", (32, 40, 24), (6.0, 6.0, 8.0))
    box = sitk.Image(toy.image.GetSize(), sitk.sitkUInt8)
    box.CopyInformation(toy.image)
    box[8:24, 10:32, 6:18] = 255
    outcome = done(BrainStep(step="brain", command="no-such-bet {input} {output}"), box, t1w=toy.image)
    assert outcome.volumes.brain is not None
    assert array(outcome.volumes.brain).sum() == 16 * 22 * 12
    assert not array(outcome.volumes.fixed)[array(box) == 0].any()
    assert "given" in outcome.note
    assert not outcome.worse


@pytest.mark.parametrize("contrast", ["t1w", "t1wce", "flair", "t2w"])
def test_a_skull_that_is_off_is_noticed_and_nothing_more_is_taken(contrast: str) -> None:
    toy = head(contrast, bias=0.3, noise=0.02)
    bare = sitk.Mask(toy.image, toy.brain)
    outcome = done(**{contrast: bare})
    assert np.array_equal(array(outcome.volumes.by_modality[contrast].image), array(bare))
    assert outcome.volumes.brain is not None
    assert dice(outcome.volumes.brain, toy.brain) > 0.99
    assert "off already" in outcome.note
    assert not outcome.worse


@pytest.mark.parametrize("contrast", ["t1w", "t1wce", "flair", "t2w"])
def test_a_head_whose_air_is_0_has_its_skull_still(contrast: str) -> None:
    toy = head(contrast)
    image = sitk.Threshold(toy.image, 10.0, 1e9, 0.0)
    assert np.mean(array(image) == 0) > 0.4
    assert stripped_brain(image) is None


def test_a_brain_of_no_plausible_size_is_called_worse() -> None:
    toy = head("t1w", (44, 52, 30), (4.5, 4.5, 6.5), noise=0.02)
    toy.image.SetSpacing([s * 0.6 for s in toy.image.GetSpacing()])
    outcome = done(t1w=toy.image)
    assert "not plausible" in outcome.worse


def test_a_slab_of_a_head_may_hold_less_brain() -> None:
    toy = head("t1w", (80, 96, 12), (2.5, 2.5, 5.0), centre=(0, 0, 30), noise=0.02)
    outcome = done(t1w=toy.image)
    assert outcome.volumes.brain is not None
    assert dice(outcome.volumes.brain, toy.brain) > 0.9
    assert not outcome.worse


def test_the_recipes_program_is_asked() -> None:
    toy = head("t1w", (32, 40, 24), (6.0, 6.0, 8.0), noise=0.02)
    code = "import sys, SimpleITK as s; i = s.ReadImage(sys.argv[1]); s.WriteImage(i > 400, sys.argv[2])"
    outcome = done(
        BrainStep(step="brain", command=f"'{sys.executable}' -c '{code}' {{input}} {{output}}"), t1w=toy.image
    )
    assert outcome.volumes.brain is not None
    np.testing.assert_array_equal(array(outcome.volumes.brain) > 0, array(toy.image) > 400)


@pytest.mark.parametrize(
    ("part", "modality", "says"),
    [
        (BrainStep(step="brain", on="flair"), "t1w", "no flair series"),
        (PART, "ct", "needs an MR series"),
        (PART, "t1w", "nothing like one"),
    ],
)
def test_no_brain_is_a_reason(part: BrainStep, modality: str, says: str) -> None:
    generator = np.random.default_rng(1)
    noise = sitk.GetImageFromArray(generator.random((12, 16, 16), np.float32) + 1)
    with pytest.raises(CohortError, match=says):
        done(part, **{modality: noise})


def test_the_same_head_gives_the_same_bytes() -> None:
    toy = head("t1wce", noise=0.03, bias=0.3)
    one, other = (find_brain(toy.image) for _ in range(2))
    assert one is not None
    assert other is not None
    assert array(one).tobytes() == array(other).tobytes()


def test_a_series_that_still_has_its_skull_loses_it_where_the_reference_has_lost_its_own() -> None:
    toy, whole = head("t1wce", noise=0.02), head("flair", noise=0.02).image
    outcome = done(t1wce=sitk.Mask(toy.image, toy.brain), flair=whole)
    flair, inside = array(outcome.volumes.by_modality["flair"].image), array(outcome.volumes.brain) > 0
    assert not flair[~inside].any()
    assert flair[inside].any()


def test_a_lesions_mask_given_for_the_brains_is_no_brain() -> None:
    toy = head("t1w", (32, 40, 24), (6.0, 6.0, 8.0))
    lesion = sitk.Image(toy.image.GetSize(), sitk.sitkUInt8)
    lesion.CopyInformation(toy.image)
    lesion[10:14, 10:14, 10:14] = 1
    with pytest.raises(CohortError, match=r"a brain of 18 ml is not plausible .* is the mask given a brain's\?"):
        done(mask=lesion, t1w=toy.image)
    assert done(BrainStep(step="brain", use_worse=True), lesion, t1w=toy.image).worse
