"""Jobs on the workers of a Dask cluster, by the same contract as in the processes of this machine.

The scheduler and its workers are started by others (`dask scheduler`, `dask worker`), in the same environment as this
process, and see the same file system: jobs carry paths, never pixels.
"""

import asyncio
import contextlib
import functools
import importlib.util
import itertools
import logging
import pickle
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from queue import Empty, Queue, SimpleQueue
from typing import Any, TypeVar

from radiogenomics.engine.local import listening
from radiogenomics.engine.worker import SCHEDULER, VERSIONS, Raised, Terms, differences, filled, versions, work
from radiogenomics.errors import WorkerError, raise_faults
from radiogenomics.records import Progress

Job = TypeVar("Job")
Result = TypeVar("Result")

CONNECT = 10.0  # s until a scheduler must have answered, and have a worker
PATIENCE = 30.0  # s without any worker, as when all of them are being started anew
AHEAD = 8  # jobs a worker that the scheduler knows of; its memory does not grow with the cohort


def on_cluster(
    function: Callable[[Job, Progress], Result],
    jobs: Sequence[Job],
    address: str,
    progress: Progress,
    fresh: bool,
    folders: Sequence[Path],
    lost: Callable[[Job], Result] | None,
) -> Iterator[tuple[int, Result]]:
    """Run the jobs on the cluster of the scheduler at `address`; the other arguments are those of run_jobs.

    Raises:
        WorkerError: Nobody answers, no worker is there, one is of another version or does not see a folder, a job
            killed its workers and there is no `lost`, or the scheduler or the last worker has gone.
    """
    heard: Queue[Sequence[Any]] = Queue()

    def hear(event: tuple[float, Any]) -> None:
        if not isinstance(event[1], dict):  # those are the scheduler's own
            heard.put(event[1])

    with _connected(address) as client:
        terms = _terms(client, address, folders, fresh)
        client.subscribe_topic(client.id, hear)
        with listening(heard, progress):
            yield from _results(client, address, function, jobs, terms, fresh, lost)


def _results(
    client: Any,
    address: str,
    function: Callable[[Job, Progress], Result],
    jobs: Sequence[Job],
    terms: Terms,
    fresh: bool,
    lost: Callable[[Job], Result] | None,
) -> Iterator[tuple[int, Result]]:
    from distributed import KilledWorker

    again = []
    for index, future in _done(client, jobs, functools.partial(_submit, client, function, terms, fresh), address):
        try:
            result = future.result()
            if isinstance(result, Raised):
                raise pickle.loads(result.error) from RuntimeError(result.trace)
        except (KilledWorker, BrokenProcessPool) as error:
            if lost is None:
                raise WorkerError(_killed(index + 1, len(jobs), address)) from error
            if not fresh:  # it may only have waited at a worker that another job ended
                again.append(index)
                continue
            result = lost(jobs[index])
        except CancelledError as error:
            raise WorkerError(_gone(address)) from error
        yield index, result
    if again:
        alone = _results(client, address, function, [jobs[index] for index in again], terms, True, lost)
        yield from ((again[place], result) for place, result in alone)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    """A client; what it has asked for is dropped when it leaves."""
    if importlib.util.find_spec("distributed") is None:
        raise WorkerError(
            f"--workers {address} needs dask's distributed, which is not installed: pip install 'radiogen[cluster]'"
        )
    from distributed import Client
    from distributed.versions import VersionMismatchWarning

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it would print, our errors say
    try:
        with ThreadPoolExecutor(1) as thread:  # a notebook has an event loop in this one
            thread.submit(asyncio.run, _knock(address)).result()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VersionMismatchWarning)  # _terms says what matters
            client = Client(address, timeout=CONNECT, set_as_default=False, name="radiogen")
    except (OSError, TypeError, ValueError) as error:  # OSError: nobody there; the others: TLS is not set up
        raise WorkerError(
            f"no Dask scheduler answers at {address} ({str(error) or 'silence'}): start one with `dask "
            f"scheduler` and workers with `dask worker {address} --nthreads 1`, both in the environment of radiogen"
        ) from error
    try:
        yield client
    finally:
        client.close()


