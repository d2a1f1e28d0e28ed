"""`radiogen sweep`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from radiogen import console
from radiogen.commands import options, train
from radiogen.commands.tables import show_comparison

if TYPE_CHECKING:
    from radiogenomics.experiment.sweep import Cell
    from radiogenomics.recipe import Recipe

EPILOG = """Every option of `radiogen train` but --run, --resume and --dry-run may stand here too. Examples:

radiogen sweep --channels 3 --of ct,dose,t1w,t2w,t1wce --data sts --labels labels.csv --masks sts

radiogen sweep --inputs t1wce,flair,t2w,all --data lung --labels labels.csv --lesions lesions.csv

radiogen sweep --backbones all --modality t1w --data rsna/train --labels rsna/train_labels.csv"""


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(epilog=EPILOG, context_settings=settings)(sweep)


def sweep(
    ctx: typer.Context,
    channels: Annotated[int | None, typer.Option(min=1, help="Every combination of so many modalities.")] = None,
    of: Annotated[
        list[str] | None,
        typer.Option(help="With --channels: the modalities to combine. Default: those of the paper's table."),
    ] = None,
    inputs: Annotated[
        list[str] | None, typer.Option(help="These inputs: t1wce, t1wce+flair, or all for those named, stacked.")
    ] = None,
    backbones: Annotated[
        list[str] | None, typer.Option(help="These backbones; all for those of the paper's table.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="A recipe. Default: the one whose paper prints such a table.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the runs. Default: runs/sweep-<recipe>-<time>.")] = None,
) -> None:
    """Run combinations of channels, inputs or backbones, one run each, and print the paper's table; resumable."""
    from radiogenomics.experiment.compare import sweep_table
    from radiogenomics.experiment.comparison_files import write_comparison, write_page
    from radiogenomics.experiment.sweep import paper_of
    from radiogenomics.experiment.sweep import sweep as run_sweep

    if sum(given is not None for given in (channels, inputs, backbones)) != 1:
        raise typer.BadParameter("give one of --channels, --inputs and --backbones")
    name = recipe or paper_of(channels=channels, inputs=bool(inputs), backbones=bool(backbones))
    given = _train_options(ctx, name)
    request, resolved = train.asked(given)
    cells = _cells(resolved, channels, options.split_commas(of), inputs, backbones)
    root = out or Path("runs") / f"sweep-{resolved.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    console.say(f"{len(cells)} cells of the recipe {resolved.name} into {root}: {', '.join(c.name for c in cells)}")
    try:
        with console.progress() as progress:
            swept = run_sweep(
                cells, request, root, options.open_store(given["store"]), workers=options.workers(given["workers"]),
                progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        console.say(f"Finished cells and written states are kept: the same command with --out {root} goes on")
        raise
    if swept.runs:
        comparison, comparisons = sweep_table(swept.runs)
        show_comparison(comparison, tests=False)
        console.say(comparisons)
        page = write_page(comparison, root / "compare.html", f"Sweep of the recipe {resolved.name}", [comparisons])
        console.say(f"Written: {', '.join(map(str, [*write_comparison(comparison, root / 'sweep.csv'), page]))}")
    for cell, reason in swept.failed:
        console.say(f"{cell} failed: {reason}")
    if swept.failed:
        raise typer.Exit(1)


def _train_options(ctx: typer.Context, recipe: str) -> dict[str, Any]:
    """What stands on the command line besides the sweep's own options, read as `radiogen train` reads it."""
    app = typer.Typer()
    train.register(app)
    command = typer.main.get_command(app)
    given = command.make_context("radiogen sweep", [*ctx.args, "--recipe", recipe], parent=ctx).params
    refused = [f"--{name.replace('_', '-')}" for name in ("run", "resume", "dry_run", "force") if given[name]]
    if refused:
        raise typer.BadParameter(f"{' and '.join(refused)}: not in a sweep; --out names its folder, which is resumed")
    return given


def _cells(
    recipe: "Recipe",
    channels: int | None,
    of: list[str] | None,
    inputs: list[str] | None,
    backbones: list[str] | None,
) -> "tuple[Cell, ...]":
    from radiogenomics.experiment.sweep import backbone_cells, channel_cells, input_cells

    if channels is not None:
        return channel_cells(recipe, channels, of)
    if inputs:
        return input_cells(recipe, options.split_commas(inputs) or [])
    return backbone_cells(recipe, options.split_commas(backbones) or [])
