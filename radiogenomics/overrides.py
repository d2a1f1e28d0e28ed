"""A recipe with some of its values set anew by dotted paths, as --set and the command's own options do."""

import json
from collections.abc import Iterable
from typing import Any

from radiogenomics.errors import RecipeError, raise_faults
from radiogenomics.recipe import Recipe, parse
from radiogenomics.registry import unknown

OVERRIDDEN = "set on the command line"  # what `sources` says of a value that is not the recipe's own


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _key(data: Any, step: str, here: str) -> Any:
    """`step` as a key of `data`, which stands at the dotted path `here`."""
    if isinstance(data, list):
        if not step.isdigit() or int(step) >= len(data):
            raise RecipeError(f"{here} has the indices 0 to {len(data) - 1}, not '{step}'")
        return int(step)
    if not isinstance(data, dict):
        said = "is not set" if data is None else f"is {data!r} and has no fields"
        raise RecipeError(f"{here} {said}: set it as a whole, {here}={{...}} in JSON")
    if step not in data:
        raise RecipeError(unknown(step, data, f"field of {here or 'the recipe'}"))
    return step


def _place(data: Any, steps: list[str], value: Any) -> None:
    for depth, step in enumerate(steps[:-1]):
        data = data[_key(data, step, ".".join(steps[:depth]))]
    data[_key(data, steps[-1], ".".join(steps[:-1]))] = value


def _assign(data: dict[str, Any], assignment: str, source: str) -> None:
    path, equals, text = assignment.partition("=")
    if not equals:
        raise RecipeError("write PATH=VALUE, such as image.size=96")
    if path.partition(".")[0] == "sources":
        raise RecipeError("sources follow the values by themselves: set a value")
    _place(data, path.split("."), _value(text))
    data["sources"] = {key: said for key, said in data["sources"].items() if not f"{key}.".startswith(f"{path}.")}
    data["sources"][path] = source


def override(recipe: Recipe, assignments: Iterable[str], source: str = OVERRIDDEN) -> Recipe:
    """The recipe with dotted paths set anew, e.g. "training.phases.1.epochs=5".

    Args:
        recipe: Where to start.
        assignments: PATH=VALUE; a value is JSON where it parses, else text.
        source: What `sources` shall say of the values set.

    Raises:
        RecipeError: A path that does not exist, no "=", or values that do not fit; all faults at once.
    """
    data = json.loads(recipe.model_dump_json())
    faults = []
    for assignment in assignments:
        try:
            _assign(data, assignment, source)
        except RecipeError as error:
            faults.append(f"--set {assignment}: {error}")
    raise_faults(RecipeError, faults, f"recipe {recipe.name}")
    return parse(data, recipe.name)
