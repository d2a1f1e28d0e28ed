"""`radiogen signal`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from radiogen import console
from radiogen.commands import options

EPILOG = """Examples:

radiogen signal runs/t1w

radiogen signal runs/t1w --masks rsna/masks"""


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog=EPILOG)(signal)


def signal(
    run: options.RunArgument,
    permutations: Annotated[int, typer.Option(min=199, max=100_000, help="Random labellings of each test.")] = 1000,
    lesions: options.Lesions = None,
    masks: options.Masks = None,
    roi: options.Roi = None,
    store: options.StoreOption = None,
    workers: options.Patients = "auto",
    force: Annotated[
        bool, typer.Option("--force", help="Compute the features anew, also where those of an earlier answer fit.")
    ] = False,
) -> None:
    """Ask whether the images tell the classes apart at all, or anything simpler does; the last answer is replaced.

    A linear head on the frozen base's features is set against random labellings, header fields, sex and age, brightness
    and outline of the images, and a planted mark. A run that was cut to lesions knows them; to hide them in the images
    of another give --lesions or --masks.
    """
    from radiogenomics.experiment.lesion_cover import Drawn
    from radiogenomics.experiment.report import write_report
    from radiogenomics.experiment.signal import signal as ask
    from radiogenomics.rundir.run import open_run

    if roi is not None and masks is None:
        raise typer.BadParameter("it names structures of masks: give --masks DIR, or drop it", param_hint="--roi")
    found, drawn = open_run(run), Drawn(options.absolute(lesions), options.absolute(masks), roi or "")
    with console.progress() as progress:
        answer = ask(
            found, options.open_store(store), drawn, resamples=permutations, workers=options.workers(workers),
            force=force, progress=progress,
        )  # fmt: skip
        if found.scores.is_file():
            write_report(found)
    _show(answer)
    console.say(f"Page: {found.signal_page}")


def _show(answer: Mapping[str, Any]) -> None:
    """The verdict, what it goes by, and what could have been found."""
    from radiogenomics.evaluation.chapters.signal import power
    from radiogenomics.evaluation.signal.page import comparison_table, control_table

    console.say(answer["sentence"], style="bold")
    comparison, control = comparison_table(answer), control_table(answer)
    console.table(comparison.header, comparison.rows)
    if control.rows:
        console.table(control.header, control.rows, "A faint mark of known size, planted in random labellings", 0)
    console.say(power(answer))
    for sentence in answer["left_out"]:
        console.say(f"Note: {sentence}")
