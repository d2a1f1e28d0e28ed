"""A free-form deformation (Rueckert 1999): a cubic B-spline that makes two images tell as much as can be of each other.

ITK's Mattes metric visits every control point for every sample, and starves on a sample of a size it can afford. On a
regular grid the spline is a product of three small matrices, so here all voxels count, and nothing is drawn.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from radiogenomics.preparation.measures import Pair

Array = npt.NDArray[np.floating[Any]]
FLAT = 1e-5  # share by which an iteration must better the whole to be followed by another
_EDGE = 2  # bins at either end of the histogram, for the Parzen window to reach into


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """What one level of a registration looks at."""

    bases: tuple[Array, Array, Array]  # of the spline along z, y, x: [voxels, control points]
    start: Array  # where the voxels of the reference lie in the series without the spline, [3, z, y, x] in its voxels
    turn: Array  # [3, 3]: mm in the patient to voxels of the series, both x, y, z
    moving: npt.NDArray[np.float32]  # [z, y, x], in bins
    rows: npt.NDArray[np.intp]  # the reference's bins, [z, y, x]
    bins: int
    stiffness: float


def spline_over(image: sitk.Image, mesh: list[int]) -> sitk.BSplineTransform:
    """A spline over an image's field of view that moves nothing yet, with so many cells along the image's own axes.

    ITK's initializer may take the axes of an oblique image in another order.
    """
    spline = sitk.BSplineTransform(3, 3)
    spline.SetTransformDomainOrigin(image.TransformContinuousIndexToPhysicalPoint([-0.5] * 3))
    spline.SetTransformDomainDirection(image.GetDirection())
    widths = [width * count for width, count in zip(image.GetSpacing(), image.GetSize(), strict=True)]
    spline.SetTransformDomainPhysicalDimensions(widths)
    spline.SetTransformDomainMeshSize(mesh)
    return spline


def fit(spline: sitk.BSplineTransform, pair: Pair, prior: sitk.Transform | None, *, bins: int, iterations: int,
        stiffness: float) -> None:  # fmt: skip
    """Better a spline, in place, until the images that it joins tell more of each other.

    Args:
        spline: Of the reference's space; what it begins with counts.
        pair: The two images of this level.
        prior: What comes after the spline, on the way from the reference to the series; linear.
        bins: Of the joint histogram.
        iterations: Of L-BFGS, at most.
        stiffness: What bends cost: nats, where the spline's slope changes by 1 from control point to control point.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    level = _level(spline, pair, prior, bins, stiffness)
    shape = (3, *(basis.shape[1] for basis in level.bases))

    def cost(parameters: Array) -> tuple[float, Array]:
        value, slope = _cost(level, parameters.reshape(shape), _pitch(spline))
        return value, slope.ravel()

    limits = {"maxiter": iterations, "ftol": FLAT}
    with threadpool_limits(1):  # sums by several threads would not be the same each time
        found = minimize(cost, spline.GetParameters(), jac=True, method="L-BFGS-B", options=limits)
    spline.SetParameters(found.x.tolist())


def refined(spline: sitk.BSplineTransform) -> sitk.BSplineTransform:
    """The same deformation by a spline of twice as many cells along every axis (subdivision)."""
    result = sitk.BSplineTransform(3, 3)
    result.SetTransformDomainOrigin(spline.GetTransformDomainOrigin())
    result.SetTransformDomainDirection(spline.GetTransformDomainDirection())
    result.SetTransformDomainPhysicalDimensions(spline.GetTransformDomainPhysicalDimensions())
    result.SetTransformDomainMeshSize([2 * n for n in spline.GetTransformDomainMeshSize()])
    finer = [sitk.GetArrayFromImage(image) for image in spline.GetCoefficientImages()]
    for axis in range(3):
        finer = [_doubled(values, axis) for values in finer]
    result.SetParameters(np.concatenate([values.ravel() for values in finer]).tolist())
    return result


def jacobian(spline: sitk.BSplineTransform, grid: sitk.Image) -> tuple[float, float]:
    """The least and the largest Jacobian determinant of a spline over a grid's voxels, exactly; 1 keeps volumes.

    Args:
        spline: Of the grid's own space and directions; below 0 it folds space.
        grid: Only its geometry counts.
    """
    control, pitch = _control(spline), _pitch(spline)
    bases = [_basis(spline, grid, axis) for axis in (2, 1, 0)]
    slopes = [_basis(spline, grid, axis, 1) / pitch[axis] for axis in (2, 1, 0)]
    turn = np.array(grid.GetDirection()).reshape(3, 3)
    least, largest = np.inf, -np.inf
    for k in range(grid.GetSize()[2]):
        here = [bases[0][k : k + 1], *bases[1:]]
        along = []
        for axis in (2, 1, 0):  # x, y, z of the grid are the last to the first of the bases
            by = [slopes[n][k : k + 1] if n == axis == 0 else slopes[n] if n == axis else here[n] for n in range(3)]
            along.append(np.stack([_spread(by, values) for values in control]))
        # Columns are the derivatives along the grid's axes; a rotation to the patient's keeps the determinant.
        matrix = np.moveaxis(np.stack(along, axis=1), (0, 1), (-2, -1)) + turn
        values = np.linalg.det(matrix) * np.linalg.det(turn)
        least, largest = min(least, float(values.min())), max(largest, float(values.max()))
    return least, largest


