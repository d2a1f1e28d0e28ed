"""Runs side by side: paired tests of AUCs on the same patients, and what the published protocol adds to a figure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.delong import paired_test
from radiogenomics.evaluation.intervals import mean_and_sd
from radiogenomics.evaluation.resampled_t import ResampledTest, corrected_resampled_t
from radiogenomics.records import Estimate

UNTESTABLE = "the variance of the difference can't be estimated: too few patients, or no patient out of order"
NONE = Estimate(math.nan, math.nan, math.nan, 0)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs compared; where there is no test (p nan) the note says why."""

    first: str
    second: str
    n: int  # patients whom both scored
    first_auc: float
    second_auc: float
    difference: Estimate  # first - second
    p: float  # two-sided, paired DeLong
    p_holm: float
    note: str = ""
    fold_difference: Estimate = NONE  # first - second, the mean over folds that both share; n counts folds
    p_resampled: float = math.nan  # two-sided, corrected resampled t
    p_resampled_holm: float = math.nan


@dataclass(frozen=True, slots=True)
class Part:
    """A run's AUC on the test patients of one fold, and of how many patients its model was trained."""

    fold: int
    test: tuple[str, ...]  # whom it scored, sorted
    train: int  # how many patients
    auc: float  # nan where the fold's test patients lack a class


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values (S. Holm, Scandinavian Journal of Statistics 6 (1979)), in the order given.

    nan stays nan and does not count as a comparison.
    """
    defined = sorted((p, index) for index, p in enumerate(p_values) if not math.isnan(p))
    adjusted, least = [math.nan] * len(p_values), 0.0
    for rank, (p, index) in enumerate(defined):
        least = max(least, min(1.0, p * (len(defined) - rank)))
        adjusted[index] = least
    return adjusted


def _obstacle(first: Mapping[str, Scored], second: Mapping[str, Scored]) -> str:
    if first.keys() != second.keys():
        common = len(first.keys() & second.keys())
        return (
            f"{len(first)} and {len(second)} test patients, {common} in common; "
            "a paired test needs the same patients in both"
        )
    differing = sum(first[patient].label != second[patient].label for patient in first)
    return f"{differing} patients have another label in the other run" if differing else ""


def _pair(names: tuple[str, str], first: Mapping[str, Scored], second: Mapping[str, Scored]) -> Pair:
    common = len(first.keys() & second.keys())
    obstacle = _obstacle(first, second)
    if obstacle:
        return Pair(*names, common, math.nan, math.nan, NONE, math.nan, math.nan, obstacle)
    patients = sorted(first)
    test = paired_test(
        [first[p].label for p in patients],
        [first[p].probability for p in patients],
        [second[p].probability for p in patients],
    )
    note = UNTESTABLE if math.isnan(test.p) else ""
    return Pair(*names, common, test.first, test.second, test.difference, test.p, math.nan, note)


def _over_folds(first: Sequence[Part], second: Sequence[Part]) -> ResampledTest | None:
    """The corrected resampled t test of two runs; None where they were not split alike, or into one fold only."""
    ours, theirs = ([(part.fold, part.test) for part in parts] for parts in (first, second))
    if ours != theirs or len(ours) < 2:
        return None
    differences = [a.auc - b.auc for a, b in zip(first, second, strict=True)]
    # Where one trained on the validation patients too, the smaller number makes the wider interval.
    train = sum(min(a.train, b.train) for a, b in zip(first, second, strict=True)) / len(ours)
    test = sum(len(part.test) for part in first) / len(ours)
    return corrected_resampled_t(differences, train, test) if train and test else None


def _with_folds(pair: Pair, parts: Mapping[str, Sequence[Part]]) -> Pair:
    if math.isnan(pair.first_auc):  # other patients, or other labels
        return pair
    found = _over_folds(parts.get(pair.first, ()), parts.get(pair.second, ()))
    if not found:
        return pair
    gap = found.difference
    # No AUC is further than 1 from another, whatever Student's t makes of three folds.
    limits = (gap.low, gap.high) if math.isnan(gap.low) else (max(gap.low, -1.0), min(gap.high, 1.0))
    return replace(pair, fold_difference=Estimate(gap.value, *limits, gap.n), p_resampled=found.p)


def compare_pairs(
    runs: Sequence[tuple[str, Sequence[Scored]]], parts: Mapping[str, Sequence[Part]] | None = None
) -> tuple[Pair, ...]:
    """Every two runs by DeLong's paired test, and where they were split alike by the corrected resampled t over folds.

    DeLong's takes the trained models as they are and asks what other patients would say of them; the corrected
    resampled t asks what other splits and trainings would. Holm's correction is made in each family of its own.

    Args:
        runs: Each run's name and its pooled test patients; only runs with the same patients and labels are tested.
        parts: Each run's folds by its name, in order.
    """
    of_patient = [(name, {unit.patient_id: unit for unit in units}) for name, units in runs]
    pairs = [_pair((a, b), first, second) for (a, first), (b, second) in combinations(of_patient, 2)]
    pairs = [_with_folds(pair, parts or {}) for pair in pairs]
    adjusted, resampled = holm([pair.p for pair in pairs]), holm([pair.p_resampled for pair in pairs])
    return tuple(
        replace(pair, p_holm=p, p_resampled_holm=t) for pair, p, t in zip(pairs, adjusted, resampled, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Optimism:
    """Two runs that differ in nothing but the protocol: the same recipe, labels and test folds."""

    nested: str
    published: str
    figures: Mapping[str, tuple[Estimate, Estimate]]  # by metric: nested, published
    note: str = ""  # what the figures of either run carry

    def of(self, metric: str) -> float:
        """How much better the metric looks by the published protocol."""
        nested, published = self.figures[metric]
        return published.value - nested.value


def mean_optimism(pairs: Sequence[Optimism], metric: str) -> tuple[float, float, float]:
    """The means over the pairs in which the metric is defined: nested, published, and their difference."""
    defined = [pair for pair in pairs if not math.isnan(pair.of(metric))]
    nested, published = (mean_and_sd([pair.figures[metric][side].value for pair in defined])[0] for side in (0, 1))
    return nested, published, mean_and_sd([pair.of(metric) for pair in defined])[0]


def holding_chance(figures: Sequence[Estimate]) -> int:
    """How many of the AUCs have an interval that holds 0.5."""
    return sum(figure.low <= 0.5 <= figure.high for figure in figures)
