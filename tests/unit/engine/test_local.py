import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import engine_jobs
import pytest

from radiogenomics.engine import run_jobs
from radiogenomics.errors import OutOfMemoryError, WorkerError

FRESH = pytest.mark.parametrize("fresh", [False, True])


class Heard:
    """A Progress that keeps what it hears."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}
        self.sentences: list[str] = []

    def update(self, task: str, done: int, total: int | None, note: str = "") -> None:
        self.last[task] = done

    def say(self, message: str) -> None:
        self.sentences.append(message)


@pytest.mark.parametrize("workers", [0, 1, 2, 9])
@FRESH
def test_results_are_the_same_for_any_number_of_workers(workers: int, fresh: bool) -> None:
    results = dict(run_jobs(engine_jobs.square, [3, 1, 2], workers, fresh=fresh))
    assert results == {0: 9, 1: 1, 2: 4}


def test_no_jobs_are_no_processes() -> None:
    assert list(run_jobs(engine_jobs.square, [], 2)) == []


@pytest.mark.parametrize("workers", [0, 2])
@FRESH
def test_a_jobs_own_exception_arrives_as_it_is(workers: int, fresh: bool) -> None:
    with pytest.raises(OutOfMemoryError, match=r"^job 2: try a batch of 8$"):
        list(run_jobs(engine_jobs.fail_at_two, [1, 2, 3], workers, fresh=fresh))


@FRESH
def test_a_killed_worker_is_one_sentence_with_the_mend(fresh: bool) -> None:
    with pytest.raises(WorkerError, match="--resume"):
        list(run_jobs(engine_jobs.die, [1, 2, 3], 2, fresh=fresh))


@pytest.mark.parametrize("workers", [0, 2])
@FRESH
def test_everything_that_a_job_tells_arrives_before_the_end(workers: int, fresh: bool) -> None:
    heard = Heard()
    list(run_jobs(engine_jobs.tell, [1, 2, 3], workers, heard, fresh))
    assert heard.last == {"job 1": 200, "job 2": 200, "job 3": 200}
    assert sorted(heard.sentences) == ["job 1 is over", "job 2 is over", "job 3 is over"]


def test_fresh_jobs_inherit_nothing_from_each_other() -> None:
    found = [result for _, result in run_jobs(engine_jobs.remember, [1, 2, 3], 1, fresh=True)]
    assert len({process for process, _ in found}) == 3
    assert sorted(seen for _, seen in found) == [[1], [2], [3]]


@FRESH
def test_after_a_failure_no_other_job_goes_on(tmp_path: Path, fresh: bool) -> None:
    with pytest.raises(ValueError, match="at once"):
        list(run_jobs(engine_jobs.fail_first, [(n, tmp_path) for n in range(4)], 2, fresh=fresh))
    time.sleep(2.5)
    assert not list(tmp_path.glob("written-*"))
    assert multiprocessing.active_children() == []


@FRESH
def test_a_caller_that_stops_early_ends_the_other_jobs(tmp_path: Path, fresh: bool) -> None:
    results = run_jobs(engine_jobs.answer_first, [(n, tmp_path) for n in range(3)], 2, fresh=fresh)
    assert next(results) == (0, None)
    results.close()
    time.sleep(2.5)
    assert not list(tmp_path.glob("written-*"))
    assert multiprocessing.active_children() == []


@FRESH
def test_with_a_substitute_a_job_that_dies_stops_no_other(fresh: bool) -> None:
    results = dict(run_jobs(engine_jobs.die_at_two, [1, 2, 3, 4, 5], 2, fresh=fresh, lost=engine_jobs.mourn))
    assert results == {0: 1, 1: -2, 2: 3, 3: 4, 4: 5}
    assert multiprocessing.active_children() == []


SCRIPT = """
import sys; sys.path.insert(0, {tests!r})
from pathlib import Path
import engine_jobs
from radiogenomics.engine import run_jobs
if __name__ == "__main__":
    list(run_jobs(engine_jobs.answer_first, [(1, Path({folder!r}))], 1))
"""


def test_workers_of_a_killed_parent_die_with_it(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(SCRIPT.format(tests=str(Path(engine_jobs.__file__).parent), folder=str(tmp_path)))
    parent = subprocess.Popen([sys.executable, str(script)])
    while not (tmp_path / "began-1").exists():
        assert parent.poll() is None
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    time.sleep(2.5)
    assert not (tmp_path / "written-1").exists()
