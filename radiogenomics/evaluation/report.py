"""The report: one self-contained HTML page that can be read, printed and sent."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from radiogenomics.evaluation import figures, tables
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.estimate import confusion
from radiogenomics.evaluation.evidence import Evidence, Picture
from radiogenomics.evaluation.page import data_uri, template
from radiogenomics.evaluation.tables import Table, noted
from radiogenomics.evaluation.verdict import scope, verdict
from radiogenomics.evaluation.wording import number, with_interval
from radiogenomics.recipe import Recipe
from radiogenomics.tables.monitors import MONITORS


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a table under it, and what to know when reading it."""

    title: str
    table: Table
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A page and the figures in it."""

    html: str
    figures: tuple[Picture, ...]


def _picture(name: str, title: str, alt: str, caption: str, svg: str) -> Picture:
    return Picture(f"{name}.svg", title, alt, caption, "image/svg+xml", svg.encode())


def _both_classes(units: Sequence[Scored]) -> bool:
    return len({unit.label for unit in units}) == 2


def _kept(recipe: Recipe) -> str:
    """Whose weights a phase leaves behind."""
    way = "highest" if MONITORS[recipe.training.monitor] else "lowest"
    words = {
        "best": f"the epoch of the {way} {recipe.training.monitor}",
        "last": "the last epoch",
        "mean": "the mean of all epochs' weights",
    }
    return " or ".join(dict.fromkeys(words[phase.keep] for phase in recipe.training.phases))


def _curves(evidence: Evidence) -> Iterator[Picture]:
    if not evidence.history:
        return
    last = [row for row in evidence.history if row.phase == max(r.phase for r in evidence.history)]
    ends = [row.metrics["val_loss"] for row in last if "val_loss" in row.metrics]
    watched = "the reported fold" if evidence.selected else "validation"
    lowest = f" The lowest loss on {watched} patients in the last phase is {min(ends):.3f}." if ends else ""
    phases = evidence.recipe.training.phases
    yield _picture(
        "learning-curves",
        "Accuracy and loss while training",
        f"Accuracy and loss by epoch, training and {watched}, over {len(phases)} phases." + lowest,
        f"Bold: mean over the {evidence.part}s still training; thin: single {evidence.part}s. At the end of a phase "
        f"{noted(f'{_kept(evidence.recipe)} stays', evidence)}.",
        figures.learning_curves(evidence.history, [phase.name for phase in phases], watched),
    )


def _distribution(evidence: Evidence) -> Iterator[Picture]:
    phases = [(evidence.phase_name(phase), evidence.tested(phase)) for phase in evidence.phases]
    if phases:
        yield _picture(
            "probabilities",
            "Predicted probability by class, before and after fine-tuning",
            f"Histograms of the predicted probability of {' and '.join(evidence.classes)} test patients after each "
            "phase.",
            noted("Test patients", evidence)
            + "; dashed lines are the classes' medians, the dotted line is the decision threshold. "
            "The further the two classes lie apart, the better.",
            figures.probability_distribution(phases, evidence.classes),
        )


def _whose(evidence: Evidence) -> str:
    pooled = len({row.fold for row in evidence.predictions if row.split == "test"}) > 1
    how = "out of fold" if evidence.part == "fold" else "over the repeats"
    return noted(f"Test patients after phase {evidence.last}" + (f", pooled {how}" if pooled else ""), evidence)


def _roc_and_confusion(evidence: Evidence) -> Iterator[Picture]:
    pooled = evidence.tested(evidence.last)
    if _both_classes(pooled):
        area = evidence.figures("patient", evidence.last)["auc"]
        folds = sorted({row.fold for row in evidence.predictions if row.split == "test"})
        yield _picture(
            "roc",
            "ROC curve",
            noted(f"ROC curve of {len(pooled)} test patients, AUC {with_interval(area)}", evidence) + ".",
            _whose(evidence) + ".",
            figures.roc_curve(pooled, [evidence.tested(evidence.last, fold) for fold in folds], area, evidence.note),
        )
    if pooled:
        tp, fp, tn, fn = confusion(pooled)
        yield _picture(
            "confusion",
            "Decisions",
            f"Confusion matrix: {tp} true positives, {fp} false positives, {tn} true negatives, {fn} false negatives.",
            _whose(evidence) + ("." if evidence.outside else f", decided at each {evidence.part}'s threshold."),
            figures.confusion_matrix(pooled, evidence.classes),
        )


def draw(evidence: Evidence) -> tuple[Picture, ...]:
    """Every figure that the evidence allows."""
    return (*_roc_and_confusion(evidence), *_distribution(evidence), *_curves(evidence))


def _sections(evidence: Evidence) -> Iterator[Section]:
    """The tables after the figures, in reading order; those without rows are left out by the page."""
    yield Section(
        "Classification report",
        tables.classification_table(evidence),
        f"{_whose(evidence)}.",
    )
    yield Section(
        f"{evidence.part.capitalize()} by {evidence.part}",
        tables.folds_table(evidence),
        noted(f"Each {evidence.part} on its own test patients", evidence)
        + f". Means and standard deviations are no interval: {evidence.part}s share most of their training patients.",
    )
    yield Section("Aggregators side by side", tables.aggregators_table(evidence), _aggregators_note(evidence))
    yield Section("Beside the paper", tables.published_table(evidence), _published_note(evidence))
    yield Section(
        "Who took no part",
        tables.exclusions_table(evidence),
        "Patients, series and files that were found and not used; exclusions.csv and cohort.csv name each one.",
    )
    yield Section("Acquisition", tables.acquisition_table(evidence), "Series that were used.")
    yield Section(
        "Preparation of the raw series",
        tables.preparation_table(evidence),
        "qc.html beside this page shows what was done to each patient; preparation.csv holds every figure.",
    )
    yield Section("Patients by class and split", tables.split_table(evidence), "Patients, never slices, are split.")
    yield Section(
        "What chose what",
        tables.selection_table(evidence),
        "Whatever was chosen, was chosen on the data named here; "
        + (f"test patients among them: {evidence.note}." if evidence.selected else "test patients chose nothing."),
    )
    yield Section(
        "What this run changed",
        tables.overrides_table(evidence),
        "Settings that are not those of the recipe as it ships.",
    )
    yield Section("Recipe", tables.recipe_table(evidence.recipe), evidence.recipe.citation)
    yield Section("Weights and environment", tables.environment_table(evidence.environment))


def _aggregators_note(evidence: Evidence) -> str:
    recipe = evidence.recipe
    lesions = f", then a patient's lesions by {recipe.evaluation.lesions}" if recipe.needs_lesions else ""
    others = "." if evidence.selected else ", and none was selected on the test fold."
    return (
        f"{_whose(evidence)}: the slices of a {'lesion' if lesions else 'patient'} to one probability{lesions}. "
        f"The recipe's choice: {evidence.aggregated}. The others are shown for information{others}"
    )


def _published_note(evidence: Evidence) -> str:
    note = "The paper's rows are as printed there, on its own patients: to be read beside ours, never as a target."
    shipped = {override.path.split(".")[0] for override in evidence.overrides}
    return note + (" This run changed settings of the recipe (below)." if shipped - {"modalities", "training"} else "")


def _flow(evidence: Evidence) -> list[tuple[str, str]]:
    """The cohort in a few figures."""
    units = evidence.tested(evidence.last)
    used = [row for row in evidence.series if row["status"] == "used"]
    left_out = sum(not exclusion.path for exclusion in evidence.exclusions)
    steps = [
        ("series found", str(len(evidence.series))) if evidence.series else None,
        ("series used", str(len(used))) if evidence.series else None,
        ("files rejected", str(sum(bool(e.path) for e in evidence.exclusions))) if evidence.series else None,
        ("patients left out", str(left_out)) if evidence.series or left_out else None,
        ("patients labelled", str(len(evidence.labels))) if evidence.labels else None,
        ("patients tested", str(len(units))),
        (f"of them {evidence.recipe.positive}", str(sum(unit.label for unit in units))),
    ]
    return [step for step in steps if step]


def render(evidence: Evidence, version: str) -> Report:
    """Make the page and its figures.

    Args:
        evidence: A run's records.
        version: Of radiogen, for the foot of the page.
    """
    drawn = draw(evidence)
    area = evidence.figures("patient", evidence.last).get("auc")
    known = area is not None and not math.isnan(area.value)
    html = template("report.html.j2")(
        name=evidence.name,
        validated=any(row.split == "validation" for row in evidence.rows),
        note=evidence.note,
        recipe=evidence.recipe,
        modalities=" + ".join(evidence.recipe.modalities),
        verdict=verdict(evidence),
        scope=scope(evidence),
        auc=area if known else None,
        number=number,
        flow=_flow(evidence),
        metrics=tables.metrics_table(evidence),
        pictures=[(picture, data_uri(picture.media_type, picture.content)) for picture in (*drawn, *evidence.pictures)],
        sections=[section for section in _sections(evidence) if section.table.rows],
        version=version,
    )
    return Report(html, drawn)
