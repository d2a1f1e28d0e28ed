"""Plain data to a recipe, every fault at once, each with its path."""

import json
import reprlib
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import ValidationError

from radiogenomics.errors import RecipeError, raise_faults
from radiogenomics.recipe.base import ClashError, Part, parts_of
from radiogenomics.recipe.recipe import Recipe
from radiogenomics.registry import unknown


def _walk(path: tuple[int | str, ...]) -> tuple[list[str], list[str]]:
    """The user's own steps of a fault's path, and the fields known where it ends.

    Pydantic adds which member of a union it tried (the tag "lesion-centre", "constrained-float", "literal['youden']"):
    a step that is neither an index nor a field, save the last, is none of the user's.
    """
    parts: list[type[Part]] = [Recipe]
    steps: list[str] = []
    for place, step in enumerate(path):
        fields = [part.model_fields[step] for part in parts if step in part.model_fields]
        if fields:
            parts = [part for field in fields for part in parts_of(field.annotation)] or parts
        elif not isinstance(step, int) and not (place == len(path) - 1 and _is_name(step, parts)):
            tagged = [part for part in parts if step in _tags(part)]
            parts = tagged or parts
            continue
        steps.append(str(step))
    return steps, sorted({name for part in parts for name in part.model_fields})


def _tags(part: type[Part]) -> set[str]:
    """The values by which a union tells this member."""
    named = (part.model_fields[name] for name in ("policy", "kind", "step") if name in part.model_fields)
    return {tag for field in named for tag in get_args(field.annotation)}


def _is_name(step: str, parts: list[type[Part]]) -> bool:
    return "[" not in step and "-float" not in step and not any(step in _tags(part) for part in parts)


def _own(faults: Sequence[Any]) -> list[Any]:
    """The faults that are the user's: where an element of a list is wrong, pydantic calls the list too short too."""
    places = [fault["loc"] for fault in faults]

    def inside(place: tuple[int | str, ...]) -> bool:
        return any(other[: len(place)] == place and len(other) > len(place) for other in places)

    return [fault for fault in faults if fault["type"] != "too_short" or not inside(fault["loc"])]


def _sentences(fault: Any) -> list[str]:
    error = fault.get("ctx", {}).get("error")
    return list(error.args) if isinstance(error, ClashError) else [_sentence(fault)]


def _sentence(fault: Any) -> str:
    steps, fields = _walk(fault["loc"])
    path = ".".join(steps) or "recipe"
    if fault["type"] == "extra_forbidden":
        return unknown(path, [".".join([*steps[:-1], name]) for name in fields], "field")
    if fault["type"] == "union_tag_invalid":
        known = [tag.strip("'") for tag in fault["ctx"]["expected_tags"].split(", ")]
        field = fault["ctx"]["discriminator"].strip("'")
        return f"{path}.{field}: {unknown(fault['ctx']['tag'], known, field)}"
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
        faults = [sentence for fault in _own(error.errors()) for sentence in _sentences(fault)]
        raise_faults(RecipeError, faults, f"recipe {where}")
        raise


def parse_json(text: str | bytes, where: str) -> Recipe:
    """Check JSON (bytes: in UTF-8) and make it a recipe; raises RecipeError as `parse` does, or where it is no JSON."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        mend = "start from `radiogen recipes mgmt > mine.json`"
        raise RecipeError(f"recipe {where} is not JSON: {error}; {mend}") from None
    return parse(data, where)
