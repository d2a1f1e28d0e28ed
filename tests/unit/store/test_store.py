"""An entry is whole or does not exist, and damage is found."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from radiogenomics import files
from radiogenomics.errors import StoreError
from radiogenomics.recipe import ImagePart
from radiogenomics.records import Plane, Slice
from radiogenomics.store import Fault, Store, StoredSlice, entry_key

KEY = "ab" * 32
SIZE = (6, 5)
IMAGE = ImagePart(size=(64, 64), normalisation="minmax")


def _rows(count, seed=0):
    planes = np.random.default_rng(seed).integers(0, 65536, (count, *SIZE)).astype(np.uint16)
    return [(StoredSlice(f"1.{k}", k + 1, f"{k:032x}", f"{k:016x}"), plane) for k, plane in enumerate(planes)]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_what_is_written_is_read_plane_by_plane(store):
    rows = _rows(4)
    entry = store.write(KEY, SIZE, 4, rows)
    assert store.find(KEY) == entry
    assert entry.slices == tuple(stored for stored, _ in rows)
    for k in (2, 0, 3, 1):
        np.testing.assert_array_equal(store.read(Plane(KEY, k)), rows[k][1])
    np.testing.assert_array_equal(np.load(store.path(KEY)), np.stack([plane for _, plane in rows]))


def test_same_content_gives_the_same_bytes(tmp_path):
    stores = [Store(tmp_path / name) for name in "ab"]
    for store in stores:
        store.write(KEY, SIZE, 3, iter(_rows(3)))
    for suffix in (".npy", ".json"):
        first, second = (store.path(KEY).with_suffix(suffix).read_bytes() for store in stores)
        assert first == second


def test_an_absent_entry_is_none(store):
    assert store.find(KEY) is None


def _flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("place", [-1, 200, 60, 3])
def test_a_flipped_bit_of_the_planes_is_found(store, place):
    store.write(KEY, SIZE, 4, _rows(4))
    _flip(store.path(KEY), place)
    with pytest.raises(StoreError, match="checksum"):
        store.find(KEY)


def test_a_changed_word_of_the_meta_file_is_found(store):
    store.write(KEY, SIZE, 4, _rows(4))
    meta = store.path(KEY).with_suffix(".json")
    content = json.loads(meta.read_text())
    content["slices"][0]["pixel_hash"] = "0" * 31 + "1"
    meta.write_text(json.dumps(content))
    with pytest.raises(StoreError, match="digest"):
        store.find(KEY)


@pytest.mark.parametrize("length", [0, 10, 128, 150])
def test_truncated_planes_are_found_and_never_read(store, length):
    store.write(KEY, SIZE, 4, _rows(4))
    os.truncate(store.path(KEY), length)
    with pytest.raises(StoreError, match="damaged"):
        store.find(KEY)
    with pytest.raises(StoreError, match="prepare again"):
        store.read(Plane(KEY, 1))


def test_truncated_meta_and_missing_planes_are_found(store):
    store.write(KEY, SIZE, 2, _rows(2))
    os.truncate(store.path(KEY).with_suffix(".json"), 40)
    with pytest.raises(StoreError, match="damaged"):
        store.find(KEY)
    store.write(KEY, SIZE, 2, _rows(2))
    store.path(KEY).unlink()
    with pytest.raises(StoreError, match="planes are missing"):
        store.find(KEY)


def test_an_entry_without_its_meta_file_does_not_exist(store):
    store.write(KEY, SIZE, 2, _rows(2))
    store.path(KEY).with_suffix(".json").unlink()
    assert store.find(KEY) is None


def test_an_entry_under_another_name_is_found(store):
    store.write(KEY, SIZE, 2, _rows(2))
    other = "cd" * 32
    store.path(other).parent.mkdir()
    for suffix in (".npy", ".json"):
        store.path(KEY).with_suffix(suffix).rename(store.path(other).with_suffix(suffix))
    with pytest.raises(StoreError, match="damaged"):
        store.find(other)


def _interrupted(rows):
    yield rows[0]
    raise KeyboardInterrupt


def test_an_interrupted_rewrite_leaves_no_valid_entry_and_no_rubbish(store):
    store.write(KEY, SIZE, 2, _rows(2))
    with pytest.raises(KeyboardInterrupt):
        store.write(KEY, SIZE, 2, _interrupted(_rows(2, seed=1)))
    assert store.find(KEY) is None
    assert [path.name for path in store.root.rglob("*") if path.is_file()] == [f"{KEY}.npy"]


def test_a_full_disk_is_one_sentence_with_the_mend(store, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StoreError, match="disk is full: free some space"):
        store.write(KEY, SIZE, 2, _rows(2))
    assert not [path for path in store.root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("rows", [_rows(1), _rows(3), [(StoredSlice("1", 1), np.zeros((5, 6), np.uint16))] * 2])
def test_rows_that_break_the_promise_are_refused(store, rows):
    with pytest.raises(ValueError, match=r"rows came|is stored"):
        store.write(KEY, SIZE, 2, rows)
    assert store.find(KEY) is None


def test_reading_holds_no_file_open(store):
    store.write(KEY, SIZE, 4, _rows(4))
    before = len(list(Path("/proc/self/fd").iterdir()))
    planes = [store.read(Plane(KEY, k % 4)) for k in range(50)]
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert not any(isinstance(array, np.memmap) for plane in planes for array in (plane, plane.base))


def _slice(k):
    return Slice(f"{k}.dcm", f"1.{k}", None, k, float(k), 100, 1000)


MORE = {"boxes": [[0, 0, 8, 8]], "grid": None}


@pytest.mark.parametrize(
    "other",
    [
        ("2", (_slice(0), _slice(1)), IMAGE, MORE),
        ("1", (_slice(0),), IMAGE, MORE),
        ("1", (_slice(1), _slice(0)), IMAGE, MORE),
        ("1", (_slice(0), replace(_slice(1), mtime_ns=1001)), IMAGE, MORE),
        ("1", (_slice(0), replace(_slice(1), size=101)), IMAGE, MORE),
        ("1", (_slice(0), replace(_slice(1), frame=0)), IMAGE, MORE),
        ("1", (_slice(0), _slice(1)), ImagePart(size=(64, 65), normalisation="minmax"), MORE),
        ("1", (_slice(0), _slice(1)), ImagePart(size=(64, 64), normalisation="zscore"), MORE),
        ("1", (_slice(0), _slice(1)), ImagePart(size=(64, 64), normalisation="minmax", over="brain"), MORE),
        ("1", (_slice(0), _slice(1)), IMAGE, MORE | {"boxes": [[0, 0, 8, 9]]}),
    ],
)
def test_another_content_has_another_key(other):
    assert entry_key(*other) != entry_key("1", (_slice(0), _slice(1)), IMAGE, MORE)


def test_the_key_is_independent_of_where_the_files_lie():
    moved = tuple(replace(_slice(k), path=f"elsewhere/{k}.dcm") for k in range(2))
    assert entry_key("1", moved, IMAGE, MORE) == entry_key("1", (_slice(0), _slice(1)), IMAGE, MORE)


def test_faults_that_come_with_the_rows_are_kept(store):
    faults = []

    def rows():
        for stored, plane in _rows(2):
            faults.append(Fault(stored.sop_uid, stored.number, "truncated"))
            yield stored, plane

    store.write(KEY, SIZE, 2, rows(), faults)
    assert store.find(KEY).faults == (Fault("1.0", 1, "truncated"), Fault("1.1", 2, "truncated"))
