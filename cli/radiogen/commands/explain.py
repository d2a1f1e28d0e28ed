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
        list[str] | None,
        typer.Option(
            help="A test patient to explain. Repeats. Default: the surest of each outcome. Takes the place of all "
            "patients and sheets of an earlier explanation."
        ),
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
    give --lesions or --masks. Each call writes explanations.csv and figures/explain-*.png anew: with --force the sheets
    of an earlier one go, of all outcomes. To keep them, copy the run's figures first.
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
    from radiogenomics.evaluation.heat_words import beyond_chance, coarseness, in_percent, in_words, is_coarse

    shares = explained.shares
    cells = explained.cells if "grad-cam" in {*methods, *(share.method for share in shares)} else None
    if warning := coarseness(cells, "occlusion" in methods):
        console.say(warning.replace("`", ""))
    if shares:
        columns = (
            "patients",
            "method",
            "n",
            "no heat",
            "heat in lesion",
            "lesion of picture",
            "others' heat in lesion",
        )
        rows = [(s.outcome, s.method, s.heat.n, s.cold, *map(in_percent, (s.heat, s.area, s.others))) for s in shares]
        console.table(columns, rows, "Share of the heat that lies in the lesion", numeric=2)
    for share in shares:
        if share.outcome == "all":
            console.say(f"{in_words(share)} {beyond_chance(share, is_coarse(cells))}")
    for sheet in explained.sheets:
        console.say(f"Sheet: {sheet}")
