"""`radiogen prepare` of raw series: told what was done, the same after any kill, with any number of workers."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from toy_raw import N4, RESAMPLE, RIGID, hashes, write_heads

from radiogenomics.phantom.cohort import PhantomCohort
from radiogenomics.store import Store

from .conftest import environment

PATIENTS = 6


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> PhantomCohort:
    """Some raw heads."""
    return write_heads(tmp_path_factory.mktemp("raw"), patients=PATIENTS)


def prepare(heads: PhantomCohort, out: Path, *more: object) -> list[str]:
    """The arguments of `radiogen prepare`."""
    steps = f"preparation.steps=[{RIGID},{RESAMPLE},{N4}]"
    recipe = ("--recipe", "lung-subtype", "--modality", "t1wce,flair", "--set", steps)
    return ["prepare", *map(str, (heads.data, *recipe, "--lesions", heads.lesions, "--out", out, *more))]


@pytest.fixture(scope="module")
def whole(radiogen, heads, tmp_path_factory) -> tuple[Store, str]:
    """A store that was filled without any trouble, and what the command said."""
    store = Store(tmp_path_factory.mktemp("whole") / "store")
    done = radiogen(*prepare(heads, store.root, "--workers", 0))
    assert done.code == 0, done.out
    return store, done.out


def entries(store: Store) -> list[Path]:
    """The folders of volumes that stand in their place."""
    return sorted(path for path in store.root.glob("volumes/??/*") if not path.name.startswith("."))


def marks(folder: Path) -> dict[str, tuple[int, int]]:
    """What tells that a file was never written again."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (folder, *folder.iterdir())}


def killed_after(arguments: list[str], store: Store, count: int, seconds: float) -> bool:
    """Start, wait until so many entries stand there, and some seconds later kill it; whether it was amid them."""
    command = [sys.executable, "-m", "radiogen", *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment(), start_new_session=True, **quiet)
    deadline = time.monotonic() + 120
    while len(entries(store)) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    code = process.wait()
    while time.monotonic() < deadline and _alive(process.pid):
        time.sleep(0.02)
    assert not _alive(process.pid), "its workers go on without it"
    return code == -signal.SIGKILL and count <= len(entries(store)) < PATIENTS


def _alive(group: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, 0)
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workers", "count", "seconds"),
    [(0, 1, 0.0), (0, 2, 0.1), (2, 1, 0.1), (2, 3, 0.0)],
    ids=["first done", "amid the third", "two at once", "two at once, later"],
)
def test_killed_and_prepared_again_is_identical(radiogen, heads, whole, tmp_path, workers, count, seconds):
    tries = (Store(tmp_path / f"store {k}") for k in range(4))  # a busy machine may look too late
    store = next(s for s in tries if killed_after(prepare(heads, s.root, "--workers", workers), s, count, seconds))
    done = entries(store)
    for folder in done:
        assert store.find_volumes(folder.name) is not None, "half-written"
    before = {folder: marks(folder) for folder in done}
    assert not (store.root / "qc.html").exists()
    again = radiogen(*prepare(heads, store.root, "--workers", workers))
    assert again.code == 0, again.out
    assert f"{PATIENTS - len(done)} patients' series brought onto one grid, {len(done)} were there" in again.out
    assert {folder: marks(folder) for folder in done} == before
    assert hashes(store) == hashes(whole[0])
    assert not list(store.root.rglob("*.part"))


def test_it_says_what_was_done_and_where_to_look(whole):
    store, said = whole
    assert f"{PATIENTS} patients' series brought onto one grid, 0 were there already" in said
    assert f"samples of {PATIENTS} patients" in said
    assert f"What was done to each patient: {store.root}/qc.html, as a table {store.root}/preparation.csv" in said
    assert (store.root / "qc.html").stat().st_size > 20_000
    assert {"cohort.csv", "exclusions.csv"} <= {path.name for path in store.root.iterdir()}


def test_who_is_rejected_on_review_is_left_out_and_a_missing_review_is_one_sentence(radiogen, heads, whole, tmp_path):
    store, _ = whole
    review = tmp_path / "review.csv"
    missing = radiogen(*prepare(heads, store.root, "--review", review))
    assert missing.code == 1
    assert str(review) in missing.out
    assert "Traceback" not in missing.out
    review.write_text("patient_id,reason\n00002,blurred\n")
    done = radiogen(*prepare(heads, store.root, "--review", review))
    assert done.code == 0, done.out
    assert "0 patients' series brought onto one grid, 5 were there already" in done.out
    assert "blurred" in (store.root / "preparation.csv").read_text()


def test_wrong_workers_are_wrong_usage(radiogen, heads, tmp_path):
    done = radiogen(*prepare(heads, tmp_path / "store", "--workers", "nonsense"))
    assert done.code == 2
    said = " ".join(done.out.replace("│", " ").split())
    assert "Invalid value for --workers: workers can't be 'nonsense': give a number (0 works in one process)" in said
    assert not (tmp_path / "store").exists()


def test_what_is_prepared_already_is_taken_as_it_is(radiogen, heads, tmp_path):
    given = prepare(heads, tmp_path / "store", "--prepared")
    at = given.index("--set")
    done = radiogen(*given[:at], *given[at + 2 :])
    assert done.code == 0, done.out
    assert "onto one grid" not in done.out
    assert "qc.html" not in done.out
    assert not (tmp_path / "store" / "volumes").exists()
    assert "samples of 6 patients" in done.out
