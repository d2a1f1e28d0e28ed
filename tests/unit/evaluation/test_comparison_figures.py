import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.evaluation.average_precision import average_precision
from radiogenomics.evaluation.comparison_figures import (
    LINES,
    LONGEST,
    forest,
    precision_recall_points,
    roc_overlay,
    roc_points,
    shorten,
)
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.delong import auc
from radiogenomics.records import Estimate

PEOPLE = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)), min_size=2, max_size=30).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)


def scored(rows):
    return [Scored(f"{i}", label, score / 12, 0.5) for i, (label, score) in enumerate(rows)]


@given(PEOPLE)
def test_the_area_under_what_is_drawn_is_the_figure_beside_it(rows):
    units = scored(rows)
    labels, scores = [unit.label for unit in units], [unit.probability for unit in units]
    x, y = roc_points(units)
    assert np.trapezoid(y, x) == pytest.approx(auc(labels, scores))
    recall, precision = precision_recall_points(units)
    assert (np.diff(recall) * precision[1:]).sum() == pytest.approx(average_precision(labels, scores))
    assert (recall[-1], x[-1], y[-1]) == (1, 1, 1)


def test_names_that_are_cut_can_still_be_told_apart():
    assert shorten(["flair", "t1w"]) == ["flair", "t1w"]
    one = f"{'x' * 20}-a-{'y' * 20}"
    cut = shorten([one, one.replace("-a-", "-b-")])
    assert len(set(cut)) == 2
    assert max(map(len, cut)) < LONGEST + 4
    assert shorten(["same", "same"]) == ["same", "same"]


def test_more_runs_than_colours_are_drawn_and_told_of():
    units = scored([(0, 1), (1, 2), (0, 3), (1, 4)])
    few, many = (roc_overlay([(f"run-{i}", units) for i in range(n)]) for n in (len(LINES), len(LINES) + 3))
    # Letters are paths: a line of the grey of the others is what tells.
    grey = re.compile(r"stroke: #6b7280; stroke-opacity: 0.5|opacity: 0.5; stroke: #6b7280", re.IGNORECASE)
    assert not grey.search(few)
    assert grey.search(many)


def test_a_run_without_an_auc_or_an_interval_does_not_stop_the_forest():
    nan = float("nan")
    svg = forest(
        [("a", Estimate(0.7, 0.6, 0.8, 9)), ("b", Estimate(nan, nan, nan, 9)), ("c", Estimate(1.0, nan, nan, 2))]
    )
    assert svg.count('id="ytick_') == 2
    assert svg == forest([("a", Estimate(0.7, 0.6, 0.8, 9)), ("c", Estimate(1.0, nan, nan, 2))])
