"""The page of several runs side by side: one self-contained HTML file, as a run's report is."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from radiogenomics.evaluation import comparison_figures as figures
from radiogenomics.evaluation.chapters.section import vector
from radiogenomics.evaluation.comparison_tables import (
    differences_table,
    figures_tables,
    optimism_table,
    published_table,
    runs_table,
    shared_facts,
    tests_table,
)
from radiogenomics.evaluation.comparison_verdict import verdict
from radiogenomics.evaluation.evidence import Picture
from radiogenomics.evaluation.page import data_uri, template
from radiogenomics.evaluation.side_by_side import Comparison, notes
from radiogenomics.evaluation.tables import Table
from radiogenomics.evaluation.wording import INTERVALS

CAVEAT = (
    "An interval of an AUC, and DeLong's test, cover which patients happened to be tested; neither covers what another "
    "seed, or other patients to train on, would have given. The corrected resampled t over folds allows for that, by a "
    "rule of thumb, and has little power with few folds."
)
FIGURES_NOTE = (
    "Patients of the test split after the last phase, pooled over folds where there are several; in brackets 95% "
    f"intervals: {INTERVALS}."
)
TESTS_NOTE = (
    "Paired DeLong takes the trained models as they are and asks what other patients would say of them (E. DeLong et "
    "al. 1988). The corrected resampled t compares the AUCs of single folds and allows for training sets that overlap "
    "(C. Nadeau, Y. Bengio 2003); it needs runs that were split alike. Holm's correction counts all pairs of a family. "
    "Rows that stand out differ beyond chance by DeLong's test after it."
)
OPTIMISM_NOTE = (
    "The same recipe, labels and test folds by both protocols. Optimism is published - nested: what choosing on the "
    "reported fold adds, and what training on the validation patients too adds."
)
SAME = "Intervals may overlap and runs that scored the same patients still differ: the paired tests say."
OTHERS = "No two of these runs could be tested against each other: where intervals lie says little of which is better."
PUBLISHED_NOTE = "As printed in the papers, of their own patients: to be read beside ours, never as a target."
DIFFERENCES_NOTE = "Settings, class names and versions in which at least two of the runs differ; all else is the same."


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its tables."""

    title: str
    tables: tuple[Table, ...]
    note: str = ""


def _carrying(text: str, comparison: Comparison) -> str:
    """The text as a sentence, with what the figures must not be seen without."""
    note = notes(comparison.rows)
    return f"{text.removesuffix('.')}. {note}." if note else text


def _captioned(table: Table, caption: str, comparison: Comparison) -> Table:
    return replace(table, caption=_carrying(caption, comparison))


def _overlays(comparison: Comparison) -> Iterator[Picture]:
    known = zip(comparison.rows, comparison.units, strict=True)
    lines = [(row.run, units) for row, units in known if len({unit.label for unit in units}) == 2]
    if not lines:
        return
    note = notes(comparison.rows)
    drawn: Sequence[tuple[str, str, str, Callable[[figures.Lines, str], str]]] = (
        ("roc", "ROC curves", "Pooled test patients of each run.", figures.roc_overlay),
        (
            "precision-recall", "Precision and recall",
            "Pooled test patients of each run. Runs with other shares of positives can't be set side by side here.",
            figures.precision_recall_overlay,
        ),
        (
            "calibration", "Calibration",
            "Patients in bins of equal counts: on the dotted line the share of positives is what was predicted. Below "
            "it probabilities are too high.",
            figures.calibration_overlay,
        ),
    )  # fmt: skip
    for name, title, caption, draw in drawn:
        alt = f"{title} of {', '.join(run for run, _ in lines)}."
        yield vector(name, title, _carrying(alt, comparison), _carrying(caption, comparison), draw(lines, note))


def draw(comparison: Comparison) -> tuple[Picture, ...]:
    """Every figure that the runs allow: the AUCs one under the other, then the overlays."""
    areas = [(row.run, row.auc) for row in comparison.rows if not math.isnan(row.auc.value)]
    if not areas:
        return ()
    alt = "; ".join(f"{run}: AUC {area.value:.2f} ({area.low:.2f} to {area.high:.2f})" for run, area in areas)
    alt, caption = _carrying(alt, comparison), _carrying(SAME if comparison.tests else OTHERS, comparison)
    svg = figures.forest(areas, notes(comparison.rows))
    return (vector("forest", "AUC of every run", alt, caption, svg), *_overlays(comparison))


def _sections(comparison: Comparison) -> Iterator[Section]:
    made = f"{TESTS_NOTE} Tests made: {comparison.tests}."
    told = (
        ("Paired tests", "Every two runs, tested twice", tests_table(comparison.pairs), made),
        ("Both protocols", "Runs by both protocols", optimism_table(comparison.optimism), OPTIMISM_NOTE),
        ("Beside the papers", "Papers' figures and ours", published_table(comparison.rows), PUBLISHED_NOTE),
        ("Where the runs differ", "Settings that are not the same", differences_table(comparison), DIFFERENCES_NOTE),
    )
    for title, caption, table, note in told:
        yield Section(title, (_captioned(table, caption, comparison),), note)


def _figures(comparison: Comparison) -> tuple[Table, ...]:
    """Every metric, the tables numbered where they are several."""
    tables, caption = figures_tables(comparison.rows), "Every figure, in brackets 95% intervals"
    parts = [f", part {place} of {len(tables)}" if len(tables) > 1 else "" for place in range(1, len(tables) + 1)]
    return tuple(_captioned(table, caption + part, comparison) for table, part in zip(tables, parts, strict=True))


def render(comparison: Comparison, version: str, title: str = "Runs side by side", words: Sequence[str] = ()) -> str:
    """Make the page.

    Args:
        comparison: What `compare` found.
        version: Of radiogen, for the foot of the page.
        title: Its heading.
        words: Sentences to follow the verdict, such as a sweep's own.
    """
    sections = [section for section in _sections(comparison) if section.tables[0].rows]
    return template("compare.html.j2", straight=True)(
        title=title,
        shared=shared_facts(comparison.rows),
        verdict=verdict(comparison),
        words=[*words, CAVEAT],
        warnings=comparison.warnings,
        runs=_captioned(runs_table(comparison.rows), "The runs, and the AUC of their test patients", comparison),
        figures=_figures(comparison),
        figures_note=FIGURES_NOTE,
        pictures=[(picture, data_uri(picture.media_type, picture.content)) for picture in draw(comparison)],
        sections=sections,
        version=version,
    )
