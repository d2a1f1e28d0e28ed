import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from radiogenomics.errors import ExistsError, MissingPathError, StoreError
from radiogenomics.files import explained, must_be_new, must_exist, write_atomically, write_text


def test_folders_are_made_and_text_arrives_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b.txt", "µ\n")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "µ\n".encode()


def test_a_file_name_that_is_no_utf8_can_be_reported(tmp_path: Path) -> None:
    write_text(tmp_path / "x.csv", os.fsdecode(b"M\xfcller.dcm"))
    assert (tmp_path / "x.csv").read_text(encoding="utf-8") == "M\\udcfcller.dcm"


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, failure: type[BaseException]) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")

    def write(file: BinaryIO) -> None:
        file.write(b"half")
        raise failure

    with pytest.raises(failure):
        write_atomically(path, write)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    def write(file: BinaryIO) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreError, match=r"can't write .*x\.bin: the disk is full: free some space"):
        write_atomically(tmp_path / "x.bin", write)
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_should_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="a part of this path is a file"):
        write_text(tmp_path / "file" / "x.txt", "")


def test_errors_that_explain_themselves_pass_as_they_are(tmp_path: Path) -> None:
    # MissingPathError is an OSError too: a missing input is not a failure to write.
    with pytest.raises(MissingPathError, match=r"^no such scan$"), explained(tmp_path):
        raise MissingPathError("no such scan")


def test_files_are_as_private_as_the_user_asks(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_text(tmp_path / "x.csv", "patients")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x.csv").stat().st_mode) == 0o600


def test_a_missing_path_says_how_far_it_is_right(tmp_path: Path) -> None:
    assert must_exist(tmp_path, "DATA") == tmp_path
    with pytest.raises(MissingPathError) as caught:
        must_exist(tmp_path / "a" / "b", "DATA")
    assert f"DATA {tmp_path / 'a' / 'b'} does not exist (the path is right up to {tmp_path})" in str(caught.value)
    assert isinstance(caught.value, FileNotFoundError)


def test_what_exists_is_only_replaced_by_force(tmp_path: Path) -> None:
    assert must_be_new(tmp_path, "run") == tmp_path, "an empty folder is nothing"
    (tmp_path / "x").touch()
    with pytest.raises(ExistsError, match="--force"):
        must_be_new(tmp_path, "run")
    with pytest.raises(ExistsError, match="--force"):
        must_be_new(tmp_path / "x", "file")
    assert must_be_new(tmp_path, "run", force=True) == tmp_path
