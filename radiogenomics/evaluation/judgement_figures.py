"""The reliability diagram and the decision curve, each as SVG text."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from radiogenomics.evaluation.calibration import Calibration
from radiogenomics.evaluation.canvas import BLUE, GREY, INK, ORANGE, VERMILLION, canvas, svg
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.decision_curve import decision_curve as curve_of
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.judgement import calibrated

AFTER = "after temperature scaling"


def _points(axes: Any, found: Calibration, colour: str, marker: str, label: str) -> None:
    x = np.array([point.predicted for point in found.points])
    y = np.array([point.observed for point in found.points])
    limits = np.array([[point.low, point.high] for point in found.points])
    reach = np.abs(limits.T - y)  # exact limits may miss the share by rounding, never to its other side
    look = {"color": colour, "marker": marker, "markersize": 6, "linewidth": 1.2, "capsize": 3, "elinewidth": 1}
    axes.errorbar(x, y, yerr=reach, label=label, clip_on=False, zorder=4, **look)


def _histogram(axes: Any, units: Sequence[Scored], scaled: Sequence[Scored]) -> None:
    edges = np.linspace(0, 1, 21)
    axes.hist([unit.probability for unit in units], edges, color=BLUE, edgecolor="white", label="as predicted")
    if scaled:
        after = [unit.probability for unit in scaled]
        axes.hist(after, edges, histtype="step", color=ORANGE, linewidth=1.8, label=AFTER)
    axes.set(xlabel="predicted probability", ylabel="test patients", xlim=(0, 1))
    axes.yaxis.get_major_locator().set_params(integer=True)


def reliability(evidence: Evidence) -> str:
    """The reliability diagram of the pooled test patients, before and after temperature scaling, and their histogram.

    Returns:
        SVG; "" where nobody was tested.
    """
    found = calibrated(evidence)
    if not found.units:
        return ""
    with canvas(9.4, 4.2, columns=2, note=evidence.note) as (figure, (left, right)):
        left.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="perfectly calibrated")
        _points(left, found.before, BLUE, "o", "as predicted")
        if found.after:
            _points(left, found.after, ORANGE, "s", AFTER)
        left.set(xlabel="predicted probability, mean of a bin", ylabel=f"share of {_short(evidence.recipe.positive)}")
        left.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        _histogram(right, found.units, found.scaled)
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
        return svg(figure)


def _short(name: str) -> str:
    return name if len(name) < 32 else f"{name[:30]}…"


def decision_curve(evidence: Evidence) -> str:
    """The net benefit of the model, of treating all and of treating no one, by threshold probability.

    Returns:
        SVG; "" where nobody was tested.
    """
    units = evidence.tested(evidence.last)
    if not units:
        return ""
    curve = curve_of(units)
    share, best = curve.positives / curve.n, max(*curve.model, *curve.treat_all, 0.01)
    with canvas(6.4, 4.0, note=evidence.note) as (figure, (axes,)):
        axes.axhline(0, color=INK, linewidth=1.2, label="treat no one")
        axes.plot(curve.thresholds, curve.treat_all, color=VERMILLION, linewidth=1.6, linestyle="--", label="treat all")
        axes.plot(curve.thresholds, curve.model, color=BLUE, linewidth=2.2, label="treat by the model")
        # Below, the curves fall without end: how far below 0 tells nothing more.
        axes.set(xlim=(0, 1), ylim=(-0.4 * max(share, best), 1.08 * best))
        axes.set(xlabel="threshold probability", ylabel="net benefit (true positives a patient)")
        figure.legend(loc="outside lower center", ncols=3)
        return svg(figure)
