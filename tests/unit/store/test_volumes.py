"""A patient's volumes are one entry: whole or not there, the same bytes each time, and damage is found."""

import errno
import hashlib
import json
import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
from engine_jobs import write_slowly, write_until_killed
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from radiogenomics.errors import StoreError
from radiogenomics.store import Store
from radiogenomics.store import volumes as module
from radiogenomics.store.sixteen import quantised

KEY, OTHER = "ab" * 32, "ab" + "cd" * 31
FILES = {"brain.nii.gz": b"\x1f\x8b mask", "flair on t1wce.jpg": b"picture"}
FACTS = {"steps": [{"step": "rigid", "figures": [{"name": "metric", "before": None, "after": -0.75}]}], "n": 2}


def _arrays(seed=0):
    generator = np.random.default_rng(seed)
    return {
        "t1wce": generator.normal(100, 50, (5, 7, 6)).astype(np.float32),
        "ct": generator.uniform(-1024, 2000, (5, 7, 6)).astype(np.float32),
    }


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def _files(store):
    return sorted(path.relative_to(store.root).as_posix() for path in store.root.rglob("*") if path.is_file())


def _hash(store):
    digest = hashlib.sha256()
    for name in _files(store):
        digest.update(name.encode() + b"\0" + (store.root / name).read_bytes())
    return digest.hexdigest()


def test_what_is_written_is_read(store):
    entry = store.write_volumes(KEY, _arrays(), FILES, FACTS)
    assert store.find_volumes(KEY) == store.read_volumes_entry(KEY) == entry
    assert (entry.facts, entry.files, sorted(entry.arrays)) == (FACTS, tuple(sorted(FILES)), ["ct", "t1wce"])
    for name, content in FILES.items():
        assert store.volume_file(KEY, name).read_bytes() == content
    for name, volume in _arrays().items():
        read = store.read_volume(KEY, name)
        assert read.dtype == np.float32
        np.testing.assert_allclose(read, volume, atol=(volume.max() - volume.min()) / 65534 * 0.501)
        np.testing.assert_array_equal(store.read_volume(KEY, name, range(2, 4)), read[2:4])
        assert np.load(store.volume_file(KEY, f"{name}.npy")).dtype == np.uint16
    assert store.find_volumes(OTHER) is None


def test_the_same_input_gives_the_same_bytes(tmp_path):
    stores = [Store(tmp_path / name) for name in "ab"]
    for store in stores:
        store.write_volumes(KEY, _arrays(), FILES, FACTS)
    backwards = [dict(reversed(content.items())) for content in (_arrays(), FILES, FACTS)]
    before = _hash(stores[0])
    stores[0].write_volumes(KEY, *backwards)
    assert before == _hash(stores[0]) == _hash(stores[1])


FINITE = st.floats(-(2.0**100), 2.0**100, width=32)
VOLUMES = st.one_of(
    arrays(np.float32, array_shapes(min_dims=3, max_dims=3, min_side=0, max_side=4), elements=FINITE),
    arrays(np.float32, (2, 2, 2), elements=st.sampled_from([0.0, 1.0, -1024.0, 1000.5, 1001.0])),
    st.tuples(FINITE, st.floats(0, 1, width=32)).map(
        lambda pair: np.float32(pair[0]) + np.linspace(0, pair[1], 8, dtype=np.float32).reshape(2, 2, 2)
    ),
)


def _back(stored, how):
    return ((stored.astype(np.float64) - how.zero) * how.step).astype(np.float32)


@given(volume=VOLUMES)
def test_no_value_moves_by_more_than_half_a_step_and_zero_by_nothing(volume):
    stored, how = quantised(volume)
    back = _back(stored, how)
    assert (back[volume == 0] == 0).all()
    if volume.size and volume.min() == volume.max():
        np.testing.assert_array_equal(back, volume)
    elif volume.size:
        step = (float(volume.max()) - float(volume.min())) / 65534
        rounding = np.spacing(np.abs(volume).max()).astype(np.float64)
        assert np.abs(back.astype(np.float64) - volume).max() <= step / 2 + rounding


