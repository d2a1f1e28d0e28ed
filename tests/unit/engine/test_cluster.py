"""A real scheduler with two real workers, started once for the file."""

import copyreg
import json
import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import engine_jobs
import pytest
import tblib.pickling_support
from distributed import Client, versions

import radiogenomics
from radiogenomics.engine import cluster, run_jobs, worker
from radiogenomics.errors import OutOfMemoryError, WorkerError

DASK = Path(sys.executable).with_name("dask")
FRESH = pytest.mark.parametrize("fresh", [False, True])
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(engine_jobs.__file__).parent)}
# How often a job may end its worker; the tests would wait for four of them (Dask's default is 3) to be started anew.
DEATHS = "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"


@contextmanager
def dask(folder: Path, name: str, *words: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(DASK), name, "--no-dashboard", "--host", "127.0.0.1", *words]
    with (
        open(folder / f"{name}.log", "ab") as log,
        subprocess.Popen(command, env=ENVIRONMENT | settings, stderr=log) as running,
    ):
        try:
            yield running
        finally:
            running.terminate()


@contextmanager
def scheduler(folder: Path, deaths: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    file = folder / "scheduler.json"
    with dask(folder, "scheduler", "--port", "0", "--scheduler-file", str(file), **{DEATHS: deaths}) as running:
        while not (file.exists() and file.read_text()):
            assert running.poll() is None, (folder / "scheduler.log").read_text()
            time.sleep(0.02)
        yield running, json.loads(file.read_text())["address"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("cluster")
    with (
        scheduler(folder, "0") as (_, address),
        dask(folder, "worker", address, "--nworkers", "2", "--nthreads", "1", "--local-directory", str(folder)),
    ):
        yield address


class Heard:
    """A Progress that keeps what it hears."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}
        self.sentences: list[str] = []

    def update(self, task: str, done: int, total: int | None, note: str = "") -> None:
        assert done == self.last.get(task, 0) + 1
        self.last[task] = done

    def say(self, message: str) -> None:
        self.sentences.append(message)


def test_results_are_those_of_local_workers(address: str) -> None:
    results: list[dict[int, int]] = [dict(run_jobs(engine_jobs.square, [3, 1, 2], w)) for w in (0, 1, 2, address)]
    assert results == [{0: 9, 1: 1, 2: 4}] * 4


def test_many_jobs_are_all_done_once(address: str) -> None:
    results = list(run_jobs(engine_jobs.square, range(300), address))
    assert sorted(results) == [(n, n * n) for n in range(300)]


def test_a_job_of_many_megabytes_is_taken_without_a_warning(address: str) -> None:
    assert list(run_jobs(engine_jobs.measure, [bytes(12_000_000)], address)) == [(0, 12_000_000)]


def test_fresh_jobs_inherit_nothing_from_each_other(address: str) -> None:
    found = [result for _, result in run_jobs(engine_jobs.remember, [1, 2, 3], address, fresh=True)]
    assert len({process for process, _ in found}) == 3
    assert sorted(seen for _, seen in found) == [[1], [2], [3]]


@FRESH
def test_a_jobs_own_exception_arrives_as_it_is(address: str, fresh: bool) -> None:
    with pytest.raises(OutOfMemoryError, match=r"^job 2: try a batch of 8$"):
        list(run_jobs(engine_jobs.fail_at_two, [1, 2, 3], address, fresh=fresh))


def test_an_exception_arrives_as_it_is_though_tblib_would_pickle_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, OutOfMemoryError, tblib.pickling_support.pickle_exception)
    assert type(pickle.loads(worker._pickled(OutOfMemoryError("a batch of 8")))) is OutOfMemoryError


class UnpicklableError(Exception):
    """Can't be made anew from its args."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(one + two)


def test_an_exception_that_does_not_travel_is_told_in_words() -> None:
    error = pickle.loads(worker._pickled(UnpicklableError(1, 2)))
    assert repr(error) == "RuntimeError('UnpicklableError: 3')"


@FRESH
def test_everything_that_a_job_tells_arrives_in_order_before_the_end(address: str, fresh: bool) -> None:
    heard = Heard()
    list(run_jobs(engine_jobs.tell, [1, 2, 3], address, heard, fresh))
    assert heard.last == {"job 1": 200, "job 2": 200, "job 3": 200}
    assert sorted(heard.sentences) == ["job 1 is over", "job 2 is over", "job 3 is over"]


def test_a_caller_that_stops_early_ends_the_fresh_jobs(address: str, tmp_path: Path) -> None:
    results = run_jobs(engine_jobs.answer_first, [(n, tmp_path) for n in range(3)], address, fresh=True)
    assert next(results) == (0, None)
    results.close()
    time.sleep(2.5)
    assert not list(tmp_path.glob("written-*"))


def test_after_a_failure_the_other_jobs_are_taken_back(address: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at once"):
        list(run_jobs(engine_jobs.fail_first, [(n, tmp_path) for n in range(12)], address))
    time.sleep(0.2)
    with Client(address, set_as_default=False) as client:
        assert not any(client.processing().values())


def test_a_killed_worker_is_one_sentence_with_the_mend(address: str) -> None:
    with pytest.raises(WorkerError, match=r"^job 1 of 1 ended every process .* --resume\)$"):
        list(run_jobs(engine_jobs.die, [1], address))


def test_with_a_substitute_a_job_that_dies_stops_no_other(address: str) -> None:
    results = dict(run_jobs(engine_jobs.die_at_two, [1, 2, 3, 4, 5], address, lost=engine_jobs.mourn))
    assert results == {0: 1, 1: -2, 2: 3, 3: 4, 4: 5}


def test_workers_of_another_version_are_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = versions.get_versions

    def other(packages: Iterable[str] | None = None) -> dict[str, dict[str, str]]:
        here = found(packages)
        return here | {"packages": here["packages"] | {"radiogen": "9.9", "numpy": "1.0"}}

    monkeypatch.setattr(versions, "get_versions", other)
    with pytest.raises(WorkerError) as caught:
        list(run_jobs(engine_jobs.square, [1], address))
    message, here = str(caught.value), radiogenomics.__version__
    assert f"the cluster at {address}: 5 faults" in message
    assert message.count("its worker tcp://") == 4
    assert f"its scheduler has radiogen {here}, not 9.9. Start the scheduler and all workers in the env" in message


def test_a_folder_still_to_be_made_is_no_fault(address: str, tmp_path: Path) -> None:
    folders = [tmp_path, tmp_path / "store" / "of" / "mine"]
    assert list(run_jobs(engine_jobs.square, [2], address, folders=folders)) == [(0, 4)]


def test_a_worker_that_does_not_see_a_folder_says_so(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: True)  # here, not in the worker
    fault = r"^the cluster's worker tcp://\S+: does not see /only/here: .* the same file system under the same paths$"
    with pytest.raises(WorkerError, match=fault):
        list(run_jobs(engine_jobs.square, [1], address, folders=[Path("/only/here")]))


def test_an_empty_mount_point_is_not_taken_for_the_share(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "filled", lambda path: True)  # here, not in the worker
    with pytest.raises(WorkerError, match=f"does not see {tmp_path}"):
        list(run_jobs(engine_jobs.square, [1], address, folders=[tmp_path]))


def test_nobody_at_an_address_is_one_sentence_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(WorkerError, match=rf"no Dask scheduler answers at {address} .*`dask worker {address}"):
        list(run_jobs(engine_jobs.square, [1], address))


def test_what_answers_but_is_no_scheduler_is_told_from_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(WorkerError, match=f"no Dask scheduler answers at {address}"):
            list(run_jobs(engine_jobs.square, [1], address))


def test_tls_without_certificates_is_one_sentence() -> None:
    with pytest.raises(WorkerError, match="no Dask scheduler answers at tls://"):
        list(run_jobs(engine_jobs.square, [1], "tls://127.0.0.1:9"))


def test_a_missing_extra_is_said_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(WorkerError, match=r"distributed, which is not installed: pip install 'radiogen\[cluster\]'"):
        list(run_jobs(engine_jobs.square, [1], "tcp://127.0.0.1:9"))


def test_a_cluster_that_is_not_ready_or_goes_away_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [(n, tmp_path) for n in range(2)]
    with scheduler(tmp_path, "3") as (running, address):
        monkeypatch.setattr(cluster, "CONNECT", 0.5)
        with pytest.raises(WorkerError, match="has no workers: start some with `dask worker"):
            list(run_jobs(engine_jobs.square, [1], address))
        monkeypatch.setattr(cluster, "CONNECT", 10.0)
        monkeypatch.setattr(cluster, "PATIENCE", 0.5)
        with dask(tmp_path, "worker", address, "--nthreads", "2", "--no-nanny") as running_worker:
            with pytest.raises(WorkerError, match="2 jobs in one process: start it with --nworkers 2 --nthreads 1"):
                list(run_jobs(engine_jobs.square, [1], address))
            results = run_jobs(engine_jobs.answer_first, jobs, address, fresh=True)
            assert next(results) == (0, None)
            running_worker.kill()
            with pytest.raises(WorkerError, match=f"the cluster at {address} is lost"):
                next(results)
        with dask(tmp_path, "worker", address, "--nthreads", "1", "--no-nanny"):
            results = run_jobs(engine_jobs.answer_first, jobs, address)
            assert next(results) == (0, None)
            running.kill()
            with pytest.raises(WorkerError, match=f"the cluster at {address} is lost"):
                next(results)
