"""Jobs side by side in processes of this machine, each job's result independent of how many run at once."""

import contextlib
import multiprocessing
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from radiogenomics.errors import WorkerError
from radiogenomics.records import SILENT, Progress

Job = TypeVar("Job")
Result = TypeVar("Result")

_queue: Any = None  # in a worker: where its progress goes


class _Relay:
    """A Progress that sends what it hears to the parent process."""

    def update(self, task: str, done: int, total: int | None, note: str = "") -> None:
        _queue.put(("update", task, done, total, note))

    def say(self, message: str) -> None:
        _queue.put(("say", message))


def _begin(queue: Any) -> None:
    global _queue  # noqa: PLW0603 - a process pool hands a queue to its workers only through a global
    _queue = queue


def _work(function: Callable[[Job, Progress], Result], job: Job) -> Result:
    return function(job, _Relay())


@contextlib.contextmanager
def _listening(queue: Any, progress: Progress) -> Iterator[None]:
    def listen() -> None:
        while (message := queue.get()) is not None:
            getattr(progress, message[0])(*message[1:])

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield
    finally:
        queue.put(None)
        thread.join(timeout=10)


def run_jobs(
    function: Callable[[Job, Progress], Result],
    jobs: Sequence[Job],
    workers: int,
    progress: Progress = SILENT,
    fresh: bool = False,
) -> Iterator[tuple[int, Result]]:
    """Run function(job, progress) for every job, and yield (index, result) as each is done.

    Args:
        function: A module-level function; with workers >= 1 it and its jobs and results travel between processes.
        jobs: One argument a call.
        workers: 0 runs here, one after the other; n >= 1 in n processes started afresh (spawned, never forked:
            TensorFlow hangs in a fork).
        progress: Hears what the jobs report, wherever they run.
        fresh: A new process for each job, so that none inherits another's memory or random state.

    Raises:
        WorkerError: A process died without an exception (killed, out of memory). A job's own exception is raised
            as it is; the jobs not yet begun are dropped.
    """
    if workers == 0:
        for index, job in enumerate(jobs):
            yield index, function(job, progress)
        return
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    pool = ProcessPoolExecutor(
        min(workers, max(len(jobs), 1)), context, _begin, (queue,), max_tasks_per_child=1 if fresh else None
    )
    try:
        with _listening(queue, progress):
            pending: dict[Future[Result], int] = {pool.submit(_work, function, job): i for i, job in enumerate(jobs)}
            while pending:
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield pending.pop(future), future.result()
    except BrokenProcessPool as error:
        raise WorkerError(
            "a worker process died, most often for want of memory: give fewer --workers or a smaller batch, "
            "then go on with --resume"
        ) from error
    finally:
        for process in list((pool._processes or {}).values()):
            if process.is_alive() and any(not future.done() for future in pending):
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
