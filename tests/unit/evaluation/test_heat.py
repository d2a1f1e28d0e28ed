"""Shares of heat in the lesion: means over patients, not slices; with honest intervals, and words for both."""

import math

import pytest

from radiogenomics.evaluation.heat import GRAD_CAM, LEAST, OCCLUSION, heat_shares, in_words


def row(patient, heat, area=0.1, others=0.2, outcome="true positive", method=GRAD_CAM):
    known = {"heat_share_in": heat, "area_share_of": area, "others_heat_share_in": others}
    cells = {f"{name}_lesion": "" if value is None else str(value) for name, value in known.items()}
    return {"patient_id": patient, "outcome": outcome, "method": method, **cells}


def test_a_patient_counts_once_however_many_slices_it_has():
    (everyone, positives) = heat_shares([row("a", 0.2), row("a", 0.4), row("a", None), row("b", 0.9, 0.3)])
    assert (everyone.outcome, positives.outcome) == ("all", "true positive")
    assert everyone.heat.value == pytest.approx((0.3 + 0.9) / 2)
    assert everyone.area.value == pytest.approx(0.2)
    assert everyone.gain.value == pytest.approx(0.6 - 0.2)
    assert everyone.heat.n == 2
    assert math.isnan(everyone.heat.low)  # two patients are too few for an interval


def test_the_interval_is_the_bootstraps_and_the_same_each_time():
    rows = [row(str(n), 0.1 + 0.02 * n, outcome="false negative") for n in range(20)]
    (everyone, _) = heat_shares(rows)
    assert heat_shares(rows[::-1])[0] == everyone
    standard_error = 0.02 * math.sqrt((20**2 - 1) / 12 / 20)
    assert everyone.heat.low == pytest.approx(everyone.heat.value - 1.96 * standard_error, abs=0.005)
    assert everyone.heat.high == pytest.approx(everyone.heat.value + 1.96 * standard_error, abs=0.005)
    assert everyone.gain.low < everyone.gain.value < everyone.gain.high


def test_methods_stand_apart_and_without_others_the_gain_is_over_the_area():
    rows = [row(str(n), 0.5, others=None, method=OCCLUSION) for n in range(LEAST)] + [row("a", 0.3)]
    shares = {(s.method, s.outcome): s for s in heat_shares(rows)}
    assert shares[OCCLUSION, "all"].gain.value == pytest.approx(0.4)
    assert math.isnan(shares[OCCLUSION, "all"].others.value)
    assert "would lie there" not in in_words(shares[OCCLUSION, "all"])
    assert in_words(shares[OCCLUSION, "all"]).startswith("50% (50% to 50%) of the heat (occlusion, 5 patients shown)")
    said = in_words(shares[GRAD_CAM, "all"])
    assert said.startswith("30% of the heat (grad-cam, 1 test patients with a lesion in sight) lies in the lesion")
    assert said.endswith("which covers 10% of the picture; of the other patients' mean heat 20% would lie there.")


def test_without_lesions_there_is_nothing_to_say():
    assert heat_shares([]) == ()
    assert heat_shares([row("a", None, None, None)]) == ()
