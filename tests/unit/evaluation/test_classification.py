import math

import pytest
from sklearn.metrics import precision_recall_fscore_support

from radiogenomics.evaluation.classification import as_text, classification_report
from radiogenomics.evaluation.decide import Scored

UNITS = [Scored(str(i), int(i % 3 == 0), (i * 7 % 10) / 10, 0.5) for i in range(25)]


def test_each_class_and_both_means_are_sklearns():
    rows = classification_report(UNITS, ("wild", "mutant"))
    y, d = [u.label for u in UNITS], [u.decision for u in UNITS]
    expected = list(zip(*precision_recall_fscore_support(y, d), strict=True))
    assert [(r.precision, r.recall, r.f1, r.support) for r in rows[:2]] == [pytest.approx(row) for row in expected]
    for row, average in zip(rows[2:], ("macro", "weighted"), strict=True):
        values = precision_recall_fscore_support(y, d, average=average)[:3]
        assert (row.precision, row.recall, row.f1) == pytest.approx(values)
    assert "mutant" in as_text(rows)


def test_a_class_without_members_is_undefined_and_spoils_no_mean():
    rows = classification_report([Scored("a", 0, 0.1, 0.5)], ("wild", "mutant"))
    assert math.isnan(rows[1].recall)
    assert rows[3].recall == 1
    _, wild, mutant, *_ = as_text(rows).splitlines()
    assert mutant.split() == ["mutant", "-", "-", "-", "0"]
    assert len(mutant) == len(wild)
