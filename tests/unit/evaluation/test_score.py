import math
from statistics import mean, stdev

import pytest
from fakerun import fake_folds, fake_recipe, fake_slices

from radiogenomics.evaluation.score import estimates, score

LABELS = {f"{i:03d}": int(i % 4 == 0) for i in range(24)}


def scored(*assignments, signal=3.0):
    recipe = fake_recipe(*assignments)
    folds = fake_folds(LABELS, recipe.split.folds, recipe.split.repeats)
    return score(fake_slices(LABELS, folds, signal=signal, seed=1), recipe)


def test_metrics_are_of_patients_test_split_last_phase_each_once():
    found = scored()
    assert found.metrics == estimates(found.rows, "patient", 2, "test")
    assert found.metrics["auc"].n == 24
    assert found.metrics["auc"] != estimates(found.rows, "patient", 1, "test")["auc"]
    assert found.metrics["auc"] != estimates(found.rows, "patient", 2, "validation")["auc"]


def test_the_spread_over_folds_is_of_the_folds_figures():
    rows = scored().rows
    folds = [estimates(rows, "patient", 2, "test", str(fold))["auc"].value for fold in range(3)]
    spread = estimates(rows, "patient", 2, "test", "sd of folds")["auc"]
    assert estimates(rows, "patient", 2, "test", "mean of folds")["auc"].value == pytest.approx(mean(folds))
    assert spread.value == pytest.approx(stdev(folds))
    assert math.isnan(spread.low)
    assert spread.n == 3


def test_repeats_pool_each_patient_once_and_tell_their_spread():
    found = scored("split.repeats=2")
    assert len({p.fold for p in found.predictions}) == 6
    assert found.metrics["auc"].n == 24
    repeats = [estimates(found.rows, "patient", 2, "test", f"repeat {r}")["auc"] for r in (0, 1)]
    assert [repeat.n for repeat in repeats] == [24, 24]
    assert estimates(found.rows, "patient", 2, "test", "sd of repeats")["auc"].value == pytest.approx(
        stdev(repeat.value for repeat in repeats)
    )


def test_one_fold_has_no_spread():
    assert not any("of folds" in row.fold for row in scored("split.folds=1").rows)


def test_one_split_drawn_three_times_is_three_repeats_and_no_folds():
    found = scored("split.folds=1", "split.repeats=3")
    names = {row.fold for row in found.rows}
    assert names == {"all", "repeat 0", "repeat 1", "repeat 2", "mean of repeats", "sd of repeats"}
    assert estimates(found.rows, "patient", 2, "test", "sd of repeats")["auc"].n == 3


def test_folds_that_the_plan_does_not_number_are_taken_as_they_are():
    recipe = fake_recipe("split.folds=1", "split.repeats=2")
    rows = score(fake_slices(LABELS, fake_folds(LABELS, 3, 1), signal=3.0, seed=1), recipe).rows
    assert {row.fold for row in rows} == {"all", "0", "1", "2", "mean of folds", "sd of folds"}


def test_every_cell_is_there_once():
    rows = scored().rows
    keys = {(r.level, r.phase, r.split, r.fold, r.metric) for r in rows}
    assert len(keys) == len(rows)
    assert {(r.level, r.phase, r.split) for r in rows} == {
        (level, phase, split) for level in ("patient", "slice") for phase in (1, 2) for split in ("validation", "test")
    }


def test_the_order_of_slices_changes_nothing():
    recipe = fake_recipe()
    slices = fake_slices(LABELS, fake_folds(LABELS, 3, 1), signal=1, seed=1)
    assert score(slices, recipe).metrics == score(slices[::-1], recipe).metrics
