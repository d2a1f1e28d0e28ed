"""Operating points: where to decide, chosen on validation patients, and how often it is right on test patients."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from radiogenomics.evaluation.decide import UNREACHED, Scored, Threshold, choose_thresholds, chooser
from radiogenomics.evaluation.estimate import confusion
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.intervals import proportion
from radiogenomics.recipe import YOUDEN
from radiogenomics.records import Estimate

POLICIES = (YOUDEN, "sensitivity>=0.9", "sensitivity>=0.95", "specificity>=0.9")


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """One way to choose the threshold, and what it does to the pooled test patients, each fold's at its own."""

    policy: str  # as a recipe's evaluation.threshold names it
    thresholds: tuple[Threshold, ...]  # of the last phase, one a fold
    unreached: int  # folds that decide at 0.5, since their validation patients speak for no threshold
    figures: dict[str, Estimate]  # sensitivity, specificity, precision, npv


def decision_figures(units: Sequence[Scored]) -> dict[str, Estimate]:
    """Sensitivity, specificity and the predictive values of decisions, with exact intervals.

    Args:
        units: Patients, each once.
    """
    tp, fp, tn, fn = confusion(units)
    parts = {
        "sensitivity": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "precision": (tp, tp + fp),
        "npv": (tn, tn + fn),
    }
    return {name: proportion(right, of, len(units)) for name, (right, of) in parts.items()}


def _point(evidence: Evidence, policy: str, thresholds: Sequence[Threshold]) -> OperatingPoint:
    decided = replace(evidence, thresholds=thresholds).tested(evidence.last)
    of_last = tuple(row for row in thresholds if row.phase == evidence.last)
    unreached = sum(row.by.startswith(UNREACHED) for row in of_last)
    return OperatingPoint(policy, of_last, unreached, decision_figures(decided))


def operating_points(evidence: Evidence) -> tuple[OperatingPoint, ...]:
    """The run's own decisions, then those by the other POLICIES.

    Each threshold is chosen on its fold's validation patients. By the published protocol there are none, and it is
    chosen on the reported patients, as all else is; of an outside cohort nothing chooses, and only the run's own
    decisions are told.
    """
    policy = str(evidence.recipe.evaluation.threshold)
    own = _point(evidence, policy, evidence.thresholds)
    if evidence.outside:
        return (own,)
    choosing = chooser(evidence.recipe.split)
    others = [name for name in POLICIES if name != policy]
    chosen = (choose_thresholds(evidence.predictions, name, choosing) for name in others)
    return (own, *(_point(evidence, name, rows) for name, rows in zip(others, chosen, strict=True)))
