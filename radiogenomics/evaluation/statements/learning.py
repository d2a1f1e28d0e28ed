"""Statements on the model: what it is, how it was trained, what chose what, and what it was made with."""

import shlex
from collections.abc import Mapping
from typing import Any

from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.recipe import DenseHead, LinearHead, Phase

UNMADE = "made before radiogen recorded it"
FREEZING = {
    "base": "the base frozen",
    "batchnorm": "all layers but batch normalisation trained",
    "blocks": "the last {} blocks trained",
}
BALANCE = {
    "none": "",
    "class-weights": "Both classes weigh alike in the loss (class weights).",
    "oversample-slices": "Training slices of the smaller class are repeated until there are as many.",
    "oversample-patients": "Training patients of the smaller class are repeated, each with as many slices.",
}


def _known(evidence: Evidence, name: str) -> Mapping[str, Any]:
    found = evidence.environment.get(name)
    return found if isinstance(found, Mapping) else {}


def model(evidence: Evidence) -> str:
    """Architecture, input and output."""
    recipe = evidence.recipe
    (height, width), head = recipe.image.size, recipe.model.head
    if isinstance(head, LinearHead):
        top = "global average pooling and one linear unit (logistic regression)"
    elif isinstance(head, DenseHead):
        top = f"dense layers of {', '.join(map(str, head.units))} units"
    else:
        top = f"global average pooling, dropout {head.dropout:g} and a dense layer of {head.units} units"
    filled = "one series in all three channels" if len(recipe.modalities) == 1 else "a channel each"
    return (
        f"A convolutional network for one slice at a time: {recipe.model.backbone}, then {top}, then a sigmoid. Input "
        f"{height} x {width} pixels of {', '.join(recipe.modalities)} ({filled}); output the probability of "
        f"{recipe.positive}."
    )


def started(evidence: Evidence) -> str:
    """Where the first weights came from."""
    weights = _known(evidence, "weights")
    if not weights.get("source"):
        return ""
    digest = f", SHA-256 {weights['sha256']}" if weights.get("sha256") else ""
    recipe = evidence.recipe
    # Dense layers of a head like VGG's may start from the weights file too.
    head = f" The head: random weights (seed {recipe.training.seed})."
    return f"The base: {weights['source']}{digest}.{'' if isinstance(recipe.model.head, DenseHead) else head}"


def software(evidence: Evidence) -> str:
    """Versions, and the device."""
    environment = evidence.environment
    if not environment.get("radiogen"):
        return ""
    packages = ", ".join(f"{name} {version}" for name, version in _known(evidence, "packages").items())
    python = f"; Python {environment['python']}" if environment.get("python") else ""
    device = environment.get("device") or ()
    places = "; ".join(map(str, device)) if isinstance(device, list | tuple) else str(device)
    return f"radiogen {environment['radiogen']}; {packages}{python}{f'; {places}' if places else ''}."


def _phase(number: int, phase: Phase) -> str:
    frozen = FREEZING.get(phase.freeze, phase.freeze).format(phase.blocks)
    early = f", stopped early after {phase.early_stopping.patience} epochs without gain" if phase.early_stopping else ""
    return (
        f"phase {number} ({phase.name}): {frozen}; {phase.optimizer}, learning rate {phase.learning_rate:g}, batch "
        f"{phase.batch_size}, at most {phase.epochs} epochs{early}, loss {phase.loss}"
    )


def trained(evidence: Evidence) -> str:
    """Phases, augmentation, balance, seed."""
    recipe = evidence.recipe
    phases = "; ".join(_phase(number, phase) for number, phase in enumerate(recipe.training.phases, 1))
    changes = recipe.augmentation.model_dump(exclude_defaults=True)
    augmented = f"Augmentation: {', '.join(changes).replace('_', ' ')}." if changes else "No augmentation."
    told = f"{phases[0].upper()}{phases[1:]}. {augmented} {BALANCE[recipe.training.balance]}".rstrip()
    return f"{told} Seed {recipe.training.seed}; history.csv holds every epoch, recipe.json every setting."


def selected(evidence: Evidence) -> str:
    """What data chose epoch, threshold and aggregator."""
    epochs = evidence.selection.get("epoch")
    if not isinstance(epochs, list | tuple) or not epochs:
        return ""
    by = "; ".join(sorted({str(row.get("by", "")) for row in epochs}))
    whose = (
        "the reported fold itself, so that every figure is optimistic" if evidence.selected else "validation patients"
    )
    aggregated = f"slices of a patient to one probability by: {evidence.aggregated}"
    return f"Epoch: {by}. {thresholds(evidence)} Aggregation: {aggregated}. What was chosen was chosen on {whose}."


