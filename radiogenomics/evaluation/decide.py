"""Probabilities to decisions: thresholds chosen on validation patients, and out-of-fold predictions pooled."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from radiogenomics.evaluation.wording import SELECTED
from radiogenomics.recipe import SplitPart
from radiogenomics.records import Prediction, SlicePrediction

FIXED = "fixed by the recipe"
WHOSE = {
    "validation": "the fold's validation patients",
    "test": f"the fold's own test patients, hence {SELECTED}",
}


def chooser(plan: SplitPart) -> str:
    """The split whose patients choose threshold and aggregator: by the published protocol the one that is reported."""
    return "test" if plan.protocol == "published" else "validation"


@dataclass(frozen=True, slots=True)
class Threshold:
    """The probability from which one fold's model says positive, and what chose it."""

    fold: int
    phase: int  # from 1
    value: float
    by: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A patient (or a slice) with its one out-of-fold probability, and the threshold that applies to it."""

    patient_id: str
    label: int
    probability: float
    threshold: float

    @property
    def decision(self) -> int:
        """1 where the probability reaches the threshold."""
        return int(self.probability >= self.threshold)


def choose_threshold(validation: Sequence[Prediction]) -> float:
    """The threshold of the greatest Youden's J (sensitivity + specificity - 1) among the given patients.

    Candidates lie halfway between neighbouring distinct probabilities, so that none hangs on one patient's last digit.
    Of several with the same J the one nearest 0.5 is taken, of two as near the lower.

    Returns:
        The threshold; nan where none tells the classes apart (one class only, or no J above 0).
    """
    labels = np.array([row.label for row in validation])
    scores = np.array([row.probability for row in validation], dtype=np.float64)
    distinct = np.unique(scores)
    positives, negatives = int((labels == 1).sum()), int((labels == 0).sum())
    if not positives or not negatives:
        return math.nan
    candidates = (distinct[:-1] + distinct[1:]) / 2
    # J times positives times negatives: whole numbers, hence exact ties.
    gains = [
        int((scores[labels == 1] >= cut).sum()) * negatives - int((scores[labels == 0] >= cut).sum()) * positives
        for cut in candidates
    ]
    best = max(gains, default=0)
    if best <= 0:
        return math.nan
    tied = (float(cut) for cut, gain in zip(candidates, gains, strict=True) if gain == best)
    return min(tied, key=lambda cut: (abs(cut - 0.5), cut))


def choose_thresholds(
    predictions: Iterable[Prediction], policy: float | str, choosing: str = "validation"
) -> tuple[Threshold, ...]:
    """The threshold of every fold and phase; patients of other splits than `choosing` have no say.

    Args:
        predictions: Patient-level predictions of any splits.
        policy: A recipe's evaluation.threshold: a number, or "youden": chosen on the fold's patients of `choosing`; 0.5
            where these can't tell the classes apart, and `by` says so.
        choosing: The split that chooses, see `chooser`.
    """
    cells: dict[tuple[int, int], list[Prediction]] = {}
    for row in predictions:
        members = cells.setdefault((row.fold, row.phase), [])
        if row.split == choosing:
            members.append(row)
    if isinstance(policy, float):
        return tuple(Threshold(fold, phase, policy, FIXED) for fold, phase in sorted(cells))
    thresholds = []
    for (fold, phase), rows in sorted(cells.items()):
        value, by = choose_threshold(rows), f"Youden's J on {WHOSE[choosing]}"
        if math.isnan(value):
            value, by = 0.5, f"0.5, since no threshold tells the fold's {len(rows)} {choosing} patients apart"
        thresholds.append(Threshold(fold, phase, value, by))
    return tuple(thresholds)


def _unit(row: Prediction | SlicePrediction) -> tuple[str, str, str, int]:
    if isinstance(row, SlicePrediction):
        return row.patient_id, row.lesion_id, row.series_uid, row.slice
    return row.patient_id, "", "", 0


def pool(rows: Iterable[Prediction | SlicePrediction], thresholds: Sequence[Threshold]) -> list[Scored]:
    """Each patient (or slice) once, out of fold.

    One that was scored in several folds (repeats, or the validation splits of several folds) gets the mean of its
    probabilities, and is decided at the mean of those folds' thresholds; one scored once keeps its fold's threshold.

    Args:
        rows: Of one phase and one split; patients or slices.
        thresholds: Of every fold and phase in question; they were chosen on patients, and serve for slices as well.
    """
    of_fold = {(row.fold, row.phase): row.value for row in thresholds}
    groups: dict[tuple[str, str, str, int], list[Prediction | SlicePrediction]] = {}
    for row in sorted(rows, key=lambda row: row.fold):
        groups.setdefault(_unit(row), []).append(row)
    return [
        Scored(
            group[0].patient_id,
            group[0].label,
            sum(row.probability for row in group) / len(group),
            sum(of_fold[row.fold, row.phase] for row in group) / len(group),
        )
        for _, group in sorted(groups.items())
    ]
