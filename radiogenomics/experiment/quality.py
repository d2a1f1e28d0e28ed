"""What preparation did, written down to be looked at: qc.html and preparation.csv beside the store."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import radiogenomics
from radiogenomics.cohort.review import REJECTED
from radiogenomics.evaluation.qc import write_qc
from radiogenomics.experiment.volumes import Brought, pictures_of
from radiogenomics.recipe import Recipe
from radiogenomics.records import Exclusion, PatientQuality
from radiogenomics.rundir.run import Run
from radiogenomics.rundir.steps import write_steps
from radiogenomics.store import Store


def write_quality(
    out: Path, recipe: Recipe, brought: Brought, exclusions: Iterable[Exclusion], store: Store
) -> tuple[Path, Path]:
    """Write qc.html and preparation.csv into `out`; returns their paths.

    Args:
        out: A folder (a run's, or the store's); what lies there of an earlier preparation is replaced.
        recipe: Its title heads the page.
        brought: Its patients are the rows.
        exclusions: Who was left out before or after, and why: whole patients have a row too.
        store: Where the pictures lie.

    Raises:
        StoreError: It can't be written, or a patient's entry is damaged.
    """
    left_out = {one.patient_id: one.reason for one in exclusions if not one.path and one.patient_id}
    rejected = {
        patient: reason.removeprefix(REJECTED) for patient, reason in left_out.items() if reason.startswith(REJECTED)
    }
    prepared = {one.patient_id: replace(one, excluded=left_out.pop(one.patient_id, "")) for one in brought.quality}
    rows = prepared | {patient: PatientQuality(patient, (), {}, reason) for patient, reason in left_out.items()}
    shown = [replace(one, pictures=_pictures(one, brought, store)) for _, one in sorted(rows.items())]
    page, sheet = Run(out).quality, Run(out).preparation
    write_qc(page, recipe.title, shown, radiogenomics.__version__, rejected)
    write_steps(sheet, shown)
    return page, sheet


def _pictures(patient: PatientQuality, brought: Brought, store: Store) -> dict[str, bytes]:
    key = brought.keys.get(patient.patient_id)
    return pictures_of(store, key) if key else {}
