"""Where a slice lies in the patient: plane, position along the slice normal, and whether two series share a grid."""

import math
from collections.abc import Sequence

from radiogenomics.records import Series

AXES = ("sagittal", "coronal", "axial")  # the plane whose normal is the patient's x, y, z
OBLIQUE_DEGREES = 30.0
_COSINE_TOLERANCE = 0.01  # about half a degree; vendors round cosines to 3 to 14 digits
_MM_TOLERANCE = 0.1  # well below a voxel, well above rounding in headers
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


def _agree(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(abs(x - y) <= _MM_TOLERANCE for x, y in zip(a, b, strict=True))


def _listed(values: Sequence[float]) -> str:
    return "x".join(f"{value:g}" for value in values)


def _positions(series: Series) -> list[float]:
    return [s.position for s in series.slices if s.position is not None]


def _shape_difference(a: Series, b: Series) -> str:
    if (a.rows, a.columns) != (b.rows, b.columns):
        return f"matrix {a.rows}x{a.columns} against {b.rows}x{b.columns}"
    if len(a.slices) != len(b.slices):
        return f"{len(a.slices)} slices against {len(b.slices)}"
    if not same_orientation(a.orientation, b.orientation):
        return f"{a.plane or 'unknown'} against {b.plane or 'unknown'} orientation, or tilted"
    return ""


def _spacing_difference(a: Series, b: Series) -> str:
    if a.spacing is None or b.spacing is None:
        return "" if a.spacing == b.spacing else "pixel spacing stated in one only"
    apart = max(abs(x - y) / x for x, y in zip(a.spacing, b.spacing, strict=True))
    return f"pixel spacing {_listed(a.spacing)} against {_listed(b.spacing)} mm" if apart > _UNIT_TOLERANCE / 2 else ""


def _place_difference(a: Series, b: Series) -> str:
    places, others = _positions(a), _positions(b)
    if len(places) != len(others):
        return "slice positions stated in one only"
    if not _agree(places, others):
        worst = max(abs(x - y) for x, y in zip(places, others, strict=True))
        return f"slices up to {worst:.1f} mm apart"
    if a.origin and b.origin and not _agree(a.origin, b.origin):
        return f"first pixels {math.dist(a.origin, b.origin):.1f} mm apart"
    return ""


def same_grid(a: Series, b: Series) -> str:
    """How the voxels of two series differ in place, in words; "" where slice k of one lies on slice k of the other.

    Only geometry counts, not FrameOfReferenceUID: registration software and de-identification both write new ones.
    What neither header states can't differ; what one alone states does.

    Args:
        a: The reference.
        b: The series to lay over it.
    """
    return _shape_difference(a, b) or _spacing_difference(a, b) or _place_difference(a, b)