def _level(
    spline: sitk.BSplineTransform, pair: Pair, prior: sitk.Transform | None, bins: int, stiffness: float
) -> Level:
    fixed, moving = pair.fixed, pair.moving
    origin, turn = _to_voxels(moving, prior)
    axes = [np.arange(n, dtype=float) for n in fixed.GetSize()]
    step = np.array(fixed.GetDirection()).reshape(3, 3) * np.array(fixed.GetSpacing())
    start = origin + turn @ np.array(fixed.GetOrigin())
    steps = turn @ step  # voxels of the series for a voxel of the reference
    places = np.stack([
        start[n] + steps[n, 0] * axes[0] + steps[n, 1] * axes[1][:, None] + steps[n, 2] * axes[2][:, None, None]
        for n in range(3)
    ])  # fmt: skip
    return Level(
        bases=(_basis(spline, fixed, 2), _basis(spline, fixed, 1), _basis(spline, fixed, 0)),
        start=places.astype(np.float32),
        turn=turn,
        moving=_binned(moving, bins - 2 * _EDGE) + np.float32(_EDGE),
        rows=np.minimum(_binned(fixed, bins).astype(np.intp), bins - 1),
        bins=bins,
        stiffness=stiffness,
    )


def _to_voxels(image: sitk.Image, prior: sitk.Transform | None) -> tuple[Array, Array]:
    """The affine map of points of the reference (mm) to an image's voxels: what it adds, and its matrix."""
    corners = np.vstack([np.zeros(3), 100 * np.eye(3)])
    points = corners if prior is None else [prior.TransformPoint(corner.tolist()) for corner in corners]
    found = np.array([image.TransformPhysicalPointToContinuousIndex(list(map(float, point))) for point in points])
    return found[0], (found[1:] - found[0]).T / 100


def _binned(image: sitk.Image, bins: int) -> npt.NDArray[np.float32]:
    values = sitk.GetArrayFromImage(image).astype(np.float32)
    low, high = values.min(), values.max()
    return (values - low) * np.float32(bins / max(high - low, 1e-6))


def _cost(level: Level, control: Array, pitch: Array) -> tuple[float, Array]:
    """Minus the mutual information, plus what bends cost; and its slope by the control points, [3, z, y, x] both."""
    moved = [_spread(level.bases, values).astype(np.float32) for values in control]
    places = [
        level.start[n] + sum(np.float32(level.turn[n, axis]) * moved[axis] for axis in range(3)) for n in range(3)
    ]
    inside, values, slopes = _interpolated(level.moving, places)
    information, force = _information(level.rows[inside], values, level.bins)
    gradient = np.empty_like(control)
    for axis in range(3):
        pull = np.zeros(level.rows.shape)
        pull[inside] = force * sum(level.turn[n, axis] * slopes[n] for n in range(3))
        gradient[axis] = -_gathered(level.bases, pull)
    bends, bending = _bends(control, pitch)
    return level.stiffness * bends - information, gradient + level.stiffness * bending


def _interpolated(
    image: npt.NDArray[np.float32], places: list[Array]
) -> tuple[npt.NDArray[np.bool_], Array, list[Array]]:
    """Which places (x, y, z) lie inside an image, and its value and slope (x, y, z) there, linearly between voxels."""
    inside = np.logical_and.reduce([
        (place >= 0) & (place < size - 1) for place, size in zip(places, image.shape[::-1], strict=True)
    ])  # fmt: skip
    points = [place[inside] for place in places]
    whole = [point.astype(np.intp) for point in points]
    x, y, z = (point - index for point, index in zip(points, whole, strict=True))
    _, rows, columns = image.shape
    flat, first = image.ravel(), (whole[2] * rows + whole[1]) * columns + whole[0]
    corner = {(a, b, c): flat[first + (a * rows + b) * columns + c] for a in (0, 1) for b in (0, 1) for c in (0, 1)}
    run = {(a, b): corner[a, b, 1] - corner[a, b, 0] for a in (0, 1) for b in (0, 1)}  # along x
    line = {(a, b): corner[a, b, 0] + x * run[a, b] for a in (0, 1) for b in (0, 1)}
    rise = [line[a, 1] - line[a, 0] for a in (0, 1)]  # along y
    plane = [line[a, 0] + y * rise[a] for a in (0, 1)]
    across = [run[a, 0] + y * (run[a, 1] - run[a, 0]) for a in (0, 1)]
    slopes = [across[0] + z * (across[1] - across[0]), rise[0] + z * (rise[1] - rise[0]), plane[1] - plane[0]]
    return inside, plane[0] + z * slopes[2], slopes


