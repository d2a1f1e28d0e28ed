"""How well the model ranks the test patients, and how it decides about them."""

from collections.abc import Iterator, Sequence

from radiogenomics.evaluation import figures, tables
from radiogenomics.evaluation.average_precision import average_precision
from radiogenomics.evaluation.chapters.section import Chapter, Section, vector
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.estimate import confusion
from radiogenomics.evaluation.evidence import Evidence, Picture
from radiogenomics.evaluation.tables import noted
from radiogenomics.evaluation.wording import INTERVALS, OF_AUC, number, with_interval


def both_classes(units: Sequence[Scored]) -> bool:
    """Whether there is anything to tell apart."""
    return len({unit.label for unit in units}) == 2


def whose(evidence: Evidence) -> str:
    """Of which patients a figure is."""
    pooled = len(_folds(evidence)) > 1
    how = "out of fold" if evidence.part == "fold" else "over the repeats"
    return noted(f"Test patients after phase {evidence.last}" + (f", pooled {how}" if pooled else ""), evidence)


def _folds(evidence: Evidence) -> list[int]:
    return sorted({row.fold for row in evidence.predictions if row.split == "test"})


def _each_fold(evidence: Evidence) -> list[list[Scored]]:
    return [evidence.tested(evidence.last, fold) for fold in _folds(evidence)]


def _roc(evidence: Evidence) -> Iterator[Picture]:
    pooled = evidence.tested(evidence.last)
    area = evidence.figures("patient", evidence.last).get("auc")
    if area and both_classes(pooled):
        yield vector(
            "roc",
            "ROC curve",
            noted(f"ROC curve of {len(pooled)} test patients, AUC {with_interval(area)}", evidence) + ".",
            f"{whose(evidence)}. The higher above the dashed line, the better.",
            figures.roc_curve(pooled, _each_fold(evidence), area, evidence.note),
        )


def _mean_precision(evidence: Evidence, pooled: Sequence[Scored]) -> str:
    """Average precision in words; without an interval, where the run was scored by an earlier version."""
    known = evidence.figures("patient", evidence.last).get("average_precision")
    if known:
        return with_interval(known)
    return number(average_precision([unit.label for unit in pooled], [unit.probability for unit in pooled]))


def _precision_recall(evidence: Evidence) -> Iterator[Picture]:
    pooled = evidence.tested(evidence.last)
    if not both_classes(pooled):
        return
    share = sum(unit.label for unit in pooled) / len(pooled)
    told = _mean_precision(evidence, pooled)
    yield vector(
        "precision-recall",
        "Precision and recall",
        noted(f"Precision by recall of {len(pooled)} test patients, average precision {told}", evidence)
        + f"; guessing gives {share:.2f}.",
        f"{whose(evidence)}. The dashed line is the share of {evidence.recipe.positive} among them ({share:.2f}), "
        "which is what guessing gives; average precision is to be read against it, not against 0.5.",
        figures.precision_recall_curve(pooled, _each_fold(evidence), told, evidence.note),
    )


def _distribution(evidence: Evidence) -> Iterator[Picture]:
    phases = [(evidence.phase_name(phase), evidence.tested(phase)) for phase in evidence.phases]
    if phases:
        yield vector(
            "probabilities",
            "Predicted probability by class, before and after fine-tuning",
            noted(
                f"Histograms of the predicted probability of {' and '.join(evidence.classes)} test patients after each "
                "phase",
                evidence,
            )
            + ".",
            noted("Test patients", evidence)
            + "; dashed lines are the classes' medians, the dotted line is the decision threshold. "
            "The further the two classes lie apart, the better.",
            figures.probability_distribution(phases, evidence.classes, evidence.note),
        )


