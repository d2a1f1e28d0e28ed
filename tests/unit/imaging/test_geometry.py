import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.imaging.geometry import is_orientation, normal, plane_name, position, same_orientation

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)

angles = st.floats(-math.pi, math.pi)
coordinates = st.tuples(*[st.floats(-500, 500)] * 3)


def turned(a, b, c):
    """Orientation of an axial slice after turning the patient about z, y and x."""
    ca, sa, cb, sb, cc, sc = math.cos(a), math.sin(a), math.cos(b), math.sin(b), math.cos(c), math.sin(c)
    row = (ca * cb, sa * cb, -sb)
    column = (ca * sb * sc - sa * cc, sa * sb * sc + ca * cc, cb * sc)
    return (*row, *column)


orientations = st.builds(turned, angles, angles, angles)


@given(orientations)
def test_every_rotation_is_an_orientation_with_a_unit_normal(orientation):
    assert is_orientation(orientation)
    vector = normal(orientation)
    assert math.hypot(*vector) == pytest.approx(1)
    assert sum(n * r for n, r in zip(vector, orientation[:3], strict=True)) == pytest.approx(0, abs=1e-9)


@given(orientations, coordinates, st.floats(-200, 200), st.floats(-200, 200), st.floats(-200, 200))
def test_position_counts_only_movement_along_the_normal(orientation, origin, along, rows, columns):
    vector = normal(orientation)
    moved = [
        o + along * n + rows * r + columns * c
        for o, n, r, c in zip(origin, vector, orientation[:3], orientation[3:], strict=True)
    ]
    assert position(orientation, moved) - position(orientation, origin) == pytest.approx(along, abs=1e-6)


@given(orientations)
def test_plane_name_is_that_of_the_nearest_axis_within_30_degrees(orientation):
    vector = [abs(value) for value in normal(orientation)]
    name = plane_name(orientation)
    degrees = math.degrees(math.acos(min(1.0, max(vector))))
    assert name == "oblique" if degrees > 30.001 else True
    if degrees < 29.999:
        assert name == ("sagittal", "coronal", "axial")[vector.index(max(vector))]


def test_planes_by_name():
    assert [plane_name(o) for o in (AXIAL, CORONAL, SAGITTAL)] == ["axial", "coronal", "sagittal"]
    assert plane_name(turned(0, 0, math.radians(29))) == "axial"
    assert plane_name(turned(0, 0, math.radians(40))) == "oblique"


@pytest.mark.parametrize("cosines", [(), AXIAL[:3], (0.0,) * 6, (1.0, 0, 0, 1.0, 0, 0), (math.nan, *AXIAL[1:])])
def test_what_is_no_orientation_has_neither_plane_nor_position(cosines):
    assert not is_orientation(cosines)
    assert plane_name(cosines) == ""
    assert position(cosines, (0, 0, 0)) is None


def test_no_position_without_a_finite_origin():
    assert position(AXIAL, ()) is None
    assert position(AXIAL, (0, 0, math.inf)) is None


def test_rounded_cosines_are_the_same_orientation_and_tilted_ones_are_not():
    assert same_orientation(AXIAL, (0.99999, 0.001, 0, -0.001, 0.99999, 0))
    assert not same_orientation(AXIAL, turned(0, 0, math.radians(2)))
    assert not same_orientation(AXIAL, ())
