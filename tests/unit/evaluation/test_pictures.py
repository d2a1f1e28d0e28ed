import cv2
import numpy as np
import pytest

from radiogenomics.evaluation.evidence import Picture
from radiogenomics.evaluation.pictures import lightened


def noise(name, width, height):
    pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Picture(name, "", "", "", "image/png", cv2.imencode(".png", pixels)[1].tobytes())


def test_heavy_pictures_are_made_smaller_and_light_ones_left_alone():
    light, heavy = noise("light", 20, 20), noise("heavy", 1800, 600)
    shown = lightened([heavy, light], 400_000)
    assert [picture.name for picture in shown] == ["heavy", "light"]
    assert shown[1] is light
    assert sum(len(picture.content) for picture in shown) <= 400_000
    assert shown[0].media_type == "image/jpeg"
    assert cv2.imdecode(np.frombuffer(shown[0].content, np.uint8), cv2.IMREAD_COLOR).shape[1] >= 500
    assert lightened([heavy, light], 400_000) == shown


def test_pictures_that_fit_together_stay_as_they_are():
    both = [noise("a", 300, 300), noise("b", 30, 30)]
    assert lightened(both, 500_000) == tuple(both)
    assert lightened([], 500_000) == ()


@pytest.mark.parametrize("content", [b"not a picture" * 100, b""])
def test_what_is_no_picture_and_too_large_is_left_out(content):
    broken = Picture("x", "", "", "", "image/png", content)
    assert lightened([broken], 100) == ((broken,) if not content else ())
