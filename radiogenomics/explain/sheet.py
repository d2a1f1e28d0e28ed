"""A picture of explained slices: the slice as the model saw it, and under it the heat of each method."""

import io
import math
import textwrap
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from radiogenomics.explain.heat import Coverage, is_cold

COLUMNS = 4  # slices side by side
INCHES = 2.2  # a slice's side
NARROWEST = 6.6  # inches, so that heading and foot have room beside a single slice
LETTERS = 20  # of the foot that fit in an inch
RESOLUTIONS = (130, 105, 85, 65, 50)  # dots an inch, tried until the picture is small enough
LESION, HALF, HALO = "#56B4E9", "white", "black"  # sky blue of Okabe and Ito's palette: not a colour of the map
COLOURS = "inferno"  # perceptually uniform, and told apart with any kind of colour vision
DIMMED = 1.5  # the grey scale under heat, so that bright ground does not hide it
OPAQUE = 0.8  # opacity of the greatest heat; where there is none the slice is seen as it is
LABELS = {"grad-cam": "Grad-CAM\n1 is each slice's greatest", "occlusion": "occlusion\ndrop of the logit"}
BRIGHTEST = 99.5  # percentile of a sheet's pixels that is drawn white: volumes are dim where one vessel is bright
COLD = {"grad-cam": "no heat: Grad-CAM is\nnowhere above 0", "occlusion": "no patch lowers the logit"}
HEADING, WIDE, BOLD = 10, 11, 10  # points of the heading; its letters that fit in an inch, and bold ones


@dataclass(frozen=True, slots=True)
class Panel:
    """One explained slice."""

    title: str  # lines: whose, which slice, what was decided
    picture: npt.NDArray[np.float32]  # [H, W], from 0
    heat: Mapping[str, npt.NDArray[np.float32]]  # by method, [H, W]; what is below 0 speaks against, and is not shown
    lesion: Coverage | None = None


def draw_sheet(panels: Sequence[Panel], heading: str, foot: str, most_bytes: int, note: str = "") -> bytes:
    """A PNG of the panels, at the highest resolution by which it has no more than `most_bytes`, or at the lowest.

    All panels share one grey scale, and one scale of heat a method.

    Args:
        panels: At least one, all with heat of the same methods.
        heading: What is shown; wrapped.
        foot: What must be read with it; wrapped.
        most_bytes: Of the file.
        note: What speaks against every figure; stands under the heading, and makes both bold.
    """
    content = b""
    for resolution in RESOLUTIONS:
        content = _draw(panels, heading, foot, note, resolution)
        if len(content) <= most_bytes:
            break
    return content


def _draw(panels: Sequence[Panel], heading: str, foot: str, note: str, resolution: int) -> bytes:
    import matplotlib
    from matplotlib.figure import Figure

    methods = list(panels[0].heat)
    bands = math.ceil(len(panels) / COLUMNS)
    columns = math.ceil(len(panels) / bands)
    height, width = panels[0].picture.shape
    inches = max(columns * INCHES + 1.4, NARROWEST)
    lines = textwrap.wrap(foot, int(inches * LETTERS))
    above = [*textwrap.wrap(heading, int(inches * (BOLD if note else WIDE))), *textwrap.wrap(note, int(inches * BOLD))]
    titles = 0.15 * (1 + max(panel.title.count("\n") + 1 for panel in panels))
    tall = bands * ((1 + len(methods)) * INCHES * min(height / width, 2) + titles)
    tall += 0.3 + 0.2 * len(above) + 0.13 * len(lines)
    with matplotlib.rc_context({"text.parse_math": False, "font.family": "DejaVu Sans"}), warnings.catch_warnings():
        # An id may hold letters that the font lacks: a box in the picture is no reason to disturb the user.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure = Figure(figsize=(inches, tall), dpi=resolution, facecolor="white", layout="constrained")
        figure.suptitle("\n".join(above), fontsize=HEADING, x=0.01, ha="left", weight="bold" if note else "normal")
        figure.supxlabel("\n".join(lines), fontsize=6.5, x=0.01, ha="left", color="#374151")
        rows, ratios = bands * (1 + len(methods)), [*[1] * columns, 0.05]
        axes = figure.subplots(rows, columns + 1, squeeze=False, width_ratios=ratios)
        _fill(figure, axes, panels, methods)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None, **({"Comment": note} if note else {})})
    return buffer.getvalue()


def _fill(figure: Any, axes: Any, panels: Sequence[Panel], methods: Sequence[str]) -> None:
    """Draw band by band: a row of slices, then a row of heat for each method, with its scale in the last column."""
    greatest = {name: max(float(panel.heat[name].max()) for panel in panels) for name in methods}
    white = float(np.percentile(np.stack([panel.picture for panel in panels]), BRIGHTEST)) or 1.0
    columns = axes.shape[1] - 1
    for axis in axes.flat:
        axis.set_axis_off()
    for place, panel in enumerate(panels):
        row, column = place // columns * (1 + len(methods)), place % columns
        _slice(axes[row, column], panel, white)
        axes[row, column].set_title(panel.title, fontsize=7, linespacing=1.25)
        for below, name in enumerate(methods, 1):
            shown = _heat(axes[row + below, column], panel, name, greatest[name], white)
            if not column:
                _scale(figure, axes[row + below, -1], shown, LABELS[name])


def _scale(figure: Any, axis: Any, shown: Any, label: str) -> None:
    axis.set_axis_on()
    figure.colorbar(shown, cax=axis).set_label(label, fontsize=7)
    axis.tick_params(labelsize=6)


def _slice(axis: Any, panel: Panel, white: float) -> None:
    axis.imshow(panel.picture, cmap="gray", vmin=0, vmax=white, interpolation="nearest")
    if panel.lesion is not None:
        _outline(axis, panel.lesion, 0.5, LESION, "solid", 1.2)


def _heat(axis: Any, panel: Panel, method: str, greatest: float, white: float) -> Any:
    """The slice under its heat; the drawing that a scale of colours goes by."""
    heat = np.maximum(panel.heat[method], 0)
    top = greatest if greatest > 0 else 1.0
    _slice(axis, panel, white * DIMMED)
    shown = axis.imshow(
        heat, cmap=COLOURS, vmin=0, vmax=top, alpha=OPAQUE * np.clip(heat / top, 0, 1) ** 0.5, interpolation="nearest"
    )
    if is_cold(heat):
        axis.text(
            0.5, 0.04, COLD[method], transform=axis.transAxes, ha="center", va="bottom", fontsize=6.5, color="black",
            bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
    else:
        _outline(axis, heat, float(heat.max()) / 2, HALF, "dashed", 0.8)
    if panel.lesion is not None:
        _outline(axis, panel.lesion, 0.5, LESION, "solid", 1.2)
    return shown


def _outline(axis: Any, values: npt.NDArray[np.float32], level: float, colour: str, style: str, width: float) -> None:
    """The line at a level; a dark one under it keeps it apart from bright ground. None where nothing crosses it."""
    if values.min() < level < values.max():
        axis.contour(values, levels=[level], colors=HALO, linewidths=width + 0.8, alpha=0.6)
        axis.contour(values, levels=[level], colors=colour, linewidths=width, linestyles=style)
