"""What runs in a worker of a Dask cluster: a look round, then the job, in the worker's process or one of its own."""

import copyreg
import functools
import io
import multiprocessing
import pickle
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from radiogenomics.engine.local import Pools, listening
from radiogenomics.errors import WorkerError, raise_faults
from radiogenomics.records import Progress

Job = TypeVar("Job")
Result = TypeVar("Result")

# What a result may depend on. Of the scheduler, which only hands jobs on, no more is asked than that it can read them.
VERSIONS = (
    *("radiogen", "python", "distributed"),
    *("numpy", "scipy", "simpleitk", "opencv-python-headless", "pydicom", "tensorflow", "keras"),
)
SCHEDULER = VERSIONS[:3]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a worker must fulfil; it looks once, at its first job."""

    versions: tuple[tuple[str, str], ...]  # of this process
    folders: tuple[tuple[Path, bool], ...]  # each with whether it holds something here
    threads: bool  # whether it may work at several jobs in one process


class _Relay:
    """A Progress that sends what it hears to the client; a message overtakes no other, nor its job's end."""

    def __init__(self, worker: Any, topic: str) -> None:
        self._worker, self._topic = worker, topic

    def update(self, task: str, done: int, total: int | None, note: str = "") -> None:
        said = ["update", str(task), int(done), None if total is None else int(total), str(note)]
        self._worker.log_event(self._topic, said)

    def say(self, message: str) -> None:
        self._worker.log_event(self._topic, ["say", str(message)])


@dataclass(frozen=True, slots=True)
class Raised:
    """What stands for a result where the job raised."""

    error: bytes  # the exception, pickled
    trace: str  # where it was raised, as text


def filled(folder: Path) -> bool:
    """Whether it is a folder and holds something: where a share is not mounted, an empty one may lie."""
    return folder.is_dir() and any(folder.iterdir())


def versions(found: Mapping[str, Any] | None) -> dict[str, str]:
    """Those of VERSIONS, of python the first two numbers, by what Dask's get_versions says of one process."""
    packages = {name: str((found or {"packages": {}})["packages"].get(name) or "MISSING") for name in VERSIONS}
    return packages | {"python": ".".join(packages["python"].split(".")[:2])}


def differences(here: dict[str, str], there: dict[str, str]) -> list[str]:
    """What to say of another process, whatever this one lacks."""
    return [
        f"lacks {name}" if there[name] == "MISSING" else f"has {name} {there[name]}, not {version}"
        for name, version in here.items()
        if there[name] != version and version != "MISSING"
    ]


def work(payload: bytes, terms: Terms, topic: str, fresh: bool) -> Any:
    """Do one job in a worker.

    Args:
        payload: The function and the job, pickled.
        terms: What the worker must fulfil.
        topic: Where the client hears of the progress.
        fresh: Do it in a new process.

    Returns:
        The result or, as Dask can't carry every exception as it is (tblib fails at children of MemoryError), a Raised.
    """
    from distributed import get_worker

    worker = get_worker()
    try:
        _look(terms, worker.state.nthreads, worker.address)
        function, job = pickle.loads(payload)
        relay = _Relay(worker, topic)
        return _alone(function, job, relay, worker) if fresh else function(job, relay)
    except Exception as error:
        trace = f"in the cluster's worker {worker.address}:\n{''.join(traceback.format_exception(error))}"
        return Raised(_pickled(error), trace)


def _pickled(error: Exception) -> bytes:
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, pickle.HIGHEST_PROTOCOL)
    # tblib, which Dask brings, sets its own way for every exception.
    pickler.dispatch_table = {
        kind: way for kind, way in copyreg.dispatch_table.items() if not issubclass(kind, BaseException)
    }
    try:
        pickler.dump(error)
        pickle.loads(buffer.getvalue())
    except Exception:
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    return buffer.getvalue()


@functools.cache
def _look(terms: Terms, threads: int, name: str) -> None:
    from distributed.versions import get_versions

    faults = differences(dict(terms.versions), versions(get_versions(packages=VERSIONS)))
    for folder, full in terms.folders:
        if not folder.is_dir() or (full and not filled(folder)):
            faults.append(f"does not see {folder}: a cluster's workers need the same file system under the same paths")
    if threads > 1 and not terms.threads:
        faults.append(f"works at {threads} jobs in one process: start it with --nworkers {threads} --nthreads 1")
    raise_faults(WorkerError, faults, f"the cluster's worker {name}")


def _alone(function: Callable[[Job, Progress], Result], job: Job, relay: _Relay, worker: Any) -> Result:
    """Run a job in a process of its own, which ends if nobody waits for the job any more."""
    # Dask's nanny makes its workers daemons, which may have no children lest they outlive them: ours do not.
    multiprocessing.current_process().daemon = False
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    pools, over = Pools(queue, context), threading.Event()
    watch = threading.Thread(target=_end_if_dropped, args=(pools, worker, worker.get_current_task(), over), daemon=True)
    watch.start()
    try:
        with listening(queue, relay):
            return pools.alone(function, job)
    finally:
        over.set()


def _end_if_dropped(pools: Pools, worker: Any, key: str, over: threading.Event) -> None:
    while not over.wait(0.5):
        task = worker.state.tasks.get(key)
        if task is None or task.state in {"cancelled", "resumed"}:
            pools.kill()
            return
