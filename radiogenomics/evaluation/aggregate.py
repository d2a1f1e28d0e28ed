"""Slices to patients: the slices of a lesion become one probability, then the lesions of a patient do."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from radiogenomics.errors import RunError
from radiogenomics.evaluation.decide import FIXED, WHOSE
from radiogenomics.evaluation.delong import auc
from radiogenomics.recipe import CHOSEN, EvaluationPart
from radiogenomics.records import Prediction, SlicePrediction
from radiogenomics.registry import choose, load
from radiogenomics.tables.aggregators import AGGREGATORS

SPLITS = ("train", "validation", "test")
FALLBACK = "mean"  # where the patients that should choose can't


@dataclass(frozen=True, slots=True)
class Aggregation:
    """The aggregator of one fold's slices, and what chose it."""

    fold: int
    phase: int  # from 1
    name: str
    by: str


def order(row: SlicePrediction | Prediction) -> tuple[int, int, int, str]:
    """The sorting key of predictions: fold, phase, split (train, validation, test), patient."""
    return row.fold, row.phase, SPLITS.index(row.split) if row.split in SPLITS else len(SPLITS), row.patient_id


def aggregate(slices: Iterable[SlicePrediction], aggregator: str, lesions: str) -> list[Prediction]:
    """One prediction for each (patient, fold, phase, split), sorted; the order of the slices does not matter.

    Args:
        slices: Scored slices; whole slices (lesion_id "") count as of one lesion.
        aggregator: A name of tables.aggregators, for the slices of a lesion.
        lesions: Likewise, for the lesions of a patient.

    Raises:
        UnknownNameError: No such aggregator.
        RunError: A patient's slices carry two labels, or a probability is none.
    """
    of_slices, of_lesions = (load(choose(AGGREGATORS, name, "aggregator")) for name in (aggregator, lesions))
    groups: dict[tuple[str, int, int, str], list[SlicePrediction]] = {}
    for row in sorted(slices, key=lambda s: (s.lesion_id, s.series_uid, s.slice)):
        groups.setdefault((row.patient_id, row.fold, row.phase, row.split), []).append(row)
    predictions = []
    for (patient, fold, phase, split), rows in groups.items():
        if len({row.label for row in rows}) > 1:
            raise RunError(f"slices of patient {patient} carry two labels: the predictions were changed or mixed up")
        if not all(0 <= row.probability <= 1 for row in rows):
            raise RunError(f"patient {patient} has a slice without a probability from 0 to 1: its model diverged")
        scores = [float(of_slices(values)) for values in _by_lesion(rows).values()]
        predictions.append(Prediction(patient, fold, phase, split, rows[0].label, float(of_lesions(scores))))
    return sorted(predictions, key=order)


def _by_lesion(rows: Iterable[SlicePrediction]) -> dict[str, list[float]]:
    values: dict[str, list[float]] = {}
    for row in rows:
        values.setdefault(row.lesion_id, []).append(row.probability)
    return values


def choose_aggregators(
    slices: Iterable[SlicePrediction], policy: EvaluationPart, choosing: str = "validation"
) -> tuple[Aggregation, ...]:
    """The aggregator of every fold and phase; patients of other splits than `choosing` have no say.

    Args:
        slices: Of any splits.
        policy: Its aggregator is a name, or CHOSEN: the one of the highest AUC over the fold's patients of `choosing`,
            of equals the first of the table; "mean" where these lack a class, and `by` says so.
        choosing: The split that chooses, see `decide.chooser`.
    """
    cells = of_cells(slices)
    if policy.aggregator != CHOSEN:
        return tuple(Aggregation(*cell, policy.aggregator, FIXED) for cell in sorted(cells))
    return tuple(
        Aggregation(*cell, *_best([row for row in rows if row.split == choosing], policy.lesions, choosing))
        for cell, rows in sorted(cells.items())
    )


def of_cells(slices: Iterable[SlicePrediction]) -> Mapping[tuple[int, int], list[SlicePrediction]]:
    """The slices by (fold, phase)."""
    cells: dict[tuple[int, int], list[SlicePrediction]] = {}
    for row in slices:
        cells.setdefault((row.fold, row.phase), []).append(row)
    return cells


def _best(slices: Sequence[SlicePrediction], lesions: str, choosing: str) -> tuple[str, str]:
    """The aggregator of the highest AUC, and what chose it."""
    scored = {name: aggregate(slices, name, lesions) for name in AGGREGATORS}
    areas = {name: auc([p.label for p in rows], [p.probability for p in rows]) for name, rows in scored.items()}
    if any(math.isnan(area) for area in areas.values()):
        return FALLBACK, f"{FALLBACK}, since the fold's {len(scored[FALLBACK])} {choosing} patients lack a class"
    # Rounded, so that equal shares of pairs are equal whatever the order in which they were summed.
    return max(areas, key=lambda name: round(areas[name], 9)), f"highest AUC on {WHOSE[choosing]}"


def most_frequent(names: Sequence[str]) -> str:
    """The aggregator that stands most often among `names`; of equals the first of the table."""
    counts = Counter(names)
    return max(AGGREGATORS, key=lambda name: counts[name])
