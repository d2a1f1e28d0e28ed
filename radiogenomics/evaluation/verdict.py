"""The first sentences of a report: what was found, and how far it can be believed."""

import math

from radiogenomics.evaluation.doubts import objections, unusable
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.wording import number, with_interval

PUBLISHED = (
    "This run follows the published protocol: the epoch (and threshold and aggregator, where the recipe leaves them to "
    "be chosen) was selected on the reported fold, so every figure here is optimistic, and no interval covers that. "
    "Without --protocol published the same recipe is scored honestly."
)
FEW = 10  # patients of a class, below which the page warns first

ALIKE = 1e-6  # probabilities this near differ by rounding alone


def _judgement(low: float, high: float) -> str:
    if low > 0.5:
        return "The interval lies above 0.5: on patients like these the model tells the classes apart beyond chance."
    if high < 0.5:
        return (
            "The interval lies below 0.5: the model ranks the classes the wrong way round, beyond chance. "
            "Look for swapped labels, or for folds that differ in scale."
        )
    return "The interval includes 0.5: this run is no evidence that the classes can be told apart from these images."


def _relation(evidence: Evidence) -> str:
    """What the models had seen of the test patients."""
    if unusable(evidence):
        return "which the leak named above has spoilt"
    if evidence.selected:
        return "each scored by models that were not trained on them, yet chosen by how well they scored them"
    if not evidence.outside:
        return "each scored only by models that had not seen them"
    if evidence.patients_seen is None:
        return "and whether the model had seen any of them is not recorded"
    if not evidence.patients_seen:
        return "none of whom the model had seen"
    return f"{evidence.patients_seen} of whom took part in the run"


def _constant(evidence: Evidence) -> str:
    """A sentence about models that give every patient the same probability; "" where none does."""
    folds = sorted({row.fold for row in evidence.predictions if row.split == "test"})
    scores = {fold: [unit.probability for unit in evidence.tested(evidence.last, fold)] for fold in folds}
    constant = [fold for fold, values in scores.items() if len(values) > 1 and max(values) - min(values) < ALIKE]
    if not constant:
        return ""
    which = f"of {evidence.part} {', '.join(map(str, constant))} " if len(folds) > 1 else ""
    one = len(constant) == 1
    which += "gives" if one else "give"
    return (
        f"The model{'' if one else 's'} {which} every test patient the same probability, and so can't rank them: "
        "something went wrong in training."
    )


def verdict(evidence: Evidence) -> list[str]:
    """What was found, in a few sentences: the AUC with its interval, of whom it is, and what to beware of."""
    units = evidence.tested(evidence.last)
    found = evidence.figures("patient", evidence.last).get("auc")
    positives = sum(unit.label for unit in units)
    of_whom = f"{len(units)} test patients, {positives} of them {evidence.recipe.positive}"
    sentences = []
    if leak := unusable(evidence):
        sentences.append(leak)
    if evidence.patients_seen:
        sentences.append(
            f"This is not an outside evaluation: {evidence.patients_seen} of these {len(units)} patients took part in "
            "the run (to train, to choose or to be tested), so count every figure here as optimistic."
        )
    if found is None or math.isnan(found.value):
        return [*sentences, f"No AUC can be given: of {of_whom}, and an AUC needs both classes."]
    note = f", {evidence.note}," if evidence.note else ""
    sentences.append(
        f"After phase {evidence.last} ({evidence.phase_name(evidence.last)}) the patient-level AUC is "
        f"{with_interval(found, interval='95% interval ')}{note} over {of_whom}, {_relation(evidence)}."
    )
    if constant := _constant(evidence):
        sentences.append(constant)
    if evidence.selected:
        sentences.append(PUBLISHED)
    elif not (evidence.patients_seen or leak):
        sentences.append(_judgement(found.low, found.high))
    sentences += objections(evidence, found.low, found.high)
    least = min(positives, len(units) - positives)
    if least < FEW:
        rare = evidence.classes[int(positives <= len(units) - positives)]
        sentences.append(f"Only {least} test patients are {rare}: every figure here is rough, as the intervals show.")
    if evidence.recipe.caution:
        sentences.append(evidence.recipe.caution)
    return sentences


def scope(evidence: Evidence) -> list[str]:
    """What the interval does and does not cover."""
    sentences = [
        "The interval covers which patients happened to be tested. It does not cover the variance of training (another "
        "seed, or other patients to train on, gives another model), nor other hospitals, scanners or protocols."
    ]
    spread = evidence.figures("patient", evidence.last, fold="sd of repeats").get("auc")
    folds = {row.fold for row in evidence.predictions if row.split == "test"}
    if spread:
        mean = evidence.figures("patient", evidence.last, fold="mean of repeats")["auc"]
        sentences.append(
            f"Splitting and training anew {spread.n} times gave a mean AUC of {number(mean.value)} with a standard "
            f"deviation of {number(spread.value)}; in the AUC above a patient tested in several repeats counts once, "
            "with the mean of its probabilities, and averaging models often ranks better than one of them."
        )
    elif not evidence.outside and not evidence.splits_given:
        sentences.append("How much training anew would move the AUC, `radiogen train --repeats` shows.")
    if len(folds) > 1:
        sentences.append(
            f"The {len(folds)} {evidence.part}s' models are {len(folds)} models: pooling their probabilities takes "
            f"them for one scale; the figures of single {evidence.part}s stand below."
        )
    return sentences