async def _knock(address: str) -> None:
    """See who is there: a Client waits for ever at a port where something else listens."""
    from distributed.comm import connect
    from distributed.core import send_recv
    from distributed.security import Security

    arguments = Security().get_connection_args("client")
    async with asyncio.timeout(CONNECT + 1):
        comm = await connect(address, timeout=CONNECT, **arguments)
        try:
            found = await send_recv(comm, op="identity")
        finally:
            comm.abort()
    if "workers" not in found:
        raise OSError(f"there is a {found['type']}")


def _terms(client: Any, address: str, folders: Sequence[Path], fresh: bool) -> Terms:
    """What all workers must fulfil, those that join later too; the versions of those present are looked at here."""
    try:
        client.wait_for_workers(1, timeout=CONNECT)
    except TimeoutError as error:
        raise WorkerError(
            f"the Dask scheduler at {address} has no workers: start some with `dask worker {address} --nthreads 1`, "
            "in the environment of radiogen"
        ) from error
    found = client.get_versions(packages=list(VERSIONS))
    here = versions(found["client"])
    nodes = {f"its worker {name}": node for name, node in found["workers"].items()}
    faults = [f"{name} {fault}" for name, node in nodes.items() for fault in differences(here, versions(node))]
    lean = {name: here[name] for name in SCHEDULER}
    faults += [f"its scheduler {fault}" for fault in differences(lean, versions(found["scheduler"]))]
    if faults:
        faults[-1] += ". Start the scheduler and all workers in the environment of radiogen"
    raise_faults(WorkerError, faults, f"the cluster at {address}")
    existing = (next(path for path in (folder, *folder.parents) if path.exists()) for folder in folders)
    seen = tuple((folder, filled(folder)) for folder in existing)
    return Terms(tuple(here.items()), seen, threads=fresh)


def _done(client: Any, jobs: Sequence[Job], submit: Callable[[Job], Any], address: str) -> Iterator[tuple[int, Any]]:
    """(index, future) of each job as it is done, only so many asked for at a time that no worker waits."""
    finished: SimpleQueue[Any] = SimpleQueue()
    asked: dict[str, tuple[int, Any]] = {}  # Dask drops a job to whose future nothing refers
    coming = iter(enumerate(jobs))
    ahead = AHEAD * max(1, sum(client.nthreads().values()))
    while True:
        for index, job in itertools.islice(coming, ahead - len(asked)):
            future = submit(job)
            asked[future.key] = index, future
            future.add_done_callback(finished.put)
        if not asked:
            return
        yield asked.pop(_wait(client, finished, address).key)


def _wait(client: Any, finished: "SimpleQueue[Any]", address: str) -> Any:
    while True:
        with contextlib.suppress(Empty):
            return finished.get(timeout=PATIENCE)
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, TimeoutError) as error:  # a job that no worker is left for would wait for ever
            raise WorkerError(_gone(address)) from error


def _submit(client: Any, function: Callable[..., Any], terms: Terms, fresh: bool, job: Any) -> Any:
    # As bytes: the scheduler would otherwise take apart and rebuild the records of every job.
    payload = pickle.dumps((function, job), protocol=pickle.HIGHEST_PROTOCOL)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")  # a fold of a large cohort names all its samples
        return client.submit(work, payload, terms, client.id, fresh, pure=False)


def _gone(address: str) -> str:
    return (
        f"the cluster at {address} is lost: its scheduler no longer answers, or its last worker is gone. Start it "
        "again, then go on with the same command (train: with --resume)"
    )


def _killed(number: int, total: int, address: str) -> str:
    return (
        f"job {number} of {total} ended every process that the cluster at {address} gave it, most often for want of "
        "memory: give the workers more (--memory-limit) or a smaller batch, then go on with the same command (train: "
        "with --resume)"
    )
