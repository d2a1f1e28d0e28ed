"""The figures of runs side by side, each as SVG text."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from radiogenomics.evaluation.calibration import reliability_points
from radiogenomics.evaluation.canvas import BLUE, GREEN, GREY, INK, ORANGE, VERMILLION, canvas, svg
from radiogenomics.evaluation.curves import Points, precision_recall_points, roc_points
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.page import TURNING
from radiogenomics.records import Estimate

# Each line has a colour and a dash of its own, so that it is found again in grey too.
LINES = (
    *((BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (ORANGE, ":")),
    *(("#CC79A7", "-"), (INK, "--"), ("#56B4E9", "-."), ("#8C6D1F", ":")),
)
LONGEST = 34  # letters of a run's name in a figure

Lines = Sequence[tuple[str, Sequence[Scored]]]  # each run's name and its pooled test patients


def shorten(names: Sequence[str]) -> list[str]:
    """The names, cut in their middle where they are long; numbered where they would then be alike."""
    names = [TURNING.sub("", name) for name in names]
    cut = [name if len(name) <= LONGEST else f"{name[: LONGEST // 2]}…{name[-LONGEST // 2 + 1 :]}" for name in names]
    alike = len(set(cut)) < len(set(names))
    return [f"{place}: {name}" for place, name in enumerate(cut, 1)] if alike else cut


def _arrays(units: Sequence[Scored]) -> Points:
    return np.array([unit.label for unit in units]), np.array([unit.probability for unit in units])


def calibration_points(units: Sequence[Scored]) -> Points:
    """Mean predicted probability and share of positives of each bin of the reliability figure."""
    points = reliability_points(*_arrays(units))
    return np.array([point.predicted for point in points]), np.array([point.observed for point in points])


def _overlay(axes: Any, lines: Lines, points: Callable[[Sequence[Scored]], Points], **style: Any) -> None:
    """A line for each run: those that have no colour left are thin and grey."""
    names = shorten([name for name, _ in lines])
    for place, (name, (_, units)) in enumerate(zip(names, lines, strict=True)):
        known = place < len(LINES)
        colour, dash = LINES[place] if known else (GREY, "-")
        rest = len(lines) - len(LINES)
        label = name if known else f"{rest} other run{'s' if rest > 1 else ''}"
        axes.plot(
            *points(units), color=colour, linestyle=dash, linewidth=2 if known else 0.8, alpha=1 if known else 0.5,
            label=label if place <= len(LINES) else None, zorder=3 if known else 2, **style,
        )  # fmt: skip


def _square(lines: Lines, points: Callable[[Sequence[Scored]], Points], labels: tuple[str, str], note: str,
            chance: Callable[[Any], None], **style: Any) -> str:  # fmt: skip
    with canvas(4.9, 4.4 + 0.19 * min(len(lines), len(LINES) + 1), note=note) as (figure, (axes,)):
        chance(axes)
        _overlay(axes, lines, points, **style)
        axes.set(xlabel=labels[0], ylabel=labels[1], xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        axes.set_aspect("equal")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", fontsize=8.5)
        return svg(figure)


def _diagonal(text: str) -> Callable[[Any], None]:
    return lambda axes: axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=(0, (1, 2)), label=text)


def roc_overlay(lines: Lines, note: str = "") -> str:
    """The ROC curves of several runs, each of which has both classes."""
    labels = ("1 - specificity", "sensitivity")
    return _square(lines, roc_points, labels, note, _diagonal("chance (AUC .50)"))


def precision_recall_overlay(lines: Lines, note: str = "") -> str:
    """The precision-recall curves of several runs, each of which has both classes; dotted: the share of positives."""

    def chance(axes: Any) -> None:
        shares = {float(np.mean([unit.label for unit in units])) for _, units in lines}
        for place, share in enumerate(sorted(shares)):
            label = None if place else "chance (the share of positives)"
            axes.axhline(share, color=GREY, linewidth=1, linestyle=(0, (1, 2)), label=label)

    labels = ("recall (sensitivity)", "precision")
    return _square(lines, precision_recall_points, labels, note, chance, drawstyle="steps-pre")


def calibration_overlay(lines: Lines, note: str = "") -> str:
    """The reliability curves of several runs."""
    labels = ("predicted probability", "share of positives")
    return _square(lines, calibration_points, labels, note, _diagonal("as predicted"), marker="o", markersize=4)


def forest(rows: Sequence[tuple[str, Estimate]], note: str = "") -> str:
    """The AUC of every run with its interval, one under the other, beside chance.

    Args:
        rows: Each run's name and its AUC, first at the top; those without an AUC are left out.
        note: What the figure must not be seen without.
    """
    known = [(name, area) for name, area in rows if area.value == area.value]
    lowest = min([0.4, *(area.low for _, area in known if area.low == area.low)])
    with canvas(9.4, 1.0 + 0.32 * len(known), note=note) as (figure, (axes,)):
        axes.axvline(0.5, color=GREY, linewidth=1, linestyle="--")
        for place, (_, area) in enumerate(known):
            if area.low == area.low:
                axes.plot([area.low, area.high], [place, place], color=BLUE, linewidth=2.2, solid_capstyle="butt")
            axes.plot(area.value, place, "s", color=BLUE, markersize=6)
            limits = f" ({area.low:.2f} to {area.high:.2f})" if area.low == area.low else ""
            axes.annotate(
                f"{area.value:.2f}{limits}", (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=9
            )
        axes.set_yticks(range(len(known)), shorten([name for name, _ in known]))
        axes.set(xlabel="AUC with 95% interval; dashed: chance", xlim=(max(lowest - 0.03, 0), 1.01))
        axes.set_ylim(len(known) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        return svg(figure)
