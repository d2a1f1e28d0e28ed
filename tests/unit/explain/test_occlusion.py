"""Patches cover all of an image, and what they cover counts with its sign."""

import numpy as np
import pytest
import toy_models
from toy_cases import Ear

from radiogenomics.explain.occlusion import _drops, occlusion, windows


@pytest.mark.parametrize("size", [(16, 16), (33, 64), (300, 300), (17, 200)])
def test_patches_of_an_eighth_overlap_by_half_and_reach_every_edge(size):
    covered, places = np.zeros(size, int), windows(*size)
    for place in places:
        covered[place] += 1
    assert covered.min() >= 1
    assert len(places) < 400
    assert {place[0].stop - place[0].start for place in places} == {max(round(size[0] / 8), 2)}
    assert max(place[1].stop for place in places) == size[1]


def test_the_drop_is_that_of_the_logit_with_its_sign():
    """Of a model that reads one bright pixel for and one against, the heat is known."""
    image = np.full((32, 32, 1), 0.2, np.float32)
    image[8, 8], image[24, 24] = 1.0, 1.0
    mean = image.mean()
    heat = _drops(image, lambda batch: batch[:, 8, 8, 0] - batch[:, 24, 24, 0])
    assert heat[8, 8] == pytest.approx(1 - mean, abs=1e-5)  # every patch on it takes it away
    assert heat[24, 24] == pytest.approx(mean - 1, abs=1e-5)
    assert not heat[:4].any()
    assert abs(heat[16, 16]) < 1e-6


def test_what_is_even_already_loses_nothing_by_being_covered():
    model = toy_models.awaken(toy_models.tiny_build(toy_models.recipe('model.head={"kind": "gap-linear"}'), None, 3, 1))
    ear = Ear()
    heat = occlusion(model, ear)(np.full((2, 32, 32, 3), 0.3, np.float32))
    np.testing.assert_allclose(heat, 0, atol=1e-5)
    assert ear.updates[-1] == ("occlusion", 2, 2)
