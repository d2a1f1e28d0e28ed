import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.evaluation.calibration import (
    calibration,
    error_if_calibrated,
    expected_calibration_error,
    logits,
    reliability_points,
)
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.logistic import fit_offset, fit_slope

ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1000)), min_size=1, max_size=40)


def units(*rows):
    return [Scored(f"{i:04d}", label, p, 0.5) for i, (label, p) in enumerate(rows)]


def cohort(n, slope=1.0, intercept=0.0, seed=3):
    """Patients whose true logit is slope * (the logit they are given) + intercept."""
    random = np.random.Generator(np.random.Philox(seed))
    logit = random.normal(0, 1.5, n)
    labels = (random.random(n) < 1 / (1 + np.exp(-(slope * logit + intercept)))).astype(int)
    return units(*zip(labels.tolist(), (1 / (1 + np.exp(-logit))).tolist(), strict=True))


@pytest.mark.parametrize(("slope", "intercept"), [(1, 0), (0.5, 0), (1, -0.7), (2, 0)])
def test_a_large_cohort_gives_back_the_slope_and_offset_it_was_made_with(slope, intercept):
    known = cohort(20000, slope, intercept)
    labels, logit = np.array([u.label for u in known]), logits([u.probability for u in known])
    assert fit_slope(labels, logit).estimate.value == pytest.approx(slope, abs=0.06)
    if slope == 1:  # else calibration in the large is another thing than the intercept of the recalibration
        assert fit_offset(labels, logit).estimate.value == pytest.approx(intercept, abs=0.06)


def test_a_well_calibrated_large_cohort_has_hardly_any_error():
    found = calibration(cohort(3000))
    assert found.expected_error < 0.03
    assert found.expected_error_if_calibrated < 0.02


def test_walds_limits_hold_the_truth_about_as_often_as_they_say():
    found = [calibration(cohort(100, seed=seed)) for seed in range(100)]
    for name in ("slope", "intercept"):
        held = sum(getattr(c, name).low <= (name == "slope") <= getattr(c, name).high for c in found)
        assert held >= 90


def test_a_calibrated_model_of_a_small_cohort_shows_about_the_error_that_chance_is_said_to_make():
    random = np.random.Generator(np.random.Philox(5))
    probabilities = np.round(random.random(40), 3)
    errors = [
        expected_calibration_error(reliability_points((random.random(40) < probabilities).astype(int), probabilities))
        for _ in range(400)
    ]
    said = error_if_calibrated(probabilities)
    assert said > 0.05  # far from the 0 that a reader expects
    assert said == pytest.approx(np.mean(errors), rel=0.06)


@given(ROWS)
def test_whatever_the_cohort_every_figure_is_a_number_or_has_a_reason(rows):
    found = calibration(units(*((label, p / 1000) for label, p in rows)))
    for figure, reason in ((found.slope, found.slope_reason), (found.intercept, found.intercept_reason)):
        assert math.isnan(figure.value) == bool(reason)
        assert reason or figure.low < figure.value < figure.high
    assert 0 <= found.expected_error <= 1
    assert math.isnan(found.brier.low) or found.brier.low < found.brier.high


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_patients_tells_nothing(rows, random):
    known = units(*((label, p / 1000) for label, p in rows))
    shuffled = random.sample(known, len(known))
    first, second = (calibration(given).points for given in (known, shuffled))
    assert [(p.n, p.observed) for p in first] == [(p.n, p.observed) for p in second]
    assert [p.predicted for p in first] == pytest.approx([p.predicted for p in second])
    assert calibration(known).slope.value == pytest.approx(calibration(shuffled).slope.value, rel=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "there are no patients"),
        ([(1, 0.2), (1, 0.7)], "all patients are of one class"),
        ([(1, 0.4), (0, 0.4), (0, 0.4)], "same probability"),
        ([(0, 0.1), (0, 0.2), (1, 0.6), (1, 0.9)], "tells the classes wholly apart"),
        ([(1, 0.1), (0, 0.2), (0, 0.9)], "tells the classes wholly apart"),
        # A tie at the border does not help: the best slope is infinite all the same.
        ([(0, 0.1), (0, 0.5), (1, 0.5), (1, 0.9)], "but for equal probabilities on the border"),
        ([(1, 0.1), (1, 0.5), (0, 0.5), (0, 0.9)], "but for equal probabilities on the border"),
        # Ranked the wrong way round, and equal only since both are clipped: the AUC is below 1.
        ([(0, 0.1), (0, 1 - 1e-8), (1, 1 - 1e-7), (1, 1 - 1e-9)], "3 probabilities nearer than 1e-06 to 0 or 1 count"),
    ],
)
def test_a_slope_that_does_not_exist_says_why(rows, reason):
    found = calibration(units(*rows))
    assert math.isnan(found.slope.value)
    assert reason in found.slope_reason


def test_an_intercept_stands_where_the_slope_does_not():
    found = calibration(units((0, 0.1), (0, 0.2), (1, 0.6), (1, 0.9)))
    assert found.intercept.low < found.intercept.value < found.intercept.high
    assert not found.intercept_reason


def test_a_wholly_certain_probability_is_clipped_and_counted():
    found = calibration(units((0, 0.0), (1, 1.0), (1, 0.0), (0, 0.4), (1, 0.6)))
    assert found.clipped == 3
    assert math.isfinite(found.slope.value)


@given(ROWS)
def test_bins_hold_all_patients_and_never_part_equal_probabilities(rows):
    labels, probabilities = [label for label, _ in rows], [p / 1000 for _, p in rows]
    points = reliability_points(labels, probabilities)
    assert sum(point.n for point in points) == len(rows)
    assert sum(point.n * point.observed for point in points) == pytest.approx(sum(labels))
    assert all(point.low <= point.observed <= point.high for point in points)
    if len(set(probabilities)) == len(rows):
        assert max(point.n for point in points) - min(point.n for point in points) <= 1
    if len(set(probabilities)) == 1:
        assert len(points) == 1


def test_the_prevalence_alone_has_a_scaled_brier_score_of_zero():
    found = calibration(units(*[(1, 0.25)] * 5, *[(0, 0.25)] * 15))
    assert found.scaled_brier == pytest.approx(0)
    assert found.brier.value == pytest.approx(found.brier_prevalence)


def test_where_all_resamples_agree_the_brier_score_has_no_limits_rather_than_none_wide():
    found = calibration(units(*[(1, 0.3)] * 3, *[(0, 0.3)] * 8)).brier
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_probabilities_that_differ_by_rounding_alone_have_no_slope():
    found = calibration(units(*((int(i % 3 == 0), float(np.float32(0.5 + 6e-8 * (i % 7)))) for i in range(20))))
    assert found.slope_reason == "all patients have the same probability"
