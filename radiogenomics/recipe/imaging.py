"""The parts of a recipe that say what the model sees: series, slices, region, pixels, and their random changes."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from radiogenomics.recipe.base import Fraction, Millimetres, ModalityOrNone, Part, Range, named
from radiogenomics.tables.normalisations import NORMALISATIONS

Side = Annotated[int, Field(ge=16, le=2048)]  # pixels


class CohortPart(Part):
    """Which series of a patient is used."""

    series_policy: Literal["most-slices", "latest", "error"] = "most-slices"
    plane: Literal["any", "axial", "coronal", "sagittal"] = "any"


class MidSection(Part):
    """`fraction` of the reference series' slices, around its middle."""

    policy: Literal["mid-section"] = "mid-section"
    fraction: Fraction


class LesionCentre(Part):
    """The slice of each lesion's centre and `reach` slices to either side; fewer for a small lesion.

    The centre is the slice of the largest box, or with masks of the largest area.
    """

    policy: Literal["lesion-centre"]
    reach: Annotated[int, Field(ge=0, le=100)]
    small_mm: Millimetres = 0.0  # a lesion whose largest box has no side this long is small
    small_reach: Annotated[int, Field(ge=0, le=100)] = 0


class LesionExtent(Part):
    """Every slice through a lesion, and those within `margin_mm` above and below it."""

    policy: Literal["lesion-extent"]
    margin_mm: Millimetres = 0.0


SlicesPart = Annotated[MidSection | LesionCentre | LesionExtent, Field(discriminator="policy")]


class RegionPart(Part):
    """What part of a slice is used.

    "whole": all of it. "box": the union of the lesion's boxes over its slices, one rectangle a lesion. "mask": each
    slice's own outline as a rectangle (a slice without one takes that of the nearest slice). Boxes and masks drawn on
    one series cut the co-registered others at the same place in the patient.
    """

    policy: Literal["whole", "box", "mask"] = "whole"
    margin_mm: Millimetres = 0.0  # added on every side, cut off at the image's edge
    square: bool = False  # lengthen the shorter side about its middle, so that the aspect is kept; beyond the edge is 0
    drawn_on: ModalityOrNone = ""  # the modality on which lesions were drawn; "" is the first channel
    roi: str = ""  # a regular expression of the structures' or segments' names to take; "" takes the only one

    @field_validator("roi")
    @classmethod
    def _expression(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"'{value}' is no regular expression: {error}") from None
        return value


class ImagePart(Part):
    """What a slice becomes: (height, width) in pixels, and how intensities reach [0, 1]."""

    size: tuple[Side, Side]
    normalisation: str
    scope: Literal["slice", "volume"] = "slice"  # whose statistics: one slice's, or the whole series'
    over: Literal["all", "brain"] = "all"  # of which voxels: all, or the brain mask's; without one, those not zero
    canvas: Annotated[int, Field(ge=16, le=4096)] | None = None
    # Pixels: the image is centred on a square of zeros of this side first (shrunk if larger), so that its aspect is
    # kept when it is resized.

    _normalisation = field_validator("normalisation")(named(NORMALISATIONS, "normalisation"))

    @field_validator("size", mode="before")
    @classmethod
    def _square(cls, value: Any) -> Any:
        return (value, value) if isinstance(value, int) else value


class LayerPart(Part):
    """A preprocessing layer of keras or, with the extra installed, of keras-cv, by name and with its arguments."""

    layer: Annotated[str, Field(pattern=r"^(keras|keras-cv)\.[A-Z][A-Za-z0-9]+$")]  # "keras.RandomErasing"
    arguments: dict[str, float | int | str | bool | tuple[float, ...]] = Field(default_factory=dict)


class AugmentationPart(Part):
    """Random changes of training images; each range is drawn from uniformly, per sample and epoch."""

    zoom: Range = (1.0, 1.0)  # factor; above 1 enlarges
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0  # degrees to either side
    shift: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.0, 0.0)
    # fraction of the height, of the width, to either side
    horizontal_flip: bool = False
    vertical_flip: bool = False
    brightness: Range = (1.0, 1.0)  # factor on [0, 1], clipped there
    contrast: Range = (1.0, 1.0)  # factor about each channel's own mean, clipped to [0, 1]
    layers: tuple[LayerPart, ...] = ()  # after the changes above, in order
    mixup: Annotated[float, Field(ge=0, le=10)] = 0.0  # alpha of its Beta distribution; 0 is off
    cutmix: Annotated[float, Field(ge=0, le=10)] = 0.0  # likewise; with both on, each batch takes one of the two

    @property
    def still(self) -> bool:
        """Whether images come as they are."""
        return self == AugmentationPart()

    @field_validator("zoom", "brightness", "contrast")
    @classmethod
    def _ordered(cls, value: Range) -> Range:
        if not 0 < value[0] <= value[1]:
            raise ValueError(f"needs 0 < low <= high, and is {value[0]} to {value[1]}")
        return value