def _information(rows: npt.NDArray[np.intp], values: Array, bins: int) -> tuple[float, Array]:
    """Mutual information in nats, and its slope by each value (in bins): a cubic Parzen window (Mattes 2003)."""
    if not rows.size:
        return 0.0, np.zeros(0)
    below = values.astype(np.intp)
    part = (values - below).astype(float)
    weights, slopes = _cubic(part), _cubic_slopes(part)
    cells = [rows * bins + np.clip(below + k - 1, 0, bins - 1) for k in range(4)]
    counts = [np.bincount(cell, weight, bins * bins) for cell, weight in zip(cells, weights, strict=True)]
    joint = np.sum(counts, axis=0).reshape(bins, bins) / rows.size
    columns = joint.sum(axis=0, keepdims=True)
    apart = joint.sum(axis=1, keepdims=True) * columns
    some = joint > 0
    information = float((joint[some] * np.log(joint[some] / apart[some])).sum())
    table = np.where(some, np.log(np.where(some, joint, 1) / np.where(columns > 0, columns, 1)), 0.0).ravel()
    force = np.sum([slope * table[cell] for cell, slope in zip(cells, slopes, strict=True)], axis=0)
    return information, force / rows.size


def _bends(control: Array, pitch: Array) -> tuple[float, Array]:
    """The mean square of how much the slope changes from one control point to the next, and its slope (P-splines)."""
    total, gradient = 0.0, np.zeros_like(control)
    for axis, width in zip((1, 2, 3), pitch[::-1], strict=True):
        bend = np.diff(control, 2, axis=axis) / width
        total += float((bend**2).mean())
        share = np.moveaxis(2 * bend / (bend.size * width), axis, 0)
        into = np.moveaxis(gradient, axis, 0)
        into[:-2] += share
        into[1:-1] -= 2 * share
        into[2:] += share
    return total, gradient


def _spread(bases: Iterable[Array], control: Array) -> Array:
    """A field at the voxels from its control points, both [z, y, x]."""
    z, y, x = bases
    lines = control @ x.T  # [control z, control y, x]
    planes = np.matmul(y, lines)  # [control z, y, x]
    return (z @ planes.reshape(len(planes), -1)).reshape(len(z), len(y), len(x))


def _gathered(bases: Iterable[Array], field: Array) -> Array:
    """What `_spread` does, transposed."""
    z, y, x = bases
    planes = (z.T @ field.reshape(len(z), -1)).reshape(z.shape[1], len(y), len(x))
    return np.matmul(y.T, planes @ x)


def _basis(spline: sitk.BSplineTransform, grid: sitk.Image, axis: int, slope: int = 0) -> Array:
    """What each control point along an axis weighs at each voxel of a grid with the same directions; or its slope."""
    lattice = spline.GetCoefficientImages()[0]
    along = np.array(grid.GetDirection()).reshape(3, 3)[:, axis]
    first = along @ (np.array(grid.GetOrigin()) - np.array(lattice.GetOrigin()))
    places = (first + np.arange(grid.GetSize()[axis]) * grid.GetSpacing()[axis]) / lattice.GetSpacing()[axis]
    below = np.clip(np.floor(places + 1e-9).astype(int), 1, lattice.GetSize()[axis] - 3)
    result = np.zeros((len(places), lattice.GetSize()[axis]))
    for k, weights in enumerate((_cubic_slopes if slope else _cubic)(places - below)):
        result[np.arange(len(places)), below + k - 1] = weights
    return result


def _cubic(t: Array) -> tuple[Array, Array, Array, Array]:
    """The four weights of a cubic B-spline at a share of the way between two knots."""
    return (1 - t) ** 3 / 6, (3 * t**3 - 6 * t**2 + 4) / 6, (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6, t**3 / 6


def _cubic_slopes(t: Array) -> tuple[Array, Array, Array, Array]:
    # A window's weight is a function of (value - bin), so these are its slopes by the value.
    return -((1 - t) ** 2) / 2, (3 * t**2 - 4 * t) / 2, (-3 * t**2 + 2 * t + 1) / 2, t**2 / 2


def _doubled(values: Array, axis: int) -> Array:
    coarse = np.moveaxis(values, axis, 0)
    fine = np.empty((2 * len(coarse) - 3, *coarse.shape[1:]))
    fine[0::2] = (coarse[:-1] + coarse[1:]) / 2
    fine[1::2] = (coarse[:-2] + 6 * coarse[1:-1] + coarse[2:]) / 8
    return np.moveaxis(fine, 0, axis)


def _control(spline: sitk.BSplineTransform) -> Array:
    return np.stack([sitk.GetArrayFromImage(image) for image in spline.GetCoefficientImages()])


def _pitch(spline: sitk.BSplineTransform) -> Array:
    """How far control points are apart along x, y, z of the lattice, in mm."""
    return np.array(spline.GetCoefficientImages()[0].GetSpacing())
