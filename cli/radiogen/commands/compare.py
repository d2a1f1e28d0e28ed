"""`radiogen compare`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from radiogen import console
from radiogen.commands import options
from radiogen.commands.tables import show_comparison

if TYPE_CHECKING:
    from radiogenomics.evaluation.fusion import Way


class FuseBy(StrEnum):
    """How runs are fused."""

    mean = "mean"
    stack = "stack"


EPILOG = """Late fusion: radiogen compare --fuse runs/flair runs/t1w runs/t1wce runs/t2w

The paper's tables (Spoorthy et al.), with RADIOGEN_DATA and RADIOGEN_LABELS set:

Table I, modalities: for m in flair t1w t1wce t2w; do radiogen train --modality $m --run runs/$m; done; radiogen compare runs/flair runs/t1w runs/t1wce runs/t2w

Table II, backbones: for b in mobilenet resnet50 efficientnetb0 efficientnetb3; do radiogen train --modality t1w --set model.backbone=$b --run runs/$b; done; for b in alexnet resnet10; do radiogen train --modality t1w --set model.backbone=$b --weights none --run runs/$b; done; radiogen compare runs/alexnet runs/mobilenet runs/resnet10 runs/resnet50 runs/efficientnetb0 runs/efficientnetb3"""  # noqa: E501


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog=EPILOG)(compare)


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Two or more run folders.", show_default=False)],
    fuse: Annotated[
        bool, typer.Option("--fuse", help="Also fuse all these runs, which must be split alike, into one more row.")
    ] = False,
    fuse_by: Annotated[
        FuseBy | None,
        typer.Option(
            help="Fuse by the mean of the probabilities, or stack: a logistic regression fitted to each fold's "
            "validation patients. Default: mean.",
            show_default=False,
        ),
    ] = None,
    tests: Annotated[
        bool | None, typer.Option("--tests/--no-tests", help="Show the paired tests. Default: of up to 12 runs.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write the table as CSV, and beside it the tests and fused predictions.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Also write a page to read and send: tables, curves, tests, what differs.")
    ] = None,
    force: options.Force = False,
) -> None:
    """One table over runs, and paired tests between those that scored the same patients.

    Runs that differ in nothing but --protocol are set side by side, with the optimism between them: what choosing on
    the reported fold adds, and what training on the validation patients too adds.
    """
    from radiogenomics.experiment.compare import compare as compare_runs
    from radiogenomics.experiment.comparison_files import write_comparison, write_page
    from radiogenomics.files import must_be_new
    from radiogenomics.rundir.run import open_run

    if len(runs) < 2:
        raise typer.BadParameter("give two or more runs")
    folders = [run.resolve() for run in runs]
    if twice := [str(run) for place, run in enumerate(runs) if folders[place] in folders[:place]]:
        raise typer.BadParameter(f"{twice[0]} is given twice: name each run once")
    for path in (out, html):
        if path:
            must_be_new(path, "output", force)
    way: Way | None = None
    if fuse or fuse_by:
        way = "stack" if fuse_by is FuseBy.stack else "mean"
    comparison = compare_runs([open_run(run) for run in runs], way)
    show_comparison(comparison, tests)
    written = [*(write_comparison(comparison, out) if out else ()), *([write_page(comparison, html)] if html else [])]
    if written:
        console.say(f"Written: {', '.join(map(str, written))}")
