"""`radiogen report`."""

import typer

from radiogen import console
from radiogen.commands import options


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: radiogen report runs/mgmt-t1w-20260101-120000")(report)


def report(run: options.RunArgument) -> None:
    """Write report.html anew from what the run folder holds."""
    from radiogenomics.experiment.report import write_report
    from radiogenomics.rundir.run import open_run

    console.say(f"Report: {write_report(open_run(run))}")
