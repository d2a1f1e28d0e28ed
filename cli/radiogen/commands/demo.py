"""`radiogen demo`."""

from pathlib import Path
from typing import Annotated

import typer

from radiogen import console
from radiogen.commands import options
from radiogen.commands.tables import show_scores


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Examples: radiogen demo --out demo; radiogen demo --recipe lung-subtype --raw --out demo-raw")(
        demo
    )


def demo(
    recipe: options.RecipeOption = "mgmt",
    raw: Annotated[bool, typer.Option("--raw", help="Begin with series as scanners leave them.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the cohort, the run and the SavedModel.")] = Path("demo"),
    force: options.Force = False,
) -> None:
    """Run the main job offline on a synthetic cohort: audit, train, evaluate, signal, explain, report, export."""
    from radiogenomics import recipes
    from radiogenomics.experiment.demo import demo as run_demo
    from radiogenomics.experiment.demo import demo_part

    console.say("A synthetic cohort with a planted signal. To be quick, the demo overrides of the recipe:")
    for assignment in demo_part(recipes.find(recipe), raw).set:
        console.say(f"  {assignment}")
    with console.progress() as progress:
        done = run_demo(recipe, out, raw=raw, force=force, progress=progress)
    show_scores(done.run, "Synthetic patients: test split")
    auc = done.metrics["auc"]
    console.say(f"AUC         {auc.value:.3f} ({auc.low:.3f} - {auc.high:.3f}), {auc.n} patients")
    console.say(f"Signal      {done.verdict}")
    if done.run.quality.is_file():
        console.say(f"Preparation {done.run.quality}")
    console.say(f"Report      {done.run.report}")
    console.say(f"SavedModel  {done.saved_model}")
    given = [f"--{name} {path}" for name in ("lesions", "masks") if (path := getattr(done.request, name))]
    words = ["radiogen predict", str(done.run.root), done.request.data, *given, "--out", str(out / "predictions.csv")]
    console.say(f"Try also    {' '.join(words)}")