def _confusion(evidence: Evidence) -> Iterator[Picture]:
    pooled = evidence.tested(evidence.last)
    if pooled:
        tp, fp, tn, fn = confusion(pooled)
        threshold = f"each {evidence.part}'s threshold" if len(_folds(evidence)) > 1 else "its threshold"
        counts = f"{tp} true positives, {fp} false positives, {tn} true negatives, {fn} false negatives"
        yield vector(
            "confusion",
            "Decisions",
            noted(f"Confusion matrix: {counts}", evidence) + ".",
            whose(evidence) + ("." if evidence.outside else f", decided at {threshold}."),
            figures.confusion_matrix(pooled, evidence.classes, evidence.note),
        )


def _metrics_note(evidence: Evidence) -> str:
    notes = [
        f"Patients: {INTERVALS}. Slices: the bootstrap over patients throughout, since the slices of one patient are "
        "alike."
    ]
    if any(row.split == "validation" for row in evidence.rows):
        notes.append(
            "Where epochs, thresholds or aggregators were chosen, it was on the validation patients, whose figures are "
            "then optimistic; they are shown to be set against the test patients', not to be quoted."
        )
    if evidence.note:
        notes.append(f"Every figure on this page: {evidence.note}.")
    notes.append("Sensitivity, precision, recall and F1 are of the positive class.")
    return " ".join(notes)


def ranking(evidence: Evidence) -> Chapter:
    """How well the probabilities tell the classes apart."""
    sections = (
        Section("Figures of merit", _metrics_note(evidence), tables.metrics_table(evidence)),
        Section("Curves", pictures=(*_roc(evidence), *_precision_recall(evidence))),
        Section(
            "The AUC by several intervals",
            "Plain DeLong and the bootstrap cover too little in small cohorts and near an AUC of 1, which is why the "
            f"default is another: {OF_AUC}. With fewer than 16 positives it too may hold the truth in no more than "
            "nine cohorts of ten. All of them take the models as they are: no such interval covers the variance of "
            "training.",
            tables.intervals_table(evidence),
        ),
        Section("Distribution of the probabilities", pictures=tuple(_distribution(evidence))),
    )
    return Chapter("results", "How well the classes are told apart", sections)


def deciding(evidence: Evidence) -> tuple[Section, ...]:
    """How many are called right."""
    return (
        Section("Confusion matrix", pictures=tuple(_confusion(evidence))),
        Section("Classification report", f"{whose(evidence)}.", tables.classification_table(evidence)),
    )


def _aggregators_note(evidence: Evidence) -> str:
    recipe = evidence.recipe
    lesions = f", then a patient's lesions by {recipe.evaluation.lesions}" if recipe.needs_lesions else ""
    others = "." if evidence.selected else ", and none was selected on the test fold."
    return (
        f"{whose(evidence)}: the slices of a {'lesion' if lesions else 'patient'} to one probability{lesions}. "
        f"The recipe's choice: {evidence.aggregated}. The others are shown for information{others}"
    )


def _published_note(evidence: Evidence) -> str:
    note = "The paper's rows are as printed there, on its own patients: to be read beside ours, never as a target."
    shipped = {override.path.split(".")[0] for override in evidence.overrides}
    return note + (" This run changed settings of the recipe (below)." if shipped - {"modalities", "training"} else "")


def _by_part(evidence: Evidence) -> Section:
    """Each model's own figures; of a single one, what they rest on."""
    part, table = evidence.part, tables.folds_table(evidence)
    if len(_folds(evidence)) < 2:
        return Section("The one model", noted("Its test patients, epochs and threshold", evidence) + ".", table)
    note = noted(f"Each {part} on its own test patients", evidence)
    spread = f"Means and standard deviations are no interval: {part}s share most of their training patients."
    return Section(f"{part.capitalize()} by {part}", f"{note}. {spread}", table)


def parts(evidence: Evidence) -> Chapter:
    """The result taken apart: by model, by aggregator, and beside the paper."""
    sections = (
        _by_part(evidence),
        Section("Aggregators side by side", _aggregators_note(evidence), tables.aggregators_table(evidence)),
        Section("Beside the paper", _published_note(evidence), tables.published_table(evidence)),
    )
    return Chapter("parts", "The result taken apart", sections)
