"""The figures of a report, each as SVG text: no screen, no global state, and the same bytes for the same records."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from radiogenomics.evaluation.canvas import BLUE, GREY, INK, ORANGE, VERMILLION, canvas, svg
from radiogenomics.evaluation.curves import precision_recall_points, roc_points
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.estimate import confusion
from radiogenomics.records import EpochRow, Estimate


def _short(name: str, most: int) -> str:
    return name if len(name) < most else f"{name[: most - 2]}…"


def _epochs(history: Sequence[EpochRow]) -> tuple[dict[tuple[int, int], int], list[tuple[int, int]]]:
    """The place of each (phase, epoch) on a common axis from 1, and (first, last) of each phase."""
    places: dict[tuple[int, int], int] = {}
    spans, start = [], 0
    for phase in sorted({row.phase for row in history}):
        length = max(row.epoch for row in history if row.phase == phase)
        places |= {(phase, epoch): start + epoch for epoch in range(1, length + 1)}
        spans.append((start + 1, start + length))
        start += length
    return places, spans


def _curve(axes: Any, history: Sequence[EpochRow], metric: str, colour: str, label: str) -> None:
    """A thin line for each fold and phase, and a bold one for the mean over the folds still training."""
    places, _ = _epochs(history)
    folds = sorted({row.fold for row in history})
    for phase in sorted({row.phase for row in history}):
        at: dict[int, list[float]] = {}
        for fold in folds:
            rows = [r for r in history if (r.fold, r.phase) == (fold, phase) and metric in r.metrics]
            x = [places[phase, row.epoch] for row in rows]
            y = [row.metrics[metric] for row in rows]
            for place, value in zip(x, y, strict=True):
                at.setdefault(place, []).append(value)
            if len(folds) > 1:
                axes.plot(x, y, color=colour, linewidth=0.7, alpha=0.35)
        x = sorted(at)
        name = label if phase == 1 else None
        marker = "o" if len(x) < 2 else None
        axes.plot(x, [np.mean(at[place]) for place in x], color=colour, linewidth=2.2, label=name, marker=marker)


def learning_curves(
    history: Sequence[EpochRow], phases: Sequence[str], watched: str = "validation", note: str = ""
) -> str:
    """Accuracy and loss by epoch, training and validation, all phases on one axis.

    Args:
        history: Of all folds; metrics "accuracy" and "loss", with "val_" before them for validation.
        phases: The phases' names, in order.
        watched: What the patients are called on whom the validation metrics were taken.
        note: What to read with it.
    """
    _, spans = _epochs(history)
    with canvas(9.4, 3.5, columns=2, note=note) as (figure, panels):
        for axes, metric in zip(panels, ("accuracy", "loss"), strict=True):
            _curve(axes, history, metric, BLUE, "training")
            _curve(axes, history, f"val_{metric}", VERMILLION, watched)
            for number, ((first, last), name) in enumerate(zip(spans, phases, strict=False), 1):
                if number % 2 == 0:
                    axes.axvspan(first - 0.5, last + 0.5, color="#F3F4F6", zorder=0)
                axes.annotate(
                    f"phase {number}: {name}", ((first + last) / 2, 1.02), xycoords=("data", "axes fraction"),
                    ha="center", color=GREY, fontsize=8.5,
                )  # fmt: skip
            axes.set(xlabel="epoch", ylabel=metric.capitalize(), xlim=(0.5, max(spans[-1][1] + 0.5, 1.5)))
            axes.xaxis.get_major_locator().set_params(integer=True)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
        return svg(figure)


def probability_distribution(
    phases: Sequence[tuple[str, Sequence[Scored]]], classes: tuple[str, str], note: str = ""
) -> str:
    """The predicted probability of each class's patients after each phase: before and after fine-tuning.

    Shares of the class, the positive one upward and the negative one downward, so that a rare class can be seen; dashed
    lines are medians, the dotted one the threshold.

    Args:
        phases: Each phase's name and its pooled test patients.
        classes: Names of the negative and the positive class.
        note: What to read with it.
    """
    edges = np.linspace(0, 1, 21)
    with canvas(4.7 * max(len(phases), 1), 3.4, columns=len(phases), note=note) as (figure, panels):
        for number, (axes, (name, units)) in enumerate(zip(panels, phases, strict=True), 1):
            for label, colour, sign in ((1, ORANGE, 1), (0, BLUE, -1)):
                values = [unit.probability for unit in units if unit.label == label]
                shares = sign * np.histogram(values, edges)[0] / max(len(values), 1)
                text = f"{_short(classes[label], 40)} ({len(values)} patients)"
                axes.bar(edges[:-1], shares, 0.05, align="edge", color=colour, edgecolor="white", label=text)
                if values:
                    half = (0.5, 1.0) if sign > 0 else (0.0, 0.5)
                    axes.axvline(float(np.median(values)), *half, color=colour, linestyle="--", linewidth=1.6)
            threshold = float(np.mean([unit.threshold for unit in units])) if units else 0.5
            axes.axvline(threshold, color=INK, linewidth=1, linestyle=":")
            axes.axhline(0, color=GREY, linewidth=0.8)
            axes.set(title=f"after phase {number}: {name}", xlim=(0, 1), xlabel="predicted probability")
        highest = max(abs(limit) for axes in panels for limit in axes.get_ylim())
        for axes in panels:
            axes.set_ylim(-highest, highest)
            axes.yaxis.set_major_formatter(lambda share, _: f"{abs(share):.0%}")
        panels[0].set_ylabel("share of the class")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
        return svg(figure)


def roc_curve(pooled: Sequence[Scored], folds: Sequence[Sequence[Scored]], area: Estimate, note: str = "") -> str:
    """The ROC curve of pooled test patients with the AUC and its interval; thin lines for the folds.

    Args:
        pooled: Both classes present.
        folds: Each fold's test patients; those of one class are left out.
        area: The pooled AUC.
        note: What to read with it.
    """
    with canvas(4.6, 4.4, note=note) as (figure, (axes,)):
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="chance (AUC .50)")
        drawn = [units for units in folds if len({unit.label for unit in units}) == 2]
        for number, units in enumerate(drawn if len(folds) > 1 else []):
            axes.plot(
                *roc_points(units), color=BLUE, linewidth=0.7, alpha=0.4, label="single models" if not number else None
            )
        label = f"pooled, AUC {area.value:.2f} ({area.low:.2f} to {area.high:.2f})"
        axes.plot(*roc_points(pooled), color=BLUE, linewidth=2.4, label=label)
        cells = confusion(pooled)
        point = (cells[1] / (cells[1] + cells[2]), cells[0] / (cells[0] + cells[3]))
        axes.plot(*point, "o", color=VERMILLION, markersize=7, label="the decisions made", clip_on=False, zorder=5)
        axes.set(xlabel="1 - specificity", ylabel="sensitivity", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        axes.set_aspect("equal")
        figure.legend(loc="outside lower center", fontsize=8.5, ncols=2)
        return svg(figure)


def precision_recall_curve(
    pooled: Sequence[Scored], folds: Sequence[Sequence[Scored]], told: str, note: str = ""
) -> str:
    """Precision by recall in steps, with the share of positives, which is what guessing gives.

    No line is drawn between the points, which would flatter (J. Davis, M. Goadrich, ICML 2006).

    Args:
        pooled: Test patients, both classes present.
        folds: Each fold's test patients; those without a positive are left out.
        told: The average precision, in words.
        note: What to read with it.
    """
    share = sum(unit.label for unit in pooled) / len(pooled)
    with canvas(4.6, 4.4, note=note) as (figure, (axes,)):
        axes.axhline(share, color=GREY, linewidth=1, linestyle="--", label=f"guessing: share of positives {share:.2f}")
        drawn = [units for units in folds if any(unit.label for unit in units)]
        for number, units in enumerate(drawn if len(folds) > 1 else []):
            name = "single models" if not number else None
            axes.step(*precision_recall_points(units), where="pre", color=BLUE, linewidth=0.7, alpha=0.4, label=name)
        axes.step(*precision_recall_points(pooled), where="pre", color=BLUE, linewidth=2.4, label=f"pooled, AP {told}")
        tp, fp, _, fn = confusion(pooled)
        if tp + fp:
            point = (tp / (tp + fn), tp / (tp + fp))
            axes.plot(*point, "o", color=VERMILLION, markersize=7, label="the decisions made", clip_on=False, zorder=5)
        axes.set(xlabel="recall (sensitivity)", ylabel="precision (PPV)", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        axes.set_aspect("equal")
        figure.legend(loc="outside lower center", fontsize=8.5, ncols=2)
        return svg(figure)


def confusion_matrix(units: Sequence[Scored], classes: tuple[str, str], note: str = "") -> str:
    """How many patients of each class were called what.

    Args:
        units: Pooled test patients.
        classes: Names of the negative and the positive class.
        note: What to read with it.
    """
    tp, fp, tn, fn = confusion(units)
    counts = np.array([[tn, fp], [fn, tp]])
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros((2, 2)), where=totals > 0)
    with canvas(4.6, 4.4, note=note) as (figure, (axes,)):
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15)
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if shares[row, column] > 0.6 else INK
            centre = {"ha": "center", "va": "center", "color": colour}
            axes.text(column, row - 0.07, str(count), fontsize=19, fontweight="bold", **centre)
            axes.text(column, row + 0.17, f"{shares[row, column]:.0%} of the class", fontsize=8.5, **centre)
        names = [_short(name, 22) for name in classes]
        axes.set_xticks([0, 1], [f"called\n{name}" for name in names])
        axes.set_yticks([0, 1], [f"truly\n{name}" for name in names], rotation=90, va="center", ma="center")
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return svg(figure)