def thresholds(evidence: Evidence) -> str:
    """Where a probability becomes a decision, and what chose that."""
    of_last = [row for row in evidence.thresholds if row.phase == evidence.last]
    if not of_last:
        return ""
    values = sorted({f"{row.value:.3g}" for row in of_last}, key=float)
    by = "; ".join(sorted({row.by for row in of_last}))
    told = values[0] if len(values) == 1 else f"{values[0]} to {values[-1]}, one a {evidence.part}"
    return f"Decision threshold {told} ({by})."


def ensemble(evidence: Evidence) -> str:
    """How models and images are combined."""
    recipe = evidence.recipe
    lesions = f" A patient's lesions: {recipe.evaluation.lesions}." if recipe.needs_lesions else ""
    copies = recipe.evaluation.test_time
    augmented = f" Each image is averaged with {copies} augmented copies of itself." if copies else ""
    slices = f"A patient's slices become one probability: {evidence.aggregated}.{lesions}{augmented}"
    if evidence.outside:
        return f"{slices} The mean of the run's fold models was taken."
    count = len(evidence.folds)
    if count < 2:
        return f"{slices} One model; no ensemble."
    return (
        f"{slices} Reported figures: each patient by the models that had not seen them, no ensemble. What radiogen "
        f"export and predict use is the mean of the {count} models, which was never scored as such."
    )


def predicted(evidence: Evidence) -> str:
    """How the probabilities were computed."""
    return f"{ensemble(evidence)} radiogen predict RUN DATA --out CSV does the same for new patients."


def balanced(evidence: Evidence) -> str:
    """Whether anything was done about classes of unlike size."""
    recipe = evidence.recipe
    losses = dict.fromkeys(p.loss for p in recipe.training.phases if p.loss != "binary-crossentropy")
    done = " ".join(filter(None, [BALANCE[recipe.training.balance], f"Loss: {', '.join(losses)}." if losses else ""]))
    return f"{done} Only the training side is changed." if done else "None was used."


def output(evidence: Evidence) -> str:
    """What the model gives, and how it becomes a class."""
    return (
        f"A probability of {evidence.recipe.positive} for each patient, between 0 and 1. {thresholds(evidence)}".strip()
    )


def predictors(evidence: Evidence) -> str:
    """What the model goes by."""
    return f"The images alone ({', '.join(evidence.recipe.modalities)}); no clinical value reaches the model."


def code(evidence: Evidence) -> str:
    """Which code made the run."""
    digest = _known(evidence, "hashes").get("code")
    version = evidence.environment.get("radiogen")
    return f"Source of radiogen {version} (Apache-2.0): SHA-256 {digest}." if version and digest else ""


def hashes(evidence: Evidence) -> dict[str, str]:
    """SHA-256 digests of what went in, by name."""
    return {str(name): str(digest) for name, digest in _known(evidence, "hashes").items()}


def command(evidence: Evidence) -> str:
    """What was typed; "" where it is not known."""
    words = evidence.environment.get("command")
    if not isinstance(words, list | tuple) or not words:
        return ""
    return shlex.join(["radiogen" if "__main__" in str(words[0]) else str(words[0]), *map(str, words[1:])])


def settings(evidence: Evidence) -> str:
    """Where the whole of the model is written down."""
    where = "the run that scored this cohort" if evidence.outside else "models/"
    return f"recipe.json holds every setting with its source; the weights are in {where}."


def drawn(evidence: Evidence) -> str:
    """Whether anyone has to draw lesions."""
    if evidence.recipe.needs_lesions:
        return f"Lesions have to be drawn on the {evidence.recipe.drawn_on} series, as boxes or masks."
    return "Nobody draws or measures anything: the model sees whole slices."


def undrawn(evidence: Evidence) -> str:
    """As `drawn`, where nobody has to."""
    return "" if evidence.recipe.needs_lesions else drawn(evidence)


def refused(evidence: Evidence) -> str:
    """What becomes of images that can't be used."""
    return (
        f"Whoever lacks a readable series of {', '.join(evidence.recipe.needed)} is left out by radiogen predict, with "
        "the reason; it imputes nothing, and does not judge whether an image is good enough."
    )
