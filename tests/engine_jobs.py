"""Jobs for the engine's tests: a spawned process can import this module, but not a test file."""

import os
import signal
import time
from pathlib import Path

from radiogenomics.errors import OutOfMemoryError
from radiogenomics.records import Progress

_seen: list[int] = []


def square(job: int, progress: Progress) -> int:
    return job * job


def fail_at_two(job: int, progress: Progress) -> int:
    if job == 2:
        raise OutOfMemoryError(f"job {job}: try a batch of 8")
    return job


def die(job: int, progress: Progress) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return job


def tell(job: int, progress: Progress) -> int:
    for step in range(1, 201):
        progress.update(f"job {job}", step, 200, "x" * 100)
    progress.say(f"job {job} is over")
    return job


def remember(job: int, progress: Progress) -> tuple[int, list[int]]:
    """What earlier jobs left behind in this process."""
    _seen.append(job)
    return os.getpid(), list(_seen)


def fail_first(job: tuple[int, Path], progress: Progress) -> None:
    """Job 0 fails at once; the others write a file after a while."""
    if job[0] == 0:
        raise ValueError("at once")
    answer_first(job, progress)


def answer_first(job: tuple[int, Path], progress: Progress) -> None:
    """Job 0 is done at once; the others write a file after a while."""
    number, folder = job
    (folder / f"began-{number}").touch()
    if number:
        time.sleep(1.5)
        (folder / f"written-{number}").touch()


def write_until_killed(root: Path, key: str, arrays: dict, files: dict, facts: dict, moment: int) -> None:
    """Write volumes, and die as by SIGKILL at the n-th time that a file is saved or a folder is moved, just before."""
    from radiogenomics.store import Store

    moments = iter(range(1000))

    def deadly(act):
        def done(*arguments):
            if next(moments) == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*arguments)

        return done

    os.fsync, Path.rename = deadly(os.fsync), deadly(Path.rename)
    Store(root).write_volumes(key, arrays, files, facts)
    os.kill(os.getpid(), signal.SIGKILL)  # and at the latest when all is done


def write_slowly(root: Path, key: str, arrays: dict, folder: Path) -> None:
    """Write volumes, and wait in the midst of it until the folder holds a file `go`."""
    from radiogenomics.store import Store

    save = os.fsync

    def slow(number):
        (folder / "began").touch()
        while not (folder / "go").exists():
            time.sleep(0.01)
        save(number)

    os.fsync = slow
    Store(root).write_volumes(key, arrays, {}, {})
    (folder / "done").touch()


def die_at_two(job: int, progress: Progress) -> int:
    if job == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return job


def mourn(job: int) -> int:
    return -job


def measure(job: bytes, progress: Progress) -> int:
    return len(job)