@pytest.mark.parametrize("value", [0.0, 37.5, -1024.0])
def test_constant_and_empty_volumes_come_back_as_they_were(store, value):
    constant = np.full((3, 4, 5), value, np.float32)
    store.write_volumes(KEY, {"t1w": constant, "flair": constant[:0]}, {}, {})
    assert store.find_volumes(KEY) is not None
    np.testing.assert_array_equal(store.read_volume(KEY, "t1w"), constant)
    assert store.read_volume(KEY, "flair").shape == (0, 4, 5)


@pytest.mark.parametrize(
    ("arrays_", "files"),
    [
        ({"t1w": np.array([[[1.0, np.nan]]], np.float32)}, {}),
        ({"t1w": np.zeros((2, 2), np.float32)}, {}),
        ({"t1w": np.zeros((2, 2, 2))}, {}),
        ({"../t1w": np.zeros((2, 2, 2), np.float32)}, {}),
        ({"t1w": np.zeros((2, 2, 2), np.float32)}, {"t1w.npy": b""}),
        ({}, {"entry.json": b""}),
    ],
)
def test_what_the_store_cannot_hold_is_refused_and_leaves_nothing(store, arrays_, files):
    with pytest.raises(ValueError, match=r"volume|file"):
        store.write_volumes(KEY, arrays_, files, {})
    assert not _files(store)
    assert not list(store.root.glob("volumes/*/.*"))


def _flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["t1wce.npy", "brain.nii.gz", "entry.json"])
@pytest.mark.parametrize("harm", [_flip, lambda path: os.truncate(path, 9), lambda path: path.unlink()])
def test_damage_to_any_file_is_found_and_mended_by_writing_again(store, name, harm):
    entry = store.write_volumes(KEY, _arrays(), FILES, FACTS)
    before = _hash(store)
    harm(store.volume_file(KEY, name))
    with pytest.raises(StoreError, match=r"is damaged.*prepare again"):
        store.find_volumes(KEY)
    assert store.write_volumes(KEY, _arrays(), FILES, FACTS) == entry
    assert store.find_volumes(KEY) == entry
    assert _hash(store) == before


def test_a_changed_fact_and_an_entry_under_another_name_are_found(store):
    store.write_volumes(KEY, _arrays(), FILES, FACTS)
    meta = store.volume_file(KEY, "entry.json")
    store.volume_file(OTHER, "").parent.mkdir(exist_ok=True)
    content = json.loads(meta.read_text())
    meta.write_text(json.dumps(content | {"facts": {"n": 3}}))
    with pytest.raises(StoreError, match="digest"):
        store.find_volumes(KEY)
    store.write_volumes(KEY, _arrays(), FILES, FACTS)
    store.volume_file(KEY, "").rename(store.volume_file(OTHER, ""))
    with pytest.raises(StoreError, match="is damaged"):
        store.find_volumes(OTHER)


def test_a_volume_cut_short_or_missing_is_never_read(store):
    store.write_volumes(KEY, _arrays(), FILES, FACTS)
    os.truncate(store.volume_file(KEY, "ct.npy"), 128 + 3 * 7 * 6 * 2)
    assert store.read_volume(KEY, "ct", range(1, 3)).shape == (2, 7, 6)
    with pytest.raises(StoreError, match=r"ends before row 3.*prepare again"):
        store.read_volume(KEY, "ct")
    with pytest.raises(StoreError, match="it has no flair"):
        store.read_volume(KEY, "flair")
    with pytest.raises(StoreError, match=r"entry\.json is missing"):
        store.read_volume(OTHER, "ct")


