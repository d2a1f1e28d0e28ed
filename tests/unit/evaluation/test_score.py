import math
from statistics import mean, stdev

import pytest
from fakerun import fake_folds, fake_recipe, fake_slices

from radiogenomics.evaluation.estimate import METRICS
from radiogenomics.evaluation.score import estimates, score
from radiogenomics.records import SlicePrediction
from radiogenomics.tables.aggregators import AGGREGATORS

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


def test_every_metric_is_pooled_and_told_fold_by_fold():
    rows = scored(signal=0.5).rows
    pooled = estimates(rows, "patient", 2, "test")
    folds = [estimates(rows, "patient", 2, "test", str(fold)) for fold in range(3)]
    means = estimates(rows, "patient", 2, "test", "mean of folds")
    assert tuple(pooled) == tuple(means) == METRICS
    for metric in METRICS:
        values = [fold[metric].value for fold in folds if not math.isnan(fold[metric].value)]
        assert means[metric].value == pytest.approx(mean(values))
        assert means[metric].n == len(values)  # of folds
        assert pooled[metric].n == 24  # of patients
    assert pooled["average_precision"].value != pytest.approx(means["average_precision"].value)


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
    } | {(f"patient by {name}", 2, "test") for name in AGGREGATORS}


@pytest.mark.parametrize("name", AGGREGATORS)
def test_the_side_by_side_row_of_the_chosen_aggregator_is_the_figure_that_counts(name):
    found = scored(f"evaluation.aggregator={name}", "evaluation.threshold=youden")
    assert estimates(found.rows, f"patient by {name}", 2, "test") == found.metrics
    others = [estimates(found.rows, f"patient by {other}", 2, "test") for other in AGGREGATORS if other != name]
    assert any(other != found.metrics for other in others)
    for fold in ("mean of folds", "sd of folds"):
        of_metrics = [estimates(found.rows, level, 2, "test", fold) for level in ("patient", f"patient by {name}")]
        values = [[part[metric].value for metric in METRICS] for part in of_metrics]
        assert values[0] == pytest.approx(values[1], nan_ok=True)


def test_an_aggregator_chosen_fold_by_fold_is_used_fold_by_fold():
    recipe = fake_recipe("evaluation.aggregator=validation")
    slices = fake_slices(LABELS, fake_folds(LABELS, 3, 1), signal=0.3, seed=1)
    found = score(slices, recipe)
    names = {(row.fold, row.phase): row.name for row in found.aggregators}
    assert names.keys() == {(fold, phase) for fold in range(3) for phase in (1, 2)}
    assert len(set(names.values())) > 1
    for fold in range(3):
        same = score(slices, fake_recipe(f"evaluation.aggregator={names[fold, 2]}")).predictions
        ours = [p for p in found.predictions if (p.fold, p.phase) == (fold, 2)]
        assert ours == [p for p in same if (p.fold, p.phase) == (fold, 2)]


def test_only_the_published_protocol_marks_its_figures():
    assert {row.note for row in scored().rows} == {""}
    recipe = fake_recipe("split.protocol=published", "evaluation.threshold=youden")
    slices = fake_slices(LABELS, fake_folds(LABELS, 3, 1, "published"), signal=1.0, seed=1)
    found = score(slices, recipe)
    assert found.note == "selected on the reported fold"
    assert {row.note for row in found.rows} == {found.note}
    # An outside cohort chooses nothing, whatever protocol the run had.
    assert score(slices, recipe, found.thresholds).note == ""


def test_haims_table_follows_from_its_counts():
    # 16 mutant, 43 wild type; median and mean: 11 and 42 right, min and max: 10 and 42.
    for name, hits, printed in (("median", 11, (0.898, 0.687, 0.977)), ("max", 10, (0.881, 0.625, 0.977))):
        labels = {f"{i:02d}": int(i < 16) for i in range(59)}
        right = {patient: i < hits or 16 <= i < 58 for i, patient in enumerate(labels)}
        values = {patient: 0.9 if right[patient] == bool(label) else 0.1 for patient, label in labels.items()}
        rows = [
            SlicePrediction(p, "1", "s", n, int(p) % 5, 2, "test", labels[p], values[p])
            for p in labels
            for n in range(5)
        ]
        figures = score(rows, fake_recipe(f"evaluation.aggregator={name}", "split.folds=5")).metrics
        ours = [figures[metric].value for metric in ("accuracy", "sensitivity", "specificity")]
        assert ours == pytest.approx(printed, abs=0.001)


def test_the_order_of_slices_changes_nothing():
    recipe = fake_recipe()
    slices = fake_slices(LABELS, fake_folds(LABELS, 3, 1), signal=1, seed=1)
    assert score(slices, recipe).metrics == score(slices[::-1], recipe).metrics
