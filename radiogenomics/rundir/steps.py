"""preparation.csv: what each step of preparation did to each series of each patient, a row a figure."""

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from radiogenomics.records import Figure, PatientQuality, StepRecord
from radiogenomics.rundir.rows import write_csv

COLUMNS = (
    *("patient_id", "step", "modality", "figure", "before", "after", "unit"),
    *("used", "worse", "note", "seconds", "parameters", "excluded"),
)
_NOTHING = Figure("", None, math.nan)


def write_steps(path: Path, patients: Iterable[PatientQuality]) -> None:
    """Write preparation.csv; a step without a figure, and a patient without a step, have a row too."""
    write_csv(path, COLUMNS, (row for patient in patients for row in _rows(patient)))


def _rows(patient: PatientQuality) -> Iterator[list[object]]:
    if not patient.steps:
        yield [patient.patient_id, *[""] * (len(COLUMNS) - 2), patient.excluded]
    for record in patient.steps:
        for figure in record.figures or (_NOTHING,):
            yield [patient.patient_id, record.step, record.modality, *_cells(figure), *_facts(record), patient.excluded]


def _cells(figure: Figure) -> list[object]:
    return [figure.name, math.nan if figure.before is None else figure.before, figure.after, figure.unit]


def _facts(record: StepRecord) -> list[object]:
    parameters = json.dumps(record.parameters, sort_keys=True) if record.parameters else ""
    return [int(record.used), record.worse, record.note, round(record.seconds, 3), parameters]
