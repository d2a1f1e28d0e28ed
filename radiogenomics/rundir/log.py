"""log.txt: what was said while a run was made."""

import threading
import time
from pathlib import Path

from radiogenomics.records import Progress


class Logged:
    """A Progress that passes on what it hears and writes sentences and finished tasks to a file."""

    def __init__(self, progress: Progress, path: Path) -> None:
        self._progress, self._path = progress, path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)

    def _write(self, line: str) -> None:
        with self._lock, open(self._path, "a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {line}\n")

    def update(self, task: str, done: int, total: int | None, note: str = "") -> None:
        """Pass the step on; a finished task leaves a line."""
        self._progress.update(task, done, total, note)
        if total is not None and done >= total:
            self._write(f"{task} done {note}".rstrip())

    def note(self, message: str) -> None:
        """Keep a sentence that the user has heard already."""
        self._write(message)

    def say(self, message: str) -> None:
        """Pass the sentence on and keep it."""
        self._progress.say(message)
        self._write(message)
