"""`radiogen predict`."""

from pathlib import Path
from typing import Annotated

import typer

from radiogen import console
from radiogen.commands import options
from radiogen.commands.tables import say_quality


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: radiogen predict saved_models/mgmt-t1w new_patients --out predictions.csv")(predict)


def predict(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(help="A run, a SavedModel folder, or a TF Serving URL.", show_default=False)],
    data: options.Data,
    out: Annotated[Path, typer.Option(help="CSV to write; exclusions go beside it.")],
    recipe: Annotated[
        str | None, typer.Option(help="For a URL: the recipe that the served model was made with.")
    ] = None,
    roles: options.Roles = None,
    lesions: options.Lesions = None,
    masks: options.Masks = None,
    roi: options.Roi = None,
    brain_masks: options.BrainMasks = None,
    review: options.Review = None,
    patient_from: options.PatientFromOption = options.PatientFrom.auto,
    store: options.StoreOption = None,
    force: options.Force = False,
) -> None:
    """Predict every patient under DATA with the same exclusions and the same sample code as in training."""
    from radiogenomics.engine import cores
    from radiogenomics.experiment.predict import predict as run_predict

    with console.progress() as progress:
        scored = run_predict(
            model, options.request(ctx.params, roi), out, options.open_store(store), recipe=recipe, workers=cores(),
            force=force, progress=progress,
        )  # fmt: skip
    positive = sum(p.probability >= scored.scorer.threshold for p in scored.patients)
    console.say(
        f"{len(scored.patients)} patients predicted, {positive} {scored.scorer.recipe.positive} at the threshold "
        f"{scored.scorer.threshold:g}; {len(scored.cohort.exclusions)} files or patients left out"
    )
    beside = ", ".join(str(out.with_suffix(f".{name}.csv")) for name in ("exclusions", "cohort"))
    console.say(f"Written: {out}; what was left out and every series: {beside}")
    if scored.volumes:
        say_quality(out.with_suffix(".qc.html"), out.with_suffix(".preparation.csv"))
