"""One entry of the store: its key, and what is known of its planes, as checksummed JSON."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from radiogenomics.recipe import ImagePart
from radiogenomics.records import Slice

VERSION = 4  # to be raised when decoding, sampling or this format change what an entry holds


@dataclass(frozen=True, slots=True)
class StoredSlice:
    """What is known of one row of an entry; where the hashes are "" it has no pixels and its plane is zero."""

    sop_uid: str  # of the slice, or of the nearest one where the row was resampled
    number: int
    pixel_hash: str = ""  # of the whole slice's pixels, before normalisation
    perceptual_hash: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A slice whose pixels were wanted and can't be had, and why."""

    sop_uid: str
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """The prepared slices of one series under one preprocessing; row k is the k-th slice or cut that was asked for."""

    key: str
    size: tuple[int, int]  # height, width
    slices: tuple[StoredSlice, ...]
    faults: tuple[Fault, ...]
    checksum: str  # of the file of planes


def entry_key(series_uid: str, slices: Sequence[Slice], image: ImagePart, more: Mapping[str, Any]) -> str:
    """The name of an entry, 64 hex digits: another file, slice, order or preprocessing gives another name.

    Args:
        series_uid: Of the series.
        slices: All whose pixels are read.
        image: The preprocessing.
        more: Whatever else shapes the planes, as JSON takes it.
    """
    content = {
        "version": VERSION,
        "series": series_uid,
        "slices": [s.stamp for s in slices],
        "image": image.model_dump(mode="json"),
        "more": more,
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def to_json(entry: Entry) -> bytes:
    """The entry as JSON, with a digest of itself."""
    content = asdict(entry) | {"version": VERSION}
    return canonical(content | {"digest": digest_of(content)}) + b"\n"


def from_json(text: bytes) -> Entry:
    """What `to_json` wrote.

    Raises:
        ValueError: The text is damaged, or of another version.
    """
    content = json.loads(text)
    if not isinstance(content, dict) or content.pop("digest", None) != digest_of(content):
        raise ValueError("its digest does not fit")
    return Entry(
        content["key"],
        (content["size"][0], content["size"][1]),
        tuple(StoredSlice(**row) for row in content["slices"]),
        tuple(Fault(**row) for row in content["faults"]),
        content["checksum"],
    )


def canonical(content: Any) -> bytes:
    """The one way in which JSON is written here, so that equal content gives equal bytes."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def digest_of(content: Any) -> str:
    """32 hex digits that tell whether content as JSON takes it was changed."""
    return hashlib.blake2b(canonical(content), digest_size=16).hexdigest()
