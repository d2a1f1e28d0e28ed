import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.evaluation.average_precision import average_precision
from radiogenomics.evaluation.curves import precision_recall_points, roc_points
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.delong import auc

PEOPLE = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)), min_size=2, max_size=30).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)


def scored(rows):
    return [Scored(f"{i}", label, score / 12, 0.5) for i, (label, score) in enumerate(rows)]


@settings(deadline=None)  # scipy is imported at the first
@given(PEOPLE)
def test_the_area_under_what_is_drawn_is_the_figure_beside_it(rows):
    units = scored(rows)
    labels, scores = [unit.label for unit in units], [unit.probability for unit in units]
    x, y = roc_points(units)
    assert np.trapezoid(y, x) == pytest.approx(auc(labels, scores))
    recall, precision = precision_recall_points(units)
    assert (np.diff(recall) * precision[1:]).sum() == pytest.approx(average_precision(labels, scores))
    assert (recall[0], x[0], y[0]) == (0, 0, 0)
    assert (recall[-1], x[-1], y[-1]) == (1, 1, 1)
