"""How a check says what it found: findings, and names in sentences."""

from collections.abc import Iterable, Sequence
from typing import Literal

from radiogenomics.records import Estimate, Finding
from radiogenomics.tables.checks import CHECKS

NOT_YET = "not yet: "  # how a sentence begins that holds only because nothing has happened so far
NAMED = 3  # patients that a sentence names; the finding itself holds them all


def tell(
    check: str,
    status: Literal["found", "suspected", "clean", "unknown"],
    sentence: str,
    mend: str = "",
    patients: Iterable[str] = (),
    figure: Estimate | None = None,
) -> Finding:
    """The finding of a check, its kind that of the check's row."""
    return Finding(check, CHECKS[check].kind, status, sentence, mend, tuple(sorted(set(patients))), figure)


def count(number: int, one: str, many: str = "") -> str:
    """E.g. "1 patient", "2 patients"."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def some(names: Sequence[str], most: int = NAMED) -> str:
    """The first of the names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
