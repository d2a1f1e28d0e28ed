"""What a reporting checklist is made of, and how one is filled from a run."""

from collections.abc import Sequence
from dataclasses import dataclass

from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.registry import load

STATEMENTS = "radiogenomics.evaluation.statements"
FILLED, AUTHOR = "filled by the run", "for the author"


@dataclass(frozen=True, slots=True)
class Item:
    """One item: what it asks, which statements answer it, and what they leave to the author."""

    number: str
    section: str
    topic: str  # in our own words
    statements: tuple[str, ...] = ()  # "cohort:flow_told": a function of Evidence in evaluation/statements
    hint: str = ""  # what is left to the author in any case; "" where the run answers all of it
    without: str = ""  # what is said instead where the run knows nothing of it


@dataclass(frozen=True, slots=True)
class Checklist:
    """A reporting guideline."""

    title: str
    source: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An item with what a run says to it."""

    item: Item
    status: str  # FILLED, or AUTHOR where the run knows nothing of it
    text: str


def answer(item: Item, evidence: Evidence) -> Answer:
    """What the run knows of an item, and what it leaves to the author."""
    known = (str(load(f"{STATEMENTS}.{name}")(evidence)) for name in item.statements)
    told = " ".join(dict.fromkeys(text for text in known if text))
    rest = item.without or item.hint or "the run lacks what would answer it"
    if not told:
        return Answer(item, AUTHOR, f"{rest[0].upper()}{rest[1:]}.")
    return Answer(item, FILLED, told + (f" For the author: {item.hint}." if item.hint else ""))


def answers(checklist: Checklist, evidence: Evidence) -> Sequence[Answer]:
    """Every item of a checklist with its answer, in order."""
    return [answer(item, evidence) for item in checklist.items]
