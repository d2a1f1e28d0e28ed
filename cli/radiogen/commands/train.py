"""`radiogen train`."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from radiogen import console
from radiogen.commands import options
from radiogen.commands.tables import say_quality, show_plan, show_scores

if TYPE_CHECKING:
    from radiogenomics.experiment.cases import Request
    from radiogenomics.recipe import Recipe
    from radiogenomics.rundir.run import Run

EPILOG = """Examples:

radiogen train --modality t1w --data rsna/train --labels rsna/train_labels.csv

radiogen train --modality flair --folds 5 --weights FILE.h5 --set model.backbone=mobilenet-0.25

radiogen train --resume --run runs/mgmt-t1w-20260101-120000"""

RESUME = "Go on with --run from its last finished epoch; of a very large model, from the last whose state was written."
WITH_RESUME = {"run", "resume", "store", "workers", "dry_run", "allow_leak"}  # what may stand beside --resume


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog=EPILOG)(train)


def train(
    ctx: typer.Context,
    data: options.DataOption = None,
    labels: options.LabelsOption = None,
    modality: options.Modality = None,
    recipe: options.RecipeOption = "mgmt",
    run: Annotated[
        Path | None, typer.Option(help="The run's folder. Default: runs/<recipe>-<modality>-<time>.")
    ] = None,
    id_column: options.IdColumn = None,
    label_column: options.LabelColumn = None,
    positive: options.Positive = None,
    patient_from: options.PatientFromOption = options.PatientFrom.auto,
    roles: options.Roles = None,
    lesions: options.Lesions = None,
    masks: options.Masks = None,
    roi: options.Roi = None,
    brain_masks: options.BrainMasks = None,
    prepared: options.PreparedOption = False,
    review: options.Review = None,
    series_policy: options.Series = None,
    plane: options.Plane = None,
    folds: Annotated[int | None, typer.Option(min=1, help="Cross-validation folds; 1 is one split.")] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="Repeats of the folds, each drawn anew.")] = None,
    protocol: Annotated[
        options.Protocol | None,
        typer.Option(help="nested: all is chosen on inner validation patients. published: on the reported fold."),
    ] = None,
    leave_one_site_out: Annotated[
        bool, typer.Option("--leave-one-site-out", help="One fold a site: its patients are tested, all others train.")
    ] = False,
    splits: Annotated[Path | None, typer.Option(help="CSV of your own folds: patient_id, fold, split.")] = None,
    weights: Annotated[
        str | None, typer.Option(help="imagenet, none, or a no-top weights file.", show_default=False)
    ] = None,
    allow_leak: options.AllowLeak = False,
    set_: options.Set = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of splits, weights and augmentation.")] = None,
    xla: Annotated[bool | None, typer.Option("--xla/--no-xla", help="Compile with XLA. Default: on a GPU.")] = None,
    mixed_precision: Annotated[
        bool | None, typer.Option("--mixed-precision/--full-precision", help="Compute in 16 bits (GPU).")
    ] = None,
    store: options.StoreOption = None,
    workers: options.Workers = "1",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help=RESUME)] = False,
    force: options.Force = False,
) -> None:
    """Train a recipe and score it; by default validation patients choose, and the test fold is touched once."""
    from radiogenomics.engine import here
    from radiogenomics.experiment.cross_validate import cross_validate, new_run
    from radiogenomics.experiment.start import start
    from radiogenomics.rundir.run import open_run

    folds_at_once = options.workers(workers)
    request, resolved = _resumed(ctx) if resume else asked(ctx.params)
    name = f"{resolved.name}-{'+'.join(resolved.modalities)}-{time.strftime('%Y%m%d-%H%M%S')}"
    run, kept = run or Path("runs") / name, options.open_store(store)
    folder = open_run(run) if resume else new_run(run, force or dry_run)
    with console.progress() as progress:
        ready = start(request, resolved, kept, here(folds_at_once), progress)
    show_plan(ready)
    if dry_run:
        return
    try:
        with console.progress() as progress:
            cross_validate(ready, folder, kept, workers=folds_at_once, resume=resume, progress=progress)
    except KeyboardInterrupt:
        console.say(_after_interruption(folder, ctx.params))
        raise
    show_scores(folder, f"{run}: test split")
    if folder.quality.is_file():
        say_quality(folder.quality, folder.preparation)
    console.say(f"Report: {folder.report}")


def _after_interruption(run: "Run", given: Mapping[str, Any]) -> str:
    if not run.environment.is_file():
        return "Training had not begun. Prepared slices are kept: the same command goes on from them."
    words = [f"--{name} {given[name]}" for name in ("store", "workers") if given[name] not in {None, "1"}]
    kept = "Finished epochs are kept, of a very large model up to the last whose state was written."
    return " ".join([f"{kept} Go on with: radiogen train --resume --run", str(run.root), *words])


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are fields of the recipe, by their dotted paths."""
    xla = given["xla"]
    return {
        **options.settings(given),
        "cohort.series_policy": given["series_policy"],
        "cohort.plane": given["plane"],
        "split.folds": given["folds"],
        "split.repeats": given["repeats"],
        "split.protocol": given["protocol"],
        **({"split.by": "site", "split.folds": 1, "split.repeats": 1} if given["leave_one_site_out"] else {}),
        "model.weights": given["weights"],
        "training.seed": given["seed"],
        "training.xla": xla if xla is None else ("on" if xla else "off"),
        "training.mixed_precision": given["mixed_precision"],
    }


def asked(given: Mapping[str, Any]) -> "tuple[Request, Recipe]":
    """The request and the recipe that train's options name."""
    from radiogenomics.experiment.start import resolve_recipe

    if given["splits"] and (given["folds"] or given["repeats"]):
        raise typer.BadParameter("--splits gives the folds: drop --folds and --repeats")
    drawn = [f"--{name}" for name in ("folds", "repeats", "splits") if given[name]]
    if given["leave_one_site_out"] and drawn:
        raise typer.BadParameter(f"--leave-one-site-out makes a fold of each site: drop {' and '.join(drawn)}")
    request = options.request(given)
    return request, resolve_recipe(given["recipe"], _settings(given), given["set_"] or (), request)


def _resumed(ctx: typer.Context) -> "tuple[Request, Recipe]":
    from radiogenomics.experiment.start import saved
    from radiogenomics.rundir.run import open_run

    given = ctx.params
    sources = {name: ctx.get_parameter_source(name) for name in given}
    others = {name for name, source in sources.items() if source and source.name == "COMMANDLINE"} - WITH_RESUME
    if given["run"] is None or others:
        named = ", ".join(sorted(f"--{name.strip('_').replace('_', '-')}" for name in others)) or "other options"
        raise typer.BadParameter(f"--resume takes --run, and all else from that run: drop {named}")
    request, recipe = saved(open_run(given["run"]))
    request = replace(request, allow_leak=request.allow_leak or given["allow_leak"])
    console.say(f"Resuming {given['run']} with its own recipe, {request.data} and {request.labels}")
    return request, recipe
