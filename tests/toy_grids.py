"""Series that lie anywhere in the patient, and volumes on them, without a file."""

import numpy as np

from radiogenomics.imaging.geometry import normal, position
from radiogenomics.imaging.stack import Stack
from radiogenomics.records import Series, Slice

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def rotated(a: float, b: float, c: float) -> tuple[float, ...]:
    """Six cosines of an orientation turned by three angles."""
    (sa, ca), (sb, cb), (sc, cc) = ((np.sin(angle), np.cos(angle)) for angle in (a, b, c))
    turn = np.array([[ca, -sa, 0], [sa, ca, 0], [0, 0, 1]]) @ np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    turn = turn @ np.array([[1, 0, 0], [0, cc, -sc], [0, sc, cc]])
    return (*turn[:, 0].tolist(), *turn[:, 1].tolist())


def grid(
    modality="t1w",
    *,
    offsets=(0.0, 5.0, 10.0, 15.0),
    shape=(12, 10),
    spacing=(2.0, 2.0),
    orientation=AXIAL,
    origin=(0.0, 0.0, 0.0),
    frame="frame",
) -> Series:
    """A series of `shape` (rows, columns) with slices at `offsets` mm from the origin, ascending along the normal."""
    start, depth = position(orientation, origin), np.asarray(normal(orientation))
    first = tuple((np.asarray(origin) + offsets[0] * depth).tolist())
    slices = tuple(
        Slice(f"{modality}-{k}.dcm", f"{modality}.{k}", None, k + 1, start + offset, 1, 1)
        for k, offset in enumerate(offsets)
    )
    return Series(
        *("p", "1", f"p.{modality}", modality, "folder", "axial", slices, len(slices), *shape, spacing, orientation),
        *(frame, "", "", None, "", "", "used", "", first),
    )


def centred(series: Series, point) -> tuple[float, ...]:
    """The origin that would put the middle of the series' volume on a point."""
    _, row, column, depth = axes(series)
    middle = row * (series.columns - 1) / 2 + column * (series.rows - 1) / 2
    middle = middle + depth * (series.slices[-1].position - series.slices[0].position) / 2
    return tuple((np.asarray(point) - middle).tolist())


def axes(series: Series):
    """The origin, a step along x, a step along y, and the normal, in mm."""
    cosines, (between_rows, between_columns) = np.asarray(series.orientation), series.spacing
    origin, depth = np.asarray(series.origin), np.asarray(normal(series.orientation))
    return origin, cosines[:3] * between_columns, cosines[3:] * between_rows, depth


def points(series: Series) -> np.ndarray:
    """Where every voxel lies, [n, rows, columns, 3] in mm."""
    origin, row, column, depth = axes(series)
    along = np.array([s.position - series.slices[0].position for s in series.slices])
    x, y = np.arange(series.columns)[:, None], np.arange(series.rows)[:, None, None]
    return origin + along[:, None, None, None] * depth + y * column + x * row


def stack_of(series: Series, values, faults=None) -> Stack:
    """A volume whose voxels are a function of where they lie."""
    pixels = np.asarray(values(points(series)), np.float32)
    for place in faults or {}:
        pixels[place] = 0
    return Stack(series, 0, pixels, faults or {})
