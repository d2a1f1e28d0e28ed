"""Whether the probabilities can be taken at their word, what deciding by them is worth, and for whom."""

from dataclasses import replace

from radiogenomics.evaluation import judgement_figures, judgement_tables
from radiogenomics.evaluation.chapters import results
from radiogenomics.evaluation.chapters.section import Chapter, Section, vector
from radiogenomics.evaluation.evidence import Evidence, Picture
from radiogenomics.evaluation.tables import Table, noted


def _reliability(evidence: Evidence) -> tuple[Picture, ...]:
    if not results.both_classes(evidence.tested(evidence.last)):
        return ()
    return (
        vector(
            "reliability",
            "Reliability",
            noted(
                "Share of positives by predicted probability, in bins of equal counts, beside their histogram", evidence
            )
            + ".",
            f"{results.whose(evidence)}. On the dashed line, of the patients who are given 30% three in ten are "
            f"{evidence.recipe.positive}; below it probabilities are too high. Bars: exact 95% intervals.",
            judgement_figures.reliability(evidence),
        ),
    )


def _curve(evidence: Evidence) -> tuple[Picture, ...]:
    if not results.both_classes(evidence.tested(evidence.last)):
        return ()
    return (
        vector(
            "decision-curve",
            "Decision curve",
            noted(
                "Net benefit of the model, of treating all and of treating no one, by threshold probability", evidence
            )
            + ".",
            f"{results.whose(evidence)}. The threshold is the probability from which one would act: at 20%, four "
            "needless actions weigh as much as one that was needed. The model is worth something where it lies above "
            "both other lines.",
            judgement_figures.decision_curve(evidence),
        ),
    )


def _captioned(table: Table, caption: str, evidence: Evidence) -> Table:
    """The table with a caption; what every figure carries stands there, once, and not in every column."""
    header = tuple(title.removesuffix(f", {evidence.note}") for title in table.header)
    return replace(table, header=header, caption=caption)


def _calibration(evidence: Evidence) -> tuple[Section, ...]:
    caption = "Agreement of the predicted probabilities with outcomes"
    table = _captioned(judgement_tables.calibration_table(evidence), caption, evidence)
    return (
        Section(
            "Calibration", "\n".join(judgement_tables.calibration_sentences(evidence)), table, _reliability(evidence)
        ),
        Section("Decision curve", "", None, _curve(evidence)),
    )


def decisions(evidence: Evidence) -> Chapter:
    """Calibration, what decisions are worth, and how many are right."""
    caption = "Operating points, in brackets 95% intervals"
    points = _captioned(judgement_tables.operating_table(evidence), caption, evidence)
    sections = (
        *_calibration(evidence),
        Section(
            "Operating points",
            noted("Thresholds are chosen on the data named in the last column, and judged on test patients", evidence)
            + ". The first row is what this run decided by; the others are what it costs to decide otherwise.",
            points,
        ),
        *results.deciding(evidence),
    )
    return Chapter("decisions", "Probabilities and decisions", sections)


def groups(evidence: Evidence) -> Chapter:
    """The result for groups of patients, where anything is known by which to group them."""
    table = judgement_tables.subgroups_table(evidence)
    note = "\n".join(judgement_tables.subgroups_sentences(evidence)) if evidence.traits else ""
    captioned = _captioned(table, "Test patients group by group, in brackets 95% intervals", evidence)
    section = Section("By site, scanner, field strength, sex and age", note, captioned)
    return Chapter("subgroups", "Subgroups", (section,))
