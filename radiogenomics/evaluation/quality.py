"""What preparation's own figures tell of a cohort: a column a figure, a row a patient, and who is far from the rest.

Far is told by the robust z of Iglewicz & Hoaglin (1993, How to Detect and Handle Outliers): the distance from the
median in units of the median absolute deviation, scaled to a standard deviation; beyond 3.5 a value is looked at.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from radiogenomics.records import Figure, PatientQuality, StepRecord
from radiogenomics.tables.steps import STEPS

FAR = 3.5  # robust z, either way
LEAST_SPREAD = 0.01  # of the median: where all are nearly equal, nearly equal is not far
FEWEST = 8  # patients with a figure, for one of them to be called far from the others


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that a step gives of each patient: a column."""

    step: str
    turn: int  # from 1: which time the step was done to that series
    modality: str
    name: str
    unit: str

    @property
    def title(self) -> str:
        """Such as "flair: shift (mm)"."""
        unit = f" ({self.unit})" if self.unit else ""
        return (f"{self.modality}: " if self.modality else "") + self.name + unit

    @property
    def group(self) -> str:
        """The step, as the heading above its columns."""
        return step_title(self.step) + (f", time {self.turn}" if self.turn > 1 else "")


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of one patient, beside those of the others."""

    figure: Figure
    used: bool
    z: float  # robust, of what was reached; nan where there are too few to tell

    @property
    def far(self) -> bool:
        """Whether it should be looked at."""
        return abs(self.z) > FAR


def step_title(step: str) -> str:
    """A step in words."""
    return STEPS[step].title if step in STEPS else step


def figures_of(patient: PatientQuality) -> Iterator[tuple[Measure, StepRecord, Figure]]:
    """Every figure of a patient, with the column that it belongs in."""
    turns: Counter[tuple[str, str]] = Counter()
    for record in patient.steps:
        turns[record.step, record.modality] += 1
        for figure in record.figures:
            turn = turns[record.step, record.modality]
            yield Measure(record.step, turn, record.modality, figure.name, figure.unit), record, figure


def measures(patients: Sequence[PatientQuality]) -> list[Measure]:
    """The columns, by step in the order the steps were done."""
    found = dict.fromkeys(measure for patient in patients for measure, _, _ in figures_of(patient))
    groups = list(dict.fromkeys(measure.group for measure in found))
    return sorted(found, key=lambda measure: groups.index(measure.group))


def beside(patients: Sequence[PatientQuality], columns: Sequence[Measure]) -> list[list[Measured | None]]:
    """A row a patient, a cell a column; None where a patient has no such figure."""
    known = [{measure: (record, figure) for measure, record, figure in figures_of(one)} for one in patients]
    rows: list[list[Measured | None]] = [[] for _ in patients]
    for measure in columns:
        cells = [figures.get(measure) for figures in known]
        zs = robust_z([math.nan if cell is None else cell[1].after for cell in cells])
        for row, cell, z in zip(rows, cells, zs, strict=True):
            row.append(None if cell is None else Measured(cell[1], cell[0].used, z))
    return rows


def robust_z(values: Sequence[float]) -> list[float]:
    """How far each lies from the median, in standard deviations as the median absolute deviation tells them.

    Where more than half are equal, the mean absolute deviation stands in for it, and where all are, none is far.

    Args:
        values: nan and infinities are left out, and get nan; so do all where fewer than `FEWEST` are left.
    """
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < FEWEST:
        return [math.nan] * len(values)
    middle = median(finite)
    distances = [abs(value - middle) for value in finite]
    spread = median(distances) * 1.4826 or sum(distances) / len(distances) * 1.2533
    scale = max(spread, LEAST_SPREAD * abs(middle)) if spread else 0.0
    return [((value - middle) / scale if scale else 0.0) if math.isfinite(value) else math.nan for value in values]


def median(values: Sequence[float]) -> float:
    """The middle of the finite values; nan where there is none."""
    kept = sorted(value for value in values if math.isfinite(value))
    if not kept:
        return math.nan
    return (kept[(len(kept) - 1) // 2] + kept[len(kept) // 2]) / 2
