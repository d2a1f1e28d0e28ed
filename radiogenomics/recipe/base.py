"""What every part of a recipe is: frozen, closed data whose names are checked against tables."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from radiogenomics.errors import UnknownNameError
from radiogenomics.registry import choose
from radiogenomics.tables.modalities import MODALITIES

Fraction = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Millimetres = Annotated[float, Field(ge=0, le=1000)]
Range = tuple[float, float]


class Part(BaseModel):
    """A piece of a recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ClashError(ValueError):
    """Faults between fields, each a sentence "path: message" of its own."""


def parts_of(annotation: Any) -> Iterator[type[Part]]:
    """The parts that a field's annotation speaks of, one or the members of a union."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for argument in get_args(annotation):
        yield from parts_of(argument)


def named(table: Mapping[str, Any], what: str) -> Any:
    """A validator of names that stand in `table`."""

    def check(name: str) -> str:
        try:
            choose(table, name, what)
        except UnknownNameError as error:
            raise ValueError(str(error)) from None
        return name

    return check


_known = named(MODALITIES, "modality")
ModalityName = Annotated[str, AfterValidator(_known)]
ModalityOrNone = Annotated[str, AfterValidator(lambda name: name and _known(name))]  # "" names none
