"""What a lesion covers of a series, and whether points of the patient lie in it: slices are slabs that touch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import CohortError
from radiogenomics.imaging.outlines import pixels_of
from radiogenomics.imaging.plane import from_patient, slice_gap
from radiogenomics.imaging.resample import REACH
from radiogenomics.records import Lesion, Series

LEAST = 0.1  # mm that a slice is thick, where nothing tells
_DIGITS = 4  # of a voxel's index: where a point lies midway between two, rounding errors must not choose

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Slabs:
    """The voxels of a series. Indices are (k, v, u): slice, row, column, from 0 at the centre of the first."""

    series: Series
    usual: float  # mm between slices

    @cached_property
    def shape(self) -> Whole:
        """Slices, rows, columns."""
        return np.array([len(self.series.slices), self.series.rows, self.series.columns])

    @cached_property
    def into(self) -> Array:
        """The map of points (x, y, z, 1) in mm to (column, row, mm along the normal), [3, 4]."""
        return from_patient(self.series)

    @cached_property
    def positions(self) -> Array:
        """Of the slices, mm from the first."""
        stated = [s.position for s in self.series.slices if s.position is not None]
        if len(stated) < len(self.series.slices):
            raise CohortError(f"{self.name} states no slice positions")
        return np.round(np.array(stated) - stated[0], _DIGITS)

    @cached_property
    def ends(self) -> tuple[Array, Array]:
        """Where each slab begins and ends, mm from the first slice.

        Neighbours meet midway; beside a gap in which a slice is missing, and at the stack's ends, a slab reaches half
        the usual distance.
        """
        gaps = np.diff(self.positions)
        half = np.where(gaps <= 2 * REACH * self.usual, gaps, self.usual) / 2
        below, above = np.append(self.usual / 2, half), np.append(half, self.usual / 2)
        return np.round(self.positions - below, _DIGITS), np.round(self.positions + above, _DIGITS)

    @cached_property
    def voxel(self) -> Array:
        """Edges of the usual voxel in mm: along the normal, down, right."""
        return np.array([self.usual, *(self.series.spacing or (0.0, 0.0))])

    @property
    def name(self) -> str:
        """As errors call it."""
        return self.series.modality or "the series"

    def volumes(self) -> Array:
        """mm3 of one voxel of each slice."""
        begins, ends = self.ends
        return (ends - begins) * float(np.prod(self.voxel[1:]))

    def points(self, along: Array, v: Array, u: Array) -> Array:
        """Points in mm, [n, 3], of millimetres along the normal, rows and columns, [n] each."""
        axes = np.linalg.inv(self.into[:, :3])
        found: Array = (np.stack([u, v, along], -1) - self.into[:, 3]) @ axes.T
        return found

    def indices(self, points: Array) -> tuple[Whole, Bools]:
        """The voxel (k, v, u) of each point, [3, ...], and whether there is one, [...].

        Args:
            points: [..., 3] in mm.
        """
        u, v, along = np.moveaxis(np.round(points @ self.into[:, :3].T + self.into[:, 3], _DIGITS), -1, 0)
        begins, ends = self.ends
        midway = np.round((self.positions[:-1] + self.positions[1:]) / 2, _DIGITS)
        k = np.searchsorted(midway, along, side="right")
        found = np.stack([k, np.floor(v + 0.5), np.floor(u + 0.5)]).astype(np.int64)
        there = (along >= begins[k]) & (along < ends[k])
        return found, there & _within(found, self.shape)


def slabs(series: Series, other: Series) -> Slabs:
    """The voxels of a series; one slice alone is as thick as the slices of the other.

    Raises:
        CohortError: The headers do not state where it lies.
    """
    found = Slabs(series, max(slice_gap(series.slices) or slice_gap(other.slices), LEAST))
    if series.slices:
        _ = found.into, found.ends
        return found
    raise CohortError(f"{found.name} has no slice")


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """What something covers of a series, and some voxels around it."""

    slabs: Slabs
    first: Whole  # index (k, v, u) of the first voxel
    inside: Bools  # [k, v, u]

    def at(self, points: Array) -> Bools:
        """Whether points, [..., 3] in mm, lie in a voxel that is covered, [...]."""
        indices, there = self.slabs.indices(points)
        indices -= self.first.reshape(3, *[1] * (indices.ndim - 1))
        there &= _within(indices, np.array(self.inside.shape))
        k, v, u = (np.where(there, index, 0) for index in indices)
        found: Bools = there & self.inside[k, v, u]
        return found

    def volume(self) -> float:
        """What is covered, in mm3."""
        here = slice(int(self.first[0]), int(self.first[0]) + len(self.inside))
        return float(self.inside.sum(axis=(1, 2)) @ self.slabs.volumes()[here])


def solid(lesion: Lesion, on: Slabs, margin: Sequence[int] = (0, 0, 0)) -> Solid:
    """A lesion on the voxels of a series, and a margin of voxels (slices, rows, columns) around it.

    Raises:
        CohortError: The series has none of its slices.
    """
    places = {s.number: place for place, s in enumerate(on.series.slices)}
    drawn = [(places[o.slice], o) for o in lesion.outlines if o.slice in places]
    if not drawn:
        raise CohortError(f"{on.name} has none of the slices on which lesion {lesion.lesion_id} is drawn")
    low = np.min([(k, o.y_min, o.x_min) for k, o in drawn], axis=0)
    high = np.max([(k + 1, o.y_max, o.x_max) for k, o in drawn], axis=0)
    low, high = np.maximum(low - margin, 0), np.minimum(high + margin, on.shape)
    inside = np.zeros(high - low, np.bool_)
    for k, o in drawn:
        rows, columns = slice(o.y_min - low[1], o.y_max - low[1]), slice(o.x_min - low[2], o.x_max - low[2])
        inside[k - low[0], rows, columns] = pixels_of(o)
    return Solid(on, low, inside)


def _within(indices: Whole, shape: Whole) -> Bools:
    ends = shape.reshape(3, *[1] * (indices.ndim - 1))
    return np.asarray(np.all((indices >= 0) & (indices < ends), axis=0))
