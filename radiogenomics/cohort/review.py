"""The patients whom a look at qc.html rejected (--review)."""

import difflib
from collections.abc import Collection
from pathlib import Path

from radiogenomics.cohort.sheet import ID_COLUMNS, blank_cells, find_column, match_ids, plural, read_sheet, some
from radiogenomics.cohort.sheet import strangers as none_fits
from radiogenomics.errors import CohortError, raise_faults
from radiogenomics.records import Exclusion

REJECTED = "rejected on review: "  # so begins the reason of whom a person rejected

Review = tuple[tuple[Exclusion, ...], tuple[str, ...]]
"""The rejected patients (path ""), sorted, with the reviewer's reason; and what the user should hear."""


def read_review(path: Path, patients: Collection[str]) -> Review:
    """Read who is rejected on review, and why.

    Args:
        path: A CSV with the columns patient_id and reason, one row for each rejected patient; whoever stays has none.
            Further columns are passed over. Without any row nobody is rejected.
        patients: All that the scan found, those left out for other reasons included. Ids are matched as those of
            labels are.

    Raises:
        MissingPathError: No such file.
        CohortError: Any number of faults of the file, all listed: an unknown id among them, for a misspelt one would
            let a rejected patient take part.
    """
    sheet = read_sheet(path, "review file")
    ids, no_ids = find_column(sheet, None, ID_COLUMNS, "rename one to patient_id")
    why, no_reasons = find_column(sheet, None, ("reason",), "name it so")
    faults = [*sheet.faults, *filter(None, (no_ids, no_reasons))]
    if ids:
        faults += blank_cells(sheet, ids)
    if why:
        faults += blank_cells(sheet, why)
    lines: dict[str, list[int]] = {}
    for line, name in sheet.cells(ids) if ids else []:
        if name:
            lines.setdefault(name, []).append(line)
    match = match_ids(list(lines), sorted(patients), ids, path.name)
    raise_faults(CohortError, [*faults, *match.faults, *_unclear(lines, match.patients, patients, ids)], str(path))
    reasons = {
        match.patients[name]: reason for (_, name), (_, reason) in zip(sheet.cells(ids), sheet.cells(why), strict=True)
    }
    exclusions = tuple(
        Exclusion(patient, "", f"{REJECTED}{' '.join(reason.split())}") for patient, reason in sorted(reasons.items())
    )
    told = f"{path.name}: {plural(len(exclusions), 'patient')} rejected on review ({some(sorted(reasons))})"
    return exclusions, (*match.notes, told if exclusions else f"{path.name} has no row: it rejects nobody")


def _unclear(lines: dict[str, list[int]], matched: dict[str, str], patients: Collection[str], column: str) -> list[str]:
    """The faults of ids that stand in several rows, or that no patient has."""
    faults = []
    for name, places in lines.items():
        if len(places) > 1:
            rows = " and ".join(map(str, places))
            faults.append(f"patient {name} stands on lines {rows}: keep one row with all reasons")
    unknown = [name for name in lines if name not in matched]
    if unknown and not matched:
        return [*faults, none_fits(unknown, list(patients), column)]
    for name in unknown:
        close = difflib.get_close_matches(name, sorted(patients), n=1)
        hint = f"the closest is '{close[0]}'; ids are text, " if close else "ids are text, "
        faults.append(f"line {lines[name][0]}: '{name}' is no patient of the cohort: {hint}as the cohort has them")
    return faults
