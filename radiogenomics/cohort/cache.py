"""What a scan read, kept in one file, so that a second scan opens no DICOM file that has not changed.

The file is gzip'd JSON lines: a line that says what it is, the acquisitions, then one line a file. It holds what
headers say of ids, geometry and acquisition and is as private as the DICOM files, so only its owner may read it.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any, BinaryIO

from radiogenomics.cohort.walk import FileEntry
from radiogenomics.files import write_atomically
from radiogenomics.imaging.frames import FrameGeometry
from radiogenomics.imaging.header import Acquisition, Header, Rejection
from radiogenomics.imaging.plans import Share

# Raise it whenever read_header judges anything otherwise: what was cached before would tell another story.
VERSION = 5
_KIND = "radiogen header cache"
Outcome = Header | Rejection


def _title(root: Path) -> dict[str, object]:
    return {"kind": _KIND, "version": VERSION, "root": str(root)}


def _acquisition(cells: Sequence[Any]) -> Acquisition:
    # JSON has no tuples: the last two fields, spacing and orientation, come back as lists.
    fields: list[Any] = [*cells[:-2], cells[-2] and tuple(cells[-2]), tuple(cells[-1])]
    return Acquisition(*fields)


def _outcome(cells: Sequence[Any], acquisitions: Sequence[Acquisition]) -> Outcome:
    *cells, share = cells
    covered = share and Share(share[0], tuple(share[1]), tuple(share[2]), share[3])
    if len(cells) == 3:
        reason, patient, is_dicom = cells
        return Rejection(reason, patient, is_dicom, share=covered)
    sop_uid, number, origin, frames, place = cells
    geometry = frames and tuple(FrameGeometry(tuple(orientation), tuple(point)) for orientation, point in frames)
    return Header(sop_uid, number, tuple(origin), geometry, acquisitions[place], covered)


def _read(lines: Iterator[str], root: Path) -> dict[FileEntry, Outcome]:
    if json.loads(next(lines)) != _title(root):
        return {}
    acquisitions = [_acquisition(cells) for cells in json.loads(next(lines))]
    known: dict[FileEntry, Outcome] = {}
    for line in lines:
        path, size, mtime_ns, *cells = json.loads(line)
        known[FileEntry(path, size, mtime_ns)] = _outcome(cells, acquisitions)
    return known


def load(path: Path, root: Path) -> dict[FileEntry, Outcome]:
    """What the cache at `path` knows of the files under `root`, by path, size and time of change.

    A cache that is absent, damaged, of another version or of another root knows nothing.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return _read(iter(lines), root)
    except (OSError, EOFError, zlib.error, StopIteration, ValueError, TypeError, LookupError):
        return {}


def _rows(known: Mapping[FileEntry, Outcome], places: Mapping[Acquisition, int]) -> Iterable[list[Any]]:
    for entry, outcome in known.items():
        if isinstance(outcome, Header):
            frames = outcome.frames and [list(frame) for frame in outcome.frames]
            place = places[outcome.acquisition]
            yield [*entry, outcome.sop_uid, outcome.number, outcome.origin, frames, place, outcome.share]
        elif outcome.lasting:
            yield [*entry, outcome.reason, outcome.patient_id, outcome.is_dicom, outcome.share]


def save(path: Path, root: Path, known: Mapping[FileEntry, Outcome]) -> None:
    """Write what a scan of `root` read; what may be otherwise next time (no permission) is left out.

    Raises:
        StoreError: It can't be written.
    """
    acquisitions = list(dict.fromkeys(o.acquisition for o in known.values() if isinstance(o, Header)))
    places = {acquisition: place for place, acquisition in enumerate(acquisitions)}

    def write(file: BinaryIO) -> None:
        # No name and no time in it: the same scan writes the same bytes.
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=1, mtime=0) as packed:
            for line in (_title(root), [astuple(a) for a in acquisitions]):
                packed.write(json.dumps(line).encode() + b"\n")
            for row in _rows(known, places):
                packed.write(json.dumps(row).encode() + b"\n")

    write_atomically(path, write, mode=0o600)
