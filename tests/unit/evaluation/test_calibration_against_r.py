"""Calibration, temperature and net benefit against values that R computed: fixtures/calibration.R."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from radiogenomics.evaluation.calibration import calibration
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.decision_curve import net_benefit
from radiogenomics.evaluation.temperature import best_temperature

FIXTURES = Path(__file__).parent / "fixtures"
R = json.loads((FIXTURES / "calibration.json").read_text())
CUTS = (0.1, 0.2, 0.25, 0.5, 0.7)  # as in calibration.R


def read(name):
    with (FIXTURES / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [int(row["label"]) for row in rows], [float(row["probability"]) for row in rows]


@pytest.fixture(params=["overconfident", "timid"])
def name(request):
    return request.param


@pytest.fixture
def found(name):
    labels, probabilities = read(name)
    return calibration([Scored(str(i), y, p, 0.5) for i, (y, p) in enumerate(zip(labels, probabilities, strict=True))])


def close(values):
    return pytest.approx(values, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("figure", ["intercept", "slope"])
def test_coefficients_and_walds_limits_are_those_of_glm(name, found, figure):
    ours = getattr(found, figure)
    value, low, high = R[f"{name}.{figure}"]
    assert ours.value == close(value)
    # glm takes the variance at the step before its last, hence a few digits fewer.
    assert (ours.low, ours.high) == pytest.approx((low, high), rel=1e-6)


def test_brier_scores_are_rs(name, found):
    assert [found.brier.value] == close(R[f"{name}.brier"])
    assert [found.brier_prevalence] == close(R[f"{name}.brier_prevalence"])
    assert [found.scaled_brier] == close(R[f"{name}.scaled_brier"])


@pytest.mark.parametrize("column", ["predicted", "observed", "low", "high"])
def test_reliability_points_and_their_exact_limits_are_rs(name, found, column):
    assert [getattr(point, column) for point in found.points] == close(R[f"{name}.{column}"])


def test_the_expected_calibration_error_is_rs(name, found):
    assert [found.expected_error] == close(R[f"{name}.expected_error"])


def test_the_temperature_is_that_of_a_glm_without_intercept(name):
    assert [best_temperature(*read(name))] == close(R[f"{name}.temperature"])


def test_net_benefit_is_rs(name):
    labels, probabilities = read(name)
    assert net_benefit(labels, probabilities, CUTS).tolist() == close(R[f"{name}.model"])
    assert net_benefit(labels, np.ones(len(labels)), CUTS).tolist() == close(R[f"{name}.treat_all"])
