"""Where the models look."""

from radiogenomics.evaluation.chapters.section import Chapter, Section
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.heat import HeatShare, heat_shares, in_words
from radiogenomics.evaluation.tables import Table
from radiogenomics.records import Estimate

PREFIX = "explain-"  # of the pictures' names
WARNING = (
    "Heat shows which part of a slice moved the model's answer, not why; a map may look right for a model that is "
    "wrong. Heat outside the lesion, at the rim of the picture or on the skull speaks of a shortcut."
)


def _percent(figure: Estimate) -> str:
    if figure.value != figure.value:  # nan
        return "-"
    limits = "" if figure.low != figure.low else f" ({figure.low:.0%} to {figure.high:.0%})"
    return f"{figure.value:.0%}{limits}"


def _heat_table(shares: tuple[HeatShare, ...]) -> Table:
    """The share of heat inside the lesion by method and outcome."""
    rows = tuple(
        (share.outcome, share.method, str(share.heat.n), *map(_percent, (share.heat, share.area, share.others)))
        for share in shares
    )
    header = (
        *("Outcome", "Method", "Test patients", "Heat in the lesion"),
        *("Lesion's share of the picture", "Other patients' mean heat, laid there"),
    )
    marked = frozenset(place for place, share in enumerate(shares) if share.outcome == "all")
    return Table(header, rows, marked, "Share of heat inside the lesion, means over patients and 95% intervals")


def _heat_note(shares: tuple[HeatShare, ...]) -> str:
    if not shares:
        return ""
    whole = [in_words(share) for share in shares if share.outcome == "all"]
    return " ".join(
        [*whole, "Only where the first share is well above the two others does the model look for lesions."]
    )


def chapter(evidence: Evidence) -> Chapter:
    """Pictures of heat, or the command that makes them."""
    sheets = tuple(picture for picture in evidence.pictures if picture.name.startswith(PREFIX))
    shares = heat_shares(evidence.explanations)
    asked = "" if evidence.explanations or sheets or evidence.outside else "radiogen explain RUN"
    sections = (
        Section("What the model looks at", WARNING if sheets or shares else "", pictures=sheets, command=asked),
        Section("Heat inside the lesion", _heat_note(shares), _heat_table(shares)),
    )
    return Chapter("explanations", "Explanations", sections)
