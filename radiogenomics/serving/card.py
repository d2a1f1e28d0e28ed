"""What a SavedModel of ours says of itself, in files beside its graph. Needs neither TensorFlow nor Keras."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import radiogenomics
from radiogenomics.errors import ModelError
from radiogenomics.evaluation.decide import FIXED, WHOSE, chooser, rule
from radiogenomics.files import must_exist
from radiogenomics.imaging.sample import channels
from radiogenomics.recipe import Recipe, parse_json

EXTRA = "assets.extra"  # where a SavedModel keeps what its graph does not need; TF Serving leaves it alone
RESEARCH_ONLY = "Research use only: not a medical device, not for diagnosis or treatment."


@dataclass(frozen=True, slots=True)
class Card:
    """How an exported model was made, and how its probabilities are meant."""

    recipe: Recipe
    threshold: float | None  # the probability from which a patient is positive; None: not chosen
    models: int  # how many models' probabilities are averaged


def takes_raw_slices(recipe: Recipe) -> bool:
    """Whether a raw slice is all that a sample is made of, so that the graph can make it.

    A crop needs a lesion, and the statistics of a volume need all its slices: those the client prepares.
    """
    return recipe.region.policy == "whole" and recipe.image.scope == "slice"


def inputs(recipe: Recipe) -> dict[str, str]:
    """What each signature of a model of this recipe takes, in words."""
    (height, width), image = recipe.image.size, recipe.image
    what = "the whole slice" if recipe.region.policy == "whole" else "the rectangle around the lesion"
    counted = "all voxels" if image.over == "all" else "the voxels of the brain (those not zero, where it has no mask)"
    prepared = (
        f"images [n, {height}, {width}, {channels(recipe)}] in [0, 1]: {what} of {' and '.join(recipe.modalities)} on "
        f"one grid, normalised by the {image.normalisation} over {counted} of its {image.scope}, then cut and resized "
        "as recipe.json says; `radiogen predict` prepares it"
    )
    if not takes_raw_slices(recipe):
        return {"serving_default": prepared, "prepared": prepared}
    raw = (
        f"slices [n, H, W, {len(recipe.modalities)}], any H and W: raw {' and '.join(recipe.modalities)} on one grid, "
        "as decoded from DICOM with slope and intercept applied"
    )
    stripped = "; voxels that are not zero count as brain, so take away the skull" if image.over == "brain" else ""
    return {"serving_default": raw + stripped, "prepared": prepared}


def threshold_from(card: Card) -> str:
    """Where a card's threshold comes from, in words."""
    if card.threshold is None:
        return "not chosen"
    policy = card.recipe.evaluation.threshold
    if isinstance(policy, str):
        return f"{rule(policy)} on {WHOSE[chooser(card.recipe.split)]}; the mean of the folds'"
    return FIXED


def write_card(folder: Path, card: Card) -> None:
    """Write a card into a SavedModel's folder: recipe.json, which `--recipe` takes back, and serving.json."""
    facts = {
        "threshold": card.threshold,
        "threshold_from": threshold_from(card),
        "protocol": card.recipe.split.protocol,
        "aggregator": card.recipe.evaluation.aggregator,
        "positive": card.recipe.positive,
        "negative": card.recipe.negative,
        "modalities": card.recipe.modalities,
        "models": card.models,
        "inputs": inputs(card.recipe),
        "versions": {
            "radiogen": radiogenomics.__version__,
            "tensorflow": version("tensorflow"),
            "keras": version("keras"),
        },
        "note": RESEARCH_ONLY,
    }
    extra = folder / EXTRA
    extra.mkdir(parents=True, exist_ok=True)
    (extra / "recipe.json").write_text(card.recipe.to_json(), encoding="utf-8")
    (extra / "serving.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def read_card(path: Path) -> Card:
    """The card of the SavedModel at `path`.

    Args:
        path: Its folder, or one of numbered versions.

    Raises:
        MissingPathError: There is no such folder.
        ModelError: It is no SavedModel of ours.
    """
    extra = saved_model_folder(path) / EXTRA
    try:
        facts = json.loads((extra / "serving.json").read_text(encoding="utf-8"))
        recipe = parse_json((extra / "recipe.json").read_text(encoding="utf-8"), str(extra / "recipe.json"))
        return Card(recipe, facts["threshold"], facts["models"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{path} does not say how it was trained ({error}): export it anew with `radiogen export RUN`"
        ) from error


def saved_model_folder(path: Path) -> Path:
    """The SavedModel at `path`, or its highest version where versions lie in numbered folders.

    Raises:
        MissingPathError: There is no such folder.
        ModelError: It holds no SavedModel.
    """
    must_exist(path, "model")
    versions = [child for child in path.iterdir() if child.name.isdecimal()] if path.is_dir() else []
    for folder in (path, *sorted(versions, key=lambda child: -int(child.name))):
        if (folder / "saved_model.pb").is_file():
            return folder
    raise ModelError(f"{path} holds no SavedModel: name a folder that `radiogen export` made")
