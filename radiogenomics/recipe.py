"""The recipe: one pipeline as data. Checked without disk and without TensorFlow, every fault at once."""

import json
import reprlib
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from radiogenomics.errors import RecipeError, UnknownNameError, raise_faults
from radiogenomics.registry import choose, unknown
from radiogenomics.tables.aggregators import AGGREGATORS
from radiogenomics.tables.backbones import BACKBONES
from radiogenomics.tables.freezing import FREEZING
from radiogenomics.tables.losses import LOSSES, OPTIMIZERS
from radiogenomics.tables.modalities import MODALITIES
from radiogenomics.tables.normalisations import NORMALISATIONS

Fraction = Annotated[float, Field(gt=0, le=1)]
Range = tuple[float, float]


def _named(table: dict[str, Any], what: str) -> Any:
    def check(name: str) -> str:
        try:
            choose(table, name, what)
        except UnknownNameError as error:
            raise ValueError(str(error)) from None
        return name

    return check


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CohortPart(_Part):
    """Which series of a patient is used."""

    series_policy: Literal["most-slices", "latest", "error"] = "most-slices"
    plane: Literal["any", "axial", "coronal", "sagittal"] = "any"


class SlicesPart(_Part):
    """Which slices of a series are used: `fraction` of them around its mid-section."""

    policy: Literal["mid-section"] = "mid-section"
    fraction: Fraction


class ImagePart(_Part):
    """What a slice becomes: (height, width) in pixels, and how intensities reach [0, 1]."""

    size: tuple[Annotated[int, Field(ge=16, le=2048)], Annotated[int, Field(ge=16, le=2048)]]
    normalisation: str
    scope: Literal["slice"] = "slice"

    _normalisation = field_validator("normalisation")(_named(NORMALISATIONS, "normalisation"))

    @field_validator("size", mode="before")
    @classmethod
    def _square(cls, value: Any) -> Any:
        return (value, value) if isinstance(value, int) else value


class AugmentationPart(_Part):
    """Random changes of training images; each range is drawn from uniformly, per sample and epoch."""

    zoom: Range = (1.0, 1.0)  # factor; above 1 enlarges
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0  # degrees to either side
    shift: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.0, 0.0)
    # fraction of the height, of the width, to either side
    horizontal_flip: bool = False
    brightness: Range = (1.0, 1.0)  # factor on [0, 1], clipped there

    @field_validator("zoom", "brightness")
    @classmethod
    def _ordered(cls, value: Range) -> Range:
        if not 0 < value[0] <= value[1]:
            raise ValueError(f"needs 0 < low <= high, and is {value[0]} to {value[1]}")
        return value


class SplitPart(_Part):
    """How patients are split: one split of `test`, or `folds` of them; always stratified."""

    test: Annotated[float, Field(gt=0, lt=1)]  # share of all patients; with folds >= 2, 1 / folds takes its place
    validation: Annotated[float, Field(gt=0, lt=1)]  # share of the patients that are not in the test split
    folds: Annotated[int, Field(ge=1, le=100)] = 1
    repeats: Annotated[int, Field(ge=1, le=100)] = 1


class HeadPart(_Part):
    """Global average pooling, batch norm, dropout, dense (relu), batch norm, dropout, dense 1 (sigmoid)."""

    kind: Literal["gap-bn-dropout-dense"] = "gap-bn-dropout-dense"
    dropout: Annotated[float, Field(ge=0, lt=1)]
    units: Annotated[int, Field(ge=1)]


class ModelPart(_Part):
    """The network: `weights` is "imagenet", "none" or the path of a no-top weights file."""

    backbone: str
    weights: Annotated[str, Field(min_length=1)] = "imagenet"
    head: HeadPart

    _backbone = field_validator("backbone")(_named(BACKBONES, "backbone"))


class EarlyStopping(_Part):
    """Stop after `patience` epochs without a better value of what is monitored."""

    patience: Annotated[int, Field(ge=1)]


class ReduceLearningRate(_Part):
    """Multiply the learning rate by `factor` after `patience` epochs without a better value."""

    factor: Annotated[float, Field(gt=0, lt=1)]
    patience: Annotated[int, Field(ge=1)]


