from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.evaluation.calibration import logits
from radiogenomics.evaluation.temperature import (
    LEAST,
    MOST,
    best_temperature,
    choose_temperatures,
    scaled,
)
from radiogenomics.records import Prediction

CELLS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["validation", "test"]), st.integers(0, 1), st.integers(0, 1000)),
    max_size=40,
)


def predictions(cells):
    return [Prediction(f"{i:03d}", fold, 2, split, label, p / 1000) for i, (fold, split, label, p) in enumerate(cells)]


@given(CELLS, st.integers(0, 1000))
def test_test_patients_have_no_say_in_any_temperature(cells, other):
    rows = predictions(cells)
    changed = [
        replace(row, label=1 - row.label, probability=other / 1000) if row.split == "test" else row for row in rows
    ]
    first, second = ({t.fold: t for t in choose_temperatures(given, 2)} for given in (rows, changed))
    assert first == second


def log_loss(labels, probabilities, temperature):
    logit = logits(probabilities) / temperature
    return float(np.mean(np.logaddexp(0, logit) - np.array(labels) * logit))


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 999)), min_size=2, max_size=30), st.integers(10, 1000))
def test_no_temperature_within_bounds_has_a_lower_log_loss(rows, other):
    labels, probabilities = [label for label, _ in rows], [p / 1000 for _, p in rows]
    best = best_temperature(labels, probabilities)
    assert LEAST <= best <= MOST
    if len(set(labels)) == 2:
        found, another = (log_loss(labels, probabilities, t) for t in (best, other / 100))
        assert found <= another + 1e-9


def test_overconfident_validation_patients_give_a_temperature_above_one():
    rows = predictions([(0, "validation", 1, 990)] * 3 + [(0, "validation", 0, 990), (0, "test", 1, 990)])
    (chosen,) = choose_temperatures(rows, 2)
    assert chosen.value == pytest.approx(np.log(99) / np.log(3))
    assert scaled(rows, [chosen])[0].probability == pytest.approx(0.75)
    assert "validation" in chosen.by


@pytest.mark.parametrize(
    ("known", "said"),
    [([], "nobody validates"), ([(0, "validation", 1, 700)] * 2, "2 validation patients lack a class")],
)
def test_a_fold_that_can_not_choose_keeps_one_and_says_so(known, said):
    rows = predictions([*known, (0, "test", 0, 123)])
    (chosen,) = choose_temperatures(rows, 2)
    assert chosen.value == 1
    assert said in chosen.by
    assert [row.probability for row in scaled(rows, [chosen])] == [0.123]


def test_wholly_separated_validation_patients_stop_at_the_bound_and_say_so():
    rows = predictions([(0, "validation", 1, 900), (0, "validation", 0, 100), (0, "test", 0, 500)])
    (chosen,) = choose_temperatures(rows, 2)
    assert chosen.value == LEAST
    assert "least that is allowed" in chosen.by


def test_each_folds_test_patients_get_its_own_temperature_and_other_phases_none():
    rows = [Prediction("a", fold, phase, "test", 1, 0.9) for fold in (0, 1) for phase in (1, 2)]
    rows += [Prediction(str(i), 0, 2, "validation", int(i < 3), 0.99) for i in range(4)]
    found = scaled(rows, choose_temperatures(rows, 2))
    assert [(row.fold, row.phase) for row in found] == [(0, 2), (1, 2)]
    assert found[0].probability < 0.9
    assert found[1].probability == 0.9
