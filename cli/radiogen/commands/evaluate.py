"""`radiogen evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from radiogen import console
from radiogen.commands import options
from radiogen.commands.tables import say_quality, show_scores

EPILOG = """Examples:

radiogen evaluate

radiogen evaluate runs/t1w --data outside/dicom --labels outside/labels.csv --out outside/scored"""


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog=EPILOG)(evaluate)


def evaluate(
    ctx: typer.Context,
    run: Annotated[Path | None, typer.Argument(help="A run. Default: the newest under runs/.")] = None,
    data: Annotated[Path | None, typer.Option(help="An outside cohort's DICOM folder.")] = None,
    labels: Annotated[Path | None, typer.Option(help="The outside cohort's labels.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the outside cohort's scores.")] = None,
    id_column: options.IdColumn = None,
    label_column: options.LabelColumn = None,
    positive: options.Positive = None,
    patient_from: options.PatientFromOption = options.PatientFrom.auto,
    roles: options.Roles = None,
    lesions: options.Lesions = None,
    masks: options.Masks = None,
    roi: options.Roi = None,
    brain_masks: options.BrainMasks = None,
    review: options.Review = None,
    store: options.StoreOption = None,
    force: options.Force = False,
) -> None:
    """Score a run again from its predictions; or, with --data, score an outside cohort with its models."""
    from radiogenomics.engine import cores
    from radiogenomics.experiment.evaluate import evaluate as score_again
    from radiogenomics.experiment.report import write_report
    from radiogenomics.rundir.run import Run, newest_run, open_run

    if len({data is None, labels is None, out is None}) > 1:
        raise typer.BadParameter("an outside cohort needs --data, --labels and --out together")
    found = open_run(run) if run else newest_run(Path("runs"))
    with console.progress() as progress:
        if data and labels and out:
            from radiogenomics.experiment.outside import evaluate_outside

            evaluate_outside(
                found, options.request(ctx.params, roi), out, options.open_store(store), workers=cores(), force=force,
                progress=progress,
            )  # fmt: skip
            scored = Run(out)
        else:
            score_again(found, progress)
            write_report(found)
            scored = found
    show_scores(scored, f"{found.root}: {'outside cohort' if data else 'test split'}")
    console.say(f"Report: {scored.report}")
    if scored.quality.is_file():
        say_quality(scored.quality, scored.preparation)
