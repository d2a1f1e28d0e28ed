"""Jobs side by side: here, in processes of this machine or on a Dask cluster, with the same results everywhere."""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TypeVar

from radiogenomics.engine.local import cores, in_processes
from radiogenomics.errors import WorkerError
from radiogenomics.records import SILENT, Progress

Job = TypeVar("Job")
Result = TypeVar("Result")

_ADDRESS = re.compile(r"(?:tcp|tls)://(?:\[[0-9a-fA-F:.%]+\]|[^\s:/@\[\]]+):(\d{1,5})")


def parse_workers(text: str) -> int | str:
    """What `--workers` says, as run_jobs takes it.

    Args:
        text: A number from 0, "auto" (as many as this machine has cores), or the address of a Dask scheduler,
            tcp://host:port or tls://host:port.

    Raises:
        WorkerError: It is none of these.
    """
    text = text.strip()
    if text == "auto":
        return cores()
    if re.fullmatch(r"\d{1,4}", text, re.ASCII):
        return int(text)
    address = _ADDRESS.fullmatch(text)
    if address and 0 < int(address[1]) < 2**16:
        return text
    raise WorkerError(
        f'workers can\'t be {text!r}: give a number (0 works in one process), "auto" for one a core, or the address '
        "of a Dask scheduler with its port, such as tcp://10.0.0.5:8786"
    )


def here(workers: int | str) -> int:
    """How many processes of this machine read and prepare, where `workers` says how many folds are trained at once."""
    return cores() if isinstance(workers, str) or workers else 0


def run_jobs(
    function: Callable[[Job, Progress], Result],
    jobs: Sequence[Job],
    workers: int | str,
    progress: Progress = SILENT,
    fresh: bool = False,
    *,
    folders: Sequence[Path] = (),
    lost: Callable[[Job], Result] | None = None,
) -> Iterator[tuple[int, Result]]:
    """Run function(job, progress) for every job, and yield (index, result) as each is done.

    Args:
        function: A module-level function; with workers other than 0 it and its jobs and results travel between
            processes.
        jobs: One argument a call.
        workers: 0 runs here, one after the other; n >= 1 in n processes started afresh (spawned, never forked:
            TensorFlow hangs in a fork); an address (see parse_workers) on the cluster of that Dask scheduler, whose
            workers run the same versions as this process and share its file system.
        progress: Hears what the jobs report, wherever they run.
        fresh: A new process for each job, so that none inherits another's memory or random state.
        folders: Absolute paths from which or to which the jobs read and write: a cluster's worker that does not see
            them (of one still to be made: what it will lie in) is an error at once, instead of a file missing in
            every job.
        lost: Gives the result of a job whose process dies without an exception (a crash in a library, killed for want
            of memory), on this machine when alone in a process; the other jobs go on. None: such a death ends them
            all.

    Raises:
        WorkerError: A process died without an exception and there is no `lost`, or the cluster can't be used. A job's
            own exception is raised as it is. Either way the jobs not yet done are dropped; what a cluster's worker
            has begun it finishes for nobody, unless `fresh`.
    """
    if isinstance(workers, str):
        workers = parse_workers(workers)
    if workers == 0 or not jobs:
        yield from ((index, function(job, progress)) for index, job in enumerate(jobs))
    elif isinstance(workers, str):
        from radiogenomics.engine.cluster import on_cluster

        yield from on_cluster(function, jobs, workers, progress, fresh, folders, lost)
    else:
        try:
            yield from in_processes(function, jobs, workers, progress, fresh, lost)
        except BrokenProcessPool as error:
            raise WorkerError(
                "a worker process died, most often for want of memory: give fewer --workers or a smaller batch, "
                "then go on with --resume"
            ) from error
