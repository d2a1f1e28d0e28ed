"""The parts of a recipe that say how the model learns and is scored: split, network, phases, evaluation."""

import re
from collections import ChainMap
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from radiogenomics.recipe.base import Part, Share, named
from radiogenomics.tables.aggregators import AGGREGATORS
from radiogenomics.tables.backbones import BACKBONES
from radiogenomics.tables.freezing import FREEZING
from radiogenomics.tables.losses import LOSSES, OPTIMIZERS
from radiogenomics.tables.monitors import MONITORS

CHOSEN = "validation"  # an aggregator of this name is chosen on each fold's validation patients
YOUDEN = "youden"
FLOOR = re.compile(r"(sensitivity|specificity)>=(0?\.\d+)", re.ASCII)


def floor_of(policy: str) -> tuple[str, float] | None:
    """("sensitivity", 0.9) of "sensitivity>=0.9"; None where a threshold's policy sets no floor between 0 and 1."""
    found = FLOOR.fullmatch(policy)
    return (found[1], float(found[2])) if found and float(found[2]) > 0 else None


class SplitPart(Part):
    """How patients are split: one split of `test`, or `folds` of them; always stratified."""

    test: Share  # of all patients; with folds >= 2, 1 / folds takes its place
    validation: Share  # of the patients that are not in the test split
    folds: Annotated[int, Field(ge=1, le=100)] = 1
    repeats: Annotated[int, Field(ge=1, le=100)] = 1
    protocol: Literal["nested", "published"] = "nested"
    # nested: epoch, threshold and aggregator are chosen on validation patients, the test fold is touched once.
    # published: nobody validates; all is chosen on the very fold that is reported, as the papers did.
    by: Literal["patient", "site"] = "patient"
    # patient: folds of patients, whatever their site. site: each fold tests all patients of one site (leave one site
    # out); `test` and `folds` then say nothing.

    @field_validator("by")
    @classmethod
    def _sites_are_folds(cls, value: str, info: ValidationInfo) -> str:
        if value == "site" and (info.data.get("folds", 1), info.data.get("repeats", 1)) != (1, 1):
            raise ValueError("site makes a fold of each site: set split.folds=1 and split.repeats=1 too")
        return value


class PooledHead(Part):
    """Global average pooling, batch norm, dropout, dense (relu), batch norm, dropout, dense 1 (sigmoid)."""

    kind: Literal["gap-bn-dropout-dense"] = "gap-bn-dropout-dense"
    dropout: Annotated[float, Field(ge=0, lt=1)]
    units: Annotated[int, Field(ge=1)]


class DenseHead(Part):
    """VGG's own: flatten, a dense layer (relu) and dropout for each of `units`, dense 1 (sigmoid).

    Where the weights file has its top, the first dense layers start from it.
    """

    kind: Literal["vgg-dense"]
    units: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] = (4096, 4096)
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0


class LinearHead(Part):
    """Global average pooling, batch norm without scale and centre, dropout, dense 1 (sigmoid): logistic regression."""

    kind: Literal["gap-linear"]
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    l2: Annotated[float, Field(ge=0, le=100)] = 0.0  # times the sum of the squared weights is added to the loss


HeadPart = Annotated[PooledHead | DenseHead | LinearHead, Field(discriminator="kind")]


class ModelPart(Part):
    """The network: `weights` is "imagenet", "none" or the path of a weights file."""

    backbone: str
    weights: Annotated[str, Field(min_length=1)] = "imagenet"
    channel_orders: Literal["given", "all"] = "given"
    # all: the base sees the channels in every order, and the head the mean of what it says. No order of sequences is
    # that of red, green and blue, yet pretrained weights answer each differently. n channels cost n! times as much.
    head: HeadPart

    _backbone = field_validator("backbone")(named(BACKBONES, "backbone"))


class EarlyStopping(Part):
    """Stop after `patience` epochs without a better value of what is monitored."""

    patience: Annotated[int, Field(ge=1)]


class ReduceLearningRate(Part):
    """Multiply the learning rate by `factor` after `patience` epochs without a better value."""

    factor: Share
    patience: Annotated[int, Field(ge=1)]


