from dataclasses import replace

import pytest

from radiogenomics.cohort.choose import choose_series
from radiogenomics.cohort.ties import References
from radiogenomics.errors import CohortError
from radiogenomics.records import Cohort, Exclusion, Series, Slice

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def series(patient, uid, modality="flair", n=3, **changes):
    slices = tuple(Slice(f"{uid}/{k}", f"{uid}.{k}", None, k, 5.0 * k, 0, 0) for k in range(n))
    one = Series(
        patient, "1", uid, modality, "folder" if modality else "", "axial", slices, n, 64, 64, (1.0, 1.0), AXIAL, "",
        "", "", None, "", "20200101",
    )  # fmt: skip
    return replace(one, **changes)


def cohort(*found, exclusions=()):
    return Cohort("/data", 9, tuple(found), tuple(exclusions))


def told(result):
    return {one.series_uid: (one.status, one.reason) for one in result.series}


def test_most_slices_wins_and_the_other_says_why():
    result, chosen = choose_series(
        cohort(series("a", "1", n=20), series("a", "2", n=23)), ["flair"], "most-slices", "any"
    )
    assert [s.series_uid for s in chosen["a"]] == ["2"]
    assert told(result) == {
        "1": ("unused", "flair, 20 slices: series 2 has 23 (policy most-slices)"),
        "2": ("used", ""),
    }


@pytest.mark.parametrize(
    ("first", "second", "policy", "winner", "why"),
    [
        ({"acquired": "20200101"}, {"acquired": "20210101"}, "most-slices", "2", "has as many and was acquired later"),
        ({}, {}, "most-slices", "1", "the smaller UID"),
        ({"n": 9}, {"acquired": "20210101"}, "latest", "2", "was acquired later (policy latest)"),
        ({}, {"n": 4}, "latest", "2", "has 4 and was acquired at the same time"),
        ({}, {}, "latest", "1", "the smaller UID"),
    ],
)
def test_ties_are_broken_the_same_way_in_any_order(first, second, policy, winner, why):
    pair = [series("a", "1", **first), series("a", "2", **second)]
    for found in (pair, pair[::-1]):
        result, chosen = choose_series(cohort(*found), ["flair"], policy, "any")
        assert chosen["a"][0].series_uid == winner
        (loser,) = (s for s in result.series if s.status == "unused")
        assert why in loser.reason


def test_policy_error_lists_every_patient_at_once():
    found = [series(patient, f"{patient}{k}") for patient in "ab" for k in (1, 2)]
    with pytest.raises(CohortError) as caught:
        choose_series(cohort(*found), ["flair"], "error", "any")
    assert "patient a has 2 flair series (a1, a2)" in str(caught.value)
    assert "patient b has 2 flair series" in str(caught.value)
    _, chosen = choose_series(cohort(found[0], found[2]), ["flair"], "error", "any")
    assert sorted(chosen) == ["a", "b"]


PLANNING = series("a", "1", "ct", n=8, frame_of_reference_uid="1.1")
DIAGNOSTIC = series("a", "2", "ct", n=9, frame_of_reference_uid="1.2", acquired="20210101")
DOSE = series("a", "3", "dose", frame_of_reference_uid="1.1")


@pytest.mark.parametrize("policy", ["most-slices", "latest", "error"])
def test_the_ct_that_shares_the_doses_frame_wins_whatever_the_policy(policy):
    result, chosen = choose_series(cohort(PLANNING, DIAGNOSTIC, DOSE), ["ct", "dose"], policy, "any")
    assert [s.series_uid for s in chosen["a"]] == ["1", "3"]
    assert told(result)["2"] == ("unused", "ct, 9 slices: series 1 shares the dose's frame of reference")
    assert told(result)["1"] == ("used", "")


def test_the_dose_that_shares_the_cts_frame_wins():
    larger = replace(DOSE, series_uid="4", slices=DIAGNOSTIC.slices, frame_of_reference_uid="1.2")
    result, chosen = choose_series(cohort(PLANNING, DOSE, larger), ["dose", "ct"], "most-slices", "any")
    assert [s.series_uid for s in chosen["a"]] == ["3", "1"]
    assert told(result)["4"] == ("unused", "dose, 9 slices: series 3 shares the ct's frame of reference")
    pairs = cohort(PLANNING, DIAGNOSTIC, DOSE, larger)
    _, chosen = choose_series(pairs, ["ct", "dose"], "most-slices", "any")
    assert [s.series_uid for s in chosen["a"]] == ["2", "4"], "of two pairs the policy takes one, and no mixture"


@pytest.mark.parametrize(
    ("masks", "why"),
    [
        (References("ct", frozenset({"1"}), frozenset({"1.2"})), "is the one on which the masks were drawn"),
        (References("ct", frozenset({"7"}), frozenset({"1.1"})), "lies in the frame of reference in which the masks"),
    ],
)
def test_the_series_on_which_the_masks_were_drawn_wins_and_the_dose_goes_with_it(masks, why):
    doses = [replace(DOSE, slices=PLANNING.slices, frame_of_reference_uid="1.2", series_uid="4"), DOSE]
    for policy in ("most-slices", "error"):
        found = cohort(PLANNING, DIAGNOSTIC, *doses)
        result, chosen = choose_series(found, ["dose", "ct"], policy, "any", masks)
        assert [s.series_uid for s in chosen["a"]] == ["3", "1"]
        assert f"ct, 9 slices: series 1 {why}" in told(result)["2"][1]


def test_masks_tell_of_the_modality_on_which_lesions_are_drawn_alone():
    masks = References("t1w", frozenset({"1"}), frozenset({"1.1"}))
    _, chosen = choose_series(cohort(PLANNING, DIAGNOSTIC), ["ct"], "most-slices", "any", masks)
    assert chosen["a"][0].series_uid == "2"


