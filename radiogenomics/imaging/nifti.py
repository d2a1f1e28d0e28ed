"""A mask in a NIfTI file (.nii, .nii.gz), read whole or not at all.

SimpleITK reads a file that breaks off as if the rest were zeros, and takes a file without coordinates to lie at the
origin; a mask must do neither. The format: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h and nifti2.h.
"""

import gzip
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import PixelError
from radiogenomics.imaging.voxels import VoxelMask

_Order = Literal["<", ">"]
_ORDERS: tuple[_Order, ...] = ("<", ">")
_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_MOST_LABELS = 255  # what an atlas of the brain may hold; an image holds more
_TO_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # xyzt_units: not said (all tools take mm), metre, mm, micrometre


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a version of the format keeps its fields: the place of each, and its letter in `struct`."""

    size: int
    dim: tuple[int, str]
    datatype: int
    pixdim: tuple[int, str]
    vox_offset: tuple[int, str]
    scaling: tuple[int, str]  # slope, intercept
    codes: tuple[int, str]  # qform, sform
    quaternion: tuple[int, str]  # b, c, d, then the offsets x, y, z
    rows: tuple[int, str]  # of the sform
    units: tuple[int, str]


_LAYOUTS = {
    348: _Layout(348, (40, "8h"), 70, (76, "8f"), (108, "f"), (112, "2f"), (252, "2h"), (256, "6f"), (280, "12f"),
                 (123, "B")),
    540: _Layout(540, (16, "8q"), 12, (104, "8d"), (168, "q"), (176, "2d"), (344, "2i"), (352, "6d"), (400, "12d"),
                 (500, "i")),
}  # fmt: skip


def read_nifti(path: Path) -> VoxelMask:
    """The voxels of a NIfTI file that are not zero, and where they lie by its sform, else by its qform.

    Raises:
        PixelError: It is no such file, is damaged, is an image, has no three dimensions, or states no coordinates; the
            message is a reason for exclusions.csv.
    """
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise PixelError("truncated or damaged: it can't be unpacked; copy it anew from its source") from error
    except OSError as error:
        raise PixelError(f"can't be read: {error.strerror}") from error
    order, layout = _layout(content)
    shape = _shape(content, order, layout)
    affine = _affine(content, order, layout)
    inside, labels = _inside(content, order, layout, shape)
    return VoxelMask(inside, affine, labels)


def _field(content: bytes, order: _Order, field: tuple[int, str]) -> tuple[float, ...]:
    return struct.unpack_from(order + field[1], content, field[0])


def _layout(content: bytes) -> tuple[_Order, _Layout]:
    if len(content) >= 348:
        for order in _ORDERS:
            layout = _LAYOUTS.get(struct.unpack_from(order + "i", content)[0])
            if layout and len(content) >= layout.size:
                return order, layout
    raise PixelError("not NIfTI, though its name says so: no header at its start; copy it anew from its source")


def _shape(content: bytes, order: _Order, layout: _Layout) -> tuple[int, int, int]:
    count, *sizes = map(int, _field(content, order, layout.dim))
    if not 3 <= count <= 7 or min(sizes[:count]) < 1 or math.prod(sizes[3:count]) != 1:
        size = " x ".join(map(str, sizes[: max(count, 0)]))
        raise PixelError(f"a mask needs three dimensions, and this one is {size or 'empty'}")
    return sizes[0], sizes[1], sizes[2]


def _inside(
    content: bytes, order: _Order, layout: _Layout, shape: tuple[int, int, int]
) -> tuple[npt.NDArray[np.bool_], tuple[float, ...]]:
    """The voxels that are not zero, [k, j, i], and the values that they have."""
    code = struct.unpack_from(order + "h", content, layout.datatype)[0]
    if code not in _TYPES:
        raise PixelError(f"its voxels are of NIfTI type {code}, which is no plain number: save it as integers")
    kind = np.dtype(_TYPES[code]).newbyteorder(order)
    start, voxels = int(_field(content, order, layout.vox_offset)[0]), math.prod(shape)
    if start < layout.size or len(content) < start + voxels * kind.itemsize:
        raise PixelError("truncated: it holds fewer voxels than its header says; copy it anew from its source")
    values = np.frombuffer(content, kind, voxels, start).reshape(shape[::-1])
    slope, intercept = _field(content, order, layout.scaling)
    if slope and intercept and math.isfinite(slope) and math.isfinite(intercept):
        values = values * slope + intercept
    inside: npt.NDArray[np.bool_] = (values != 0) & ~np.isnan(values)
    labels = np.unique(values[inside])
    if labels.size > _MOST_LABELS:
        raise PixelError(f"an image, not a mask: it holds more than {_MOST_LABELS} different values")
    return inside, tuple(labels.tolist())


def _affine(content: bytes, order: _Order, layout: _Layout) -> npt.NDArray[np.float64]:
    by_quaternion, by_rows = _field(content, order, layout.codes)
    if by_rows > 0:
        rows = np.reshape(_field(content, order, layout.rows), (3, 4))
    elif by_quaternion > 0:
        rows = _quaternion_rows(content, order, layout)
    else:
        raise PixelError("it states no coordinates (neither sform nor qform): save it with those of its images")
    scale = _TO_MM.get(int(_field(content, order, layout.units)[0]) & 7, 1.0)
    affine = np.eye(4)
    affine[:3] = rows * scale
    affine[:2] *= -1  # NIfTI counts to the patient's right and front, DICOM to the left and back
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < 1e-9:
        raise PixelError("its coordinates (sform or qform) are no map of space: save it with those of its images")
    return affine


def _quaternion_rows(content: bytes, order: _Order, layout: _Layout) -> npt.NDArray[np.float64]:
    """Method 2 of nifti1.h: a rotation, the voxel's size, and an offset."""
    b, c, d, *offset = _field(content, order, layout.quaternion)
    handedness, *size = _field(content, order, layout.pixdim)[:4]
    a = math.sqrt(max(1.0 - (b * b + c * c + d * d), 0.0))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    size[2] *= -1 if handedness < 0 else 1
    return np.column_stack([rotation * size, offset])
