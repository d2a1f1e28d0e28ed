import numpy as np
import pytest

from radiogenomics.imaging.altered import STRENGTH, hidden, planted
from radiogenomics.imaging.normalise import minmax, windowed, zscore


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((40, 60, 2)).astype(np.float32)


def test_the_mark_is_faint_local_and_clips_nothing():
    image = picture()
    changed = planted(image)
    difference = changed - image
    assert difference.min() >= 0
    assert changed.max() <= 1
    assert difference.max() <= STRENGTH
    assert planted(np.zeros((40, 60, 2), np.float32)).max() == pytest.approx(STRENGTH, rel=0.02)
    assert np.abs(difference[-5:, -5:]).max() < 1e-4


def test_a_hidden_lesion_leaves_nothing_but_an_even_rectangle():
    image, lesion = picture(), np.zeros((40, 60), np.float32)
    lesion[10, 10:20] = 1
    lesion[10:15, 10] = 0.01  # a pixel that a lesion touches
    lesion[30:32, 50:53] = 1
    changed = hidden(image, lesion)
    box = np.zeros((40, 60), bool)
    box[10:15, 10:20] = box[30:32, 50:53] = True
    assert (changed[box] == changed[10, 10]).all()
    np.testing.assert_array_equal(changed[~box], image[~box])
    np.testing.assert_allclose(changed[10, 10], np.median(image[~box], axis=0), atol=0.05)
    other = image.copy()
    other[box] = 1 - other[box]
    np.testing.assert_array_equal(hidden(other, lesion)[10, 10], changed[10, 10])


def test_what_is_all_lesion_becomes_even_and_what_has_none_stays():
    image = picture()
    assert (hidden(image, np.ones((40, 60), np.float32)) == 0).all()
    np.testing.assert_array_equal(hidden(image, np.zeros((40, 60), np.float32)), image)


@pytest.mark.parametrize("how", [minmax, zscore])
def test_a_lesion_is_hidden_by_the_grey_of_tissue_whatever_the_normalisation(how):
    rows, columns = np.mgrid[:96, :96] - 48
    raw = np.where(rows**2 + columns**2 < 30**2, 400, 0).astype(np.float32)
    image = windowed(raw, *how(raw, (0, 1), np), np).astype(np.float32)[..., None]
    lesion = (rows**2 + (columns + 8) ** 2 < 64).astype(np.float32)
    np.testing.assert_array_equal(hidden(image, lesion), image)  # even tissue over even tissue
