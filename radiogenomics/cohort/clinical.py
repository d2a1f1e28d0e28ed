"""What a labels file says of patients besides the label: recognised clinical columns, and the site."""

import math
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from radiogenomics.cohort.sheet import Sheet
from radiogenomics.imaging.provenance import sex_of
from radiogenomics.records import Case, Trait
from radiogenomics.tables.clinical import ANATOMY, CLINICAL, NEVER, SOURCE

BLANKS = frozenset({"", "na", "n/a", "nan", "null", "unknown", "not available", "not reported", "[not available]"})
OLDEST_TOLD = 90  # years: who is older is told as this old, as HIPAA's safe harbor asks for
_MOST_YEARS = 130
_DAYS = 1000  # a column of ages whose median is more is in days, as GDC's are
_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
SITE = "site"


@dataclass(frozen=True, slots=True)
class Clinical:
    """What a labels file says besides the label."""

    traits: tuple[Trait, ...] = ()  # kind "clinical"
    named: frozenset[str] = (
        frozenset()
    )  # traits that the file alone speaks of, not the header; the label's own included


NOTHING = Clinical()


def clinical_name(column: str) -> str:
    """The trait that a column holds by its name, or "": neoplasm_histologic_grade is a grade, CNCluster none."""
    pieces = {piece.casefold() for piece in _PIECES.findall(column)}
    if pieces & NEVER:
        return ""
    name = next((name for name, known in CLINICAL.items() if pieces & known), "")
    in_body = name == SITE and pieces & ANATOMY and SOURCE not in pieces
    return "location" if in_body else name


def _columns(names: Iterable[str]) -> dict[str, str]:
    """Column by trait: of several the one that is called just so, else the first."""
    found: dict[str, str] = {}
    for column in names:
        name = clinical_name(column)
        if name and (name not in found or column.casefold() == name):
            found[name] = column
    return found


def age_told(years: float) -> str:
    """An age as it may be kept: whole years, and 90 for all that are older than 89."""
    return str(min(int(years), OLDEST_TOLD))


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in cell else None


def _ages(cells: Mapping[str, str]) -> dict[str, str]:
    numbers = {patient: number for patient, cell in cells.items() if (number := _number(cell)) is not None}
    unit = 365.25 if numbers and statistics.median(numbers.values()) > _DAYS else 1.0
    years = {patient: number / unit for patient, number in numbers.items()}
    return {patient: age_told(age) for patient, age in years.items() if 0 <= age < _MOST_YEARS}


def _told(name: str, cells: Mapping[str, str]) -> dict[str, str]:
    """The values of one column, each spelled in one way: 2.0 as 2, Male as M."""
    if name == "age":
        return _ages(cells)
    numbers = {patient: _number(cell) for patient, cell in cells.items()}
    plain = {p: f"{n:.6g}" if (n := numbers[p]) is not None else " ".join(cell.split()) for p, cell in cells.items()}
    return {p: sex_of(cell) or cell for p, cell in plain.items()} if name == "sex" else plain


def clinical_cells(sheet: Sheet, id_column: str, label_column: str) -> dict[str, dict[str, str]]:
    """The recognised columns of a labels file: by trait, each patient's first value that is not blank.

    Names decide (`tables.clinical`), and nothing else of the file is kept: no other genomic column, no outcome, and
    nothing that says in another way what the label says (of a label `gender` no column of sex). Ages are years, told as
    90 from there on; a column of ages in days becomes years.

    Args:
        sheet: The file.
        id_column: Its column of patients.
        label_column: Its column of labels.
    """
    ids = [patient for _, patient in sheet.cells(id_column)]
    own = clinical_name(label_column)
    columns = _columns(column for column in sheet.columns if column and column not in {id_column, label_column})
    found: dict[str, dict[str, str]] = {own: {}} if own else {}
    for name, column in columns.items():
        cells: dict[str, str] = {}
        for patient, (_, cell) in zip(ids, sheet.cells(column), strict=True):
            if cell.casefold() not in BLANKS:
                cells.setdefault(patient, cell)
        if name != own:
            found[name] = _told(name, cells)
    return found


def clinical_of(cells: Mapping[str, Mapping[str, str]], patients: Mapping[str, str]) -> Clinical:
    """What the file says of the patients of the cohort.

    Args:
        cells: From `clinical_cells`.
        patients: The patient of each id in the file.
    """
    traits = (
        Trait(patients[own], "", "clinical", name, value)
        for name, column in cells.items()
        for own, value in column.items()
        if own in patients
    )
    return Clinical(tuple(sorted(traits, key=lambda trait: (trait.patient_id, trait.name))), frozenset(cells))


def sites_of(cases: Sequence[Case], clinical: Clinical) -> dict[str, str]:
    """The site of each patient, "" where it is not known.

    Where the labels file has a column of sites it alone counts: one hospital must not be two, by its name in the file
    and by its number in the headers. Else it is the site of the series on which slices are chosen.
    """
    if SITE in clinical.named:
        told = {trait.patient_id: trait.value for trait in clinical.traits if trait.name == SITE}
        return {case.patient_id: told.get(case.patient_id, "") for case in cases}
    return {case.patient_id: case.reference.site for case in cases}
