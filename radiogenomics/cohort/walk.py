"""Every regular file under a folder, once, in an order that no file system changes."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class FileEntry(NamedTuple):
    """One file as the file system describes it."""

    path: str  # relative to the root, separated by "/"
    size: int  # bytes
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Tree:
    """What lies under a root."""

    files: tuple[FileEntry, ...]  # sorted by path
    links: tuple[str, ...]  # symbolic links, to files and to folders; not followed
    closed: tuple[str, ...]  # folders that can't be opened, each with why


def is_nameable(path: str) -> bool:
    """Whether a path is valid UTF-8, so that it can be written to a CSV and found again."""
    return path.isascii() or not any("\ud800" <= character <= "\udfff" for character in path)


def shown(path: str) -> str:
    """A path for people and CSV files: bytes that are no UTF-8 as escapes."""
    return path if is_nameable(path) else path.encode("utf-8", "backslashreplace").decode()


def walk(root: Path) -> Tree:
    """List the regular files under `root`; symbolic links are told but not followed."""
    files: list[FileEntry] = []
    links: list[str] = []
    closed: list[str] = []
    pending = [""]
    while pending:
        prefix = pending.pop()
        try:
            with os.scandir(root / prefix) as entries:
                for entry in entries:
                    path = prefix + entry.name
                    if entry.is_symlink():
                        links.append(shown(path))
                    elif entry.is_dir(follow_symlinks=False):
                        pending.append(f"{path}/")
                    elif entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        files.append(FileEntry(path, status.st_size, status.st_mtime_ns))
        except OSError as error:
            closed.append(f"{shown(prefix) or root} ({error.strerror})")
    return Tree(tuple(sorted(files)), tuple(sorted(links)), tuple(sorted(closed)))
