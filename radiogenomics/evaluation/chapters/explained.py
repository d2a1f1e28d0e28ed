"""Where the models look."""

import math

from radiogenomics.evaluation.chapters.section import Chapter, Section
from radiogenomics.evaluation.evidence import Evidence, Picture
from radiogenomics.evaluation.heat import ALL, GRAD_CAM, HeatShare, heat_shares
from radiogenomics.evaluation.heat_words import (
    beyond_chance,
    cells_of,
    coarseness,
    in_percent,
    in_words,
    is_coarse,
    is_occluded,
    points,
)
from radiogenomics.evaluation.tables import Table

PREFIX = "explain-"  # of the pictures' names
WARNING = (
    "Heat shows which part of a slice moved the model's answer, not why; a map may look right for a model that is "
    "wrong. A slice without heat may be anyone's, a true positive's too: Grad-CAM is nowhere above 0 there, and shows "
    "nothing."
)
OUTSIDE = "Heat outside the lesion, at the rim of the picture or on the skull speaks of a shortcut."
RULE = (
    "A patient's share is the mean over its slices that show the lesion and have heat. Only where the whole intervals "
    "of the last columns lie above 0 does the heat prefer the lesion, to the middle of the picture too."
)


def _heat_table(shares: tuple[HeatShare, ...]) -> Table:
    """The share of heat inside the lesion by method and outcome, beside what chance would put there."""
    rows = tuple(
        (
            *(share.outcome, share.method, str(share.heat.n), str(share.cold)),
            *(in_percent(known) or "-" for known in (share.heat, share.area, share.others)),
            *("-" if math.isnan(known.value) else points(known) for known in (share.over_area, share.over_others)),
        )
        for share in shares
    )
    header = (
        *("Outcome", "Method", "Patients with heat", "Without heat", "Heat in the lesion"),
        *("Lesion's share of the picture", "Other patients' mean heat, laid there"),
        *("Heat more than picture, points", "Heat more than others', points"),
    )
    marked = frozenset(place for place, share in enumerate(shares) if share.outcome == ALL)
    caption = "Share of heat inside the lesion, means over patients and 95% intervals (bootstrap of patients)"
    return Table(header, rows, marked, caption)


def _heat_note(shares: tuple[HeatShare, ...], cells: tuple[int, int] | None, occluded: bool) -> str:
    whole = [share for share in shares if share.outcome == ALL]
    if not whole:
        return ""
    told = [" ".join(filter(None, (in_words(one), beyond_chance(one, is_coarse(cells))))) for one in whole]
    if any(share.method != GRAD_CAM for share in whole):
        told.append("Occlusion was done of the patients and slices shown alone, who stand for nobody else.")
    warning = coarseness(cells, occluded) if any(share.method == GRAD_CAM for share in whole) else ""
    return "\n".join(filter(None, (warning, *told, RULE)))


def _warning(evidence: Evidence, cells: tuple[int, int] | None) -> str:
    """What must be read before the sheets. Maps that can't say where are no ground to suspect a place."""
    methods = {row.get("method") for row in evidence.explanations}
    speaks = not (is_coarse(cells) and methods == {GRAD_CAM})
    coarse = coarseness(cells, is_occluded(evidence.explanations))
    return "\n".join(filter(None, (coarse, f"{WARNING} {OUTSIDE}" if speaks else WARNING)))


def _absent(evidence: Evidence, sheets: tuple[Picture, ...]) -> str:
    """Which sheets were drawn and can't be shown."""
    drawn = {row.get("sheet", "") for row in evidence.explanations} - {"", *(picture.name for picture in sheets)}
    if not drawn:
        return ""
    names = ", ".join(sorted(drawn))
    return f"Not shown here, as figures/ lacks it, or it can't be read or made small enough for a page: {names}."


def chapter(evidence: Evidence) -> Chapter:
    """Pictures of heat, or the command that makes them."""
    sheets = tuple(picture for picture in evidence.pictures if picture.name.startswith(PREFIX))
    rows = evidence.explanations
    shares, cells, occluded = heat_shares(rows), cells_of(rows), is_occluded(rows)
    asked = "" if sheets or evidence.outside else "radiogen explain RUN"
    if evidence.explanations and asked:
        asked = f"{asked} --force"
    note = "\n".join(filter(None, (_warning(evidence, cells) if sheets else "", _absent(evidence, sheets))))
    sections = (
        Section("What the model looks at", note, pictures=sheets, command=asked),
        Section("Heat inside the lesion", _heat_note(shares, cells, occluded), _heat_table(shares)),
    )
    return Chapter("explanations", "Explanations", sections)
