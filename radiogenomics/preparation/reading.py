"""A series' slices as one image of SimpleITK's, whose slices are evenly far apart; and back to slices on a grid."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from radiogenomics.errors import ReadingError
from radiogenomics.imaging.geometry import normal
from radiogenomics.imaging.plane import from_patient, to_patient
from radiogenomics.imaging.stack import Stack, read_stack
from radiogenomics.records import Series

FEWEST = 3  # slices of a volume
EVEN = 0.05  # of the usual spacing: so far a slice may lie from its place on an even grid, and still be taken as it is
LEAST_EVEN = 0.1  # mm; headers state positions rounded, the first and the last too
MISSING = 2  # slices in a row: across so many is interpolated, across more is not
WIDEST = MISSING + 1.2  # usual spacings: the gap that they leave, in a series somewhat uneven
_ORTHONORMAL = 1e-6

Array = npt.NDArray[np.float64]
Volume = npt.NDArray[np.float32]
Faults = tuple[tuple[str, str], ...]  # path and reason


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A series in memory."""

    image: sitk.Image  # float32, in the units of `read_plane`
    faults: Faults = ()  # of the files that can't be decoded, in whose place the image is interpolated
    note: str = ""  # what was interpolated, and why; "" where every slice is as the scanner made it


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Where slices lie, and an even grid over them, in mm along the stack from the first slice."""

    series: Series
    along: Array  # of each slice, ascending
    index: npt.NDArray[np.int64]  # of each slice: the place on the grid that is nearest to it
    step: float  # of the grid
    usual: float  # the median of the gaps

    @property
    def tolerance(self) -> float:
        return max(EVEN * self.step, LEAST_EVEN) * (1 + 1e-6)

    @property
    def off(self) -> Array:
        """How far each slice lies from its place on the grid, mm."""
        return np.abs(self.along - self.index * self.step)


def read_image(root: Path, series: Series) -> Reading:
    """All slices of a series as one image; where they are missing or uneven, interpolated linearly on an even grid.

    Slices at the ends that can't be decoded are left off. A file is taken whole or not at all: one bad frame is enough.

    Args:
        root: What the slices' paths are relative to.
        series: Any, of slices that state where they lie.

    Raises:
        CohortError: The headers do not state where it lies; it is sheared; a reason for exclusions.csv.
        ReadingError: It has fewer than three slices that can be decoded, or a gap too wide to interpolate across.
    """
    places = _places(series)
    stack, faults = _read(root, series)
    read = _decoded(series, faults)
    along = places.along[read]
    _check(places, read, faults)
    first = int(np.ceil((along[0] - places.tolerance) / places.step))
    last = int(np.floor((along[-1] + places.tolerance) / places.step))
    return _reading(stack, places, faults, range(first, last + 1))


def read_grid(root: Path, series: Series) -> Reading:
    """The series whose grid is that of all: slice by slice as the scanner made it, since lesions count its slices.

    A slice that can't be decoded is interpolated between its neighbours. One at an end is empty, as what lies outside
    of a field of view is: 0, or the lowest value where there are lower ones.

    Args:
        root: What the slices' paths are relative to.
        series: The reference.

    Raises:
        CohortError: As `read_image`.
        ReadingError: As `read_image`; or its slices are not evenly spaced.
    """
    places = _places(series)
    worst = int(np.argmax(places.off))
    if places.index[-1] != len(places.index) - 1 or places.off[worst] > places.tolerance:
        raise ReadingError(_uneven(places))
    stack, faults = _read(root, series)
    read = _decoded(series, faults)
    _check(places, read, faults, ends=True)
    return _reading(stack, places, faults, range(len(series.slices)))


def on_grid(image: sitk.Image) -> Volume:
    """The voxels of an image, [slices, rows, columns]."""
    return np.ascontiguousarray(sitk.GetArrayFromImage(image), np.float32)


def prepared_series(series: Series, grid: Series, key: str, faulty: Collection[str] = ()) -> Series:
    """A series as preparation made it: one slice for every slice of the grid, its pixels in the store.

    A slice has number and place of the grid's, and names the file of the series' own nearest to it, so that tables
    speak of images that exist.

    Args:
        series: As the scanner made it.
        grid: The reference.
        key: Of the store's volumes.
        faulty: Paths of files that can't be decoded, which no slice is to name.

    Raises:
        CohortError: A header does not state where it lies.
    """
    real = [s for s in series.slices if s.path not in faulty] or list(series.slices)
    if any(s.position is None for s in real):
        to_patient(series, next(s for s in real if s.position is None))
    start = series.slices[0].position or 0.0
    along = np.array([(s.position or 0.0) - start for s in real])
    into = from_patient(series)[2]
    middle = ((grid.columns - 1) / 2, (grid.rows - 1) / 2, 1.0)
    slices = []
    for s in grid.slices:
        where = into @ (*(to_patient(grid, s) @ middle), 1.0)
        nearest = real[int(np.argmin(np.round(np.abs(along - where), 4)))]
        slices.append(replace(nearest, number=s.number, position=s.position))
    return replace(
        series,
        slices=tuple(slices),
        plane=grid.plane,
        rows=grid.rows,
        columns=grid.columns,
        spacing=grid.spacing,
        orientation=grid.orientation,
        origin=grid.origin,
        frame_of_reference_uid=grid.frame_of_reference_uid,
        numbered=grid.numbered,
        sheared=0.0,
        volume=key,
    )


def _name(series: Series) -> str:
    return series.modality or "the series"


def _places(series: Series) -> _Places:
    """Where the slices lie, by their headers."""
    if len(series.slices) < FEWEST:
        raise ReadingError(f"{_name(series)} has {len(series.slices)} slices, and a volume needs {FEWEST}")
    # The first one's place says where the volume lies; the others' positions are all that is needed of them.
    unplaced = [s for s in series.slices if s.position is None]
    to_patient(series, unplaced[0] if unplaced else series.slices[0])
    positions = np.array([s.position for s in series.slices], np.float64)
    along = np.abs(positions - positions[0])
    gaps = np.diff(along)
    if (gaps <= 0).any():
        k = int(np.argmin(gaps))
        raise ReadingError(f"slices {_pair(series, k)} of {_name(series)} lie at one place, or out of order")
    usual = float(np.median(gaps))
    index = np.concatenate([[0], np.cumsum(np.maximum(np.rint(gaps / usual), 1))]).astype(np.int64)
    return _Places(series, along, index, float(along[-1] / index[-1]), usual)


def _pair(series: Series, k: int, after: int | None = None) -> str:
    return f"{series.slices[k].number} and {series.slices[k + 1 if after is None else after].number}"


def _uneven(places: _Places) -> str:
    gaps = np.diff(places.along)
    k = int(np.argmax(np.abs(gaps - places.usual)))
    return (
        f"{_name(places.series)} can't be the grid of the others: its slices are not evenly spaced ({gaps[k]:.2f} mm "
        f"between slices {_pair(places.series, k)}, usually {places.usual:.2f} mm); slices are missing, or another "
        "reference is needed (preparation.reference)"
    )


def _read(root: Path, series: Series) -> tuple[Stack, Faults]:
    stack = read_stack(root, series, range(len(series.slices)))
    faults: dict[str, str] = {}
    for place, reason in stack.faults.items():
        s = series.slices[place]
        faults.setdefault(s.path, reason if s.frame is None else f"frame {s.frame + 1}: {reason}")
    return stack, tuple(faults.items())


def _decoded(series: Series, faults: Faults) -> npt.NDArray[np.int64]:
    """The places of the slices that have pixels."""
    bad = {path for path, _ in faults}
    return np.array([k for k, s in enumerate(series.slices) if s.path not in bad], np.int64)


def _check(places: _Places, read: npt.NDArray[np.int64], faults: Faults, ends: bool = False) -> None:
    """Whether enough of a series was decoded."""
    series, name = places.series, _name(places.series)
    some = f" ({faults[0][0]}: {faults[0][1]})" if faults else ""
    if len(read) < FEWEST:
        count = f"{len(read)} of its {len(series.slices)} slices"
        raise ReadingError(f"{name} is no volume: {count} can be decoded{some}", faults)
    gaps = np.diff(places.along[read])
    k = int(np.argmax(gaps))
    if gaps[k] > WIDEST * places.usual:
        raise ReadingError(
            f"{name} has a gap of {gaps[k]:.1f} mm between slices {_pair(series, read[k], read[k + 1])}, where its "
            f"slices are usually {places.usual:.1f} mm apart: too wide to interpolate across{some}",
            faults,
        )
    lost = max(int(read[0]), len(series.slices) - 1 - int(read[-1]))
    if ends and lost > MISSING:
        raise ReadingError(f"{lost} slices at an end of {name} can't be decoded{some}", faults)


def _reading(stack: Stack, places: _Places, faults: Faults, rows: range) -> Reading:
    """The slices on these places of the grid."""
    read = _decoded(stack.series, faults)
    along, wanted = places.along[read], np.array(rows) * places.step
    above = np.clip(np.searchsorted(along, wanted), 1, len(read) - 1)
    below = above - 1
    nearest = np.where(wanted - along[below] <= along[above] - wanted, below, above)
    kept = np.abs(along[nearest] - wanted) <= places.tolerance
    outside = ~kept & ((wanted < along[0]) | (wanted > along[-1]))
    empty = min(0.0, float(stack.pixels.min()))
    pixels = np.empty((len(rows), *stack.pixels.shape[1:]), np.float32)
    for k, plane in enumerate(pixels):
        if kept[k] or outside[k]:
            plane[...] = empty if outside[k] else stack.pixels[read[nearest[k]]]
            continue
        share = np.float32((wanted[k] - along[below[k]]) / (along[above[k]] - along[below[k]]))
        one, other = stack.pixels[read[below[k]]], stack.pixels[read[above[k]]]
        plane[...] = one + share * (other - one)
    note = _note(places, faults, int((~kept & ~outside).sum()), int(outside.sum()), len(rows))
    return Reading(_image(pixels, places, float(wanted[0])), faults, note)


def _note(places: _Places, faults: Faults, interpolated: int, empty: int, count: int) -> str:
    if not (faults or interpolated):
        return ""
    uneven = places.index[-1] != len(places.index) - 1 or places.off.max() > places.tolerance
    reasons = [f"{len(faults)} of its files can't be decoded"] if faults else []
    reasons += ["slices are missing or unevenly spaced"] if uneven else []
    blank = f", {empty} at its ends empty" if empty else ""
    return f"{interpolated} of {count} slices interpolated between their neighbours{blank}: {', and '.join(reasons)}"


def _image(pixels: Volume, places: _Places, start: float) -> sitk.Image:
    """Slices as an image.

    Args:
        pixels: [slices, rows, columns].
        places: Of the series.
        start: mm along the stack at which the first of the slices lies.
    """
    series = places.series
    between_rows, between_columns = series.spacing or (1.0, 1.0)
    positions = [series.slices[k].position or 0.0 for k in (0, -1)]
    depth = np.copysign(1.0, positions[1] - positions[0]) * np.asarray(normal(series.orientation))
    image = sitk.GetImageFromArray(pixels)
    image.SetSpacing((between_columns, between_rows, places.step))
    image.SetDirection(np.column_stack([_in_plane(series), depth]).ravel().tolist())
    image.SetOrigin((to_patient(series, series.slices[0])[:, 2] + start * depth).tolist())
    return image


def _in_plane(series: Series) -> Array:
    """The directions of rows and columns, [3, 2], at a right angle: headers round cosines, and NIfTI asks for one."""
    cosines = np.asarray(series.orientation, np.float64).reshape(2, 3).T
    if np.abs(cosines.T @ cosines - np.eye(2)).max() < _ORTHONORMAL:
        return cosines
    left, _, right = np.linalg.svd(cosines, full_matrices=False)
    nearest: Array = left @ right
    return nearest
