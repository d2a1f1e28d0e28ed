"""`radiogen export`."""

from pathlib import Path
from typing import Annotated

import typer

from radiogen import console
from radiogen.commands import options


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: radiogen export runs/t1w --to saved_models/mgmt-t1w")(export)


def export(
    run: options.RunArgument,
    to: Annotated[
        Path | None, typer.Option(help="Folder of the model's versions. Default: saved_models/<run's name>.")
    ] = None,
) -> None:
    """Export a run as a SavedModel for TF Serving; several folds become one graph, the mean of their probabilities."""
    from radiogenomics.experiment.export import export as run_export
    from radiogenomics.rundir.run import open_run

    to = to or Path("saved_models") / run.absolute().name
    console.say(f"SavedModel: {run_export(open_run(run), to)}")
    console.say("Serve it:")
    console.raw(
        f"tensorflow_model_server --rest_api_port=8501 --model_name={to.name} --model_base_path={to.absolute()}\n"
    )
