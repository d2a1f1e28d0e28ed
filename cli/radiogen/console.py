"""What the user sees: the only file that prints."""

import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

RESEARCH_USE_ONLY = "Research use only: not a medical device, not for diagnosis or treatment."

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def hide_native_messages() -> None:
    """Keep what C++ libraries write to stderr from the user (and from child processes' users).

    TensorFlow prints a dozen lines about CPU features before its log level is even read. What Python writes to
    sys.stderr, tracebacks included, still arrives.
    """
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # its advice on retracing is not for users
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


class Bars:
    """A records.Progress drawn as one bar a task; where no one watches, one line a finished task."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def update(self, task: str, done: int, total: int | None, note: str = "") -> None:
        """Move the bar of `task`; a finished bar leaves a line behind."""
        with self._lock:
            if task not in self._tasks:
                self._tasks[task] = self._bars.add_task(escape(task), total=total, note="")
            self._bars.update(self._tasks[task], completed=done, total=total, note=escape(note))
            if total is not None and done >= total:
                self._bars.remove_task(self._tasks.pop(task))
                self._bars.console.print(f"[green]done[/] {escape(task)} [dim]{escape(note)}[/]", soft_wrap=True)

    def say(self, message: str) -> None:
        """Print a sentence above the bars."""
        self._bars.console.print(escape(message), soft_wrap=True)


@contextmanager
def progress() -> Iterator[Bars]:
    """Progress bars for as long as the block runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("[dim]{task.fields[note]}"),
    )
    with Progress(*columns, console=err, transient=True, refresh_per_second=4) as bars:
        yield Bars(bars)


def say(message: str, style: str = "") -> None:
    """Print one paragraph; what headers and files hold is never read as markup."""
    out.print(escape(message), style=style or None, soft_wrap=True)


def heading(text: str) -> None:
    """Print a heading."""
    out.print(f"\n[bold]{escape(text)}[/]")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "", numeric: int = 1) -> None:
    """Print a table; columns from index `numeric` on are aligned to the right."""
    drawn = Table(title=escape(title) or None, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        drawn.add_column(escape(column), justify="right" if index >= numeric else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(escape(str(cell)) for cell in row))
    out.print(drawn)


def raw(text: str) -> None:
    """Print text for another program, unwrapped and without style."""
    sys.stdout.write(text)


def disclaimer() -> None:
    """The line that ends every output."""
    err.print(f"[dim]{RESEARCH_USE_ONLY}[/]", soft_wrap=True)


def error(message: str) -> None:
    """The one red sentence."""
    err.print(f"[bold red]Error:[/] [red]{escape(message)}[/]", soft_wrap=True)


def traceback() -> None:
    """The traceback of the exception at hand, for --debug."""
    err.print_exception()
