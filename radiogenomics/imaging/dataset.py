"""A file's data set up to its pixels, read by pydicom in the shortest way that the file allows."""

import io
import struct
from typing import BinaryIO, NamedTuple

from pydicom.dataset import Dataset
from pydicom.filereader import dcmread, read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

HEAD_BYTES = 1024  # the file meta information lies within
_PIXELS = {BaseTag(0x7FE00008), BaseTag(0x7FE00009), BaseTag(0x7FE00010)}
_META_START = 132
_TRANSFER_SYNTAX = b"\x10\0"  # its element number; the group is 0002
_LONG = (b"OB", b"OW", b"UN", b"UT", b"SQ")
# Group 0008 in either byte order: how a data set begins.
_DATASET_STARTS = {False: b"\x08\0", True: b"\0\x08"}


class Opened(NamedTuple):
    """A data set, and the file (or its inflated copy) standing where its pixels begin."""

    dataset: Dataset
    file: BinaryIO
    size: int


def _at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag in _PIXELS


def _meta(head: bytes) -> tuple[str, int] | None:
    """(transfer syntax, where the data set begins) where both are plain to see in the first bytes; else None."""
    syntax, place = "", _META_START
    while head[place : place + 2] == b"\x02\0" and place + 12 <= len(head):
        # The meta information is always explicit VR, little endian, whatever follows it.
        if head[place + 4 : place + 6] in _LONG:
            value, length = place + 12, struct.unpack_from("<I", head, place + 8)[0]
        else:
            value, length = place + 8, struct.unpack_from("<H", head, place + 6)[0]
        if head[place + 2 : place + 4] == _TRANSFER_SYNTAX:
            syntax = head[value : value + length].rstrip(b"\0 ").decode("ascii", "replace")
        place = value + length
    return (syntax, place) if syntax and head[128:_META_START] == b"DICM" and place + 2 <= len(head) else None


def _inflated(file: BinaryIO) -> tuple[BinaryIO, int]:
    """A deflated file once more, plain, so that its pixels can be looked at."""
    file.seek(0)
    whole = dcmread(file, force=True)
    whole.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    body = io.BytesIO()
    whole.save_as(body, enforce_file_format=False)
    return body, body.tell()


def read_until_pixels(file: BinaryIO, size: int, head: bytes, tags: list[BaseTag | int]) -> Opened:
    """Read some elements of a file and stop where its pixels begin.

    pydicom's dcmread parses the file meta information twice and builds records of it, a third of the time that a header
    takes. Where the transfer syntax is plain to see, its inner reader starts behind it at once.

    Args:
        file: Open.
        size: Its bytes.
        head: Its first HEAD_BYTES.
        tags: The elements wanted.

    Raises:
        Exception: Of many kinds, where the file is damaged.
    """
    meta = _meta(head)
    if meta is not None:
        syntax, start = meta
        big = syntax == ExplicitVRBigEndian
        if syntax != DeflatedExplicitVRLittleEndian and head[start : start + 2] == _DATASET_STARTS[big]:
            file.seek(start)
            implicit = syntax == ImplicitVRLittleEndian
            return Opened(read_dataset(file, implicit, not big, stop_when=_at_pixels, specific_tags=tags), file, size)
        if syntax == DeflatedExplicitVRLittleEndian:
            file, size = _inflated(file)
    file.seek(0)
    return Opened(dcmread(file, stop_before_pixels=True, force=True, specific_tags=tags), file, size)
