"""`radiogen scan`."""

from pathlib import Path
from typing import Annotated

import typer

from radiogen import console
from radiogen.commands import options
from radiogen.commands.tables import show_cohort


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: radiogen scan ~/rsna/train --out scans/rsna")(scan)


def scan(
    data: options.Data,
    out: Annotated[Path, typer.Option(help="Folder for cohort.csv and exclusions.csv.")],
    roles: options.Roles = None,
    patient_from: options.PatientFromOption = options.PatientFrom.auto,
    force: options.Force = False,
) -> None:
    """Find the series under DATA and account for every file: cohort.csv, exclusions.csv."""
    from radiogenomics.engine import cores
    from radiogenomics.experiment.scan import scan as run_scan

    with console.progress() as progress:
        cohort = run_scan(
            data, out, roles=roles, patient_from=patient_from.value, workers=cores(), force=force, progress=progress
        )
    show_cohort(cohort)
    console.say(f"\nWritten: {out / 'cohort.csv'}, {out / 'exclusions.csv'}")
