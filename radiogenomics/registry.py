"""How names become things: look a name up in a table, and load what a row's dotted path names, late."""

import difflib
import importlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from radiogenomics.errors import UnknownNameError

Row = TypeVar("Row")


def unknown(name: str, known: Iterable[str], what: str) -> str:
    """The sentence for a name that nobody knows: the closest, then all known ones."""
    names = sorted(known)
    spelling = {known_name.lower(): known_name for known_name in names}
    close = [spelling[match] for match in difflib.get_close_matches(name.lower(), spelling, n=1, cutoff=0.5)]
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"unknown {what} '{name}': {hint}Known: {', '.join(names)}"


def choose(table: Mapping[str, Row], name: str, what: str) -> Row:
    """The row of `table` called `name`.

    Args:
        table: Rows by name.
        name: The user's word for it.
        what: What the table holds, for the error ("backbone").

    Raises:
        UnknownNameError: The table has no such name; lists those it has and the closest.
    """
    try:
        return table[name]
    except KeyError:
        raise UnknownNameError(unknown(name, table, what)) from None


def load(path: str) -> Any:
    """The object at a dotted path "package.module:attribute"; imports the module only now."""
    module, _, attribute = path.partition(":")
    return getattr(importlib.import_module(module), attribute)
