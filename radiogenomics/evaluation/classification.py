"""The classification report: precision, recall and F1 of each class."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.estimate import confusion


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class, or an average over both; nan where undefined."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.nan


def _of_class(name: str, hits: int, false_calls: int, misses: int) -> ClassRow:
    precision, recall = _ratio(hits, hits + false_calls), _ratio(hits, hits + misses)
    return ClassRow(name, precision, recall, _ratio(2 * hits, 2 * hits + false_calls + misses), hits + misses)


def classification_report(units: Sequence[Scored], classes: tuple[str, str]) -> tuple[ClassRow, ...]:
    """The negative class, the positive class, their mean, and their mean weighted by support.

    Args:
        units: Patients or slices with their decisions.
        classes: Names of the negative and the positive class.
    """
    tp, fp, tn, fn = confusion(units)
    rows = (_of_class(classes[0], tn, fn, fp), _of_class(classes[1], tp, fp, fn))
    return (*rows, _mean("mean", rows, (1, 1)), _mean("mean by support", rows, (rows[0].support, rows[1].support)))


def _mean(name: str, rows: Sequence[ClassRow], weights: tuple[int, int]) -> ClassRow:
    def mean(column: str) -> float:
        # A class without members has no weight, and its undefined figures shall not spoil the mean.
        pairs = [(getattr(row, column), weight) for row, weight in zip(rows, weights, strict=True) if weight]
        return _ratio(sum(value * weight for value, weight in pairs), sum(weight for _, weight in pairs))

    return ClassRow(name, mean("precision"), mean("recall"), mean("f1"), sum(row.support for row in rows))


def _shown(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def as_text(rows: Sequence[ClassRow]) -> str:
    """The report in aligned columns, for a terminal or a log; what is undefined is a dash."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}  precision  recall      F1  support"]
    for row in rows:
        precision, recall, f1 = _shown(row.precision), _shown(row.recall), _shown(row.f1)
        lines.append(f"{row.name:{width}}  {precision:>9}  {recall:>6}  {f1:>6}  {row.support:7d}")
    return "\n".join(lines)
