"""The pictures that lie ready in a run for its report; no TensorFlow is needed."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from radiogenomics.evaluation.evidence import Picture
from radiogenomics.evaluation.heat import NAMED
from radiogenomics.evaluation.heat_words import cells_of, how_chosen, is_coarse
from radiogenomics.evaluation.outcomes import OUTCOMES
from radiogenomics.rundir.rows import read_csv
from radiogenomics.rundir.run import Run

MOST_BYTES = 500_000  # of one sheet as it is drawn: the page shall stay small enough to be mailed
MOST_TOLD = 12  # slices that the words in a sheet's place go through one by one
TITLES = {
    "true positive": "Explained: true positives",
    "false positive": "Explained: false positives",
    "false negative": "Explained: false negatives",
    "true negative": "Explained: true negatives",
}
CAPTION = (
    "Brighter: more of the evidence for the positive class, whatever was decided; dashed: half of the greatest heat; "
    "solid blue: the lesion, where one is known. Heat shows where a model looks, not that it is right; where there is "
    "none, the method shows nothing, which happens to positives too. Research use only."
)

Rows = Sequence[Mapping[str, str]]  # of explanations.csv


def sheet(run: Run, outcome: str) -> Path:
    """Where the sheet of an outcome lies, or would."""
    return run.figures / f"explain-{outcome.replace(' ', '-')}.png"


def explanation_pictures(run: Run) -> tuple[Picture, ...]:
    """The sheets of `radiogen explain`, in the order of OUTCOMES; those that the run lacks are left out."""
    rows = read_csv(run.explanations) if run.explanations.is_file() else []
    return tuple(
        _picture(path, outcome, [row for row in rows if row.get("sheet") == path.name])
        for outcome in OUTCOMES
        if (path := sheet(run, outcome)).is_file()
    )


def _picture(path: Path, outcome: str, rows: Rows) -> Picture:
    caption = f"{CAPTION} {how_chosen(rows[0]['chosen'] == NAMED)}" if rows and rows[0].get("chosen") else CAPTION
    return Picture(path.name, TITLES[outcome], _alt(outcome, rows), caption, "image/png", path.read_bytes())


def _alt(outcome: str, rows: Rows) -> str:
    """What is seen on a sheet, for those who don't see it."""
    patients = len({row.get("patient_id") for row in rows})
    whose = f"{patients} {outcome}{'s' if patients > 1 else ''}" if rows else f"{outcome}s"
    told = [_told(row) for row in rows[:MOST_TOLD]]
    left = f"; and {len(rows) - MOST_TOLD} more in explanations.csv" if len(rows) > MOST_TOLD else ""
    return f"Heat over slices of {whose}{': ' if told else ''}{'; '.join(told)}{left}."


def _told(row: Mapping[str, str]) -> str:
    lesion = f", lesion {row['lesion_id']}" if row.get("lesion_id") else ""
    where = f"patient {row.get('patient_id', '')}{lesion}, slice {row.get('slice', '')}, by {row.get('method', '')}"
    if not row.get("hottest"):
        return f"{where}: no heat" if "hottest" in row else where  # an earlier version did not tell where
    if is_coarse(cells := cells_of([row])):
        return f"{where}: heat, in {cells[0]} x {cells[1]} cells too few to say where"  # type: ignore[index]
    share = float(row.get("heat_share_in_lesion") or math.nan)
    inside = "" if math.isnan(share) else f", {share:.0%} of the heat in the lesion"
    return f"{where}: hottest {row['hottest']}{inside}"
