"""qc.html: what preparation did to every patient, to be looked at, sorted and reviewed; one file that loads nothing."""

import base64
import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from radiogenomics.evaluation.page import data_uri, template
from radiogenomics.evaluation.quality import FAR, FEWEST, Measure, Measured, beside, measures, median, step_title
from radiogenomics.evaluation.tables import Table
from radiogenomics.files import write_text
from radiogenomics.records import PatientQuality, StepRecord


@dataclass(frozen=True, slots=True)
class _Row:
    """A patient, as the page shows one."""

    quality: PatientQuality
    state: str  # "excluded", "flagged" or "ok"
    reasons: tuple[str, ...]  # of that state
    cells: tuple[Measured | None, ...]
    furthest: float  # |z| of the figure that is furthest from the others'; nan where none can be told
    pictures: tuple[tuple[str, str], ...]  # caption, address
    steps: Table
    rejected: str | None  # the reason that --review gave before
    seconds: float
    flagged: bool  # also one who is excluded may be

    @property
    def far(self) -> bool:
        return any(cell.far for cell in self.cells if cell)


def write_qc(
    path: Path,
    title: str,
    patients: Sequence[PatientQuality],
    version: str,
    rejected: Mapping[str, str] | None = None,
) -> None:
    """Write the page; raises StoreError as `write_text` does.

    Args:
        path: Of qc.html.
        title: What was prepared, such as the recipe's title.
        patients: In the order to show them before anything is sorted.
        version: Of radiogen, for the foot of the page.
        rejected: Patients whom --review rejected already, and why: the page's review.csv goes on from it.
    """
    write_text(path, render(title, patients, version, rejected))


def render(
    title: str, patients: Sequence[PatientQuality], version: str, rejected: Mapping[str, str] | None = None
) -> str:
    """The page; the arguments are those of `write_qc`."""
    columns = measures(patients)
    cells = beside(patients, columns)
    rows = [_row(one, found, (rejected or {}).get(one.patient_id)) for one, found in zip(patients, cells, strict=True)]
    script = template("qc.js")()
    return template("qc.html.j2")(
        title=title,
        summary=_summary(rows),
        excluded=_excluded_table(patients),
        steps=_steps_table(patients),
        spread=_spread_table(columns, cells),
        groups=[(group, len(list(found))) for group, found in groupby(columns, key=lambda measure: measure.group)],
        columns=columns,
        rows=rows,
        brief=brief,
        finite=math.isfinite,
        far=FAR,
        fewest=FEWEST,
        script=script,
        allowed=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        version=version,
    )


def brief(value: float) -> str:
    """About three digits of a figure, never as a power of ten unless it is tiny."""
    if not math.isfinite(value):
        return "undefined"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _row(patient: PatientQuality, cells: Sequence[Measured | None], rejected: str | None) -> _Row:
    worse = tuple(_why(record) for record in patient.steps if record.worse or not record.used)
    state = "excluded" if patient.excluded else "flagged" if worse else "ok"
    return _Row(
        quality=patient,
        state=state,
        reasons=(*([patient.excluded] if patient.excluded else []), *worse),
        cells=tuple(cells),
        furthest=max((abs(cell.z) for cell in cells if cell and math.isfinite(cell.z)), default=math.nan),
        pictures=tuple((caption, data_uri("image/jpeg", picture)) for caption, picture in patient.pictures.items()),
        steps=_details(patient),
        rejected=rejected,
        seconds=sum(record.seconds for record in patient.steps),
        flagged=bool(worse),
    )


def _of(record: StepRecord) -> str:
    return step_title(record.step) + (f" of {record.modality}" if record.modality else "")


def _why(record: StepRecord) -> str:
    said = "used though worse" if record.used else "dropped"
    return f"{_of(record)} {said}" + (f": {record.worse}" if record.worse else "")


def _details(patient: PatientQuality) -> Table:
    """The steps of one patient with their parameters."""
    rows = (
        (
            _of(record),
            f"{record.seconds:.1f}",
            ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in record.parameters.items()),
            "; ".join(text for text in (record.worse, record.note) if text),
        )
        for record in patient.steps
    )
    return Table(("Step", "Seconds", "Parameters", "Note"), tuple(rows))


def _plain(value: object) -> str:
    """A parameter as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (" ".join(str(part) for part in value) if isinstance(value, (list, tuple)) else str(value)) or "none"


def _summary(rows: Sequence[_Row]) -> list[tuple[str, str]]:
    states = Counter(row.state for row in rows)
    return [
        ("patients", str(len(rows))),
        ("without a flag", str(states["ok"])),
        ("flagged: a step made things worse", str(sum(row.flagged for row in rows))),
        ("far from the others by a figure", str(sum(row.far for row in rows))),
        ("excluded", str(states["excluded"])),
    ]


def _excluded_table(patients: Sequence[PatientQuality]) -> Table:
    """Why, most frequent first; reasons that differ only after a colon count as one."""
    counts = Counter(patient.excluded.split(":")[0] for patient in patients if patient.excluded)
    return Table(("Reason", "Patients"), tuple((why, str(count)) for why, count in counts.most_common()))


def _steps_table(patients: Sequence[PatientQuality]) -> Table:
    """What each step took, and how often it was dropped."""
    records = [record for patient in patients for record in patient.steps]
    rows = []
    for step in dict.fromkeys(record.step for record in records):
        done = [record for record in records if record.step == step]
        dropped = sum(not record.used for record in done)
        rows.append((step_title(step), str(len(done)), str(dropped), *_times([record.seconds for record in done])))
    taken = [sum(record.seconds for record in patient.steps) for patient in patients if patient.steps]
    if rows:
        dropped = sum(not record.used for record in records)
        rows.append(("all steps, by patient", str(len(taken)), str(dropped), *_times(taken)))
    header = ("Step", "Times done", "Dropped", "Seconds, median", "Seconds, most", "Seconds, total")
    return Table(header, tuple(rows), frozenset([len(rows) - 1]) if rows else frozenset())


def _times(seconds: Sequence[float]) -> tuple[str, str, str]:
    return f"{median(seconds):.1f}", f"{max(seconds):.1f}", f"{sum(seconds):.0f}"


def _spread_table(columns: Sequence[Measure], cells: Sequence[Sequence[Measured | None]]) -> Table:
    """Each figure over all patients."""
    rows = []
    for measure, column in zip(columns, zip(*cells, strict=True), strict=True):
        known = [cell for cell in column if cell]
        reached = [cell.figure.after for cell in known if math.isfinite(cell.figure.after)]
        before = [cell.figure.before for cell in known if cell.figure.before is not None]
        ends = (brief(min(reached)), brief(max(reached))) if reached else ("-", "-")
        middle = (brief(median(before)) if before else "-", brief(median(reached)))
        far = str(sum(cell.far for cell in known))
        rows.append((f"{measure.group}, {measure.title}", str(len(known)), *middle, *ends, far))
    header = ("Figure", "Patients", "Median before", "Median after", "Lowest after", "Highest after", "Far")
    return Table(header, tuple(rows))
