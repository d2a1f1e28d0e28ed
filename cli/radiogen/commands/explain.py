"""`radiogen explain`."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from radiogen import console
from radiogen.commands import options

if TYPE_CHECKING:
    from radiogenomics.experiment.explain import Explained

EPILOG = """Examples:

radiogen explain runs/t1w

radiogen explain runs/t1w --method both --masks rsna/masks

radiogen explain runs/t1w --patient 00012 --patient 00046 --force"""

COARSE = 4  # cells a side of the feature map, below which Grad-CAM says little about where


class Method(StrEnum):
    """How heat is found."""

    grad_cam = "grad-cam"
    occlusion = "occlusion"
    both = "both"


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog=EPILOG)(explain)


def explain(
    run: options.RunArgument,
    patient: Annotated[
        list[str] | None, typer.Option(help="A test patient to explain. Repeats. Default: the surest of each outcome.")
    ] = None,
    method: Annotated[
        Method, typer.Option(help="grad-cam: quick, as fine as the model's last feature map. occlusion: finer, dearer.")
    ] = Method.grad_cam,
    each: Annotated[int, typer.Option(min=1, max=8, help="Patients shown of every outcome.")] = 3,
    lesions: options.Lesions = None,
    masks: options.Masks = None,
    roi: options.Roi = None,
    store: options.StoreOption = None,
    workers: options.Patients = "auto",
    force: options.Force = False,
) -> None:
    """Show on test patients where the models find their evidence for the positive class, and how much is lesion.

    Each patient is explained by the model that never saw it. A run that was cut to lesions knows them; to another
    give --lesions or --masks.
    """
    from radiogenomics.experiment.explain import Wanted
    from radiogenomics.experiment.explain import explain as run_explain
    from radiogenomics.experiment.lesion_cover import Drawn
    from radiogenomics.experiment.report import write_report
    from radiogenomics.rundir.run import open_run

    if roi is not None and masks is None:
        raise typer.BadParameter("it names structures of masks: give --masks DIR, or drop it", param_hint="--roi")
    found, methods = open_run(run), ("grad-cam", "occlusion") if method is Method.both else (method.value,)
    drawn = Drawn(options.absolute(lesions), options.absolute(masks), roi or "")
    wanted = Wanted(tuple(patient or ()), each, methods, drawn)
    with console.progress() as progress:
        explained = run_explain(
            found, wanted, options.open_store(store), workers=options.workers(workers), force=force, progress=progress
        )
        write_report(found)
    _show(explained, methods)
    console.say(f"Explanations: {found.explanations}")
    console.say(f"Report: {found.report}")


def _show(explained: "Explained", methods: tuple[str, ...]) -> None:
    from radiogenomics.evaluation.heat import in_percent, in_words

    shares = explained.shares
    if shares:
        columns = ("patients", "method", "n", "heat in lesion", "lesion of picture", "others' heat in lesion")
        rows = [(s.outcome, s.method, s.heat.n, *map(in_percent, (s.heat, s.area, s.others))) for s in shares]
        console.table(columns, rows, "Share of the heat that lies in the lesion", numeric=2)
        console.say(in_words(shares[0]))
    if "grad-cam" in methods and min(explained.cells) < COARSE:
        height, width = explained.cells
        console.say(
            f"Grad-CAM sees {height} x {width} cells of these images, and says little about where: --method occlusion "
            "is finer."
        )
    for sheet in explained.sheets:
        console.say(f"Sheet: {sheet}")
