"""Where the models look."""

import math
from collections import defaultdict

import numpy as np

from radiogenomics.evaluation.chapters.section import Chapter, Section
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.tables import Table
from radiogenomics.evaluation.wording import number

PREFIX = "explain-"  # of the pictures' names
WARNING = (
    "Heat shows which part of the slice moved the model's answer, not why; a map may look right for a model that is "
    "wrong. Heat outside the lesion, at the rim of the picture or on the skull speaks of a shortcut."
)


def _share(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def heat_table(evidence: Evidence) -> Table:
    """The share of heat inside the lesion, by class of outcome and method; slices without a mask are left out."""
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in evidence.explanations:
        share = _share(row.get("heat_in_lesion"))
        if not math.isnan(share):
            groups[row.get("outcome", ""), row.get("method", "")].append(share)
    rows = tuple(
        (outcome, method, str(len(shares)), number(float(np.median(shares))), f"{min(shares):.2f} to {max(shares):.2f}")
        for (outcome, method), shares in sorted(groups.items())
    )
    return Table(("Outcome", "Method", "Slices", "Median", "Range"), rows, caption="Share of heat inside the lesion")


def chapter(evidence: Evidence) -> Chapter:
    """Pictures of heat, or the command that makes them."""
    sheets = tuple(picture for picture in evidence.pictures if picture.name.startswith(PREFIX))
    asked = "" if sheets or evidence.explanations or evidence.outside else "radiogen explain RUN"
    sections = (
        Section("What the model looks at", WARNING if sheets else "", pictures=sheets, command=asked),
        Section("Heat inside the lesion", WARNING if not sheets else "", heat_table(evidence)),
    )
    return Chapter("explanations", "Explanations", sections)
