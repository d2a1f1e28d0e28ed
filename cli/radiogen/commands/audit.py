"""`radiogen audit`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from radiogen import console
from radiogen.commands import options, train
from radiogen.commands.audit_tables import show_findings

if TYPE_CHECKING:
    from radiogenomics.records import Finding

EPILOG = """Examples:

radiogen audit runs/mgmt-t1w

radiogen audit rsna/train --labels rsna/train_labels.csv --modality t1w --folds 5 --out audit"""

OF_A_RUN = {"target", "out"}  # what may be given with a run
UNASKED = dict.fromkeys(("xla", "mixed_precision"))  # options of train that no cohort depends on


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog=EPILOG)(audit)


def audit(
    ctx: typer.Context,
    target: Annotated[
        Path,
        typer.Argument(
            help="A run, or a folder of DICOM files to be trained on.", metavar="RUN|DATA", show_default=False
        ),
    ],
    labels: options.LabelsOption = None,
    modality: options.Modality = None,
    recipe: options.RecipeOption = "mgmt",
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
        options.Protocol | None, typer.Option(help="On whom epoch, threshold and aggregator are to be chosen.")
    ] = None,
    leave_one_site_out: Annotated[
        bool, typer.Option("--leave-one-site-out", help="One fold a site: its patients are tested, all others train.")
    ] = False,
    splits: Annotated[Path | None, typer.Option(help="CSV of your own folds: patient_id, fold, split.")] = None,
    weights: Annotated[
        str | None, typer.Option(help="imagenet, none, or a no-top weights file.", show_default=False)
    ] = None,
    set_: options.Set = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the splits.")] = None,
    store: options.StoreOption = None,
    workers: options.Patients = "auto",
    out: Annotated[Path | None, typer.Option(help="Where to write audit.json. Default: a run's own folder.")] = None,
) -> None:
    """Look for leaks, shortcuts and choices made on what is reported: in a run, or in a cohort before its training."""
    from radiogenomics.experiment.audit import audit_facts, write_findings
    from radiogenomics.experiment.facts import read_facts
    from radiogenomics.files import must_exist
    from radiogenomics.rundir.run import Run

    run = Run(must_exist(target, "run, or DATA folder"))
    is_run = run.recipe.is_file()
    if is_run:
        _refuse_others(ctx, target)
    findings = audit_facts(read_facts(run)) if is_run else _of_cohort(ctx, target)
    place = Run(out) if out else run
    if out or is_run:
        write_findings(place.audit, findings)
    show_findings(findings)
    if place == run and run.report.is_file():
        console.say(f"Written: {run.audit}. `radiogen report {target}` makes the report anew with it")
    elif out:
        console.say(f"Written: {place.audit}")


def _refuse_others(ctx: typer.Context, run: Path) -> None:
    sources = {name: ctx.get_parameter_source(name) for name in ctx.params}
    others = {name for name, source in sources.items() if source and source.name == "COMMANDLINE"} - OF_A_RUN
    if others:
        named = ", ".join(sorted(f"--{name.strip('_').replace('_', '-')}" for name in others))
        raise typer.BadParameter(f"{run} is a run, and is audited by its own files: drop {named}")


def _of_cohort(ctx: typer.Context, data: Path) -> "tuple[Finding, ...]":
    from radiogenomics.errors import MissingPathError
    from radiogenomics.experiment.audit import audit_cohort
    from radiogenomics.experiment.plan import reasons

    if ctx.params["labels"] is None:
        raise MissingPathError(
            f"{data} is no run (it has no recipe.json), and to audit a cohort --labels is missing: give it, or set "
            "RADIOGEN_LABELS"
        )
    request, resolved = train.asked({**ctx.params, **UNASKED, "data": data})
    with console.progress() as progress:
        plan, findings = audit_cohort(
            request,
            resolved,
            options.open_store(ctx.params["store"]),
            workers=options.workers(ctx.params["workers"]),
            progress=progress,
        )
    for kind, reason, count in reasons(plan.cohort):
        if kind == "patient":
            console.say(f"{count} patients left out: {reason}")
    console.say(f"{len(plan.labels)} patients in {len(plan.folds)} folds, as `radiogen train` would split them")
    return findings
