"""The store: a folder of entries, each a .npy of planes and a .json that makes it valid.

The .json is written last, so that an entry is whole or does not exist. Planes are read one by one by offset: a memory
map would count every page touched as the process' own memory, and hundreds of maps use up the open files.
"""

import functools
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import StoreError
from radiogenomics.files import explained, write_atomically
from radiogenomics.records import Plane
from radiogenomics.store.entry import Entry, Fault, StoredSlice, from_json, to_json

PIXEL = np.dtype("<u2")
HEADER = 128  # bytes before the planes, as numpy pads them
MEND = "prepare again: damaged and missing entries are built anew"

Pixels = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Store:
    """Entries under `root`, which is made when the first is written."""

    root: Path

    def path(self, key: str) -> Path:
        """The file of an entry's planes, which numpy.load opens too: uint16 [slices, height, width]."""
        return self.root / key[:2] / f"{key}.npy"

    def write(
        self,
        key: str,
        size: tuple[int, int],
        count: int,
        rows: Iterable[tuple[StoredSlice, Pixels]],
        faults: Sequence[Fault] = (),
    ) -> Entry:
        """Write an entry, one plane in memory at a time; what lay there under the key is replaced.

        Args:
            key: From `entry_key`.
            size: Height and width of every plane.
            count: How many rows will come.
            rows: What is known of each slice, and its plane [height, width].
            faults: Of slices without pixels; looked at when all rows have come, which may add to them.

        Raises:
            StoreError: It can't be written (a full disk, permissions); no half-written entry is left.
        """
        path = self.path(key)
        digest, slices = hashlib.blake2b(digest_size=16), list[StoredSlice]()

        def blocks() -> Iterator[bytes]:
            yield _header((count, *size))
            for stored, plane in rows:
                slices.append(stored)
                yield _bytes(plane, size)

        def write(file: BinaryIO) -> None:
            for block in blocks():
                digest.update(block)
                file.write(block)
            if len(slices) != count:
                raise ValueError(f"{len(slices)} rows came, {count} were announced")

        with explained(path):
            path.with_suffix(".json").unlink(missing_ok=True)
        write_atomically(path, write)
        entry = Entry(key, size, tuple(slices), tuple(faults), digest.hexdigest())
        write_atomically(path.with_suffix(".json"), lambda file: file.write(to_json(entry)))
        return entry

    def find(self, key: str) -> Entry | None:
        """The entry, checked byte for byte, or None where there is none.

        Raises:
            StoreError: It is damaged; says how.
        """
        path = self.path(key)
        try:
            entry = from_json(path.with_suffix(".json").read_bytes())
            with open(path, "rb") as file:
                checksum = hashlib.file_digest(file, functools.partial(hashlib.blake2b, digest_size=16)).hexdigest()
        except FileNotFoundError as error:
            if str(error.filename).endswith(".json"):
                return None  # never finished, or never begun
            raise StoreError(f"the store's entry {path} is damaged: its planes are missing; {MEND}") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"the store's entry {path} is damaged ({error}); {MEND}") from None
        if (entry.key, entry.checksum) != (key, checksum):
            raise StoreError(f"the store's entry {path} is damaged: its checksum does not fit; {MEND}")
        return entry

    def read(self, plane: Plane) -> Pixels:
        """The pixels of one plane, [height, width] in 65535ths; not checksummed: `find` does that, once.

        Raises:
            StoreError: The entry is missing or too short.
        """
        path = self.path(plane.entry)
        try:
            with open(path, "rb", buffering=0) as file:
                pixels = np.empty(_plane_shape(file.read(HEADER)), PIXEL)
                file.seek(HEADER + plane.row * pixels.nbytes)
                length = file.readinto(pixels.data.cast("B"))
        except (OSError, ValueError) as error:
            raise StoreError(f"the store's entry {path} can't be read ({error}); {MEND}") from error
        if length != pixels.nbytes:
            raise StoreError(f"the store's entry {path} ends before row {plane.row}; {MEND}")
        return pixels


def _bytes(plane: Pixels, size: tuple[int, int]) -> bytes:
    if plane.shape != size or plane.dtype != PIXEL:
        raise ValueError(f"a plane of {plane.shape} {plane.dtype}, where {size} {PIXEL} is stored")
    return plane.tobytes()


def _header(shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": PIXEL.str, "fortran_order": False, "shape": shape})
    if len(buffer.getvalue()) != HEADER:
        raise ValueError(f"numpy pads the header of {shape} to {len(buffer.getvalue())} bytes, not {HEADER}")
    return buffer.getvalue()


@functools.lru_cache(maxsize=1024)
def _plane_shape(header: bytes) -> tuple[int, ...]:
    buffer = io.BytesIO(header)
    np.lib.format.read_magic(buffer)
    shape, _, dtype = np.lib.format.read_array_header_1_0(buffer)
    if len(shape) != 3 or dtype != PIXEL:
        raise ValueError(f"it holds {shape} {dtype}, no planes")
    return shape[1:]
