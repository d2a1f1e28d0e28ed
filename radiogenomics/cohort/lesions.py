"""Lesions: where they lie, read from a CSV of boxes (--lesions)."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from radiogenomics.cohort.sheet import (
    ID_COLUMNS,
    Sheet,
    blank_cells,
    find_column,
    match_ids,
    plural,
    read_sheet,
    some,
    strangers,
)
from radiogenomics.errors import CohortError, raise_faults
from radiogenomics.records import Exclusion, Lesion, Outline, Series

Lesions = tuple[dict[str, tuple[Lesion, ...]], tuple[Exclusion, ...], tuple[str, ...]]
"""Lesions by patient; patients whose lesions can't be used (path ""), with the reason; what the user should hear."""

_NUMBERS = ("slice", "x_min", "y_min", "x_max", "y_max")


def naturally(lesion_id: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key by which "2" comes before "10"."""
    parts = re.findall(r"\d+|\D+", lesion_id)
    return tuple((0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts)


def read_lesions(path: Path, series: Mapping[str, Series]) -> Lesions:
    """Read the boxes of lesions, and find the patients whose they are.

    A box names its slice by InstanceNumber: a patient in whose series those are missing or repeat is excluded.

    Args:
        path: A CSV with the columns patient_id, lesion_id, slice, x_min, y_min, x_max, y_max: slice is the
            InstanceNumber in the series on which the box was drawn, x counts columns and y rows from 0, max is
            exclusive. One row for each slice of a lesion. Ids are matched as those of labels are.
        series: By patient, the series on which boxes were drawn.

    Raises:
        MissingPathError: No such file.
        CohortError: Any number of faults of the file, all listed with their lines; or it has none of the patients.
    """
    column, boxes = _boxes(path)
    match = match_ids(list(boxes), list(series), column, path.name)
    faults = [] if match.patients else [strangers(list(boxes), list(series), column)]
    raise_faults(CohortError, [*match.faults, *faults], f"lesions file {path}")
    strange = sorted(set(boxes) - set(match.patients))
    said = f"{path.name}: {plural(len(strange), 'patient')} of it not in the cohort"
    notes = [*match.notes, *([f"{said} ({some(strange)})"] if strange else [])]
    lesions = by_patient(replace(one, patient_id=match.patients[p]) for p in match.patients for one in boxes[p])
    unclear = [patient for patient in lesions if not series[patient].numbered]
    exclusions = tuple(
        Exclusion(patient, "", f"{path.name} names slices by InstanceNumber, and those of its "
                  f"{series[patient].modality} are missing or repeat: give --masks")
        for patient in unclear
    )  # fmt: skip
    return {patient: those for patient, those in lesions.items() if patient not in unclear}, exclusions, tuple(notes)


def _boxes(path: Path) -> tuple[str, dict[str, tuple[Lesion, ...]]]:
    """The column of patients, and the lesions by what it says."""
    sheet = read_sheet(path, "lesions file")
    names = ("patient_id", "lesion_id", *_NUMBERS)
    found = {name: find_column(sheet, None, (name,), "name it so") for name in names[1:]}
    found["patient_id"] = find_column(sheet, None, ID_COLUMNS, "rename one to patient_id")
    faults = [*sheet.faults, *(fault for _, fault in found.values() if fault)]
    for name in names[:2]:
        if found[name][0]:
            faults += blank_cells(sheet, found[name][0])
    outlines: dict[tuple[str, str], list[Outline]] = {}
    if not any(fault for _, fault in found.values()):
        outlines, unclear = _outlines(sheet, [found[name][0] for name in names])
        faults += unclear
    if not faults and not outlines:
        faults.append("it has no row: one is needed for each slice of a lesion")
    raise_faults(CohortError, faults, f"lesions file {path}")
    return found["patient_id"][0], by_patient(
        Lesion(patient, lesion, tuple(sorted(boxes, key=lambda box: box.slice)))
        for (patient, lesion), boxes in outlines.items()
    )


def by_patient(lesions: Iterable[Lesion]) -> dict[str, tuple[Lesion, ...]]:
    """Lesions by patient, patients and each one's lesions sorted by their ids."""
    grouped: dict[str, list[Lesion]] = {}
    for lesion in sorted(lesions, key=lambda one: (one.patient_id, naturally(one.lesion_id))):
        grouped.setdefault(lesion.patient_id, []).append(lesion)
    return {patient: tuple(those) for patient, those in grouped.items()}


def _outlines(sheet: Sheet, columns: list[str]) -> tuple[dict[tuple[str, str], list[Outline]], list[str]]:
    outlines: dict[tuple[str, str], list[Outline]] = {}
    lines: dict[tuple[str, str, int], int] = {}
    faults = []
    for row in zip(*(sheet.cells(column) for column in columns), strict=True):
        line, (patient, lesion, *cells) = row[0][0], [cell for _, cell in row]
        numbers = [_whole(cell) for cell in cells]
        if fault := _box_fault(cells, numbers):
            faults.append(f"line {line}: {fault}")
            continue
        place, x_min, y_min, x_max, y_max = (number or 0 for number in numbers)
        before = lines.setdefault((patient, lesion, place), line)
        if before != line:
            faults.append(
                f"line {line}: lesion {lesion} of {patient} has a box in slice {place} on line {before} already: keep "
                "one box around both, or give the second a lesion_id of its own"
            )
        box = Outline(place, x_min, y_min, x_max, y_max, (x_max - x_min) * (y_max - y_min))
        outlines.setdefault((patient, lesion), []).append(box)
    return outlines, faults


def _whole(cell: str) -> int | None:
    """The whole number of a cell, 12.0 included, or None."""
    try:
        number = float(cell)
    except ValueError:
        return None
    return int(number) if math.isfinite(number) and number.is_integer() and "_" not in cell else None


def _box_fault(cells: list[str], numbers: list[int | None]) -> str:
    wrong = [
        f"{name} is {cell or 'blank'}" for name, cell, n in zip(_NUMBERS, cells, numbers, strict=True) if n is None
    ]
    if wrong:
        return f"{', '.join(wrong)}: whole numbers of pixels are needed"
    _, x_min, y_min, x_max, y_max = (number or 0 for number in numbers)
    if min(x_min, y_min) < 0:
        return f"the box begins at x {x_min}, y {y_min}: pixels count from 0"
    if x_max <= x_min or y_max <= y_min:
        return f"the box from x {x_min}, y {y_min} to x {x_max}, y {y_max} is empty: max is exclusive"
    return ""


def faults_of(lesion: Lesion, series: Series) -> tuple[str, ...]:
    """What makes a lesion impossible in the series on which it was drawn, reasons for exclusions.csv; () is sound.

    Args:
        lesion: Of the same patient.
        series: The series whose slices and pixels its outlines count.
    """
    name, numbers = series.modality or "the series", {s.number for s in series.slices}
    missing = [outline.slice for outline in lesion.outlines if outline.slice not in numbers]
    outside = [o for o in lesion.outlines if o.x_max > series.columns or o.y_max > series.rows]
    faults = []
    if missing:
        known = f"{min(numbers)} to {max(numbers)}" if numbers else "none"
        faults.append(f"lesion {lesion.lesion_id} is drawn in slice {missing[0]}, which {name} lacks (it has {known})")
    if outside:
        one = outside[0]
        faults.append(
            f"lesion {lesion.lesion_id} reaches to x {one.x_max}, y {one.y_max} in slice {one.slice}, beyond the "
            f"{series.columns} x {series.rows} pixels of {name}"
        )
    return tuple(faults)
