"""Labels: who is positive, read from a CSV and joined with the patients that have scans."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from radiogenomics.cohort.clinical import Clinical, clinical_cells, clinical_of
from radiogenomics.cohort.sheet import (
    ID_COLUMNS,
    Match,
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
from radiogenomics.records import Exclusion

RSNA_LABEL_COLUMN = "MGMT_value"
LABEL_COLUMNS = (RSNA_LABEL_COLUMN, "label")
BLANKS = frozenset({"", "na", "n/a", "nan", "null"})


@dataclass(frozen=True, slots=True)
class Labels:
    """A labels file, read: ids are text as the file has them."""

    source: str  # the file's name, for reasons
    id_column: str
    label_column: str
    unused_columns: tuple[str, ...]  # the file's other columns; only what `cells` has of them is kept
    labels: dict[str, int]  # 1 positive, 0 negative
    exclusions: tuple[Exclusion, ...]  # ids whose label is blank
    notes: tuple[str, ...]
    cells: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # clinical columns: by trait, then id


@dataclass(frozen=True, slots=True)
class Joined:
    """Labels by the patients of the scan; every id of either side is in `labels` or in `exclusions`."""

    labels: dict[str, int]  # sorted by patient
    exclusions: tuple[Exclusion, ...]  # those of the labels file included
    notes: tuple[str, ...]  # those of the labels file included


def read_labels(
    path: Path, *, id_column: str | None, label_column: str | None, positive: str | None, both_classes: bool = True
) -> Labels:
    """Read who is positive.

    Args:
        path: A CSV; RSNA-MICCAI's own (BraTS21ID, MGMT_value) needs no further argument.
        id_column: The column of patient ids; None where its name says it (`ID_COLUMNS`).
        label_column: The column of labels; None where its name says it (`LABEL_COLUMNS`).
        positive: The value that means positive ("1" is also 1.0, letter case is ignored); every other value but a
            blank is negative. None means 1, where all labels are 0 or 1.
        both_classes: Whether to refuse labels of one class, as training must; a cohort that is only scored still has
            a sensitivity or a specificity.

    Raises:
        MissingPathError: No such file.
        CohortError: Any number of faults of the file, all listed.
    """
    sheet = read_sheet(path, "labels file")
    ids, no_ids = find_column(sheet, id_column, ID_COLUMNS, "give --id-column")
    column, no_labels = find_column(sheet, label_column, LABEL_COLUMNS, "give --label-column")
    faults = [*sheet.faults, *filter(None, (no_ids, no_labels))]
    wanted = ""
    if not no_ids:
        faults += blank_cells(sheet, ids)
    if not no_labels:
        wanted, unclear = _positive([cell for _, cell in sheet.cells(column)], column, positive, both_classes)
        faults += unclear
    if not (no_ids or no_labels):
        faults += _conflicts(_rows(sheet, ids, column))
    raise_faults(CohortError, faults, str(path))
    guessed = label_column is None and column.casefold() != RSNA_LABEL_COLUMN.casefold()
    reading = f"column '{column}' is read as the label, {(positive or '1').strip()} positive"
    return _labels(sheet, ids, column, wanted, [reading] if guessed else [])


def _rows(sheet: Sheet, ids: str, column: str) -> list[tuple[str, str]]:
    return [(patient, cell) for (_, patient), (_, cell) in zip(sheet.cells(ids), sheet.cells(column), strict=True)]


def _key(value: str) -> str:
    """One text for all spellings of a value: "1", "1.0" and "01" are one, and so are "Mutant" and "mutant"."""
    try:
        number = float(value)
    except ValueError:
        return value.casefold()
    return repr(number) if math.isfinite(number) and "_" not in value else value.casefold()


def _is_blank(value: str) -> bool:
    return value.casefold() in BLANKS


def _counted(values: Iterable[str]) -> str:
    """The values that rows have, each spelled as it came first, the most frequent first: "0 (12 rows), 1 (9 rows)"."""
    spelling: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for value in values:
        counts[spelling.setdefault(_key(value), value)] += 1
    return some([f"{value} ({plural(rows, 'row')})" for value, rows in counts.most_common()], 8)


def _positive(cells: list[str], column: str, positive: str | None, both_classes: bool) -> tuple[str, list[str]]:
    """The key of the positive value, and what is wrong with it."""
    values = [cell for cell in cells if not _is_blank(cell)]
    keys = {_key(value) for value in values}
    if not keys:
        return "", [f"column '{column}' is blank in every row: give --label-column"]
    if positive is None and not keys <= {"0.0", "1.0"}:
        return "", [f"column '{column}' is not just 0 and 1: say which is positive with --positive; {_counted(values)}"]
    wanted = _key((positive or "1").strip())
    # Only of 0 is it known that it means negative: "mutant" beside --positive mutnt would make every patient negative.
    all_negative = not both_classes and (keys, wanted) == ({"0.0"}, "1.0")
    if positive is not None and wanted not in keys and not all_negative:
        mend = "" if both_classes else "; where every patient is negative, write 0 and leave --positive out"
        return "", [f"no row has --positive {positive} in column '{column}'; rows have {_counted(values)}{mend}"]
    if len(keys) == 1 and both_classes:
        return "", [f"column '{column}' has one class only, {_counted(values)}: a classifier needs two"]
    return wanted, []


def _conflicts(rows: list[tuple[str, str]]) -> list[str]:
    values: dict[str, dict[str, str]] = {}
    for patient, cell in rows:
        if patient and not _is_blank(cell):
            values.setdefault(patient, {}).setdefault(_key(cell), cell)
    return [
        f"patient {patient} is labelled {' and '.join(found.values())}: keep one row"
        for patient, found in values.items()
        if len(found) > 1
    ]


def _labels(sheet: Sheet, ids: str, column: str, positive: str, remarks: list[str]) -> Labels:
    rows = _rows(sheet, ids, column)
    labels = {patient: int(_key(cell) == positive) for patient, cell in rows if not _is_blank(cell)}
    blank = sorted({patient for patient, _ in rows} - labels.keys())
    reason = f"its label ('{column}') is blank in {sheet.path.name}"
    return Labels(
        sheet.path.name,
        ids,
        column,
        tuple(name for name in sheet.columns if name not in {ids, column}),
        labels,
        tuple(Exclusion(patient, "", reason) for patient in blank),
        tuple(f"{sheet.path.name}: {remark}" for remark in [*remarks, *_remarks(rows, positive, column)]),
        clinical_cells(sheet, ids, column),
    )


def _remarks(rows: list[tuple[str, str]], positive: str, column: str) -> list[str]:
    repeated = [patient for patient, times in Counter(patient for patient, _ in rows).items() if times > 1]
    negative = [cell for _, cell in rows if not _is_blank(cell) and _key(cell) != positive]
    remarks = []
    if repeated:
        remarks.append(f"{plural(len(repeated), 'patient')} in several rows that agree ({some(repeated)})")
    if len({_key(cell) for cell in negative}) > 1:
        remarks.append(f"all these values of '{column}' count as negative: {_counted(negative)}")
    return remarks


def join(labels: Labels, patients: Collection[str], *, both_classes: bool = True) -> Joined:
    """Bring labels and scanned patients together; who lacks the other is excluded with a reason.

    Args:
        labels: What `read_labels` gave.
        patients: The patients of the scan. An id is matched as text; in RSNA's own column (BraTS21ID) "2" also means
            the folder "00002", and a note says so.
        both_classes: Whether to refuse a cohort of one class, as in `read_labels`.

    Raises:
        CohortError: No patient has a label, an id fits several folders, or all are of one class.
    """
    match = _matched(labels, patients)
    joined = {match.patients[name]: label for name, label in labels.labels.items() if name in match.patients}
    raise_faults(CohortError, [*match.faults, *_unusable(labels, joined, patients, both_classes)], labels.source)
    unscanned = sorted(labels.labels.keys() - match.patients.keys())
    unlabelled = sorted(set(patients) - set(match.patients.values()))
    exclusions = (
        *(Exclusion(match.patients.get(e.patient_id, e.patient_id), "", e.reason) for e in labels.exclusions),
        *(Exclusion(patient, "", f"no label in {labels.source}") for patient in unlabelled),
        *(Exclusion(patient, "", "no series under DATA") for patient in unscanned),
    )
    notes = [*labels.notes, *match.notes]
    if labels.exclusions:
        notes.append(f"{labels.source}: {plural(len(labels.exclusions), 'patient')} with a blank label left out")
    if unlabelled:
        notes.append(f"{labels.source}: no label for {plural(len(unlabelled), 'scanned patient')} ({some(unlabelled)})")
    if unscanned:
        notes.append(f"{labels.source}: no series for {plural(len(unscanned), 'patient')} ({some(unscanned)})")
    return Joined(dict(sorted(joined.items())), exclusions, tuple(notes))


def _matched(labels: Labels, patients: Collection[str]) -> Match:
    ids = [*labels.labels, *(exclusion.patient_id for exclusion in labels.exclusions)]
    return match_ids(ids, sorted(patients), labels.id_column, labels.source)


def clinical(labels: Labels, patients: Collection[str]) -> Clinical:
    """What the labels file says of these patients besides the label; ids are matched as in `join`.

    Args:
        labels: What `read_labels` gave.
        patients: All patients of the scan.
    """
    return clinical_of(labels.cells, _matched(labels, patients).patients)


def _unusable(labels: Labels, joined: Mapping[str, int], patients: Collection[str], both_classes: bool) -> list[str]:
    if not joined:
        return [strangers(list(labels.labels), list(patients), labels.id_column)]
    if both_classes and len(set(joined.values())) == 1:
        kind = "positive" if 1 in joined.values() else "negative"
        who = f"{plural(len(joined), 'patient')} with label and scans"
        return [f"{who}, all {kind}: a classifier needs both classes"]
    return []
