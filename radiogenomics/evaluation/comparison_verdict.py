"""The first sentences of a comparison: which runs differ beyond chance, and how the best one was found."""

import math
from collections.abc import Callable, Sequence

from radiogenomics.evaluation.comparison import Pair
from radiogenomics.evaluation.side_by_side import Comparison, RunRow, notes
from radiogenomics.evaluation.wording import number, with_interval
from radiogenomics.records import Estimate

ALPHA = 0.05
MOST_NAMED = 3  # pairs in a sentence; the table holds the others


def p_value(p: float) -> str:
    """A p value with three digits."""
    if math.isnan(p):
        return "-"
    return f"{p:.3f}" if p >= 0.001 else "<0.001"


def beyond_chance(pair: Pair) -> bool:
    """Whether DeLong's paired test, after Holm's correction, tells the two runs apart."""
    return pair.p_holm < ALPHA


def _p(p: float) -> str:
    return f"p {p_value(p) if p < 0.001 else f'= {p_value(p)}'} after Holm"


def _named(pairs: Sequence[Pair], difference: Callable[[Pair], Estimate], p: Callable[[Pair], float]) -> str:
    """E.g. "a ranks better than b (AUC 0.10 higher, 95% interval 0.02 to 0.18, p = 0.012 after Holm)"."""
    words = []
    for pair in sorted(pairs, key=p)[:MOST_NAMED]:
        gap, names = difference(pair), (pair.first, pair.second)
        better, worse = names if gap.value > 0 else names[::-1]
        low, high = sorted([gap.low, gap.high]) if gap.value > 0 else sorted([-gap.low, -gap.high])
        words.append(
            f"{better} ranks better than {worse} (AUC {number(abs(gap.value))} higher, 95% interval {number(low)} to "
            f"{number(high)}, {_p(p(pair))})"
        )
    more = len(pairs) - len(words)
    return "; ".join(words) + (f"; and {more} more, below" if more else "")


def _delong(comparison: Comparison) -> str:
    if len(comparison.rows) < 2:
        return "There is one run here, and nothing to set it beside."
    if not comparison.tests:
        return (
            "No two of these runs could be tested against each other, so nothing here says that one is better than "
            "another: the reasons stand with the paired tests."
        )
    found = [pair for pair in comparison.pairs if beyond_chance(pair)]
    made = f"{comparison.tests} pairs of runs tested" if comparison.tests > 1 else "one pair of runs tested"
    how = "by DeLong's paired test, corrected by Holm"
    if not found:
        return (
            f"Of the {made} none differs beyond chance ({how}): this is no evidence that any of these runs is better "
            "than another, nor that they are alike."
        )
    count = "" if comparison.tests == 1 else f"{len(found)} "
    told = _named(found, lambda pair: pair.difference, lambda pair: pair.p_holm)
    return f"Of the {made} {count or 'it '}differ{'s' if len(found) == 1 else ''} beyond chance ({how}): {told}."


def _over_folds(comparison: Comparison) -> str:
    """What the other family of tests says, which allows for other trainings."""
    if not comparison.resampled_tests:
        return ""
    found = [pair for pair in comparison.pairs if pair.p_resampled_holm < ALPHA]
    made = comparison.resampled_tests
    if not found:
        return (
            f"Over folds, where the variance of training counts too (corrected resampled t, {made} "
            f"test{'s' if made > 1 else ''}, corrected by Holm), none differs beyond chance."
        )
    told = _named(found, lambda pair: pair.fold_difference, lambda pair: pair.p_resampled_holm)
    return f"Over folds, where the variance of training counts too (corrected resampled t, {made} tests): {told}."


def _best(comparison: Comparison) -> str:
    known = [row for row in comparison.rows if not math.isnan(row.auc.value)]
    if len(known) < 2 or {"positive", "negative"} & {row.setting for row in comparison.differences}:
        return ""  # of runs that may tell other classes apart none is the best
    tested = {tuple(sorted((unit.patient_id, unit.label) for unit in units)) for units in comparison.units}
    others = " And not all were tested on the same patients: figures differ by these too." if len(tested) > 1 else ""
    best = max(known, key=lambda row: row.auc.value)
    note = f", {best.note}" if best.note else ""
    return (
        f"The highest AUC is {with_interval(best.auc, interval='95% interval ')}{note}, of {best.run}. It was picked "
        f"out of {len(known)} by looking at its test patients, so it is optimistic, and its interval does not cover "
        f"that: confirm it on others.{others}"
    )


def _carried(rows: Sequence[RunRow]) -> str:
    return f"Not all figures here are what they seem. {notes(rows)}." if notes(rows) else ""


def verdict(comparison: Comparison) -> list[str]:
    """What was found, in a few sentences."""
    sentences = [_delong(comparison), _over_folds(comparison), _best(comparison), _carried(comparison.rows)]
    return [sentence for sentence in sentences if sentence]