def test_another_content_under_a_key_replaces_the_first(store):
    store.write_volumes(KEY, _arrays(), FILES, FACTS)
    entry = store.write_volumes(KEY, {"flair": _arrays(1)["ct"]}, {}, {"n": 1})
    assert store.find_volumes(KEY) == entry
    assert _files(store) == [f"volumes/ab/{KEY}/{name}" for name in ("entry.json", "flair.npy")]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.ENOSPC, "the disk is full: free some space"), (errno.EACCES, "permission denied: choose a place")],
)
@pytest.mark.parametrize("at", [0, 2, 4])
def test_a_full_disk_is_one_sentence_and_leaves_what_was_there(store, monkeypatch, number, sentence, at):
    calls = iter(range(100))

    def failing(_):
        if next(calls) >= at:
            raise OSError(number, os.strerror(number))

    store.write_volumes(OTHER, _arrays(), FILES, FACTS)
    before = _hash(store)
    monkeypatch.setattr(module.os, "fsync", failing)
    with pytest.raises(StoreError, match=sentence):
        store.write_volumes(KEY, _arrays(), FILES, FACTS)
    assert _hash(store) == before
    assert [path.name for path in store.root.glob("volumes/ab/*")] == [OTHER]


def test_a_file_where_the_store_should_be_is_one_sentence(tmp_path):
    (tmp_path / "store").touch()
    with pytest.raises(StoreError, match="a part of this path is a file"):
        Store(tmp_path / "store").write_volumes(KEY, {}, {}, {})


def _start(target, *arguments):
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments)
    process.start()
    return process


# Of the second array, of entry.json; the move of the old entry aside, that of the new one in its place; and after all.
MOMENTS = (1, 4, 6, 7, 8)


def test_a_killed_writer_leaves_no_half_entry_and_the_next_one_clears_up(tmp_path):
    """Killed before a file is saved or a folder moved, while an entry with other content lies there."""
    expected = Store(tmp_path / "expected")
    expected.write_volumes(KEY, _arrays(), FILES, FACTS)
    killed = []
    for moment in MOMENTS:
        store = Store(tmp_path / str(moment))
        store.write_volumes(KEY, _arrays(1), {}, {})
        killed.append((store, _start(write_until_killed, store.root, KEY, _arrays(), FILES, FACTS, moment)))
        if len(killed) > 1:
            killed[-2][1].join()  # two cores
    seen = set()
    for store, process in killed:
        process.join()
        assert process.exitcode == -signal.SIGKILL
        found = store.find_volumes(KEY)  # raises where it is damaged
        seen.add(None if found is None else tuple(found.files))
        store.write_volumes(KEY, _arrays(), FILES, FACTS)
        assert _hash(store) == _hash(expected)
        assert [path.name for path in store.root.glob("volumes/ab/*")] == [KEY]
    assert seen == {(), None, tuple(sorted(FILES))}  # the old one, none, the new one


def test_a_writer_at_work_is_left_alone(store, tmp_path):
    """Two runs prepare one patient at the same time: what the other is writing is no leftover."""
    process = _start(write_slowly, store.root, KEY, _arrays(), tmp_path)
    began = time.monotonic()
    while not (tmp_path / "began").exists():
        assert time.monotonic() - began < 30
        time.sleep(0.01)
    entry = store.write_volumes(KEY, _arrays(), {}, {})
    (tmp_path / "go").touch()
    process.join()
    assert (tmp_path / "done").exists()
    assert store.find_volumes(KEY) == entry
    assert [path.name for path in store.root.glob("volumes/ab/*")] == [KEY]


def test_what_is_told_aside_is_no_part_of_the_entry(tmp_path):
    stores = [Store(tmp_path / name) for name in "ab"]
    entries = [store.write_volumes("a" * 64, {}, {}, {"n": 1}, {"seconds": [k]}) for k, store in enumerate(stores)]
    assert entries[0] == entries[1]
    assert [store.aside("a" * 64) for store in stores] == [{"seconds": [0]}, {"seconds": [1]}]
    stores[0].volume_file("a" * 64, "aside.json").unlink()
    assert stores[0].find_volumes("a" * 64) == entries[0]
    assert stores[0].aside("a" * 64) == {}
