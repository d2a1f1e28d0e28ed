"""The synthetic head: the label shows in the lesions, and nowhere else."""

import numpy as np
import pytest

from radiogenomics.phantom.head import (
    RIM_SIGNAL,
    draw_head,
    image,
    smooth_noise,
    tissue_fractions,
    tumour_masks,
    with_second_lesion,
)
from radiogenomics.phantom.scanner import SEQUENCES

SHAPE = (8, 40, 40)


def _heads(positive, count=60):
    return [draw_head(np.random.default_rng(seed), positive) for seed in range(count)]


def test_only_rim_and_texture_depend_on_the_label():
    for one, other in zip(_heads(True), _heads(False), strict=True):
        assert (one.radii, one.lesions) == (other.radii, other.lesions)
        assert one.rim > other.rim
        assert one.texture > other.texture


@pytest.mark.parametrize("modality", sorted(SEQUENCES))
def test_the_label_shows_in_every_sequence_and_only_inside_the_tumour(modality):
    images, tissues = [], None
    for positive in (False, True):
        generator = np.random.default_rng(5)
        head = draw_head(generator, positive)
        tissues = tissue_fractions(head, generator, SHAPE)
        images.append(image(head, tissues, smooth_noise(generator, SHAPE, 1.0), modality))
    tumour = tissues[4:].sum(axis=0)
    difference = images[1] - images[0]
    np.testing.assert_array_equal(difference[tumour == 0], 0)
    rim = tissues[5] > 0.9
    assert rim.sum() > 20
    assert np.sign(difference[rim].mean()) == np.sign(RIM_SIGNAL[modality])
    assert abs(difference[rim].mean()) > 0.15


def test_tissues_fill_the_brain_and_the_lesion_spans_the_mid_section():
    for seed, head in enumerate(_heads(True, 10)):
        tissues = tissue_fractions(head, np.random.default_rng(seed), (16, 64, 64))
        total = tissues.sum(axis=0)
        assert tissues.min() >= 0
        assert total.max() == pytest.approx(1, abs=1e-5)
        assert 0.15 < (total > 0.5).mean() < 0.6
        assert ((tissues[4:].sum(axis=0) > 0.5).sum(axis=(1, 2))[6:10] > 30).all()


def test_a_second_lesion_is_smaller_and_leaves_the_first_where_it_was():
    volumes = []
    for seed, head in enumerate(_heads(True, 12)):
        two = with_second_lesion(head, np.random.default_rng(100 + seed))
        alone, both = (
            tumour_masks(each, tissue_fractions(each, np.random.default_rng(seed), (24, 64, 64)))
            for each in (head, two)
        )
        np.testing.assert_array_equal(alone[0], both[0])
        assert not (both[0] & both[1]).any()
        volumes.append(both.sum(axis=(1, 2, 3)))
    first, second = np.array(volumes).T
    assert (second > 20).all()
    assert (second < first).all()
    assert first.max() > 2 * first.min()