class Phase(_Part):
    """One stretch of training, its optimizer new; at its end the epoch of the best monitored value is restored."""

    name: Annotated[str, Field(min_length=1)]
    freeze: str
    epochs: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=1)]
    learning_rate: Annotated[float, Field(gt=0)]
    optimizer: str = "adam"
    loss: str = "binary-crossentropy"
    early_stopping: EarlyStopping | None = None
    reduce_learning_rate: ReduceLearningRate | None = None

    _freeze = field_validator("freeze")(_named(FREEZING, "freezing policy"))
    _optimizer = field_validator("optimizer")(_named(OPTIMIZERS, "optimizer"))
    _loss = field_validator("loss")(_named(LOSSES, "loss"))


class TrainingPart(_Part):
    """The phases, in order, and what they share."""

    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    monitor: Literal["val_loss"] = "val_loss"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    xla: Literal["auto", "on", "off"] = "auto"  # auto: on a GPU only
    mixed_precision: bool = False
    threads: Annotated[int, Field(ge=1)] = 2  # a fold; part of the result, so never set from the machine


class EvaluationPart(_Part):
    """How slices become a patient's score, and the score a decision."""

    aggregator: str = "mean"
    threshold: Literal["youden"] | Annotated[float, Field(gt=0, lt=1)] = 0.5  # youden: on the validation split

    _aggregator = field_validator("aggregator")(_named(AGGREGATORS, "aggregator"))


class Recipe(_Part):
    """One pipeline as data; `sources` says for each dotted path where the value comes from."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    title: str
    citation: str
    positive: str  # what label 1 means
    negative: str
    modalities: Annotated[tuple[str, ...], Field(min_length=1)]  # the channels, in order; one fills all three
    cohort: CohortPart = CohortPart()
    slices: SlicesPart
    image: ImagePart
    augmentation: AugmentationPart = AugmentationPart()
    split: SplitPart
    model: ModelPart
    training: TrainingPart
    evaluation: EvaluationPart = EvaluationPart()
    caution: str = ""  # what every reader of a result should know of this task
    published: tuple[dict[str, str | float], ...] = ()  # rows of the paper's results, as printed
    sources: dict[str, str] = {}

    @field_validator("modalities")
    @classmethod
    def _modalities(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        faults = [unknown(name, MODALITIES, "modality") for name in value if name not in MODALITIES]
        faults += [f"'{name}' stands twice" for name in sorted({n for n in value if value.count(n) > 1})]
        if faults:
            raise ValueError("; ".join(faults))
        return value

    @model_validator(mode="after")
    def _size_fits(self) -> "Recipe":
        least = BACKBONES[self.model.backbone].min_size
        if min(self.image.size) < least:
            raise ValueError(
                f"image.size {self.image.size} is below {least}, the least that {self.model.backbone} takes"
            )
        return self

    def to_json(self) -> str:
        """The recipe as JSON that `parse_json` (and `--recipe FILE.json`) takes back."""
        return self.model_dump_json(indent=2) + "\n"


def _known_fields(path: tuple[int | str, ...]) -> list[str]:
    part: Any = Recipe
    for step in path[:-1]:
        if isinstance(step, int):
            continue
        annotation = str(part.model_fields[step].annotation) if step in part.model_fields else ""
        part = next((kind for kind in _Part.__subclasses__() if kind.__name__ in annotation), None)
        if part is None:
            return []
    return list(part.model_fields)


def _sentence(fault: Any) -> str:
    # Pydantic adds which kind of a union it tried ("literal['youden']", "constrained-float"): no path of the user's.
    path = ".".join(step for step in map(str, fault["loc"]) if "[" not in step and "-float" not in step) or "recipe"
    if fault["type"] == "extra_forbidden":
        return unknown(
            path, [".".join([*map(str, fault["loc"][:-1]), name]) for name in _known_fields(fault["loc"])], "field"
        )
    message = fault["msg"].removeprefix("Value error, ")
    given = "" if fault["type"] in {"missing", "value_error"} else f" (it is {reprlib.repr(fault['input'])})"
    return f"{path}: {message}{given}"


def parse(data: Any, where: str) -> Recipe:
    """Check plain data and make it a recipe.

    Args:
        data: Nested dicts and lists, as JSON gives them.
        where: The file or name it came from, for the error.

    Raises:
        RecipeError: Any number of faults, all listed, each with its dotted path.
    """
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        raise_faults(RecipeError, [_sentence(fault) for fault in error.errors()], f"recipe {where}")
        raise


def parse_json(text: str | bytes, where: str) -> Recipe:
    """Check JSON (bytes: in UTF-8) and make it a recipe; raises RecipeError as `parse` does, or where it is no JSON."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        mend = "start from `radiogen recipes mgmt > mine.json`"
        raise RecipeError(f"recipe {where} is not JSON: {error}; {mend}") from None
    return parse(data, where)
