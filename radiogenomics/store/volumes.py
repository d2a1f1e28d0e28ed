"""A patient's prepared volumes as one entry of the store: a folder, moved into place when it is whole.

A folder is written under a temporary name, and its entry.json is locked meanwhile. The system takes the lock from a
process that dies, so the next writer can tell what a killed one left behind from what another one is still writing.
"""

import contextlib
import errno
import functools
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from radiogenomics.errors import StoreError
from radiogenomics.files import explained
from radiogenomics.store.entry import canonical, digest_of
from radiogenomics.store.planes import Pixels, header, read_planes
from radiogenomics.store.sixteen import StoredVolume, Volume, quantised, restored

VERSION = 1  # of this format; to be raised when it changes
META = "entry.json"
ASIDE = "aside.json"
ARRAY = ".npy"
MEND = "prepare again: damaged and missing entries are built anew"

_OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST)


@dataclass(frozen=True, slots=True)
class VolumesEntry:
    """What one patient's folder holds."""

    key: str
    arrays: Mapping[str, StoredVolume]  # by name
    files: tuple[str, ...]  # names of the other files, sorted
    facts: Mapping[str, Any]  # whatever the writer wanted known, as JSON gives it back
    checksums: Mapping[str, str]  # by file


def folder_of(root: Path, key: str) -> Path:
    """Where an entry lies."""
    return root / "volumes" / key[:2] / key


def write(
    root: Path,
    key: str,
    arrays: Mapping[str, Volume],
    files: Mapping[str, bytes],
    facts: Mapping[str, Any],
    aside: Mapping[str, Any],
) -> VolumesEntry:
    """Write an entry; see `Store.write_volumes`."""
    _check_names(arrays, files)
    folder = folder_of(root, key)
    with explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        temporary, meta = _begin(folder)
        try:
            with meta:
                entry = _fill(temporary, key, arrays, files, facts)
                if aside:
                    _write(temporary / ASIDE, canonical(aside))
                _save(meta, canonical(_to_plain(entry)) + b"\n")
                _move(temporary, folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    return entry


def read_entry(root: Path, key: str) -> VolumesEntry:
    """The entry as its entry.json tells of it; see `Store.read_volumes_entry`."""
    folder = folder_of(root, key)
    try:
        return _read_meta(folder, key)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, error) from None


def find(root: Path, key: str) -> VolumesEntry | None:
    """The entry, checked byte for byte; see `Store.find_volumes`."""
    folder = folder_of(root, key)
    try:
        if not folder.exists():
            return None
        entry = _read_meta(folder, key)
        for name, checksum in entry.checksums.items():
            with open(folder / name, "rb") as file:
                found = hashlib.file_digest(file, _blake2b).hexdigest()
            if found != checksum:
                raise ValueError(f"the checksum of {name} does not fit")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, error) from None
    return entry


