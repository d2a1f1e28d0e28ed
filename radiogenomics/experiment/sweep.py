"""The same pipeline over channel combinations, inputs or backbones: one run folder a cell, one table at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from radiogenomics import recipes
from radiogenomics.engine import here
from radiogenomics.errors import ExistsError, RadiogenomicsError, RecipeError
from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.cross_validate import changed_since, cross_validate, must_be_ours
from radiogenomics.experiment.plan import make_plan
from radiogenomics.experiment.start import start
from radiogenomics.models.weights import resolve, starts_from_top
from radiogenomics.overrides import override
from radiogenomics.recipe import Recipe
from radiogenomics.records import SILENT, Progress
from radiogenomics.registry import choose
from radiogenomics.rundir.run import Run, read_json, read_recipe
from radiogenomics.store import Store
from radiogenomics.tables.backbones import BACKBONES
from radiogenomics.tables.modalities import MODALITIES

ALL = "all"  # an input of this name stacks all the others


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of a sweep."""

    name: str  # of its folder
    recipe: Recipe
    note: str = ""  # a sentence that the user should hear


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep left behind."""

    runs: tuple[Run, ...]  # finished, in the order of the cells
    failed: tuple[tuple[str, str], ...]  # cell and reason


def printed(recipe: Recipe) -> tuple[tuple[str, ...], ...]:
    """The channels of each row of the paper's table, in its order, each combination once."""
    rows = (str(row["modality"]).split(",") for row in recipe.published if "modality" in row)
    return tuple(dict.fromkeys(tuple(row) for row in rows))


def paper_of(*, channels: int | None = None, inputs: bool = False, backbones: bool = False) -> str:
    """The shipped recipe whose paper prints such a table: of so many channels, of several inputs, or of backbones.

    Raises:
        RecipeError: None does.
    """
    for recipe in map(recipes.find, recipes.names()):
        lengths = [len(row) for row in printed(recipe)]
        if (
            (channels is not None and lengths.count(channels) > 1)
            or (inputs and len(set(lengths)) > 1)
            or (backbones and any("backbone" in row for row in recipe.published))
        ):
            return recipe.name
    raise RecipeError("no shipped recipe's paper prints such a table: name the recipe with --recipe")


def channel_cells(recipe: Recipe, channels: int, of: Sequence[str] | None = None) -> tuple[Cell, ...]:
    """Every combination of `channels` of the modalities `of`, by default of all that the paper's table names.

    Raises:
        UnknownNameError: No such modality.
        RecipeError: There are fewer modalities than channels.
    """
    known = dict.fromkeys(name for row in printed(recipe) for name in row)
    names = list(of or sorted(known, key=list(MODALITIES).index))
    for name in names:
        choose(MODALITIES, name, "modality")
    if len(names) < channels:
        raise RecipeError(f"--channels {channels} needs as many modalities; --of has {', '.join(names) or 'none'}")
    return tuple(_of_modalities(recipe, chosen) for chosen in combinations(names, channels))


def input_cells(recipe: Recipe, inputs: Sequence[str]) -> tuple[Cell, ...]:
    """One cell an input: a modality, several joined by +, or "all" for those named, in the recipe's order.

    Raises:
        UnknownNameError: No such modality.
    """
    named = [part for given in inputs if given != ALL for part in given.split("+")]
    for name in named:
        choose(MODALITIES, name, "modality")
    order = [name for name in recipe.modalities if name in named]
    everything = tuple(dict.fromkeys([*order, *named])) or recipe.modalities
    return tuple(_of_modalities(recipe, everything if given == ALL else tuple(given.split("+"))) for given in inputs)


def backbone_cells(recipe: Recipe, backbones: Sequence[str]) -> tuple[Cell, ...]:
    """One cell a backbone; "all" for those in the paper's table.

    One that has no ImageNet weights starts from random ones where the recipe asks for "imagenet", and its note says so.

    Raises:
        UnknownNameError: No such backbone.
    """
    if list(backbones) == [ALL]:
        backbones = list(dict.fromkeys(str(row["backbone"]) for row in recipe.published if "backbone" in row))
    for name in backbones:
        choose(BACKBONES, name, "backbone")
    return tuple(_of_backbone(recipe, name) for name in backbones)


