"""What preparation did, written down to be looked at: qc.html and preparation.csv."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import radiogenomics
from radiogenomics.cohort.review import REJECTED
from radiogenomics.cohort.sheet import plural
from radiogenomics.errors import StoreError
from radiogenomics.evaluation.qc import write_qc
from radiogenomics.experiment.volumes import Brought, pictures_of
from radiogenomics.recipe import Recipe
from radiogenomics.records import SILENT, Exclusion, PatientQuality, Progress
from radiogenomics.rundir.steps import write_steps
from radiogenomics.store import Store


def write_quality(
    page: Path,
    sheet: Path,
    recipe: Recipe,
    brought: Brought,
    exclusions: Iterable[Exclusion],
    store: Store,
    progress: Progress = SILENT,
) -> None:
    """Write what was done to each patient as a page with pictures and as a table; what lies there is replaced.

    Args:
        page: Of HTML.
        sheet: Of CSV.
        recipe: Its title heads the page.
        brought: Its patients are the rows.
        exclusions: Who was left out before or after, and why: whole patients have a row too.
        store: Where the pictures lie.
        progress: Hears of patients whose pictures can't be read: they are shown without.

    Raises:
        StoreError: It can't be written.
    """
    left_out = {one.patient_id: one.reason for one in exclusions if not one.path and one.patient_id}
    rejected = {
        patient: reason.removeprefix(REJECTED) for patient, reason in left_out.items() if reason.startswith(REJECTED)
    }
    prepared = {one.patient_id: replace(one, excluded=left_out.pop(one.patient_id, "")) for one in brought.quality}
    rows = prepared | {patient: PatientQuality(patient, (), {}, reason) for patient, reason in left_out.items()}
    shown = _with_pictures([one for _, one in sorted(rows.items())], brought, store, progress)
    write_qc(page, recipe.title, shown, radiogenomics.__version__, rejected)
    write_steps(sheet, shown)


def _with_pictures(
    patients: Iterable[PatientQuality], brought: Brought, store: Store, progress: Progress
) -> list[PatientQuality]:
    shown, unread = list[PatientQuality](), list[str]()
    for patient in patients:
        key, pictures = brought.keys.get(patient.patient_id), dict[str, bytes]()
        try:
            pictures = pictures_of(store, key) if key else {}
        except (StoreError, OSError) as error:
            unread.append(f"{patient.patient_id}: {error}")
        shown.append(replace(patient, pictures=pictures))
    if unread:
        progress.say(f"the pictures of {plural(len(unread), 'patient')} can't be read and are not shown (such as of "
                     f"{unread[0]})")  # fmt: skip
    return shown