def read_aside(root: Path, key: str) -> dict[str, Any]:
    """What was told aside of an entry; see `Store.aside`."""
    try:
        return dict(json.loads((folder_of(root, key) / ASIDE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return {}


def read(root: Path, key: str, name: str, places: range | None = None) -> Volume:
    """A volume of an entry; see `Store.read_volume`."""
    folder = folder_of(root, key)
    try:
        volume = _read_meta(folder, key).arrays[name]
        places = range(volume.shape[0]) if places is None else places
        stored = read_planes(folder / f"{name}{ARRAY}", places.start, len(places))
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise _damaged(folder, error) from error
    return restored(stored, volume)


def _damaged(folder: Path, error: Exception) -> StoreError:
    match error:
        case FileNotFoundError():
            what = f"{Path(error.filename).name} is missing"
        case KeyError():
            what = f"it has no {error.args[0]}"
        case _:
            what = str(error)
    return StoreError(f"the store's entry {folder} is damaged: {what}; {MEND}")


def _check_names(arrays: Mapping[str, Volume], files: Mapping[str, bytes]) -> None:
    names = [META, ASIDE, *(f"{name}{ARRAY}" for name in arrays), *files]
    if len(set(names)) != len(names):
        raise ValueError(f"two files of one name among {', '.join(sorted(names))}")
    for name in names:
        if "/" in name or "\0" in name or name.startswith("."):
            raise ValueError(f"{name!r} can't name a file of the store")


def _fill(
    folder: Path, key: str, arrays: Mapping[str, Volume], files: Mapping[str, bytes], facts: Mapping[str, Any]
) -> VolumesEntry:
    """Write all but entry.json."""
    volumes, checksums = {}, {}
    for name in sorted(arrays):
        stored, volumes[name] = quantised(arrays[name])
        checksums[f"{name}{ARRAY}"] = _write(folder / f"{name}{ARRAY}", header(stored.shape), _flat(stored))
    for name in sorted(files):
        checksums[name] = _write(folder / name, files[name])
    return VolumesEntry(key, volumes, tuple(sorted(files)), json.loads(canonical(facts)), checksums)


def _flat(stored: Pixels) -> memoryview:
    return stored.reshape(-1).view(np.uint8).data


def _write(path: Path, *blocks: bytes | memoryview) -> str:
    """Write a file of these blocks; its checksum."""
    checksum = _blake2b()
    with open(path, "xb") as file:
        for block in blocks:
            checksum.update(block)
        _save(file, *blocks)
    return checksum.hexdigest()


def _save(file: BinaryIO, *blocks: bytes | memoryview) -> None:
    for block in blocks:
        file.write(block)
    file.flush()
    os.fsync(file.fileno())


_blake2b = functools.partial(hashlib.blake2b, digest_size=16)


def _to_plain(entry: VolumesEntry) -> dict[str, Any]:
    content = asdict(entry) | {"version": VERSION}
    return content | {"digest": digest_of(content)}


def _read_meta(folder: Path, key: str) -> VolumesEntry:
    content = json.loads((folder / META).read_bytes())
    if not isinstance(content, dict) or content.pop("digest", None) != digest_of(content):
        raise ValueError(f"the digest of {META} does not fit")
    if (content["key"], content["version"]) != (key, VERSION):
        raise ValueError(f"it is {content['key']} of version {content['version']}, not {key} of version {VERSION}")
    arrays = {
        name: StoredVolume((one["shape"][0], one["shape"][1], one["shape"][2]), one["zero"], one["step"])
        for name, one in content["arrays"].items()
    }
    return VolumesEntry(key, arrays, tuple(content["files"]), content["facts"], content["checksums"])


def _temporary(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")


def _begin(folder: Path) -> tuple[Path, BinaryIO]:
    """A new folder beside an entry's, and its entry.json, which is locked as long as it is open."""
    while True:
        temporary = _temporary(folder)
        temporary.mkdir()
        try:
            meta = open(temporary / META, "xb")  # noqa: SIM115 - it stays open until the folder is in place
        except FileNotFoundError:
            continue  # swept away by another writer, who could not yet see that it is not forsaken
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        with contextlib.suppress(OSError, ImportError):  # some shared disks know no locks: there nothing is swept
            _lock(meta, wait=True)
        if os.fstat(meta.fileno()).st_nlink:
            return temporary, meta
        meta.close()


def _lock(file: BinaryIO, *, wait: bool) -> None:
    """Lock a file until it is closed, or its process ends in whatever way.

    Raises:
        OSError: Another process has locked it, or the file system has no locks.
        ImportError: The system has none.
    """
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _sweep(folder: Path) -> None:
    """Remove what killed writers of an entry left behind."""
    for left in folder.parent.glob(f".{folder.name}.*.part"):
        with contextlib.suppress(OSError, ImportError), contextlib.ExitStack() as stack:
            with contextlib.suppress(FileNotFoundError):  # killed before it had made one
                _lock(stack.enter_context(open(left / META, "rb+")), wait=False)
            shutil.rmtree(left, ignore_errors=True)


def _move(temporary: Path, folder: Path) -> None:
    """Move a whole folder into its place; what lies there goes, unless it is the same, which others may be reading."""
    while True:
        try:
            temporary.rename(folder)
        except OSError as error:
            if error.errno not in _OCCUPIED:
                raise
        else:
            return
        if _same(temporary, folder):
            shutil.rmtree(temporary, ignore_errors=True)
            return
        aside = _temporary(folder)
        with contextlib.suppress(FileNotFoundError):
            folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def _same(temporary: Path, folder: Path) -> bool:
    """Whether an entry is intact, and equal to a new one."""
    with contextlib.suppress(StoreError, OSError):
        return find(folder.parents[2], folder.name) is not None and _bytes(temporary) == _bytes(folder)
    return False


def _bytes(folder: Path) -> bytes:
    return (folder / META).read_bytes()
