"""How the models were trained, and what was chosen on whose data."""

from collections.abc import Iterator

from radiogenomics.evaluation import figures, tables
from radiogenomics.evaluation.chapters.section import Chapter, Section, vector
from radiogenomics.evaluation.evidence import Evidence, Picture
from radiogenomics.evaluation.tables import noted
from radiogenomics.recipe import Recipe
from radiogenomics.tables.monitors import MONITORS


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
    lines = f"Bold: mean over the {evidence.part}s still training; thin: single {evidence.part}s."
    if len({row.fold for row in evidence.history}) == 1:
        lines = "Of the one model."
    yield vector(
        "learning-curves",
        "Accuracy and loss while training",
        noted(f"Accuracy and loss by epoch, training and {watched}, over {len(phases)} phases", evidence)
        + f".{lowest}",
        f"{lines} At the end of a phase {noted(f'{_kept(evidence.recipe)} stays', evidence)}.",
        figures.learning_curves(evidence.history, [phase.name for phase in phases], watched, evidence.note),
    )


def chapter(evidence: Evidence) -> Chapter:
    """Training."""
    chose = "test patients chose nothing."
    if evidence.selected:
        chose = f"test patients among them: {evidence.note}."
    sections = (
        Section("Learning curves", pictures=tuple(_curves(evidence))),
        Section(
            "What chose what",
            f"Whatever was chosen, was chosen on the data named here; {chose}",
            tables.selection_table(evidence),
        ),
    )
    return Chapter("training", "Training", sections)
