"""`radiogen prepare`."""

from pathlib import Path
from typing import Annotated

import typer

from radiogen import console
from radiogen.commands import options
from radiogen.commands.tables import show_cohort


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: radiogen prepare rsna/train --recipe mgmt --modality flair --out store")(prepare)


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
    brain_masks: options.BrainMasks = None,
    patient_from: options.PatientFromOption = options.PatientFrom.auto,
) -> None:
    """Fill the store of prepared slices ahead of training."""
    from radiogenomics.engine import cores
    from radiogenomics.experiment.cases import find_cases
    from radiogenomics.experiment.prepare import prepare as run_prepare
    from radiogenomics.experiment.prepare import without_unreadable
    from radiogenomics.experiment.start import resolve_recipe

    settings = {"modalities": options.split_commas(modality)}
    request = options.request(ctx.params)
    resolved = resolve_recipe(recipe, settings, set_ or (), request)
    store = options.open_store(out)
    with console.progress() as progress:
        cohort, cases = find_cases(request, resolved, store, cores(), progress)
        prepared = run_prepare(data, list(cases.values()), resolved, store, cores(), progress)
    show_cohort(without_unreadable(cohort, prepared))
    console.say(
        f"{len(prepared.samples)} samples of {len(cases)} patients: {prepared.n_built} series prepared, "
        f"{prepared.n_reused} were there already, in {out}"
    )
