"""Records to CSV and back: one dataclass a file, its fields the columns."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from radiogenomics.errors import MissingPathError, RunError
from radiogenomics.files import write_text
from radiogenomics.records import EpochRow

Record = TypeVar("Record")


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
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_text(value) for value in row] for row in rows)
    write_text(path, buffer.getvalue())


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV, as text by column.

    Raises:
        MissingPathError: There is no such file.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise MissingPathError(f"{path} is missing: is {path.parent} a finished run?") from None


def write_records(path: Path, kind: type[Record], records: Iterable[Record]) -> None:
    """Write records of one flat dataclass of int, float and str."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    write_csv(path, names, ([getattr(record, name) for name in names] for record in records))


def read_records(path: Path, kind: type[Record]) -> list[Record]:
    """Read what `write_records` wrote.

    Raises:
        MissingPathError: There is no such file.
        RunError: A column is missing or a cell does not fit.
    """
    records = []
    for number, row in enumerate(read_csv(path), 2):
        try:
            cells = {f.name: CONVERTERS[f.type](row[f.name]) for f in fields(kind)}  # type: ignore[arg-type]
        except (KeyError, ValueError, TypeError) as error:
            raise RunError(
                f"{path}, line {number}: {error!r}; the file was changed or written by another version"
            ) from None
        records.append(kind(**cells))
    return records


def write_history(path: Path, rows: Iterable[EpochRow]) -> None:
    """Write history.csv: fold, phase, epoch, then every metric that any row has."""
    rows = list(rows)
    names = sorted({name for row in rows for name in row.metrics})
    cells = ([r.fold, r.phase, r.epoch, *(r.metrics.get(name, math.nan) for name in names)] for r in rows)
    write_csv(path, ["fold", "phase", "epoch", *names], cells)


def read_history(path: Path) -> list[EpochRow]:
    """Read history.csv; blank metrics are left out of their row."""
    rows = []
    for row in read_csv(path):
        fold, phase, epoch = (int(row.pop(name)) for name in ("fold", "phase", "epoch"))
        rows.append(EpochRow(fold, phase, epoch, {name: float(cell) for name, cell in row.items() if cell}))
    return rows
