from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.imaging.normalise import minmax, windowed, zscore
from radiogenomics.imaging.radiomics import LESION, foreground, lesion_sizes, names, radiomics
from radiogenomics.records import Lesion, Outline, Series


def disk(radius: float, side: int = 64, value: float = 0.5) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    return np.where(rows**2 + columns**2 <= radius**2, np.float32(value), np.float32(0))[..., None]


def measured(image: np.ndarray, *channels: str) -> dict[str, float]:
    return dict(zip(names(channels or ("t1w",)), radiomics(image), strict=True))


def test_a_disk_has_the_area_and_the_roundness_of_one():
    found = measured(disk(20))
    assert found["shape: area"] == pytest.approx(np.pi * 20**2 / 64**2, rel=0.02)
    assert found["shape: width"] == found["shape: height"] == pytest.approx(40 / 64, abs=0.02)
    assert found["shape: roundness"] > 0.85
    bar = np.zeros((64, 64, 1), np.float32)
    bar[30:34, 4:60] = 1
    assert measured(bar)["shape: roundness"] < 0.3


def test_brightness_is_that_of_what_is_shown_channel_by_channel():
    both = np.concatenate([disk(20, value=0.5), disk(20, value=0.25)], axis=-1)
    found = measured(both, "t1w", "flair")
    assert found["intensity: t1w mean"] == pytest.approx(0.5)
    assert found["intensity: flair median"] == pytest.approx(0.25)
    assert found["intensity: flair entropy"] == 0
    random = np.random.default_rng(0).random((64, 64, 1)).astype(np.float32)
    assert measured(random)["intensity: t1w entropy"] == pytest.approx(5, abs=0.05)  # of 32 equally filled bins


def test_holes_belong_to_what_is_shown_and_specks_do_not():
    image = disk(20)
    image[30:34, 30:34] = 0
    image[2, 2] = 1
    np.testing.assert_array_equal(foreground(image), foreground(disk(20)))


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_an_even_image_is_measured_too(value):
    assert np.isfinite(radiomics(np.full((20, 30, 1), value, np.float32))).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 100), st.integers(5, 20))
def test_the_outline_does_not_depend_on_brightness(percent, radius):
    one, other = measured(disk(radius, value=1.0)), measured(disk(radius, value=percent / 100))
    assert {k: v for k, v in one.items() if k.startswith("shape")} == {
        k: v for k, v in other.items() if k.startswith("shape")
    }


def series(spacing):
    return Series("p", "s", "u", "flair", "", "", (), 0, 64, 64, spacing, (), "", "", "", None, "", "")


def test_lesions_are_measured_in_millimetres():
    lesions = [
        Lesion("p", "1", (Outline(1, 0, 0, 10, 4, 30), Outline(2, 0, 0, 8, 4, 32))),
        Lesion("p", "2", (Outline(1, 20, 20, 22, 22, 4),)),
    ]
    found = dict(zip(LESION, lesion_sizes(lesions, series((3.0, 0.5))), strict=True))
    assert found == {"number": 2, "longest side (mm)": 12.0, "largest area (mm2)": 48.0, "slices": 2}
    assert lesion_sizes(lesions, series(None)) is None


def head(radius: float, side: int = 96) -> np.ndarray:
    """Raw: air that is not quite 0, and a head that is not even."""
    random = np.random.Generator(np.random.Philox([9, int(10 * radius)]))
    shown = disk(radius, side, 1.0)[..., 0] > 0
    return np.where(shown, 400 + 80 * random.random(shown.shape), 5 * random.random(shown.shape)).astype(np.float32)


def normalised(raw: np.ndarray, how: Callable[..., tuple[Any, Any]], over: np.ndarray | None = None) -> np.ndarray:
    return windowed(raw, *how(raw, (0, 1), np, over), np).astype(np.float32)[..., None]


@pytest.mark.parametrize("radius", [12, 25, 40])
def test_the_outline_is_the_same_whatever_the_normalisation(radius):
    raw = head(radius)
    expected = disk(radius, 96, 1.0)[..., 0] > 0
    for how, over in ((minmax, None), (zscore, None), (zscore, expected)):
        np.testing.assert_array_equal(foreground(normalised(raw, how, over)), expected)


def test_a_canvas_around_a_slice_is_no_part_of_the_outline():
    """Beyond the slice a canvas is 0, whatever air became: by z-scores far darker."""
    raw = head(30)
    for how in (minmax, zscore):
        on_canvas = np.pad(normalised(raw, how), ((0, 0), (30, 30), (0, 0)))
        expected = np.pad(disk(30, 96, 1.0)[..., 0] > 0, ((0, 0), (30, 30)))
        np.testing.assert_array_equal(foreground(on_canvas), expected)


def test_a_head_whose_brain_is_uneven_keeps_its_outline():
    """By z-scores over the brain the air comes up to .4 where the brain's spread is near its mean."""
    random = np.random.Generator(np.random.Philox(3))
    brain = disk(40, 96, 1.0)[..., 0] > 0
    for spread in (60, 120, 160):
        raw = np.where(brain, np.abs(400 + spread * random.normal(size=brain.shape)), 0).astype(np.float32)
        assert abs(foreground(normalised(raw, zscore, brain)).mean() - brain.mean()) < 0.02
