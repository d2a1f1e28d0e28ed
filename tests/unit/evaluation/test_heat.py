"""Shares of heat in the lesion: means over patients, not slices; with honest intervals, and words for both."""

import math

import pytest

from radiogenomics.evaluation.heat import GRAD_CAM, LEAST, OCCLUSION, heat_shares
from radiogenomics.evaluation.heat_words import beyond_chance, cells_of, coarseness, in_words


def row(patient, heat, area=0.1, others=0.2, outcome="true positive", method=GRAD_CAM):
    known = {"heat_share_in": heat, "area_share_of": area, "others_heat_share_in": others}
    cells = {f"{name}_lesion": "" if value is None else str(value) for name, value in known.items()}
    return {"patient_id": patient, "outcome": outcome, "method": method, **cells}


def test_a_patient_counts_once_however_many_slices_it_has():
    (everyone, positives) = heat_shares([row("a", 0.2), row("a", 0.4), row("a", None, 0), row("b", 0.9, 0.3)])
    assert (everyone.outcome, positives.outcome) == ("all", "true positive")
    assert everyone.heat.value == pytest.approx((0.3 + 0.9) / 2)
    assert everyone.area.value == pytest.approx(0.2)
    assert everyone.over_others.value == pytest.approx(0.6 - 0.2)
    assert everyone.over_area.value == pytest.approx(0.6 - 0.2)
    assert everyone.heat.n == 2
    assert math.isnan(everyone.heat.low)  # two patients are too few for an interval


def test_the_interval_is_the_bootstraps_and_the_same_each_time():
    rows = [row(str(n), 0.1 + 0.02 * n, outcome="false negative") for n in range(20)]
    (everyone, _) = heat_shares(rows)
    assert heat_shares(rows[::-1])[0] == everyone
    standard_error = 0.02 * math.sqrt((20**2 - 1) / 12 / 20)
    assert everyone.heat.low == pytest.approx(everyone.heat.value - 1.96 * standard_error, abs=0.005)
    assert everyone.heat.high == pytest.approx(everyone.heat.value + 1.96 * standard_error, abs=0.005)
    assert everyone.over_others.low < everyone.over_others.value < everyone.over_others.high


def test_methods_stand_apart_and_without_others_only_the_area_is_beside_the_heat():
    rows = [row(str(n), 0.5, others=None, method=OCCLUSION) for n in range(LEAST)] + [row("a", 0.3)]
    shares = {(s.method, s.outcome): s for s in heat_shares(rows)}
    (over_area,) = shares[OCCLUSION, "all"].excesses
    assert over_area.value == pytest.approx(0.4)
    assert math.isnan(shares[OCCLUSION, "all"].others.value)
    assert "would lie there" not in in_words(shares[OCCLUSION, "all"])
    assert in_words(shares[OCCLUSION, "all"]).startswith("50% (50% to 50%) of the heat (occlusion, 5 patients shown)")
    said = in_words(shares[GRAD_CAM, "all"])
    assert said.startswith("30% of the heat (grad-cam, 1 test patient with a lesion in sight) lies in the lesion")
    assert said.endswith("which covers 10% of the picture; of the other patients' mean heat 20% would lie there.")


def test_without_lesions_there_is_nothing_to_say():
    assert heat_shares([]) == ()
    assert heat_shares([row("a", None, None, None)]) == ()
    assert heat_shares([row("a", None, 0, None)]) == ()  # the lesion is not in the slice


def test_patients_without_heat_are_counted_and_told():
    rows = [row(f"p{n}", 0.3) for n in range(6)] + [row("p0", None)]
    rows += [row("q1", None, outcome="false negative"), row("q2", None, outcome="false negative"), row("r", None, 0)]
    shares = {share.outcome: share for share in heat_shares(rows)}
    assert (shares["all"].heat.n, shares["all"].cold) == (6, 2)
    assert "(grad-cam, 6 of 8 test patients with a lesion in sight; in 2 it finds no heat)" in in_words(shares["all"])
    missed = shares["false negative"]
    assert (missed.heat.n, missed.cold) == (0, 2)
    assert in_words(missed) == "grad-cam finds no heat in any of 2 false negatives."
    assert beyond_chance(missed, coarse=False) == ""


MORE = "both intervals lie above 0, more heat than a map would have there"


@pytest.mark.parametrize(
    ("heat", "others", "shown"),
    [
        ((0.5, 0.6, 0.55, 0.5, 0.62, 0.58), 0.2, True),
        ((0.5, 0.6, 0.55, 0.5, 0.62, 0.58), 0.56, False),  # more than the area, and no more than others
        ((0.1, 0.9, 0.05, 0.02, 0.1, 0.03), 0.05, False),  # by one patient alone
        ((0.5, 0.6), 0.1, False),  # too few
    ],
)
def test_heat_prefers_the_lesion_only_where_whole_intervals_say_so(heat, others, shown):
    share = heat_shares([row(str(n), value, others=others) for n, value in enumerate(heat)])[0]
    said = beyond_chance(share, coarse=False)
    assert (MORE in said) == shown
    assert "less its share of the other patients' mean heat" in said
    assert "never looked for the lesion" not in beyond_chance(share, coarse=True)
    alone = heat_shares([row(str(n), value, others=None) for n, value in enumerate(heat)])[0]
    assert "other patients" not in beyond_chance(alone, coarse=False)  # occlusion has no others


def test_cells_too_coarse_to_say_where_are_told_from_the_runs_own_rows():
    assert cells_of([row("a", 0.3)]) is None  # an earlier version did not keep them
    assert cells_of([row("a", 0.3, method=OCCLUSION) | {"cells": ""}, row("a", 0.3) | {"cells": "2x3"}]) == (2, 3)
    assert coarseness(None, False) == coarseness((4, 4), False) == ""
    assert "2 x 9 cells" in coarseness((2, 9), False)
    assert "--method occlusion" in coarseness((2, 9), False)
    assert coarseness((2, 9), True).endswith("looks like a place.")  # who has it need not be told to make it
