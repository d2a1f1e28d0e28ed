"""Files written whole or not at all."""

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from radiogenomics.errors import ExistsError, MissingPathError, RadiogenomicsError, StoreError


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an OSError of writing at `path` into a StoreError that names the mend."""
    try:
        yield
    except OSError as error:
        if isinstance(error, RadiogenomicsError):
            raise
        mend = {
            errno.ENOSPC: "the disk is full: free some space, or choose another place",
            errno.EDQUOT: "the disk quota is used up: free some space, or choose another place",
            errno.EACCES: "permission denied: choose a place you may write to",
            errno.EROFS: "the file system is read-only: choose another place",
            errno.ENOTDIR: "a part of this path is a file: choose another place",
            errno.EEXIST: "a part of this path is a file: choose another place",
            errno.EISDIR: "it is a folder: name a file",
        }.get(error.errno or 0, error.strerror or str(error))
        raise StoreError(f"can't write {path}: {mend}") from error


def write_atomically(path: Path, write: Callable[[BinaryIO], object], *, mode: int = 0o666) -> None:
    """Call `write` on a temporary file beside `path`, then move it into place; folders are made as needed.

    Args:
        path: The file to make or to replace.
        write: Gets the open temporary file.
        mode: Permissions, from the first byte on; the umask takes its own away, as from any file.

    Raises:
        StoreError: Nothing could be written; nothing half-written is left behind.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not tempfile's: its files are private whatever the umask says, and made public they might be so against it.
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole or not at all; raises StoreError as `write_atomically` does."""
    # A file name with bytes that are no UTF-8 comes as surrogates: written as \udcfc it can at least be read.
    write_atomically(path, lambda file: file.write(text.encode("utf-8", "backslashreplace")))


def must_exist(path: Path, what: str) -> Path:
    """`path`, where it exists.

    Raises:
        MissingPathError: It does not; names `what` it was to be, and how far the path is right.
    """
    if path.exists():
        return path
    parent = next(folder for folder in [*path.absolute().parents] if folder.exists())
    raise MissingPathError(f"{what} {path} does not exist (the path is right up to {parent}): correct the path")


def must_be_new(path: Path, what: str, force: bool = False) -> Path:
    """`path`, where nothing lies there (an empty folder is nothing) or `force` is given.

    Raises:
        ExistsError: Something would be overwritten.
    """
    occupied = path.exists() and (not path.is_dir() or any(path.iterdir()))
    if occupied and not force:
        raise ExistsError(f"{what} {path} exists: name another place, or give --force to replace it")
    return path
