import re

from radiogenomics.evaluation.comparison_figures import (
    LINES,
    LONGEST,
    forest,
    roc_overlay,
    shorten,
)
from radiogenomics.evaluation.decide import Scored
from radiogenomics.records import Estimate


def scored(rows):
    return [Scored(f"{i}", label, score / 12, 0.5) for i, (label, score) in enumerate(rows)]


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
