"""The figures of one set of decisions, each with its 95% interval."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from radiogenomics.evaluation.average_precision import average_precision, precision_interval
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.delong import auc
from radiogenomics.evaluation.intervals import (
    auc_interval,
    bootstrap_weights,
    clopper_pearson,
    newcombe_interval,
    percentile,
)
from radiogenomics.records import Estimate

Array = NDArray[np.float64]
TP, FP, TN, FN = range(4)
# Of slices, for average precision alone, where a resample of many thousands is dear and only a standard deviation is
# wanted: of 500 it is known to 3%.
FEWER_RESAMPLES = 500
# Each proportion: the counts above the line, the counts below it.
PROPORTIONS: dict[str, tuple[list[int], list[int]]] = {
    "accuracy": ([TP, TN], [TP, FP, TN, FN]),
    "sensitivity": ([TP], [TP, FN]),
    "specificity": ([TN], [TN, FP]),
    "precision": ([TP], [TP, FP]),
    "npv": ([TN], [TN, FN]),
    "recall": ([TP], [TP, FN]),
}
METRICS = ("auc", "average_precision", *PROPORTIONS, "f1", "balanced_accuracy", "mcc")


def confusion(units: Sequence[Scored]) -> tuple[int, int, int, int]:
    """True positives, false positives, true negatives, false negatives."""
    pairs = [(unit.label, unit.decision) for unit in units]
    return pairs.count((1, 1)), pairs.count((0, 1)), pairs.count((0, 0)), pairs.count((1, 0))


def _by_patient(units: Sequence[Scored]) -> list[list[Scored]]:
    groups: dict[str, list[Scored]] = {}
    for unit in units:
        groups.setdefault(unit.patient_id, []).append(unit)
    return list(groups.values())


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def of_counts(name: str, counts: Array) -> Array:
    """A figure of decisions; nan where it is undefined.

    Args:
        name: One of METRICS that is made from decisions.
        counts: True positives, false positives, true negatives and false negatives; [..., 4].
    """
    if name == "f1":
        return _ratio(2 * counts[..., TP], 2 * counts[..., TP] + counts[..., FP] + counts[..., FN])
    if name == "balanced_accuracy":
        return (of_counts("sensitivity", counts) + of_counts("specificity", counts)) / 2
    if name == "mcc":
        # By the four rates, which copies of a patient's slices leave alone to the last digit.
        right = np.stack([of_counts(part, counts) for part in ("sensitivity", "specificity", "precision", "npv")])
        return np.asarray(np.sqrt(right.prod(0)) - np.sqrt((1 - right).prod(0)))
    above, below = PROPORTIONS[name]
    return _ratio(counts[..., above].sum(-1), counts[..., below].sum(-1))


def _clopper_pearson(above: list[int], below: list[int], counts: Array) -> tuple[float, float]:
    """Exact limits with one trial a patient, for slices of one patient are no independent trials."""
    totals = counts[:, below].sum(-1)
    trials = int((totals > 0).sum())
    return clopper_pearson(counts[:, above].sum() * trials / totals.sum() if trials else 0, trials)


def _recovered(name: str, counts: Array) -> tuple[float, float]:
    """Limits by the method of variance estimates recovery: how far each rate's own limit, by itself, moves the value.

    G. Zou, A. Donner, Statistics in Medicine 27 (2008), for a function of two independent proportions that grows with
    both. The limits of sensitivity and specificity are Clopper-Pearson's, hence these rather too wide than too narrow.
    """
    total = counts.sum(0)
    positives, negatives = total[[TP, FN]].sum(), total[[TN, FP]].sum()

    def value(sensitivity: float, specificity: float) -> float:
        hits, kept = positives * sensitivity, negatives * specificity
        return float(of_counts(name, np.array([hits, negatives - kept, kept, positives - hits])))

    rates = [float(of_counts(part, total)) for part in ("sensitivity", "specificity")]
    limits = [_clopper_pearson(*PROPORTIONS[part], counts) for part in ("sensitivity", "specificity")]
    found, apart = (
        value(*rates),
        [(value(hit, rates[1]), value(rates[0], kept)) for hit, kept in zip(*limits, strict=True)],
    )
    lower, upper = (math.dist((found, found), moved) for moved in apart)
    return max(found - lower, -1.0 if name == "mcc" else 0.0), min(found + upper, 1.0)


def decision_limits(name: str, counts: Array) -> tuple[float, float]:
    """The 95% limits of a figure of decisions, from exact limits of proportions; where the figure is defined.

    The percentile bootstrap holds F1, balanced accuracy and Matthews' correlation too seldom where positives are few,
    since resamples of five patients take few values (`benchmarks/coverage.py` has both).

    Args:
        name: One of METRICS that is made from decisions.
        counts: True positives, false positives, true negatives and false negatives of each patient; [patients, 4].
    """
    if name in PROPORTIONS:
        return _clopper_pearson(*PROPORTIONS[name], counts)
    total = counts.sum(0)
    if total[[TP, FN]].any() and total[[TN, FP]].any():
        return _recovered(name, counts)
    # F1 alone is defined of one class too: it grows with TP / (TP + FP + FN), a proportion.
    low, high = _clopper_pearson([TP], [TP, FP, FN], counts)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def _undefined(count: int) -> Estimate:
    return Estimate(math.nan, math.nan, math.nan, count)


def _resampled(value: float, resamples: Array, fallback: Callable[[], tuple[float, float]], n: int) -> Estimate:
    """The bootstrap's estimate; all resamples being alike tells nothing, and then `fallback` gives the limits.

    Of a few patients the quantiles can leave out the value: they are widened to it.
    """
    low, high = percentile(resamples)
    low, high = (low, high) if low < high else fallback()
    return Estimate(value, min(low, value), max(high, value), n)


def _wins(positives: Sequence[Array], negatives: Sequence[Array]) -> Array:
    """For each positive and negative patient how many pairs of their slices stand in the right order, ties a half."""
    values = np.concatenate(positives)
    starts = np.cumsum([0, *map(len, positives[:-1])])
    wins = np.empty((len(positives), len(negatives)))
    for column, scores in enumerate(negatives):
        ordered = np.sort(scores)
        below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
        wins[:, column] = np.add.reduceat(below, starts) / 2
    return wins


def _slice_auc(patients: Sequence[Sequence[Scored]], weights: Array) -> Estimate:
    """The AUC of slices, resampled by patient."""
    labels = np.array([members[0].label for members in patients])
    scores = [np.array([unit.probability for unit in members]) for members in patients]
    positive, negative = np.flatnonzero(labels == 1), np.flatnonzero(labels != 1)
    units = [unit for members in patients for unit in members]
    value = auc([unit.label for unit in units], [unit.probability for unit in units])
    if math.isnan(value):
        return _undefined(len(patients))
    sizes = np.array([float(len(members)) for members in patients])
    wins = _wins([scores[i] for i in positive], [scores[i] for i in negative])
    # Whole and half numbers throughout, so that no order of summation changes a digit.
    above = ((weights[:, positive] @ wins) * weights[:, negative]).sum(-1)
    pairs = (weights[:, positive] @ sizes[positive]) * (weights[:, negative] @ sizes[negative])
    fallback = (value, len(positive), len(negative))
    return _resampled(value, above / pairs, lambda: newcombe_interval(*fallback), len(patients))


def _average_precision(units: Sequence[Scored], patients: Sequence[Sequence[Scored]], weights: Array) -> Estimate:
    """Average precision, resampled by patient."""
    places = {members[0].patient_id: place for place, members in enumerate(patients)}
    labels, scores = [unit.label for unit in units], [unit.probability for unit in units]
    return precision_interval(labels, scores, [places[unit.patient_id] for unit in units], weights)


def bare_values(units: Sequence[Scored]) -> dict[str, Estimate]:
    """Every figure of METRICS without limits, which are nan: for what is only averaged.

    Args:
        units: As of `estimate`.
    """
    total, count = np.array(confusion(units), dtype=np.float64), len({unit.patient_id for unit in units})
    labels, scores = [unit.label for unit in units], [unit.probability for unit in units]
    ranked = {"auc": auc(labels, scores), "average_precision": average_precision(labels, scores)}
    found = ranked | {name: float(of_counts(name, total)) for name in METRICS if name not in ranked}
    return {name: Estimate(found[name], math.nan, math.nan, count) for name in METRICS}


def estimate(units: Sequence[Scored], level: str) -> dict[str, Estimate]:
    """Every figure of METRICS, for the positive class; undefined ones are nan with nan limits.

    Args:
        units: Patients, or slices; each once.
        level: "patient": see `auc_interval` for the AUC, Clopper-Pearson for proportions, and what follows from
            Clopper-Pearson's limits for F1, balanced accuracy and Matthews' correlation. "slice": the stratified
            patient bootstrap for all, since the slices of one patient are alike and an interval that took them for
            independent would be far too narrow. Average precision has the bootstrap's standard deviation on the logit
            scale at both; of slices, of FEWER_RESAMPLES.
    """
    patients = _by_patient(units)
    counts = np.array([confusion(members) for members in patients], dtype=np.float64).reshape(-1, 4)
    total = counts.sum(0)
    weights = bootstrap_weights(np.array([members[0].label for members in patients]))
    resampled = weights @ counts

    def figure(name: str) -> Estimate:
        value = float(of_counts(name, total))
        if math.isnan(value):
            return _undefined(len(patients))
        if level == "patient":
            low, high = decision_limits(name, counts)
            return Estimate(value, min(low, value), max(high, value), len(patients))  # but for rounding they are that
        return _resampled(value, of_counts(name, resampled), lambda: decision_limits(name, counts), len(patients))

    if level == "patient":
        area = auc_interval([unit.label for unit in units], [unit.probability for unit in units])
    else:
        area = _slice_auc(patients, weights)
    drawn = weights if level == "patient" else weights[:FEWER_RESAMPLES]
    ranked = {"auc": area, "average_precision": _average_precision(units, patients, drawn)}
    return {name: ranked.get(name) or figure(name) for name in METRICS}
