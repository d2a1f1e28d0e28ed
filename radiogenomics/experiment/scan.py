"""`radiogen scan`: what lies under DATA, written down."""

from pathlib import Path

from radiogenomics.cohort.patients import PatientFrom
from radiogenomics.cohort.scan import scan as scan_tree
from radiogenomics.files import must_be_new
from radiogenomics.records import SILENT, Cohort, Progress
from radiogenomics.rundir.run import write_cohort


def scan(
    data: Path,
    out: Path,
    *,
    roles: Path | None = None,
    patient_from: PatientFrom = "auto",
    workers: int = 0,
    force: bool = False,
    progress: Progress = SILENT,
) -> Cohort:
    """Scan `data` and write cohort.csv and exclusions.csv into `out`.

    Args:
        data: Any tree of DICOM files.
        out: A new or empty folder; with `force`, one whose two files are replaced.
        roles: A CSV of roles that win over folders and headers.
        patient_from: What names the patient.
        workers: Processes to read headers in; 0 reads here.
        force: Whether to replace what lies in `out`.
        progress: Hears how many headers are read.

    Raises:
        MissingPathError: `data` or `roles` is not there.
        CohortError: No DICOM file is under `data`, or the roles are faulty.
        ExistsError: `out` holds something, and `force` is not given.
    """
    must_be_new(out, "folder", force)
    cohort = scan_tree(data, patient_from=patient_from, roles=roles, workers=workers, progress=progress)
    write_cohort(out, cohort)
    return cohort
