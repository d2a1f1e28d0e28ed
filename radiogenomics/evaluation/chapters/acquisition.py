"""How the series that were used were acquired."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.tables import Table

UNSTATED = "not stated"
MOST_GROUPS = 30  # rows of the table; the rarer scanners stand together beneath
MOST_VALUES = 3
# Title, name of a trait or column of cohort.csv, whether it is a number.
COLUMNS = (
    ("TE (ms)", "echo_time", True),
    ("TR (ms)", "repetition_time", True),
    ("TI (ms)", "inversion_time", True),
    ("Flip angle (°)", "flip_angle", True),
    ("kVp", "kvp", True),
    ("Kernel", "kernel", False),
    ("Plane", "plane", False),
    ("Matrix", "matrix", False),
    ("Pixel spacing (mm)", "spacing", False),
    ("Slice thickness (mm)", "slice_thickness", True),
    ("Slice distance (mm)", "slice_spacing", True),
    ("Slices", "n_slices", True),
)
Facts = Mapping[str, str]


def _of_series(evidence: Evidence) -> list[Facts]:
    """What is known of each used series: its row of cohort.csv, and the traits of its patient and modality."""
    traits: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for trait in evidence.traits:
        if trait.kind == "acquisition":
            traits[trait.patient_id, trait.modality][trait.name] = trait.value
    return [
        traits[row["patient_id"], row["modality"]] | {name: value for name, value in row.items() if value}
        for row in evidence.series
        if row["status"] == "used"
    ]


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def spread(values: Iterable[str]) -> str:
    """Numbers as "median (least to greatest)", or the one there is; "" where there is none."""
    numbers = [value for text in values if (value := _finite(text)) is not None]
    if not numbers:
        return ""
    low, middle, high = min(numbers), float(np.median(numbers)), max(numbers)
    return f"{middle:.4g}" if low == high else f"{middle:.4g} ({low:.4g} to {high:.4g})"


def commonest(values: Iterable[str]) -> str:
    """The most frequent values with how often, e.g. "256x256 (40), 512x512 (3), 2 others"; a single one alone."""
    counts = sorted(Counter(filter(None, values)).items(), key=lambda item: (-item[1], item[0]))
    if len(counts) == 1:
        return counts[0][0]
    shown = [f"{value} ({count})" for value, count in counts[:MOST_VALUES]]
    others = len(counts) - MOST_VALUES
    return ", ".join([*shown, f"{others} other{'s' if others > 1 else ''}"] if others > 0 else shown)


def _row(group: tuple[str, str, str], members: Sequence[Facts]) -> tuple[str, ...]:
    sites = {one["site"] for one in members if one.get("site")}
    cells = ((spread if numeric else commonest)([one.get(name, "") for one in members]) for _, name, numeric in COLUMNS)
    return (*group, str(len(members)), str(len(sites) or "-"), *cells)


def acquisition_table(evidence: Evidence) -> Table:
    """A row for each modality, scanner and field strength; columns of which no header tells are left out."""
    groups: dict[tuple[str, str, str], list[Facts]] = defaultdict(list)
    for one in _of_series(evidence):
        key = [one.get(name) or UNSTATED for name in ("modality", "scanner", "field_strength")]
        groups[key[0], key[1], key[2]].append(one)
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    rows = [_row(group, members) for group, members in ranked[:MOST_GROUPS]]
    rare = ranked[MOST_GROUPS:]
    if rare:
        rows.append(_row(("any", f"{len(rare)} rarer ones", "any"), [one for _, members in rare for one in members]))
    header = ("Modality", "Scanner", "Field (T)", "Series", "Sites", *(title for title, _, _ in COLUMNS))
    told = [place for place in range(len(header)) if place < 4 or any(row[place] not in {"", "-"} for row in rows)]
    return Table(
        tuple(header[place] for place in told),
        tuple(tuple(row[place] for place in told) for row in rows),
        caption="Series that were used: median (range), or the most frequent values (how often)",
    )
