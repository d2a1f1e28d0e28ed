"""Whether a file's pixel data are there and whole, told without reading them."""

import struct
from typing import BinaryIO

from pydicom.dataset import Dataset

from radiogenomics.imaging.elements import integer, tag

_UNDEFINED = 0xFFFFFFFF
_LONG = {b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN"}
_PIXELS = {(0x7FE0, 0x0010), (0x7FE0, 0x0008), (0x7FE0, 0x0009)}
_ITEM, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_ROWS, _COLUMNS, _SAMPLES = tag("Rows"), tag("Columns"), tag("SamplesPerPixel")
_FRAMES, _BITS = tag("NumberOfFrames"), tag("BitsAllocated")
MISSING = "missing pixel data: the header ends without an image"
_MEND = "copy it anew from its source"


def _expected_bytes(dataset: Dataset) -> int:
    rows, columns = integer(dataset, _ROWS) or 0, integer(dataset, _COLUMNS) or 0
    values = rows * columns * (integer(dataset, _SAMPLES) or 1) * (integer(dataset, _FRAMES) or 1)
    return values * (integer(dataset, _BITS) or 16) // 8


def _element(file: BinaryIO, order: str, implicit: bool) -> tuple[tuple[int, int], int] | None:
    """(tag, length) of the element that the file stands at, its value next to be read; None at the end."""
    start = file.read(8)
    if len(start) < 8:
        return None
    group, element = struct.unpack(order + "HH", start[:4])
    if implicit or group == 0xFFFE:
        length = struct.unpack(order + "I", start[4:])[0]
    elif start[4:6] in _LONG:
        rest = file.read(4)
        length = struct.unpack(order + "I", rest)[0] if len(rest) == 4 else 0
    else:
        length = struct.unpack(order + "H", start[6:])[0]
    return (group, element), length


def _fragments_fault(file: BinaryIO, size: int) -> str:
    """Walk the fragments of compressed pixel data, by their lengths alone."""
    items = 0
    while (found := _element(file, "<", True)) is not None:
        name, length = found
        if name == _SEQUENCE_END:
            # The first item is the table of offsets.
            return "" if items > 1 else "missing pixel data: no compressed frame in it"
        if name != _ITEM:
            return f"damaged: its compressed pixel data hold no frame where one should begin; {_MEND}"
        items += 1
        if file.tell() + length > size:
            break
        file.seek(length, 1)
    return f"truncated: its compressed pixel data end without their delimiter; {_MEND}"


def pixel_fault(file: BinaryIO, size: int, dataset: Dataset) -> str:
    """Why the pixel data can't be used, or "".

    Args:
        file: Open, standing where pydicom stopped before the pixels.
        size: Of the file, bytes.
        dataset: What pydicom read.
    """
    implicit, little = dataset.original_encoding
    here = file.tell()
    if here > size:
        return f"truncated: the file ends inside its header; {_MEND}"
    found = _element(file, "<" if little else ">", bool(implicit))
    if found is None or found[0] not in _PIXELS:
        return MISSING if found is None or here == size else f"truncated or damaged before its pixel data; {_MEND}"
    length = found[1]
    if length == _UNDEFINED:
        return _fragments_fault(file, size)
    if length == 0:
        return "missing pixel data: the element is there, and empty"
    there, expected = min(length, size - file.tell()), _expected_bytes(dataset)
    if there < length or there < expected:
        return f"truncated: {there:,} of {max(length, expected):,} bytes of pixel data; {_MEND}"
    return ""
