"""A CSV that people bring (labels, splits): read as text, its columns found by name, never guessed."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from radiogenomics.errors import CohortError, MissingPathError
from radiogenomics.files import must_exist
from radiogenomics.registry import unknown

ID_COLUMNS = ("patient_id", "PatientID", "BraTS21ID", "patient", "subject", "id")
RSNA_ID_COLUMN = "BraTS21ID"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV as text: its columns, and its rows with the line each began on."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]  # (line, cells), as many cells as columns, without outer blanks
    faults: tuple[str, ...]  # what is wrong with the table itself

    def cells(self, column: str) -> list[tuple[int, str]]:
        """(line, cell) of every row in one column."""
        place = self.columns.index(column)
        return [(line, cells[place]) for line, cells in self.rows]


def read_sheet(path: Path, what: str) -> Sheet:
    """Read a CSV separated by commas, semicolons or tabs; wholly blank lines are passed over.

    Args:
        path: The file.
        what: What it is to be, for the errors ("labels file").

    Raises:
        MissingPathError: No such file, or a folder.
        CohortError: No text in UTF-8, or empty.
    """
    if must_exist(path, what).is_dir():
        raise MissingPathError(f"{what} {path} is a folder: name the CSV itself")
    try:
        # newline="" keeps line breaks inside quoted cells as they are, as the csv module asks for.
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CohortError(f"{what} {path} is no text in UTF-8: save it from the spreadsheet as CSV (UTF-8)") from None
    if "\0" in text or not text.strip():
        raise CohortError(f"{what} {path} holds no table: it should be a CSV with a line of column names first")
    try:
        return _parse(path, text)
    except csv.Error as error:
        raise CohortError(f"{what} {path} can't be read as CSV: {error}") from None


def _delimiter(text: str) -> str:
    # The header decides: unlike rows it holds no decimal commas and no free text.
    header = next(line for line in text.splitlines() if line.strip())
    return max(",;\t", key=lambda mark: len(next(csv.reader([header], delimiter=mark))))


def _parse(path: Path, text: str) -> Sheet:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    rows: list[tuple[int, tuple[str, ...]]] = []
    faults: list[str] = []
    columns: tuple[str, ...] = ()
    first = 1
    for raw in reader:
        line, first = first, reader.line_num + 1
        cells = tuple(cell.strip() for cell in raw)
        if not any(cells):
            continue
        if not columns:
            columns = cells
            continue
        if any(cells[len(columns) :]):
            faults.append(f"line {line} has {len(cells)} cells, the header {len(columns)}: quote cells with separators")
            continue
        rows.append((line, (*cells[: len(columns)], *[""] * (len(columns) - len(cells)))))
    faults += [f"column '{name}' stands twice: rename one" for name in _twice(columns)]
    return Sheet(path, columns, tuple(rows), tuple(faults))


def _twice(columns: Sequence[str]) -> list[str]:
    return sorted({name for name in columns if name and columns.count(name) > 1})


def find_column(sheet: Sheet, asked: str | None, known: Sequence[str], mend: str) -> tuple[str, str]:
    """The column that holds something, and a fault where it can't be told.

    Args:
        sheet: The table.
        asked: The user's word for it, or None.
        known: Names that say it by themselves, letter case aside.
        mend: How the user can tell it ("give --id-column").

    Returns:
        (column, ""), or ("", fault).
    """
    if asked is not None:
        same = [name for name in sheet.columns if name == asked] or _named(sheet, (asked,))
        if len(same) == 1:
            return same[0], ""
        return "", unknown(asked, filter(None, sheet.columns), "column")
    found = _named(sheet, known)
    if len(found) == 1:
        return found[0], ""
    columns = ", ".join(filter(None, sheet.columns))
    if found:
        return "", f"the columns {' and '.join(found)} may both be meant: {mend}"
    return "", f"no column is called {' or '.join(known)}: {mend}. Its columns: {columns}"


def _named(sheet: Sheet, names: Sequence[str]) -> list[str]:
    wanted = {name.casefold() for name in names}
    return list(dict.fromkeys(name for name in sheet.columns if name.casefold() in wanted))


def blank_cells(sheet: Sheet, column: str) -> list[str]:
    """The fault of a column that must be filled in every row, or none."""
    lines = [str(line) for line, cell in sheet.cells(column) if not cell]
    return [f"column '{column}' is blank on line {some(lines)}: fill it in, or delete the row"] if lines else []


def some(items: Sequence[str], most: int = 5) -> str:
    """The first few of many names, for a sentence: "a, b, c and 7 more"."""
    rest = len(items) - most
    return ", ".join(items[:most]) + (f" and {rest} more" if rest > 0 else "")


def plural(number: int, noun: str) -> str:
    """A number and its noun: "1 patient", "2 patients"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Match:
    """Which id of a file means which patient."""

    patients: dict[str, str]  # id in the file -> patient
    notes: tuple[str, ...]
    faults: tuple[str, ...]


def match_ids(ids: Sequence[str], patients: Sequence[str], id_column: str, source: str) -> Match:
    """Find the patient each id means: the same text, or in RSNA's own column the same number padded with zeros.

    Ids are text, so "00002" is not "2". Only a column called BraTS21ID is known to hold numbers whose zeros a
    spreadsheet may have eaten.

    Args:
        ids: As the file has them, each once.
        patients: As the scan has them.
        id_column: The file's name for the column.
        source: The file's name, for notes and faults.
    """
    exact = set(ids) & set(patients)
    matched = {patient: patient for patient in exact}
    if id_column.casefold() != RSNA_ID_COLUMN.casefold():
        return Match(matched, (), ())
    numbers: dict[str, list[str]] = {}
    for name in sorted(set(ids) - exact):
        if name.isdecimal():
            numbers.setdefault(name.lstrip("0"), []).append(name)
    faults, padded = [], []
    for patient in sorted(set(patients) - exact):
        fitting = [name for name in numbers.get(patient.lstrip("0"), ()) if name.zfill(len(patient)) == patient]
        if len(fitting) > 1 or any(name in matched for name in fitting):
            faults.append(f"{' and '.join(fitting)} can't be told apart for folder {patient}: write ids as folders are")
        elif fitting:
            matched[fitting[0]] = patient
            padded.append(f"{fitting[0]} as {patient}")
    notes = [f"{source}: {id_column} read with the folders' leading zeros put back ({some(padded, 3)})"]
    return Match(matched, tuple(notes if padded else ()), tuple(faults))


def strangers(ids: Sequence[str], patients: Sequence[str], id_column: str) -> str:
    """The fault of a file none of whose ids is a patient: three of each side, to compare."""
    theirs, ours = some(sorted(set(ids)), 3), some(sorted(set(patients)), 3)
    return (
        f"no id in '{id_column}' ({theirs or 'none'}) is a patient of the cohort ({ours or 'none'}); ids are text, "
        "so 2 is not 00002: write them as the cohort has them, or name the right column"
    )
