"""`radiogen prepare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from radiogen import console
from radiogen.commands import options
from radiogen.commands.tables import say_quality, show_cohort

if TYPE_CHECKING:
    from radiogenomics.experiment.prepare import Prepared

EPILOG = """Examples:

radiogen prepare rsna/train --recipe mgmt --modality flair --out store

radiogen prepare raw --recipe lung-subtype --lesions lesions.csv --out store    # then look at store/qc.html

radiogen prepare raw --recipe lung-subtype --lesions lesions.csv --out store --review review.csv"""


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog=EPILOG)(prepare)


def prepare(
    ctx: typer.Context,
    data: options.Data,
    out: Annotated[Path, typer.Option(help="The store to fill; give it to train as --store.")],
    recipe: options.RecipeOption = "mgmt",
    modality: options.Modality = None,
    set_: options.Set = None,
    roles: options.Roles = None,
    lesions: options.Lesions = None,
    masks: options.Masks = None,
    roi: options.Roi = None,
    brain_masks: options.BrainMasks = None,
    prepared: options.PreparedOption = False,
    review: options.Review = None,
    patient_from: options.PatientFromOption = options.PatientFrom.auto,
    workers: options.Patients = "auto",
) -> None:
    """Fill the store ahead of training: register, correct and cut raw series, and show in qc.html what was done."""
    from radiogenomics.engine import cores
    from radiogenomics.experiment.cases import find_cases
    from radiogenomics.experiment.prepare import prepare as run_prepare
    from radiogenomics.experiment.prepare import without_unreadable
    from radiogenomics.experiment.quality import write_quality
    from radiogenomics.experiment.start import resolve_recipe
    from radiogenomics.rundir.run import Run, write_cohort

    request = options.request(ctx.params)
    resolved = resolve_recipe(recipe, options.settings(ctx.params), set_ or (), request)
    store, side_by_side = options.open_store(out), options.workers(workers)
    try:
        with console.progress() as progress:
            cohort, cases = find_cases(request, resolved, store, cores(), progress)
            done = run_prepare(Path(request.data), list(cases.values()), resolved, store, side_by_side, progress)
    except KeyboardInterrupt:
        console.say(f"What is done is kept in {out}: the same command goes on from there")
        raise
    cohort = without_unreadable(cohort, done)
    show_cohort(cohort)
    write_cohort(out, cohort)
    _tell(done, out)
    if done.volumes:
        page, sheet = Run(out).quality, Run(out).preparation
        with console.progress() as progress:
            write_quality(page, sheet, resolved, done.volumes, cohort.exclusions, store, progress)
        say_quality(page, sheet)


def _tell(done: "Prepared", out: Path) -> None:
    """What was prepared and what was there, and where every file is accounted for."""
    if done.volumes:
        console.say(
            f"{done.volumes.n_built} patients' series brought onto one grid, {done.volumes.n_reused} were there already"
        )
    console.say(
        f"{len(done.samples)} samples of {len({sample.patient_id for sample in done.samples})} patients: "
        f"{done.n_built} series prepared, {done.n_reused} were there already, in {out}"
    )
    console.say(f"Every series, and what was left out: {out / 'cohort.csv'}, {out / 'exclusions.csv'}")
