"""From what the user typed to a training that is ready to begin."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from radiogenomics import recipes
from radiogenomics.cohort.labels import LABEL_COLUMNS
from radiogenomics.errors import MissingPathError, RunError
from radiogenomics.experiment.cases import Request, check_paths, read_request_labels
from radiogenomics.experiment.plan import Plan, make_plan
from radiogenomics.imaging.sample import channels
from radiogenomics.models.weights import Weights, notes, resolve, starts_from_top
from radiogenomics.overrides import override
from radiogenomics.recipe import Recipe
from radiogenomics.records import SILENT, Progress
from radiogenomics.rundir.run import Run, read_json, read_recipe
from radiogenomics.store import Store
from radiogenomics.tables.backbones import BACKBONES, COST_SIZE

FOLD_SECONDS = 15  # to start a process, load TensorFlow and build a small model's graphs; roughly


@dataclass(frozen=True, slots=True)
class Ready:
    """A plan, and what it will run from and on."""

    plan: Plan
    weights: Weights
    starts: tuple[str, ...]  # sentences: what the model starts from
    device: str  # a sentence
    reckoned: str  # a sentence: how long it will take


def resolve_recipe(name: str, settings: Mapping[str, object], assignments: Iterable[str], request: Request) -> Recipe:
    """The recipe called `name` (or in that file) with what the user set.

    Args:
        name: A recipe's name, or a JSON file.
        settings: Values of the command's own options by dotted path; None where an option was not given.
        assignments: PATH=VALUE texts of --set, which come last and win.
        request: A label column of the user's own names the classes anew, and is none of the paper's business.
    """
    recipe = recipes.find(name)
    given = {path: value for path, value in settings.items() if value is not None}
    if request.label_column and not _is_own(request, recipe):
        value = request.positive or "1"
        given |= {
            "title": f"{request.label_column} = {value}, by the pipeline of the recipe {recipe.name}",
            "positive": f"{request.label_column} = {value}",
            "negative": f"{request.label_column} other",
            "caution": "",
            "published": [],
        }
    recipe = override(recipe, [*(f"{path}={json.dumps(value)}" for path, value in given.items()), *assignments])
    if recipe.model.weights in {"imagenet", "none"}:
        return recipe
    # A run is resumed from wherever the user then stands.
    return override(recipe, [f"model.weights={json.dumps(str(Path(recipe.model.weights).expanduser().absolute()))}"])


def _is_own(request: Request, recipe: Recipe) -> bool:
    """Whether the label column that the user named is the recipe's, so that it still speaks of its own classes."""
    own = recipe.label
    if own is None or request.label_column != own.column:
        return request.label_column in LABEL_COLUMNS
    return request.positive in {None, own.positive}


def saved(run: Run) -> tuple[Request, Recipe]:
    """What a run was begun with, for --resume.

    Raises:
        MissingPathError: The run was stopped before it had written what is needed to go on.
        RunError: It is finished.
    """
    if not run.environment.is_file():
        raise MissingPathError(f"{run.root} can't be resumed: it has no environment.json. Start it anew with --force")
    if run.metrics.is_file() and not run.checkpoints.exists():
        raise RunError(f"{run.root} is finished: there is nothing to resume. `radiogen evaluate {run.root}` scores it")
    return Request(**read_json(run.environment)["request"]), read_recipe(run)


def reckon(plan: Plan, on_gpu: bool, constant: Sequence[bool] = ()) -> str:
    """How long the training may take, from each backbone's measured cost; a rough figure for two CPU cores.

    Args:
        plan: Its patients, slices, phases and folds count here.
        on_gpu: Whether a GPU will train, whose speed is not known.
        constant: Of each phase, whether its base gives the same features in every epoch and fold.
    """
    if on_gpu:
        return "not reckoned for a GPU; the bars will tell after the first epoch"
    recipe = plan.recipe
    row = BACKBONES[recipe.model.backbone]
    pixels = recipe.image.size[0] * recipe.image.size[1] / COST_SIZE**2
    slices = plan.slices_a_patient()
    orders = math.factorial(len(recipe.modalities)) if recipe.model.channel_orders == "all" else 1
    forward, training = (orders * milliseconds for milliseconds in row.milliseconds)
    repeated = _repeated(plan)
    patients = 0.0  # milliseconds a slice of each
    for number, phase in enumerate(recipe.training.phases):
        step = training if phase.freeze != "base" else forward
        each = (step * repeated * len(fold.train) + forward * len(fold.validation or fold.test) for fold in plan.folds)
        patients += forward * len(plan.cases) if any(constant[number : number + 1]) else phase.epochs * sum(each)
    minutes = patients * slices * pixels / 60_000 + len(plan.folds) * FOLD_SECONDS / 60
    amount = f"{minutes / 60:.1f} hours" if minutes > 90 else f"{max(minutes, 1):.0f} min"
    return (
        f"at most about {amount} on two CPU cores for all epochs, one fold after the other; early stopping shortens it"
    )


def _repeated(plan: Plan) -> float:
    """By how much oversampling lengthens an epoch."""
    if not plan.recipe.training.balance.startswith("oversample"):
        return 1.0
    positive = sum(plan.labels.values())
    return 2 * max(positive, len(plan.cases) - positive) / len(plan.cases)


def start(request: Request, recipe: Recipe, store: Store, workers: int = 0, progress: Progress = SILENT) -> Ready:
    """Plan the training, find its weights and its device; nothing is written yet.

    Raises:
        RadiogenomicsError: The first of: a path that is not there, labels or weights that can't be had, faults of the
            cohort.
    """
    for path, what in ((request.data, "--data"), (request.labels, "--labels")):
        if not path:
            raise MissingPathError(f"{what} is missing: give it, or set RADIOGEN_{what[2:].upper()}")
    check_paths(request, recipe)
    read_request_labels(request, recipe)
    weights = resolve(recipe.model.backbone, recipe.model.weights, starts_from_top(recipe))
    plan = make_plan(request, recipe, store, workers, progress)
    # These load TensorFlow, so they come only after the cheap faults.
    from radiogenomics.pipeline.layers import check_layers
    from radiogenomics.training.device import configure

    device = configure(recipe.training)
    check_layers(recipe)
    starts, constant = _try_model(recipe, weights)
    return Ready(plan, weights, starts, device.sentence, reckon(plan, device.gpu, constant))


def _try_model(recipe: Recipe, weights: Weights) -> tuple[tuple[str, ...], list[bool]]:
    """What the model starts from, and of each phase whether its base's features are constant.

    The model is built and frozen once, so that weights or phases that do not fit it are told now.
    """
    from radiogenomics.models.build import build_model, pretrained_dense
    from radiogenomics.models.freezing import freeze
    from radiogenomics.models.halves import is_constant

    model = build_model(recipe, weights.path, channels(recipe), recipe.training.seed)
    constant = []
    for phase in recipe.training.phases:
        freeze(model, phase, weights.pretrained)
        constant.append(recipe.augmentation.still and is_constant(model))
    from_top = pretrained_dense(model, recipe.model.head, weights.path) if weights.path else ()
    return notes(recipe, weights, channels(recipe), from_top), constant
