import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.errors import CohortError
from radiogenomics.imaging.contours import enclosed, filled
from radiogenomics.records import Series, Slice

SHAPE = (120, 140)
FINE = (300, 400)
centres = st.tuples(st.floats(120, 280), st.floats(120, 180))


def circle(x, y, radius, corners=720):
    angle = np.arange(corners) * (2 * math.pi / corners)
    return np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])


def box(x0, y0, x1, y1):
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)


def series(n=5, gap=3.0, spacing=(0.5, 0.5), orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0)):
    slices = tuple(Slice(f"{k}.dcm", str(k), None, k + 1, 10 + gap * k, 0, 0) for k in range(n))
    return Series(
        "p", "1", "1.2", "ct", "folder", "axial", slices, n, *SHAPE, spacing, orientation, "", "", "", None, "", "",
        origin=(-30.0, -20.0, 10.0),
    )  # fmt: skip


def at(one, z, polygon):
    """A polygon of pixels as a contour in mm."""
    return np.column_stack([polygon * one.spacing[0] + one.origin[:2], np.full(len(polygon), z)])


@given(centre=centres, radius=st.floats(60, 110))
def test_a_disk_has_its_area(centre, radius):
    assert filled([circle(*centre, radius)], FINE).sum() == pytest.approx(math.pi * radius**2, rel=0.01)


@given(centre=centres, radius=st.floats(80, 110), hole=st.floats(0.2, 0.6))
def test_a_contour_within_another_is_a_hole(centre, radius, hole):
    inside = filled([circle(*centre, radius), circle(*centre, hole * radius)[::-1]], FINE)
    assert inside.sum() == pytest.approx(math.pi * radius**2 * (1 - hole**2), rel=0.01)
    assert not inside[round(centre[1]), round(centre[0])]


@given(centre=centres, radius=st.floats(45, 55))
def test_parts_beside_each_other_add_up(centre, radius):
    x, y = centre
    inside = filled([circle(x - 60, y, radius), circle(x + 60, y, radius)], FINE)
    assert inside.sum() == pytest.approx(2 * math.pi * radius**2, rel=0.01)


@given(st.lists(st.tuples(st.floats(-20, 160), st.floats(-20, 140)), min_size=3, max_size=12))
@settings(max_examples=30, deadline=None)
def test_any_polygon_holds_the_pixels_that_counting_crossings_says(corners):
    polygon = np.round(corners, 4)
    expected = np.zeros(SHAPE, bool)
    for y in range(SHAPE[0]):
        for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            if (y0 <= y) != (y1 <= y):
                crossing = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
                expected[y] ^= np.arange(SHAPE[1]) < np.round(crossing, 4)
    np.testing.assert_array_equal(filled([polygon], SHAPE), expected)
    np.testing.assert_array_equal(filled([np.roll(polygon[::-1], 1, axis=0)], SHAPE), expected)


def test_polygons_that_share_edges_at_pixel_centres_share_no_pixel():
    tiles = [box(x, y, x + 20, y + 15) for x in range(10, 110, 20) for y in range(10, 100, 15)]
    together = sum(filled([tile], SHAPE).astype(int) for tile in tiles)
    assert together.max() == 1
    assert together.sum() == 100 * 90


def test_corners_a_rounding_error_beside_pixel_centres_lie_on_them():
    noise = np.random.default_rng(0).normal(scale=1e-7, size=(4, 2))
    np.testing.assert_array_equal(filled([box(10, 10, 30, 30) + noise], SHAPE), filled([box(10, 10, 30, 30)], SHAPE))


def test_a_contour_belongs_to_the_slice_at_most_half_a_gap_away():
    one = series()
    found = enclosed([at(one, z, box(10, 10, 30, 30)) for z in (12.9, 15.1, 17.4)], one)
    assert {number: int(pixels.sum()) for number, pixels in found.items()} == {2: 400, 3: 400}


def test_planes_between_slices_do_not_cancel_the_nearest():
    one = series()
    found = enclosed([at(one, 13.2, box(10, 10, 30, 30)), at(one, 12.9, box(10, 10, 40, 30))], one)
    assert {number: int(pixels.sum()) for number, pixels in found.items()} == {2: 600}


def test_on_tilted_slices_contours_are_drawn_in_the_tilted_planes():
    axes = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))[0]
    axes[:, 2] = np.cross(axes[:, 0], axes[:, 1])
    orientation = (*map(float, axes[:, 0]), *map(float, axes[:, 1]))
    one = series(orientation=orientation)
    start = float(axes[:, 2] @ one.origin)
    slices = tuple(Slice("", str(k), None, k + 1, start + 3 * k, 0, 0) for k in range(5))
    tilted = Series(*[slices if name == "slices" else getattr(one, name) for name in one.__dataclass_fields__])
    local = np.column_stack([circle(60, 60, 30) * 0.5, np.full(720, 6.0)])
    found = enclosed([local @ axes.T + one.origin], tilted)
    assert {k: int(p.sum()) for k, p in found.items()} == {3: pytest.approx(math.pi * 900, rel=0.01)}


@pytest.mark.parametrize(
    ("contours", "words"),
    [
        ([(90.0, box(10, 10, 30, 30))], r"1 of its 1 planes .* \(1\.5 mm\) from any slice of ct"),
        ([(13.0, box(10.2, 10.2, 10.8, 10.8))], "no pixel's centre of ct"),
        ([(13.0, box(500, 10, 530, 30))], "no pixel's centre of ct"),
    ],
)
def test_what_lies_elsewhere_says_so(contours, words):
    one = series()
    with pytest.raises(CohortError, match=words):
        enclosed([at(one, z, polygon) for z, polygon in contours], one)


def test_contours_drawn_across_the_slices_are_refused():
    one = series()
    across = at(one, 13.0, box(10, 10, 30, 30))[:, [0, 2, 1]]
    with pytest.raises(CohortError, match="not drawn in planes of ct"):
        enclosed([across], one)