class Phase(Part):
    """One stretch of training, its optimizer new; at its end the weights that `keep` names are restored."""

    name: Annotated[str, Field(min_length=1)]
    freeze: str
    blocks: Annotated[int, Field(ge=1, le=1000)] | None = Field(None, validate_default=True)
    # how many of the base's last blocks "blocks" trains
    epochs: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=1)]
    learning_rate: Annotated[float, Field(gt=0)]
    optimizer: str = "adam"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0  # of sgd
    loss: str = "binary-crossentropy"
    keep: Literal["best", "last", "mean"] = (
        "best"  # the monitored best epoch's weights, the last's, or all epochs' mean
    )
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0  # factor on the learning rate for each block below the head
    anchor: Annotated[float, Field(ge=0, lt=1)] = 0.0
    # L2 pull to the phase's start: the share of the way back that each step at the full learning rate goes; it falls
    # with the rate.
    early_stopping: EarlyStopping | None = None
    reduce_learning_rate: ReduceLearningRate | None = None

    _freeze = field_validator("freeze")(named(FREEZING, "freezing policy"))
    _optimizer = field_validator("optimizer")(named(OPTIMIZERS, "optimizer"))
    _loss = field_validator("loss")(named(LOSSES, "loss"))

    # A field's own validator is told of the fields before it that are well, and so its fault is told with all others.
    @field_validator("blocks")
    @classmethod
    def _blocks_are_trained(cls, value: int | None, info: ValidationInfo) -> int | None:
        if "freeze" in info.data and (info.data["freeze"] == "blocks") != (value is not None):
            raise ValueError('goes with freeze="blocks", and only with it')
        return value

    @field_validator("momentum")
    @classmethod
    def _momentum_is_of_sgd(cls, value: float, info: ValidationInfo) -> float:
        optimizer = info.data.get("optimizer", "sgd")
        if value and optimizer != "sgd":
            raise ValueError(f"is sgd's, and the optimizer is {optimizer}")
        return value


class TrainingPart(Part):
    """The phases, in order, and what they share."""

    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    monitor: str = "val_loss"
    balance: Literal["none", "class-weights", "oversample-slices", "oversample-patients"] = "none"
    # class-weights: both classes weigh alike. oversample-slices: slices of the smaller class are repeated until there
    # are as many. oversample-patients: the same, and within a class every patient gives as many slices.
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    xla: Literal["auto", "on", "off"] = "auto"  # auto: on a GPU only
    mixed_precision: bool = False
    threads: Annotated[int, Field(ge=1)] = 2  # a fold; part of the result, so never set from the machine

    _monitor = field_validator("monitor")(named(MONITORS, "monitor"))


class EvaluationPart(Part):
    """How slices become a patient's score, and the score a decision."""

    aggregator: str = "mean"  # of a lesion's slices; "validation" chooses one on the fold's validation patients
    lesions: str = "max"  # of a patient's lesions
    threshold: float | str = 0.5
    # A number, or what chooses one on the validation split: "youden", or a floor such as "sensitivity>=0.9" or
    # "specificity>=0.9", which takes the greatest of the other that it leaves.
    test_time: Annotated[int, Field(ge=0, le=100)] = 0  # augmented copies of each image, averaged with itself

    _aggregator = field_validator("aggregator")(named(ChainMap(AGGREGATORS, {CHOSEN: ""}), "aggregator"))
    _lesions = field_validator("lesions")(named(AGGREGATORS, "aggregator"))

    @field_validator("threshold", mode="before")
    @classmethod
    def _threshold(cls, value: Any) -> Any:
        policy = isinstance(value, str) and (value == YOUDEN or floor_of(value))
        if not policy and not (isinstance(value, float) and 0 < value < 1):
            raise ValueError(
                f'{value!r} is no threshold: give a number between 0 and 1, "{YOUDEN}", "sensitivity>=0.9" or '
                '"specificity>=0.9"'
            )
        return value

    @property
    def fixed_threshold(self) -> float | None:
        """The threshold, where it is a number; None where validation patients choose it."""
        return None if isinstance(self.threshold, str) else self.threshold
