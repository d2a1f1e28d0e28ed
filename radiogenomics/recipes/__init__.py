"""The named recipes: one module a paper, data only; the module's name is the recipe's, with - for _."""

import importlib
import pkgutil
from pathlib import Path

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
        return parse_json(path.read_bytes(), name_or_file)
    raise MissingPathError(f"{unknown(name_or_file, names(), 'recipe')}; nor is there a file of that name")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # longer than any file's name may be
        return False
