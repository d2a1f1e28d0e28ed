"""The named recipes: one module a paper, data only; the module's name is the recipe's, with - for _."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from radiogenomics.errors import MissingPathError
from radiogenomics.recipe import Recipe, parse, parse_json
from radiogenomics.registry import unknown


def names() -> list[str]:
    """The names of all recipes that ship with radiogen."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def find(name_or_file: str) -> Recipe:
    """The recipe of that name, or in that JSON file.

    Raises:
        MissingPathError: Neither a known name nor a file.
        RecipeError: The file holds faults; all are listed.
    """
    if name_or_file in names():
        module = importlib.import_module(f"{__name__}.{name_or_file.replace('-', '_')}")
        return parse(module.RECIPE, name_or_file)
    path = Path(name_or_file)
    if _is_file(path):
        return _cited(parse_json(path.read_bytes(), name_or_file), path.name)
    raise MissingPathError(f"{unknown(name_or_file, names(), 'recipe')}; nor is there a file of that name")


def _cited(recipe: Recipe, file: str) -> Recipe:
    """An edited copy of a shipped recipe must not cite the paper for what its author changed."""
    if recipe.name not in names():
        return recipe
    shipped = find(recipe.name)
    theirs = dict(_values(shipped.model_dump(exclude={"sources"})))
    changed = (path for path, value in _values(recipe.model_dump(exclude={"sources"})) if theirs.get(path) != value)
    own = {path: f"set in {file}" for path in changed if recipe.sources.get(path) == shipped.sources.get(path)}
    return recipe.model_copy(update={"sources": {**recipe.sources, **own}})


def _values(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested dicts and lists of dicts, by its dotted path."""
    if isinstance(data, tuple | list) and data and isinstance(data[0], dict):
        data = dict(enumerate(data))
    if not isinstance(data, dict):
        yield path, data
        return
    for key, value in data.items():
        yield from _values(value, f"{path}.{key}" if path else str(key))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # longer than any file's name may be
        return False
