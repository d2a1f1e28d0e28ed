"""Where points come from that a transform moved, of any transform: a B-spline has no inverse of its own."""

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

Array = npt.NDArray[np.float64]

NEAR = 0.01  # mm from its goal at which a point is found
_STEP = 5.0  # mm to either side, for the slope
_STEPS = 5  # of Newton's method, for the middle
_ROUNDS = 30


def inverse(transform: sitk.Transform, points: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The points that a transform moves to the given ones, [n, 3] in mm, and which of them were found, [n].

    By the chord method: every error is taken back by the transform's slope at the points' middle. It settles where the
    slope elsewhere differs from that by less than itself, as in any transform of a patient that does not fold; beyond
    the end of a B-spline's domain, where it breaks off, a point may have no origin, and is not found.
    """
    goals = np.asarray(points, np.float64)
    middle = goals.mean(axis=0)
    origin = middle
    for _ in range(_STEPS):
        back = np.linalg.pinv(_slope(transform, origin)).T
        origin = origin + (middle - _moved(transform, origin[None])[0]) @ back
    back = np.linalg.pinv(_slope(transform, origin)).T
    found = origin + (goals - middle) @ back
    lost = np.ones(len(goals), np.bool_)
    for _ in range(_ROUNDS):
        error = goals[lost] - _moved(transform, found[lost])
        far = np.linalg.norm(error, axis=1) > NEAR
        lost[lost] = far
        if not far.any():
            break
        found[lost] += error[far] @ back
    return found, ~lost


def _moved(transform: sitk.Transform, points: Array) -> Array:
    return np.array([transform.TransformPoint(point) for point in points.tolist()])


def _slope(transform: sitk.Transform, at: Array) -> Array:
    """How far points move for a step along each axis, [to, axis]."""
    steps = _STEP * np.eye(3)
    found: Array = (_moved(transform, at + steps) - _moved(transform, at - steps)).T / (2 * _STEP)
    return found
