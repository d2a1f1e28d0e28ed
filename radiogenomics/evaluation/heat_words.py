"""What the heat of a run's explanations comes to, in words: the same in report, model card, checklists and console."""

import math
from collections.abc import Mapping, Sequence

from radiogenomics.evaluation.heat import (
    ALL,
    COARSE,
    GRAD_CAM,
    LEAST,
    MOST_SLICES,
    NAMED,
    OCCLUSION,
    SLICES_NAMED,
    HeatShare,
)
from radiogenomics.records import Estimate

FINER = "radiogen explain RUN --method occlusion --force"


def in_words(share: HeatShare) -> str:
    """One sentence on where the heat lies, of whom, and of whom there is none."""
    n, both = share.heat.n, share.heat.n + share.cold
    if not n:
        return f"{share.method} finds no heat in any of {both} {_whose(share, both)}."
    whom = f"{n} of {both} {_whose(share, both)}; in {share.cold} it finds no heat" if share.cold else ""
    said = (
        f"{in_percent(share.heat)} of the heat ({share.method}, {whom or f'{n} {_whose(share, n)}'}) lies in the "
        f"lesion, which covers {in_percent(share.area)} of the picture"
    )
    if math.isnan(share.others.value):
        return f"{said}."
    return f"{said}; of the other patients' mean heat {in_percent(share.others)} would lie there."


def _whose(share: HeatShare, count: int) -> str:
    if share.outcome != ALL:
        return share.outcome if count == 1 else f"{share.outcome}s"
    patients = "patient" if count == 1 else "patients"
    return f"test {patients} with a lesion in sight" if share.method == GRAD_CAM else f"{patients} shown"


def beyond_chance(share: HeatShare, coarse: bool) -> str:
    """Whether the lesion has more of the heat than it would have without a look at it; "" where there is no heat.

    It has where the 95% intervals of all that is known of the excess (see `HeatShare.excesses`) lie above 0.

    Args:
        share: Of a method and outcome.
        coarse: Whether its maps are too coarse to say where.
    """
    known = share.excesses
    if not known:
        return ""
    above = f"{points(share.over_area)} percentage points"
    told = f"The lesion's share of the heat less its share of the picture is {above}"
    if len(known) > 1:
        told += f"; less its share of the other patients' mean heat, {points(share.over_others)}"
    return f"{told}: {_judged(share, coarse)}."


def _judged(share: HeatShare, coarse: bool) -> str:
    if share.method == GRAD_CAM and coarse:
        return "of cells so large that it does not say where the model looks"
    if share.heat.n < LEAST:
        return f"of fewer than {LEAST} patients, which shows nothing"
    if all(excess.low > 0 for excess in share.excesses):
        whole = "both intervals lie" if len(share.excesses) > 1 else "the interval lies"
        return f"{whole} above 0, more heat than a map would have there that never looked for the lesion"
    return "not shown to be more than a map would have there that never looked for the lesion"


def in_percent(figure: Estimate) -> str:
    """A share in percent, with its interval where it has one; "" where it is unknown."""
    if math.isnan(figure.value):
        return ""
    return f"{figure.value:.0%}" + ("" if math.isnan(figure.low) else f" ({figure.low:.0%} to {figure.high:.0%})")


def points(figure: Estimate) -> str:
    """A difference of shares in percentage points with its sign, with its interval where it has one."""
    value, low, high = (f"{round(100 * part, 1) + 0:+.1f}" for part in (figure.value, figure.low, figure.high))
    return value if math.isnan(figure.low) else f"{value} ({low} to {high})"


def cells_of(rows: Sequence[Mapping[str, str]]) -> tuple[int, int] | None:
    """Rows and columns that the maps of Grad-CAM are made of; None where there is none, or nobody kept it."""
    for row in rows:
        height, _, width = row.get("cells", "").partition("x")
        if row.get("method") == GRAD_CAM and height.isdecimal() and width.isdecimal():
            return int(height), int(width)
    return None


def is_coarse(cells: tuple[int, int] | None) -> bool:
    """Whether maps of so many cells say little about where."""
    return cells is not None and min(cells) < COARSE


def is_occluded(rows: Sequence[Mapping[str, str]]) -> bool:
    """Whether the run has maps by occlusion."""
    return any(row.get("method") == OCCLUSION for row in rows)


def coarseness(cells: tuple[int, int] | None, occluded: bool) -> str:
    """What must be read before any map of cells too coarse; "" of finer ones.

    Args:
        cells: Rows and columns, see `cells_of`.
        occluded: Whether maps by occlusion are there, which nobody needs then to be sent to.
    """
    if cells is None or not is_coarse(cells):
        return ""
    told = (
        f"Grad-CAM sees {cells[0]} x {cells[1]} cells of these images, and says little about where: enlarged, a cell "
        "looks like a place."
    )
    return told if occluded else f"{told} Occlusion is finer: `{FINER}`."


def how_chosen(named: bool) -> str:
    """Who is shown, and which slices of theirs."""
    slices = f"of at most {MOST_SLICES} that are spread evenly over its slices"
    if named:
        return f"Shown are patients {NAMED}, of each the {SLICES_NAMED} slices of the highest probability {slices}."
    return (
        "Shown are of each outcome the patients decided farthest from the threshold, which are no sample of it, and of "
        f"each patient the slice of the highest probability {slices}."
    )
