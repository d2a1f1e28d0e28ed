"""Jobs side by side in processes of this machine, each job's result independent of how many run at once."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from queue import Empty
from typing import Any, TypeVar

from radiogenomics.records import Progress

Job = TypeVar("Job")
Result = TypeVar("Result")

_queue: Any = None  # in a worker: where its progress goes


class _Relay:
    """A Progress that sends what it hears to the parent process."""

    def update(self, task: str, done: int, total: int | None, note: str = "") -> None:
        _queue.put(("update", task, done, total, note))

    def say(self, message: str) -> None:
        _queue.put(("say", message))


def _die_with(parent: Any) -> None:
    wait_for([parent.sentinel])
    os._exit(1)


def _begin(queue: Any) -> None:
    global _queue  # noqa: PLW0603 - a process pool hands a queue to its workers only through a global
    _queue = queue
    # Ctrl-C is the parent's to answer; and a killed parent must not leave workers that write beside its successor.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with, args=(multiprocessing.parent_process(),), daemon=True).start()


def _work(function: Callable[[Job, Progress], Result], job: Job) -> Result:
    return function(job, _Relay())


@contextlib.contextmanager
def listening(queue: Any, progress: Progress) -> Iterator[None]:
    """Meanwhile progress hears what comes out of the queue: ("say", sentence) or ("update", task, ...)."""
    over = threading.Event()

    def listen() -> None:
        while not (over.is_set() and queue.empty()):
            with contextlib.suppress(Empty):
                kind, *said = queue.get(timeout=0.1)
                getattr(progress, kind)(*said)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield
    finally:
        # Nothing is put into the queue to end it: a worker killed while writing takes the queue's lock with it.
        over.set()
        thread.join(timeout=10)


class Pools:
    """Process pools that die together; a job either shares one of `workers` processes or has one for itself."""

    def __init__(self, queue: Any, context: Any) -> None:
        self._queue, self._context = queue, context
        self._all: list[ProcessPoolExecutor] = []
        self._lock = threading.Lock()
        self._closed = False

    def new(self, workers: int) -> ProcessPoolExecutor:
        """A pool for several jobs."""
        pool = ProcessPoolExecutor(workers, self._context, _begin, (self._queue,))
        self._all.append(pool)
        return pool

    def alone(self, function: Callable[[Job, Progress], Result], job: Job) -> Result:
        """Run one job in a process that is started for it and ends with it."""
        # One pool a job: max_tasks_per_child=1 does the same but deadlocks in Python 3.11 (gh-115634).
        with self._lock:
            # A thread may take the next job before the failure of the last one has been heard of.
            if self._closed:
                raise CancelledError
            pool = self.new(1)
            future = pool.submit(_work, function, job)
        with pool:
            return future.result()

    def kill(self) -> None:
        """End every process at once, and start no other."""
        with self._lock:
            self._closed = True
            for pool in self._all:
                for process in list((pool._processes or {}).values()):
                    process.kill()


def cores() -> int:
    """How many processes this machine can run at once, as far as it lets us."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pooled(
    function: Callable[[Job, Progress], Result], jobs: Sequence[Job], workers: int, progress: Progress, fresh: bool
) -> Generator[tuple[int, Future[Result]], None, None]:
    """(index, future) of each job as it is done; the rest is ended with the generator."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    pools = Pools(queue, context)
    with listening(queue, progress), ThreadPoolExecutor(workers) as threads:
        shared = None if fresh else pools.new(workers)
        try:
            pending: dict[Future[Result], int] = {}
            for index, job in enumerate(jobs):
                future = shared.submit(_work, function, job) if shared else threads.submit(pools.alone, function, job)
                pending[future] = index
            while pending:
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield pending.pop(future), future
            if shared:
                shared.shutdown()  # let the workers end by themselves, or the last of what they tell is lost
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            pools.kill()
            if shared:
                shared.shutdown(cancel_futures=True)


def in_processes(
    function: Callable[[Job, Progress], Result],
    jobs: Sequence[Job],
    workers: int,
    progress: Progress,
    fresh: bool,
    lost: Callable[[Job], Result] | None,
) -> Generator[tuple[int, Result], None, None]:
    """Run the jobs in processes of this machine; arguments and order are those of run_jobs, workers >= 1.

    Raises:
        BrokenProcessPool: A process died, and there is no `lost`.
    """
    left = dict(enumerate(jobs))
    results = _pooled(function, jobs, min(workers, len(jobs)), progress, fresh)
    with contextlib.closing(results):
        for index, future in results:
            try:
                result = future.result()
            except BrokenProcessPool:
                if lost is None:
                    raise
                if not fresh:
                    break
                result = lost(jobs[index])
            del left[index]
            yield index, result
    if left:
        # Which of the jobs killed its process is not known: from here on each has one of its own.
        places = list(left)
        again = in_processes(function, list(left.values()), workers, progress, True, lost)
        with contextlib.closing(again):
            yield from ((places[index], result) for index, result in again)
