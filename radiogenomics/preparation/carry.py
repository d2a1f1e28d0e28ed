"""Lesions drawn on one series, carried to the grid on which preparation lays all: from CT to MR or back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from radiogenomics.errors import CohortError
from radiogenomics.imaging.outlines import outlines_of
from radiogenomics.imaging.plane import to_patient
from radiogenomics.imaging.voxels import LEAST_SHARE, Covered
from radiogenomics.preparation.inverse import inverse
from radiogenomics.preparation.slabs import Slabs, Solid, slabs, solid
from radiogenomics.records import Figure, Lesion, Outline, Series

THERE_AND_BACK = "Dice there and back"
LOOKS = 2000  # voxels of a lesion, and as many around it, whose way back is looked at
_PAD = 2  # voxels around where a lesion is expected
_GROWTH = 0.1  # of its size, and more around it

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


def carry(
    lesions: Sequence[Lesion], drawn_on: Series, grid: Series, transform: sitk.Transform | None = None
) -> tuple[tuple[Lesion, ...], tuple[Figure, ...]]:
    """Carry a patient's lesions from the series on which they were drawn to another grid.

    A pixel of the grid is inside where its centre, moved by the transform, lies in a pixel that is: the nearest of the
    nearest slice, whose slab reaches halfway to its neighbours. So thick slices fill the thin ones between them. Boxes
    become boxes again, the smallest around what they cover of each slice.

    Args:
        lesions: Their outlines count slices and pixels of `drawn_on`.
        drawn_on: The series on which they were drawn.
        grid: The series on whose grid they shall lie; its slices may be unequally far apart.
        transform: Points of the grid to points of `drawn_on`, in mm; None moves nothing.

    Returns:
        Lesions whose outlines count slices and pixels of `grid`, in the same order, and two figures: the volume of all
        before and after, which an affine or deformable transform rightly changes; and the least Dice of a lesion with
        itself carried there and back, of at most 2 x LOOKS voxels in and around it. On the same grid, if nothing moves,
        lesions come back as they are, without figures.

    Raises:
        CohortError: A lesion lies mostly outside of the grid or covers none of its pixels, or a header does not state
            where a series lies; a reason for exclusions.csv.
    """
    if transform is None and _same(drawn_on, grid):
        return tuple(lesions), ()
    source, target = slabs(drawn_on, grid), slabs(grid, drawn_on)
    carried, faults = [], []
    for lesion in lesions:
        try:
            carried.append(_carried(lesion, source, target, transform or sitk.Transform()))
        except CohortError as error:
            faults.append(str(error))
    if faults:
        raise CohortError("; ".join(faults))
    return tuple(one.lesion for one in carried), _figures(carried)


@dataclass(frozen=True, slots=True, eq=False)
class _Carried:
    """One lesion on the grid, and what became of it."""

    lesion: Lesion
    before: float  # mm3
    after: float  # mm3
    dice: float


@dataclass(frozen=True, slots=True, eq=False)
class _Looks:
    """Some voxels of a lesion or around it, and where they come to lie."""

    weights: Array  # mm3 that each stands for, [n]
    points: Array  # in the grid's space in mm, [n, 3]
    found: npt.NDArray[np.bool_]  # [n]

    def share(self, chosen: npt.NDArray[np.bool_]) -> float:
        """mm3 of what was found and chosen."""
        return float(self.weights @ (chosen & self.found))


def _same(one: Series, other: Series) -> bool:
    """Whether both have the same pixels in the same places, and count their slices alike."""

    def geometry(series: Series) -> tuple[object, ...]:
        slices = tuple((s.number, s.position) for s in series.slices)
        return series.origin, series.orientation, series.spacing, series.rows, series.columns, slices

    stated = bool(one.origin) or one.series_uid == other.series_uid
    return stated and geometry(one) == geometry(other)


def _figures(carried: Sequence[_Carried]) -> tuple[Figure, ...]:
    if not carried:
        return ()
    return (
        Figure("lesion volume", sum(one.before for one in carried), sum(one.after for one in carried), "mm3"),
        Figure(THERE_AND_BACK, None, min(one.dice for one in carried)),
    )


def _carried(lesion: Lesion, source: Slabs, target: Slabs, transform: sitk.Transform) -> _Carried:
    # A voxel of the grid whose centre is inside reaches at most half its diagonal beyond.
    beyond = np.ceil(np.linalg.norm(target.voxel) / 2 / source.voxel).astype(int) + 1
    drawn = solid(lesion, source, beyond.tolist())
    inside, around = (_looks(drawn, where, transform) for where in (drawn.inside, ~drawn.inside))
    share = round(inside.share(target.indices(inside.points)[1]) / float(inside.weights.sum()), 6)
    if share < LEAST_SHARE:
        place = f"only {share:.0%} of it lies within {target.name}" if share else f"it lies outside of {target.name}"
        raise CohortError(f"lesion {lesion.lesion_id}: {place}, on whose grid all is laid")
    low, high = _window(drawn, inside, target, transform)
    pixels = _laid(drawn, target, transform, low, high)
    if not pixels:
        raise CohortError(
            f"lesion {lesion.lesion_id} covers no pixel's centre of {target.name}, on whose grid all is laid: it is "
            "smaller than a pixel, or lies between slices"
        )
    new = replace(lesion, outlines=outlines_of(pixels))
    if all(not outline.inside for outline in lesion.outlines):
        new = replace(new, outlines=tuple(_box(outline) for outline in new.outlines))
    covered = solid(new, target)
    kept, more = (looks.share(covered.at(looks.points)) for looks in (inside, around))
    before = float(inside.weights.sum())
    return _Carried(new, drawn.volume(), covered.volume(), round(2 * kept / (before + kept + more), 6))


def _box(outline: Outline) -> Outline:
    area = (outline.x_max - outline.x_min) * (outline.y_max - outline.y_min)
    return replace(outline, area=area, inside=b"")


def _looks(drawn: Solid, where: npt.NDArray[np.bool_], transform: sitk.Transform) -> _Looks:
    """Carry the centres of some of the chosen voxels: all of a small lesion, evenly spread ones of a large one."""
    indices = np.argwhere(where)
    if not len(indices):
        return _Looks(np.empty(0), np.empty((0, 3)), np.empty(0, np.bool_))
    count = min(len(indices), LOOKS)
    # One of each stretch, at a place that no row's length can keep step with.
    places = (np.arange(count) + (np.arange(count) * 0.6180339887 % 1 if count < len(indices) else 0.0)) / count
    k, v, u = (indices[(places * len(indices) + 1e-6).astype(int)] + drawn.first).T
    on = drawn.slabs
    points, found = inverse(transform, on.points(on.positions[k], v.astype(float), u.astype(float)))
    return _Looks(on.volumes()[k] * (len(indices) / count), points, found)


def _window(drawn: Solid, inside: _Looks, target: Slabs, transform: sitk.Transform) -> tuple[Whole, Whole]:
    """Between which indices (k, v, u) of the grid a lesion is expected, the end excluded."""
    last = drawn.first + drawn.inside.shape - 1
    begins, ends = drawn.slabs.ends
    sides = [np.linspace(drawn.first[axis] - 0.5, last[axis] + 0.5, 3) for axis in (1, 2)]
    box = np.meshgrid(np.linspace(begins[drawn.first[0]], ends[last[0]], 3), *sides, indexing="ij")
    corners, found = inverse(transform, drawn.slabs.points(*(side.ravel() for side in box)))
    indices, _ = target.indices(np.concatenate([corners[found], inside.points[inside.found]]))
    low, high = indices.min(axis=1), indices.max(axis=1) + 1
    pad = _PAD + np.ceil(_GROWTH * (high - low)).astype(np.int64)
    low = np.clip(low - pad, 0, target.shape - 1)
    return low, np.clip(high + pad, low + 1, target.shape)


def _laid(drawn: Solid, target: Slabs, transform: sitk.Transform, low: Whole, high: Whole) -> Covered:
    """The pixels of the grid that a lesion covers, looked for in a window that grows until it holds all of it."""
    while True:
        inside = np.stack([drawn.at(_moved(target, k, low, high, transform)) for k in range(low[0], high[0])])
        before = np.array([inside.take(0, axis).any() for axis in range(3)]) & (low > 0)
        behind = np.array([inside.take(-1, axis).any() for axis in range(3)]) & (high < target.shape)
        if not (before.any() or behind.any()):
            break
        more = _PAD + (high - low) // 2
        low, high = np.maximum(low - more * before, 0), np.minimum(high + more * behind, target.shape)
    pixels: Covered = {}
    for place in np.flatnonzero(inside.any(axis=(1, 2))):
        whole = np.zeros((target.series.rows, target.series.columns), np.bool_)
        whole[low[1] : high[1], low[2] : high[2]] = inside[place]
        pixels[target.series.slices[int(place + low[0])].number] = whole
    return pixels


def _moved(target: Slabs, k: int, low: Whole, high: Whole, transform: sitk.Transform) -> Array:
    """Where the pixel centres of a window in a slice of the grid are moved to, [rows, columns, 3] in mm."""
    steps = to_patient(target.series, target.series.slices[k])
    v, u = np.arange(low[1], high[1])[:, None, None], np.arange(low[2], high[2])[:, None]
    points = steps[:, 2] + v * steps[:, 1] + u * steps[:, 0]
    spacing = np.linalg.norm(steps[:, :2], axis=0)
    across = np.cross(*(steps[:, :2] / spacing).T)
    shift = sitk.TransformToDisplacementField(  # of a plane at once, for point by point is slow
        transform,
        sitk.sitkVectorFloat64,
        [points.shape[1], points.shape[0], 1],
        points[0, 0].tolist(),
        [*spacing.tolist(), 1.0],
        np.column_stack([steps[:, :2] / spacing, across]).ravel().tolist(),
    )
    moved: Array = points + sitk.GetArrayFromImage(shift)[0]
    return moved
