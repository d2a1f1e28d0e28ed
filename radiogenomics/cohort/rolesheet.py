"""The user's own word on what role a series plays: --roles CSV.

Columns `series_uid,modality` or `series_description,modality`; modality is a name of tables.modalities, or "none" for a
series that shall play none. A description is matched whole, letter case aside. The sheet wins over folder and header.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from radiogenomics.cohort.sheet import Sheet, find_column, read_sheet, some
from radiogenomics.errors import CohortError, raise_faults
from radiogenomics.imaging.header import Acquisition
from radiogenomics.registry import unknown
from radiogenomics.tables.modalities import MODALITIES

NONE = "none"
_KEYS = ("series_uid", "series_description")


@dataclass(frozen=True, slots=True)
class RoleSheet:
    """What the sheet says, by lower-case key."""

    name: str
    by_uid: dict[str, str]
    by_description: dict[str, str]

    def role(self, acquisition: Acquisition) -> str | None:
        """The modality named for a series, "" where it is to play none, or None where the sheet does not know it."""
        name = self.by_uid.get(acquisition.series_uid, self.by_description.get(acquisition.description.casefold()))
        return "" if name == NONE else name

    def strangers(self, acquisitions: Iterable[Acquisition]) -> list[str]:
        """Keys that no series has."""
        keys = {key for a in acquisitions for key in (a.series_uid, a.description.casefold())}
        return sorted(key for key in {*self.by_uid, *self.by_description} if key not in keys)


NO_SHEET = RoleSheet("", {}, {})


def _modality_faults(sheet: Sheet, column: str) -> list[str]:
    return [
        f"line {line}: {unknown(cell, [*MODALITIES, NONE], 'modality')}"
        for line, cell in sheet.cells(column)
        if cell.lower() not in {*MODALITIES, NONE}
    ]


def _mapping(sheet: Sheet, key: str, column: str) -> tuple[dict[str, str], list[str]]:
    mapping: dict[str, str] = {}
    faults = []
    for (line, name), (_, modality) in zip(sheet.cells(key), sheet.cells(column), strict=True):
        if not name:
            continue
        known = mapping.setdefault(name.casefold(), modality.lower())
        if known != modality.lower():
            faults.append(f"line {line}: {key} {name} is called {modality} here and {known} above: delete one row")
    return mapping, faults


def _keyless(sheet: Sheet, keys: list[str]) -> list[str]:
    columns = [sheet.cells(key) for key in keys]
    lines = [str(row[0][0]) for row in zip(*columns, strict=True) if not any(cell for _, cell in row)]
    return [f"line {some(lines)}: no {' or '.join(keys)}: fill it in, or delete the row"] if lines else []


def read_roles(path: Path) -> RoleSheet:
    """Read a sheet of roles.

    Raises:
        MissingPathError: No such file.
        CohortError: No table, columns missing, unknown modalities, contradictions; all faults at once.
    """
    sheet = read_sheet(path, "roles file")
    faults = list(sheet.faults)
    column, fault = find_column(sheet, None, ("modality",), "name it so")
    keys = [found for key in _KEYS if (found := find_column(sheet, None, (key,), "")[0])]
    if not keys:
        faults.append(f"no column is called {' or '.join(_KEYS)}: name one of its columns so")
    if fault:
        faults.append(fault)
    mappings: dict[str, dict[str, str]] = {}
    if column and keys:
        faults += _keyless(sheet, keys) + _modality_faults(sheet, column)
        for key in keys:
            mappings[key.lower()], contradictions = _mapping(sheet, key, column)
            faults += contradictions
    raise_faults(CohortError, faults, f"roles file {path}")
    return RoleSheet(path.name, mappings.get(_KEYS[0], {}), mappings.get(_KEYS[1], {}))
