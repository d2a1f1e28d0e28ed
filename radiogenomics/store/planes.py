"""Files of planes: a .npy of uint16 [slices, height, width], whose planes are read by offset.

A memory map would count every page touched as the process' own memory, and hundreds of maps use up the open files.
"""

import functools
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

PIXEL = np.dtype("<u2")
HEADER = 128  # bytes before the planes, as numpy pads them

Pixels = npt.NDArray[np.uint16]


def header(shape: tuple[int, ...]) -> bytes:
    """What the file of planes of that shape begins with."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": PIXEL.str, "fortran_order": False, "shape": shape})
    if len(buffer.getvalue()) != HEADER:
        raise ValueError(f"numpy pads the header of {shape} to {len(buffer.getvalue())} bytes, not {HEADER}")
    return buffer.getvalue()


def read_planes(path: Path, first: int, count: int | None = None) -> Pixels:
    """Neighbouring planes of a file, [n, height, width].

    Args:
        path: The file.
        first: The first plane wanted, from 0.
        count: How many; None is all that follow.

    Raises:
        OSError: It can't be read.
        ValueError: It is no file of planes.
        EOFError: It ends before the last plane wanted; says before which.
    """
    with open(path, "rb", buffering=0) as file:
        shape = _shape(file.read(HEADER))
        pixels = np.empty((shape[0] - first if count is None else count, *shape[1:]), PIXEL)
        file.seek(HEADER + first * _size(shape))
        length = _fill(file, pixels)
    if length != pixels.nbytes:
        raise EOFError(f"ends before row {first + length // max(_size(shape), 1)}")
    return pixels


def _fill(file: io.FileIO, pixels: Pixels) -> int:
    """Read until the pixels are full or the file ends: one call reads no more than 2 GB."""
    if not pixels.size:
        return 0
    view, length = pixels.data.cast("B"), 0
    while length < len(view) and (more := file.readinto(view[length:])):
        length += more
    return length


def _size(shape: tuple[int, ...]) -> int:
    """Bytes a plane."""
    return shape[1] * shape[2] * PIXEL.itemsize


@functools.lru_cache(maxsize=1024)
def _shape(begin: bytes) -> tuple[int, ...]:
    buffer = io.BytesIO(begin)
    np.lib.format.read_magic(buffer)
    shape, _, dtype = np.lib.format.read_array_header_1_0(buffer)
    if len(shape) != 3 or dtype != PIXEL:
        raise ValueError(f"it holds {shape} {dtype}, no planes")
    return shape
