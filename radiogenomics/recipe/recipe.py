"""The recipe: one pipeline as data. Checked without disk and without TensorFlow."""

from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from radiogenomics.recipe.base import ClashError, Part, parts_of
from radiogenomics.recipe.imaging import AugmentationPart, CohortPart, ImagePart, RegionPart, SlicesPart
from radiogenomics.recipe.learning import EvaluationPart, ModelPart, SplitPart, TrainingPart
from radiogenomics.recipe.preparation import PreparationPart
from radiogenomics.registry import unknown
from radiogenomics.tables.backbones import BACKBONES
from radiogenomics.tables.modalities import MODALITIES

MOST_ORDERED = 4  # channels whose every order is seen: 24


def _assignment(text: str) -> str:
    """PATH=VALUE as it is, where a recipe may have such a path."""
    path, equals, _ = text.partition("=")
    if not equals:
        raise ValueError("write PATH=VALUE, such as image.size=96")
    if path.partition(".")[0] == "sources":
        raise ValueError("sources follow the values by themselves: set a value")
    steps = path.split(".")
    here: list[Any] = [Recipe]  # what may stand at the path so far, as annotations
    for depth, step in enumerate(steps):
        if step.isdigit() and any(get_origin(annotation) is tuple for annotation in here):
            here = [inner for annotation in here for inner in get_args(annotation)]
            continue
        parts = [part for annotation in here if get_origin(annotation) is not tuple for part in parts_of(annotation)]
        known = {name for part in parts for name in part.model_fields}
        if step not in known:
            before = steps[:depth]
            raise ValueError(
                unknown(path, [".".join([*before, name]) for name in known] or [".".join(before)], "field")
            )
        here = [part.model_fields[step].annotation for part in parts if step in part.model_fields]
    return text


class RawDemoPart(Part):
    """What the demo of raw series has of its own: preparation takes seconds a patient, so that there are fewer."""

    patients: Annotated[int, Field(ge=20, le=1000)] = 60
    slices: Annotated[int, Field(ge=4, le=200)] = 24
    size: Annotated[int, Field(ge=32, le=512)] = 96
    set: tuple[Annotated[str, AfterValidator(_assignment)], ...] = ()  # after those of the demo


class DemoPart(Part):
    """The synthetic cohort on which `radiogen demo` shows the recipe, and what is set anew so that it is quick."""

    kind: Literal["brain", "limb"]
    patients: Annotated[int, Field(ge=20, le=1000)] = 100
    slices: Annotated[int, Field(ge=4, le=200)] = 24
    size: Annotated[int, Field(ge=32, le=512)] = 96
    two_lesions: Annotated[float, Field(ge=0, le=1)] = 0.0  # share of the patients that have two
    lesions: Literal["", "boxes", "masks"] = ""  # what is given to --lesions or --masks
    set: tuple[Annotated[str, AfterValidator(_assignment)], ...] = ()  # PATH=VALUE, as --set takes them
    raw: RawDemoPart | None = None  # None: the recipe has no demo of raw series


class LabelPart(Part):
    """The column of the labels that the recipe was made for, and its positive value."""

    column: Annotated[str, Field(min_length=1)]
    positive: Annotated[str, Field(min_length=1)]


class Recipe(Part):
    """One pipeline as data; `sources` says for each dotted path where the value comes from."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    title: str
    citation: str
    positive: str  # what label 1 means
    negative: str
    label: LabelPart | None = None  # None: any of the usual names of a label column
    modalities: Annotated[tuple[str, ...], Field(min_length=1)]  # the channels, in order; one fills all three
    cohort: CohortPart = CohortPart()
    preparation: PreparationPart = PreparationPart()
    slices: SlicesPart
    region: RegionPart = RegionPart()
    image: ImagePart
    augmentation: AugmentationPart = AugmentationPart()
    split: SplitPart
    model: ModelPart
    training: TrainingPart
    evaluation: EvaluationPart = EvaluationPart()
    caution: str = ""  # what every reader of a result should know of this task
    published: tuple[dict[str, str | float], ...] = ()  # rows of the paper's results, as printed
    demo: DemoPart | None = None
    sources: dict[str, str] = Field(default_factory=dict)

    @property
    def drawn_on(self) -> str:
        """The modality on which lesions were drawn."""
        return self.region.drawn_on or self.modalities[0]

    @property
    def chosen_on(self) -> str:
        """The modality on whose series slices are chosen, as `Case.reference` is; whose site is the patient's."""
        return self.drawn_on if self.needs_lesions else self.modalities[0]

    @property
    def grid(self) -> str:
        """The modality on whose grid preparation lays all."""
        return self.preparation.reference or self.chosen_on

    @property
    def needed(self) -> tuple[str, ...]:
        """The modalities whose series a patient needs: the channels, then what lesions and preparation go by."""
        drawn_on = [self.drawn_on] if self.needs_lesions else []
        if not self.preparation.steps:
            return tuple(dict.fromkeys([*self.modalities, *drawn_on]))
        followed = [leader for name in self.modalities if (leader := MODALITIES[name].follows)]
        return tuple(dict.fromkeys([*self.modalities, *drawn_on, self.grid, *followed]))

    @property
    def extracts_brain(self) -> bool:
        """Whether preparation has a use for a mask of the brain."""
        return any(part.step == "brain" for part in self.preparation.steps)

    @property
    def needs_lesions(self) -> bool:
        """Whether patients need lesions (--lesions or --masks)."""
        return self.slices.policy != "mid-section" or self.region.policy != "whole"

    @field_validator("modalities")
    @classmethod
    def _modalities(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        faults = [unknown(name, MODALITIES, "modality") for name in value if name not in MODALITIES]
        faults += [f"'{name}' stands twice" for name in sorted({n for n in value if value.count(n) > 1})]
        if faults:
            raise ValueError("; ".join(faults))
        return value

    @field_validator("model")
    @classmethod
    def _model_fits(cls, model: ModelPart, info: ValidationInfo) -> ModelPart:
        # A field's own validator is told of the fields before it that are well: its faults are told with all others.
        image, modalities = info.data.get("image"), info.data.get("modalities")
        least, faults = BACKBONES[model.backbone].min_size, []
        if image and min(image.size) < least:
            faults.append(f"image.size: {image.size} is below {least}, the least that {model.backbone} takes")
        if modalities and model.channel_orders == "all" and not 2 <= len(modalities) <= MOST_ORDERED:
            faults.append(
                f'model.channel_orders: "all" takes 2 to {MOST_ORDERED} modalities, and there are {len(modalities)}'
            )
        if faults:
            raise ClashError(*faults)
        return model

    def to_json(self) -> str:
        """The recipe as JSON that `parse_json` (and `--recipe FILE.json`) takes back."""
        return self.model_dump_json(indent=2) + "\n"
