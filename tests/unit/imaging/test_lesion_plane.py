"""A lesion is carried to a sample by the very steps that carry its pixels."""

import numpy as np
import pytest

from radiogenomics.imaging.cuts import Cut
from radiogenomics.imaging.lesion_plane import lesion_plane
from radiogenomics.imaging.outlines import outlines_of
from radiogenomics.imaging.sample import to_sample, to_unit
from radiogenomics.phantom.dicom import AXIAL
from radiogenomics.recipe import ImagePart
from radiogenomics.records import Lesion, Outline, Series, Slice

PLANES = tuple(Slice(f"{n}.dcm", str(n), None, n, float(n), 1, 1) for n in (1, 2, 3))
SERIES = Series(
    *("p", "study", "series", "flair", "folder", "axial", PLANES, 3, 40, 50, (1.0, 1.0), AXIAL),
    *("", "", "", None, "", ""),
)


def disc(y, x, radius):
    rows, columns = np.mgrid[:40, :50]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


FIRST, SECOND = disc(14, 20, 7), disc(26, 30, 5)
LESIONS = (Lesion("p", "1", outlines_of({2: FIRST})), Lesion("p", "2", outlines_of({2: SECOND, 3: SECOND})))


@pytest.mark.parametrize("box", [None, (10, 5, 40, 35), (-6, -2, 20, 24), (30, 20, 60, 50)])
@pytest.mark.parametrize(("size", "canvas"), [((32, 32), None), ((64, 48), None), ((32, 32), 80), ((32, 32), 30)])
def test_it_lies_where_its_own_pixels_would(box, size, canvas):
    """A slice whose only bright pixels are the lesion's becomes the lesion itself."""
    image = ImagePart(size=size, normalisation="minmax", canvas=canvas)
    pixels = (FIRST | SECOND) * np.float32(900) + 100
    expected = to_unit(to_sample(pixels, image, box))
    np.testing.assert_array_equal(lesion_plane(LESIONS, SERIES, Cut("1", PLANES[1], box), image), expected)


def test_each_slice_has_its_own_outlines_and_boxes_cover_all_of_themselves():
    image = ImagePart(size=(40, 50), normalisation="zscore")
    np.testing.assert_array_equal(lesion_plane(LESIONS, SERIES, Cut("", PLANES[2], None), image), SECOND)
    assert not lesion_plane(LESIONS, SERIES, Cut("", PLANES[0], None), image).any()
    box = Lesion("p", "3", (Outline(1, 4, 6, 10, 9, 18),))
    plane = lesion_plane([box], SERIES, Cut("", PLANES[0], None), image)
    assert plane[6:9, 4:10].all()
    assert plane.sum() == 18
