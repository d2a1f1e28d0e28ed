"""What all figures share: palette, style, the words that each carries, and SVG of the same bytes each time."""

import io
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Okabe and Ito's palette: told apart with any kind of colour vision, and in print by their lightness.
BLUE, ORANGE, GREEN, VERMILLION, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#6B7280"
INK, WARNING = "#111827", "#9A3412"
LETTERS = 13  # of the note that fit in an inch
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9CA3AF",
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "grid.color": "#E5E7EB",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "xtick.color": "#4B5563",
    "ytick.color": "#4B5563",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "svg.hashsalt": "radiogen",
    # A class called "$x" is a name, not mathematics.
    "text.parse_math": False,
}


@contextmanager
def canvas(width: float, height: float, columns: int = 1, note: str = "") -> Iterator[tuple[Any, Any]]:
    """A figure and its panels side by side, in the style of the report.

    Args:
        width: Of the whole, in inches.
        height: In inches, to which lines of the note are added.
        columns: How many panels.
        note: What the figure must not be seen without, such as a leak that was allowed; stands above it.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # A class's name may hold letters the font lacks: a box in the figure is no reason to disturb the user.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        lines = textwrap.wrap(note, int(width * LETTERS))
        figure = Figure(figsize=(width, height + 0.2 * len(lines)), layout="constrained")
        if lines:
            figure.suptitle("\n".join(lines), color=WARNING, fontsize=9, fontweight="bold")
        yield figure, figure.subplots(1, columns, squeeze=False)[0]


def svg(figure: Any) -> str:
    """The figure as SVG text; letters are drawn as paths, so that it looks alike wherever it is opened."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
