"""Tilted grids lie where a reader of their headers puts them."""

import numpy as np
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.phantom.tilted import tilted

degrees = st.tuples(*[st.integers(-20000, 20000).map(lambda n: n / 1000)] * 3)
middles = st.tuples(*[st.integers(-500000, 500000).map(lambda n: n / 1000)] * 3)


@settings(max_examples=50, deadline=None)
@given(centre=middles, turned=degrees)
def test_points_corners_and_direction_are_those_of_the_header(centre, turned):
    grid = tilted(centre, turned, 240.0, 150.0, (5, 8, 8))
    image = sitk.Image(8, 8, 5, sitk.sitkUInt8)
    image.SetOrigin(grid.origin)
    image.SetSpacing(grid.spacing)
    image.SetDirection(grid.direction)
    points = grid.points
    for z, y, x in ((0, 0, 0), (4, 0, 0), (2, 7, 1), (4, 7, 7)):
        np.testing.assert_allclose(points[z, y, x], image.TransformIndexToPhysicalPoint((x, y, z)), atol=1e-3)
    for index in range(5):
        np.testing.assert_allclose(grid.corner(index), points[index, 0, 0], atol=1e-3)
    np.testing.assert_allclose(points.mean(axis=(0, 1, 2)), centre, atol=1e-3)
    np.testing.assert_allclose(grid.axes @ grid.axes.T, np.eye(3), atol=1e-8)
    assert all(len(repr(value)) <= 16 for value in (*grid.orientation, *grid.corner(4), *grid.spacing))