def _of_backbone(recipe: Recipe, name: str) -> Cell:
    assignments, note = [f"model.backbone={name}"], ""
    if recipe.model.weights == "imagenet" and not BACKBONES[name].imagenet:
        assignments.append("model.weights=none")
        note = f"{name} has no ImageNet weights: its cell starts from random ones (model.weights=none)"
    return Cell(name, override(recipe, assignments, "swept"), note)


def _of_modalities(recipe: Recipe, modalities: Sequence[str]) -> Cell:
    quoted = ",".join(f'"{name}"' for name in modalities)
    # Where lesions are drawn stays where it was, whichever channel now comes first.
    drawn = [f"region.drawn_on={recipe.drawn_on}"] if recipe.needs_lesions else []
    return Cell("+".join(modalities), override(recipe, [f"modalities=[{quoted}]", *drawn], "swept"))


def sweep(
    cells: Sequence[Cell],
    request: Request,
    root: Path,
    store: Store,
    *,
    workers: int | str = 1,
    progress: Progress = SILENT,
) -> Swept:
    """Train and score every cell, each in a run folder of its own under `root`; goes on where it was stopped.

    A cell that can't be run (a modality that nobody has) does not stop the others.

    Raises:
        ExistsError: A cell's folder holds a run of another recipe, or its data, labels or lesions have changed since;
            or it holds no run. Told of before anything runs.
    """
    for cell in cells:
        _check_same(cell, request, Run(root / cell.name))
    for cell in cells:
        if _finished(Run(root / cell.name)):
            _check_unchanged(cell, request, Run(root / cell.name), store, workers, progress)
    runs, failed = [], []
    for number, cell in enumerate(cells, 1):
        progress.update("sweep", number - 1, len(cells), cell.name)
        if cell.note:
            progress.say(cell.note)
        try:
            runs.append(_run(cell, request, root, store, workers, progress))
        except RadiogenomicsError as error:
            progress.say(f"{cell.name} failed: {error}")
            failed.append((cell.name, str(error)))
        progress.update("sweep", number, len(cells), cell.name)
    return Swept(tuple(runs), tuple(failed))


def _finished(run: Run) -> bool:
    return run.environment.is_file() and run.metrics.is_file() and not run.checkpoints.exists()


def _check_same(cell: Cell, request: Request, run: Run) -> None:
    must_be_ours(run)
    if not run.recipe.is_file():
        return
    begun = Request(**read_json(run.environment)["request"]) if run.environment.is_file() else request
    # A leak that stopped one cell may be let pass without making the others anew.
    if read_recipe(run) != cell.recipe or replace(begun, allow_leak=request.allow_leak) != request:
        raise ExistsError(
            f"{run.root} is a run of another recipe, data or labels: give --out another folder, or remove it"
        )


def _check_unchanged(
    cell: Cell, request: Request, run: Run, store: Store, workers: int | str, progress: Progress
) -> None:
    """A finished cell stands beside new ones only where it would be trained on the same today; the store has it all."""
    model = cell.recipe.model
    weights = resolve(model.backbone, model.weights, starts_from_top(cell.recipe))
    plan = make_plan(request, cell.recipe, store, here(workers), progress)
    changed = changed_since(run, plan, weights, store, workers=workers, progress=progress)
    if changed:
        raise ExistsError(
            f"{run.root} was finished before {' and '.join(changed)} changed: restore them, give --out another folder, "
            "or remove it"
        )


def _run(cell: Cell, request: Request, root: Path, store: Store, workers: int | str, progress: Progress) -> Run:
    run = Run(root / cell.name)
    if _finished(run):
        progress.say(f"{cell.name}: finished before")
        return run
    ready = start(request, cell.recipe, store, here(workers), progress)
    resume = run.environment.is_file()
    cross_validate(ready, run, store, workers=workers, resume=resume, progress=progress)
    return run
