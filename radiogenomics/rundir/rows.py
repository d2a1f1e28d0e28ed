"""Records to CSV and back: one dataclass a file, its fields the columns."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from radiogenomics.errors import MissingPathError, RunError
from radiogenomics.files import write_text
from radiogenomics.records import EpochRow

Record = TypeVar("Record")
CHANGED = "the file was changed, or written by another version"


def _number(cell: str) -> float:
    return float(cell) if cell else math.nan


CONVERTERS: dict[Any, Any] = {int: int, float: _number, str: str}


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(float(value))
    return str(value)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV whole or not at all; floats keep every digit, nan is blank."""
    buffer = io.StringIO(newline="")
    plain = csv.writer(buffer, lineterminator="\n")
    # Before Python 3.13 a lone carriage return (macOS names a file "Icon\r") is left unquoted, and ends the row.
    quoted = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in (columns, *rows):
        cells = [_text(value) for value in row]
        (quoted if any("\r" in cell for cell in cells) else plain).writerow(cells)
    write_text(path, buffer.getvalue())


def absent(path: Path) -> MissingPathError:
    """The error for a file that every finished run has."""
    run = path.parent
    return MissingPathError(
        f"{path} is missing: is {run} a finished run? `radiogen train --resume --run {run}` goes on with one that "
        "was stopped"
    )


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV, as text by column.

    Raises:
        MissingPathError: There is no such file.
        RunError: It is no text in UTF-8, or a row has more or fewer cells than the header.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            header, *rows = list(csv.reader(file)) or [[]]
            return [dict(zip(header, row, strict=True)) for row in rows if row]
    except FileNotFoundError:
        raise absent(path) from None
    except (ValueError, csv.Error) as error:
        raise RunError(f"{path} is damaged: {error}; {CHANGED}") from None


def read_rows(path: Path, convert: Callable[[dict[str, str]], Record]) -> list[Record]:
    """Read a CSV and convert each row.

    Raises:
        MissingPathError: There is no such file.
        RunError: A column is missing or a cell does not fit.
    """
    records = []
    for number, row in enumerate(read_csv(path), 2):
        try:
            records.append(convert(row))
        except (KeyError, ValueError) as error:
            raise RunError(f"{path}, row {number}: {error!r}; {CHANGED}") from None
    return records


def write_records(path: Path, kind: type[Record], records: Iterable[Record]) -> None:
    """Write records of one flat dataclass of int, float and str."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    write_csv(path, names, ([getattr(record, name) for name in names] for record in records))


def read_records(path: Path, kind: type[Record]) -> list[Record]:
    """Read what `write_records` wrote; raises as `read_rows` does. A column may lack whose field has a default."""
    columns = [(field.name, CONVERTERS[field.type], field.default is MISSING) for field in fields(kind)]  # type: ignore[arg-type]

    def record(row: dict[str, str]) -> Record:
        return kind(**{name: convert(row[name]) for name, convert, needed in columns if needed or name in row})

    return read_rows(path, record)


def write_history(path: Path, rows: Iterable[EpochRow], note: str = "") -> None:
    """Write history.csv: fold, phase, epoch, then every metric that any row has; last the note, where one is given.

    Args:
        path: Where to.
        rows: In the order to write.
        note: What the figures of every row carry.
    """
    rows = list(rows)
    names = sorted({name for row in rows for name in row.metrics})
    noted = {"note": note} if note else {}
    cells = (
        [r.fold, r.phase, r.epoch, *(r.metrics.get(name, math.nan) for name in names), *noted.values()] for r in rows
    )
    write_csv(path, ["fold", "phase", "epoch", *names, *noted], cells)


def read_history(path: Path) -> list[EpochRow]:
    """Read history.csv; blank metrics, and the note, are left out of their row. Raises as `read_rows` does."""

    def epoch(row: dict[str, str]) -> EpochRow:
        fold, phase, number = (int(row.pop(name)) for name in ("fold", "phase", "epoch"))
        return EpochRow(fold, phase, number, {name: float(row[name]) for name in row if name != "note" and row[name]})

    return read_rows(path, epoch)
