"""The store: a folder of entries, each a .npy of planes and a .json that makes it valid.

The .json is written last, so that an entry is whole or does not exist. Prepared volumes lie beside them (volumes.py).
"""

import functools
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from radiogenomics.errors import StoreError
from radiogenomics.files import explained, write_atomically
from radiogenomics.records import Plane
from radiogenomics.store import volumes
from radiogenomics.store.entry import Entry, Fault, StoredSlice, from_json, to_json
from radiogenomics.store.planes import PIXEL, Pixels, header, read_planes
from radiogenomics.store.sixteen import Volume
from radiogenomics.store.volumes import MEND, VolumesEntry


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
            yield header((count, *size))
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
            return read_planes(path, plane.row, 1)[0]
        except EOFError as error:
            raise StoreError(f"the store's entry {path} {error}; {MEND}") from None
        except (OSError, ValueError) as error:
            raise StoreError(f"the store's entry {path} can't be read ({error}); {MEND}") from error

    def write_volumes(
        self,
        key: str,
        arrays: Mapping[str, Volume],
        files: Mapping[str, bytes],
        facts: Mapping[str, Any],
        aside: Mapping[str, Any] | None = None,
    ) -> VolumesEntry:
        """Write a patient's prepared volumes as one entry, whole or not at all; the same input gives the same bytes.

        What lay there under the key is replaced, and what a writer that was killed left behind is removed.

        Args:
            key: 64 hex digits, decided by all that shapes the content.
            arrays: By name, [slices, rows, columns]; sixteen bits over each one's own range are kept, and 0 as 0.
            files: By name, what other files of the entry hold.
            facts: What else is to be known of it, as JSON takes it.
            aside: What may differ from one writing to the next, such as how long it took; it is no part of the entry.

        Raises:
            StoreError: It can't be written (a full disk, permissions); nothing is left behind.
        """
        return volumes.write(self.root, key, arrays, files, facts, aside or {})

    def aside(self, key: str) -> dict[str, Any]:
        """What was told aside when an entry of volumes was written; {} where that is lost."""
        return volumes.read_aside(self.root, key)

    def find_volumes(self, key: str) -> VolumesEntry | None:
        """The entry of volumes, checked byte for byte, or None where there is none.

        Raises:
            StoreError: It is damaged; says how.
        """
        return volumes.find(self.root, key)

    def read_volumes_entry(self, key: str) -> VolumesEntry:
        """The entry of volumes as its entry.json tells of it, whose own digest is all that is checked.

        Raises:
            StoreError: There is none, or its entry.json is damaged.
        """
        return volumes.read_entry(self.root, key)

    def read_volume(self, key: str, name: str, places: range | None = None) -> Volume:
        """A volume of an entry, or some neighbouring slices of it, [n, rows, columns]; `find_volumes` checks it, once.

        Args:
            key: Of the entry.
            name: Of the volume.
            places: Of the slices wanted, from 0, one after the other; None is all.

        Raises:
            StoreError: The entry is missing or too short, or has no volume of that name.
        """
        return volumes.read(self.root, key, name, places)

    def volume_file(self, key: str, name: str) -> Path:
        """Where a file of an entry of volumes lies."""
        return volumes.folder_of(self.root, key) / name


def _bytes(plane: Pixels, size: tuple[int, int]) -> bytes:
    if plane.shape != size or plane.dtype != PIXEL:
        raise ValueError(f"a plane of {plane.shape} {plane.dtype}, where {size} {PIXEL} is stored")
    return plane.tobytes()
