"""`radiogen report`."""

import typer

from radiogen import console
from radiogen.commands import options


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: radiogen report runs/mgmt-t1w-20260101-120000")(report)


def report(run: options.RunArgument) -> None:
    """Write all anew that is told of a run, from what its folder holds.

    That is report.html, the figures, statistics.json, model_card.md and checklists.md; signal and explain do so too.
    What you wrote into any of these is lost: keep your own words in a copy.
    """
    from radiogenomics.experiment.report import write_report
    from radiogenomics.rundir.run import open_run

    console.say(f"Report: {write_report(open_run(run))}")
