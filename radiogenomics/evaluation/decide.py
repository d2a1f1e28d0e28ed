"""Probabilities to decisions: thresholds chosen on validation patients, and out-of-fold predictions pooled."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from radiogenomics.evaluation.wording import SELECTED
from radiogenomics.recipe import YOUDEN, SplitPart, floor_of
from radiogenomics.records import Prediction, SlicePrediction

FIXED = "fixed by the recipe"
UNREACHED = "0.5, since no threshold"  # how it begins where the choosing patients speak for none
_OTHER = {"sensitivity": "specificity", "specificity": "sensitivity"}
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


def rule(policy: str) -> str:
    """What chooses a threshold, in words.

    Args:
        policy: A recipe's evaluation.threshold that is no number.
    """
    floor = floor_of(policy)
    if floor is None:
        return "Youden's J"
    return f"the greatest {_OTHER[floor[0]]} at a {floor[0]} of at least {floor[1]:g}"


def _cuts(validation: Sequence[Prediction]) -> tuple[list[tuple[float, int, int]], int, int]:
    """Each candidate with the positives and the negatives at or above it, and how many there are of each class.

    Candidates lie halfway between neighbouring distinct probabilities, so that none hangs on one patient's last digit.
    """
    labels = np.array([row.label for row in validation])
    scores = np.array([row.probability for row in validation], dtype=np.float64)
    distinct = np.unique(scores)
    above, below = scores[labels == 1], scores[labels == 0]
    cuts = [
        (float(cut), int((above >= cut).sum()), int((below >= cut).sum())) for cut in (distinct[:-1] + distinct[1:]) / 2
    ]
    return cuts, len(above), len(below)


def choose_threshold(validation: Sequence[Prediction], policy: str = YOUDEN) -> float:
    """The threshold that the given patients speak for.

    "youden": that of the greatest Youden's J (sensitivity + specificity - 1). Of several with the same J the one
    nearest 0.5 is taken, of two as near the lower. "sensitivity>=0.9": of those with such a sensitivity that of the
    greatest specificity; and the other way round.

    Returns:
        The threshold; nan where none tells the classes apart (one class only, no J above 0), or where the floor is only
        held by calling all negatives positive, or all positives negative.
    """
    cuts, positives, negatives = _cuts(validation)
    if not positives or not negatives:
        return math.nan
    floor = floor_of(policy)
    if floor is None:
        return _youden(cuts, positives, negatives)
    held = []
    for cut, hits, alarms in cuts:
        rates = {"sensitivity": hits / positives, "specificity": (negatives - alarms) / negatives}
        wanted, other = rates[floor[0]], rates[_OTHER[floor[0]]]
        if wanted >= floor[1] and other > 0:
            held.append((other, wanted, cut))
    return max(held)[2] if held else math.nan


def _youden(cuts: Sequence[tuple[float, int, int]], positives: int, negatives: int) -> float:
    # J times positives times negatives: whole numbers, hence exact ties.
    gains = [hits * negatives - alarms * positives for _, hits, alarms in cuts]
    best = max(gains, default=0)
    if best <= 0:
        return math.nan
    tied = (cut for (cut, _, _), gain in zip(cuts, gains, strict=True) if gain == best)
    return min(tied, key=lambda cut: (abs(cut - 0.5), cut))


def _unreached(policy: str, patients: str) -> str:
    """Why a threshold is 0.5 after all."""
    floor = floor_of(policy)
    if floor is None:
        return f"{UNREACHED} tells {patients} apart"
    return f"{UNREACHED} has a {floor[0]} of at least {floor[1]:g} on {patients} and tells them apart"


def choose_thresholds(
    predictions: Iterable[Prediction], policy: float | str, choosing: str = "validation"
) -> tuple[Threshold, ...]:
    """The threshold of every fold and phase; patients of other splits than `choosing` have no say.

    Args:
        predictions: Patient-level predictions of any splits.
        policy: A recipe's evaluation.threshold: a number, or what chooses one on the fold's patients of `choosing`, see
            `choose_threshold`; 0.5 where these speak for none, and `by` says so.
        choosing: The split that chooses, see `chooser`.
    """
    cells: dict[tuple[int, int], list[Prediction]] = {}
    for row in predictions:
        members = cells.setdefault((row.fold, row.phase), [])
        if row.split == choosing:
            members.append(row)
    if not isinstance(policy, str):
        return tuple(Threshold(fold, phase, policy, FIXED) for fold, phase in sorted(cells))
    thresholds = []
    for (fold, phase), rows in sorted(cells.items()):
        value, by = choose_threshold(rows, policy), f"{rule(policy)} on {WHOSE[choosing]}"
        if math.isnan(value):
            value, by = 0.5, _unreached(policy, f"the fold's {len(rows)} {choosing} patients")
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