def test_policy_error_stays_one_among_series_that_belong_alike():
    second = replace(PLANNING, series_uid="5")
    with pytest.raises(CohortError, match=r"patient a has 2 ct series \(1, 5\)"):
        choose_series(cohort(PLANNING, second, DIAGNOSTIC, DOSE), ["ct", "dose"], "error", "any")
    unstated = [replace(one, frame_of_reference_uid="") for one in (PLANNING, DIAGNOSTIC, DOSE)]
    with pytest.raises(CohortError, match=r"patient a has 2 ct series \(1, 2\)"):
        choose_series(cohort(*unstated), ["ct", "dose"], "error", "any")


def test_the_plane_asked_for_is_the_only_one_used():
    result, chosen = choose_series(
        cohort(series("a", "1", plane="sagittal", n=99), series("a", "2"), series("b", "3", plane="")),
        ["flair"], "most-slices", "axial",
    )  # fmt: skip
    assert [s.series_uid for s in chosen["a"]] == ["2"]
    assert told(result)["1"] == ("unused", "flair, sagittal: axial is asked for")
    assert result.exclusions == (Exclusion("b", "", "no axial flair series"),)


def test_the_plane_asked_for_is_no_matter_for_a_dose_which_can_be_sampled_in_any():
    found = [series("a", "1", "ct"), series("a", "2", "dose", plane="coronal"), series("b", "3", "ct", plane="coronal")]
    result, chosen = choose_series(cohort(*found), ["ct", "dose"], "most-slices", "axial")
    assert [s.modality for s in chosen["a"]] == ["ct", "dose"]
    assert result.exclusions == (Exclusion("b", "", "no axial ct and no dose series"),)


def test_a_series_that_the_scan_calls_unusable_stays_so_and_is_told_of_the_patient():
    sheared = series("a", "1", "ct", status="unused", reason="sheared", n=99)
    result, chosen = choose_series(
        cohort(sheared, series("a", "2", "ct"), replace(sheared, patient_id="b")), ["ct"], "most-slices", "any"
    )
    assert [s.series_uid for s in chosen["a"]] == ["2"]
    assert told(result)["1"] == ("unused", "sheared")
    assert result.exclusions == (Exclusion("b", "", "no ct series that can be used (sheared)"),)


def test_a_sheared_series_gives_way_to_an_upright_one_and_else_is_used():
    sheared = series("a", "1", "ct", sheared=4.0, reason="sheared", n=99)
    found = cohort(sheared, series("a", "2", "ct"), replace(sheared, patient_id="b", series_uid="3"))
    for policy in ("most-slices", "error"):
        result, chosen = choose_series(found, ["ct"], policy, "any")
        assert {patient: one.series_uid for patient, (one,) in chosen.items()} == {"a": "2", "b": "3"}
        assert told(result)["1"] == ("unused", "ct: series 2 is not sheared; sheared")


def test_channels_come_in_the_order_asked_and_others_are_said():
    found = [series("a", "1", "t1w"), series("a", "2", "flair"), series("a", "3", "t2w")]
    result, chosen = choose_series(cohort(*found), ["t2w", "t1w"], "most-slices", "any")
    assert [s.modality for s in chosen["a"]] == ["t2w", "t1w"]
    assert told(result)["2"] == ("unused", "flair is not asked for")


def test_a_patient_lacking_a_modality_is_left_out_whole():
    found = [series("a", "1", "t1w"), series("b", "2", "t1w"), series("b", "3", "flair")]
    result, chosen = choose_series(cohort(*found), ["t1w", "flair"], "most-slices", "any")
    assert list(chosen) == ["b"]
    assert result.exclusions == (Exclusion("a", "", "no flair series"),)
    assert told(result)["1"] == ("unused", "patient left out: no flair series")


def test_a_patient_of_whom_every_file_was_rejected_does_not_vanish():
    rejected = Exclusion("b", "b/1.dcm", "truncated")
    result, _ = choose_series(cohort(series("a", "1"), exclusions=[rejected]), ["flair"], "most-slices", "any")
    assert result.exclusions == (rejected, Exclusion("b", "", "no flair series"))


def test_an_unsure_role_is_never_used():
    unsure = series("a", "1", "", reason="role unsure: no description", status="unused", n=99)
    result, chosen = choose_series(cohort(unsure, series("a", "2")), ["flair"], "most-slices", "any")
    assert [s.series_uid for s in chosen["a"]] == ["2"]
    assert told(result)["1"] == ("unused", "role unsure: no description")


def test_series_of_another_matrix_are_left_to_the_matching_of_slices():
    found = [series("a", "1", "t1w"), series("a", "2", "flair", rows=128, columns=128, spacing=(0.5, 0.5))]
    result, chosen = choose_series(cohort(*found), ["t1w", "flair"], "most-slices", "any")
    assert [s.series_uid for s in chosen["a"]] == ["1", "2"]
    assert result.exclusions == ()


def test_what_a_scan_noticed_stays_with_the_reason():
    noticed = "folder says flair, header says t1w: folder taken"
    found = [series("a", "1", reason=noticed), series("a", "2", n=9), series("b", "3", reason=noticed)]
    result, _ = choose_series(cohort(*found), ["flair"], "most-slices", "any")
    assert told(result)["1"][1] == f"flair, 3 slices: series 2 has 9 (policy most-slices); {noticed}"
    assert told(result)["3"] == ("used", noticed)


def test_nobody_left_is_an_error_with_what_was_found():
    with pytest.raises(CohortError, match=r"can be used for t1wce .*Modalities found in 1 series: flair"):
        choose_series(cohort(series("a", "1")), ["t1wce"], "most-slices", "any")
