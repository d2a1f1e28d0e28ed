"""Where a slice lies in the patient: its plane, and its position along the slice normal."""

import math
from collections.abc import Sequence

AXES = ("sagittal", "coronal", "axial")  # the plane whose normal is the patient's x, y, z
OBLIQUE_DEGREES = 30.0
_COSINE_TOLERANCE = 0.01  # about half a degree; vendors round cosines to 3 to 14 digits
_UNIT_TOLERANCE = 0.02


def _cross(a: Sequence[float], b: Sequence[float]) -> tuple[float, float, float]:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def is_orientation(cosines: Sequence[float]) -> bool:
    """Whether these are six finite cosines of two unit vectors at a right angle, so that a normal exists."""
    if len(cosines) != 6 or not all(map(math.isfinite, cosines)):
        return False
    row, column = cosines[:3], cosines[3:]
    return (
        abs(math.sqrt(_dot(row, row)) - 1) < _UNIT_TOLERANCE
        and abs(math.sqrt(_dot(column, column)) - 1) < _UNIT_TOLERANCE
        and abs(_dot(row, column)) < _UNIT_TOLERANCE
    )


def normal(orientation: Sequence[float]) -> tuple[float, float, float]:
    """The unit vector at right angles to a slice, in patient coordinates (DICOM PS3.3, C.7.6.2.1.1).

    Args:
        orientation: Six cosines: of the rows' direction, then of the columns'.
    """
    vector = _cross(orientation[:3], orientation[3:])
    length = math.sqrt(_dot(vector, vector))
    return (vector[0] / length, vector[1] / length, vector[2] / length)


def plane_name(orientation: Sequence[float]) -> str:
    """The plane's name: axial, coronal, sagittal, or oblique where the normal is over 30 degrees off every axis.

    Args:
        orientation: Six cosines; "" is the answer where they are none.
    """
    if not is_orientation(orientation):
        return ""
    sizes = [abs(value) for value in normal(orientation)]
    largest = max(range(3), key=sizes.__getitem__)
    return AXES[largest] if sizes[largest] >= math.cos(math.radians(OBLIQUE_DEGREES)) else "oblique"


def position(orientation: Sequence[float], origin: Sequence[float]) -> float | None:
    """How far a slice lies along its normal in mm, or None where the header does not say.

    Args:
        orientation: Six cosines.
        origin: ImagePositionPatient: x, y, z of the first pixel, mm.
    """
    if not is_orientation(orientation) or len(origin) != 3 or not all(map(math.isfinite, origin)):
        return None
    return _dot(normal(orientation), origin)


def same_orientation(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether two orientations agree within rounding; two unknown ones do."""
    return len(a) == len(b) and all(abs(x - y) <= _COSINE_TOLERANCE for x, y in zip(a, b, strict=True))
