import math

import numpy as np
import pytest
from fakerun import fake_recipe

from radiogenomics.evaluation.decide import Scored, Threshold
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.judgement_tables import subgroups_sentences, subgroups_table
from radiogenomics.evaluation.sites import sites_of_patients
from radiogenomics.evaluation.subgroups import by_age, grouping, known, subgroups, years
from radiogenomics.records import Prediction, Trait

UNITS = [Scored(f"{i:02d}", int(i % 3 == 0), (i * 7 % 30) / 30, 0.5) for i in range(30)]
IDS = [unit.patient_id for unit in UNITS]


def trait(patient, name, value, kind="acquisition", modality="flair"):
    return Trait(patient, modality if kind == "acquisition" else "", kind, name, value)


def evidence_of(traits, *settings):
    rows = [Prediction(unit.patient_id, 0, 2, "test", unit.label, unit.probability) for unit in UNITS]
    return Evidence("run", fake_recipe(*settings), rows, [Threshold(0, 2, 0.5, "")], (), traits=traits)


def of(evidence, name):
    return next(found for found in subgroups(evidence) if found.trait == name)


def test_each_group_has_the_figures_of_its_own_patients():
    found = grouping(UNITS, "site", {p: "a" if int(p) < 20 else "b" for p in IDS})
    first = found.groups[0]
    members = UNITS[:20]
    right = [unit.decision for unit in members if unit.label]
    assert (first.name, first.n, first.positives) == ("a", 20, len(right))
    assert first.sensitivity.value == pytest.approx(sum(right) / len(right))
    assert first.auc.n == 20
    assert first.auc.low < first.auc.value < first.auc.high
    assert not found.warning


def test_small_groups_are_pooled_and_the_unknown_stand_by_themselves():
    names = {p: "large" if int(p) < 20 else f"rare{p}" for p in IDS[:26]}
    found = grouping(UNITS, "scanner", names)
    assert [(group.kind, group.n) for group in found.groups] == [("group", 20), ("others", 6), ("unknown", 4)]
    assert "6 of fewer than 5 patients" in found.groups[1].name


def test_a_group_that_only_calls_itself_unknown_is_a_group():
    found = grouping(UNITS, "scanner", {p: "not known" if int(p) < 10 else "others" for p in IDS[:20]})
    assert [group.kind for group in found.groups] == ["group", "group", "unknown"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({}, "not known of any test patient"),
        (dict.fromkeys(IDS, "Phantom"), "all 30 test patients are alike in it (Phantom)"),
        ({p: p for p in IDS}, "no group has 5 test patients"),
    ],
)
def test_where_nothing_can_be_told_apart_it_says_why(names, said):
    found = grouping(UNITS, "scanner", names)
    assert not found.groups
    assert said in found.note


def test_a_group_that_gives_the_outcome_away_is_warned_of():
    names = {unit.patient_id: f"scanner {unit.label}" for unit in UNITS[:-1]}
    found = grouping(UNITS, "scanner", names | {IDS[-1]: "scanner 1"}, "methylated")
    assert found.separation > 0.9
    assert "nearly determined by the scanner" in found.warning
    assert "share of methylated" in found.warning


def test_that_a_trait_is_not_known_can_give_the_outcome_away_too():
    found = grouping(UNITS, "site", {unit.patient_id: "a" for unit in UNITS if unit.label})
    assert found.separation == 1
    assert found.warning


def test_sites_dealt_by_chance_to_a_few_positives_are_not_accused():
    def warned(seed):
        labels = np.zeros(30, int)
        labels[np.random.default_rng(seed).permutation(30)[:3]] = 1
        units = [Scored(p, int(label), 0.5, 0.5) for p, label in zip(IDS, labels, strict=True)]
        return bool(grouping(units, "site", {p: str(int(p) // 5) for p in IDS}).warning)

    assert sum(warned(seed) for seed in range(200)) <= 8


def test_one_patient_alone_in_a_group_says_nothing():
    units = [Scored("last", 1, 0.5, 0.5), *(Scored(p, 0, 0.5, 0.5) for p in IDS)]
    found = grouping(units, "site", dict.fromkeys(IDS, "a"))
    assert [group.n for group in found.groups] == [30, 1]
    assert not found.warning


def test_acquisition_counts_of_the_series_on_which_slices_are_chosen():
    rows = [trait(p, "scanner", "A" if int(p) < 15 else "B") for p in IDS]
    other = [trait(p, "scanner", p, modality="t1w") for p in IDS]
    found = of(evidence_of([*rows, *other]), "scanner")
    assert [group.name for group in found.groups] == ["A", "B"]
    drawn = 'modalities=["flair","t1w"]', "region.drawn_on=t1w", "region.policy=box"
    assert of(evidence_of([*rows, *other], *drawn), "scanner").note == "Scanner: no group has 5 test patients."


def test_a_site_that_the_labels_file_tells_counts_alone():
    traits = [trait(p, "site", "site-1") for p in IDS] + [trait(p, "site", "Bonn", "clinical") for p in IDS[:10]]
    assert set(known(traits, "site", "flair").items()) == {(p, "Bonn") for p in IDS[:10]}


def test_a_patient_is_of_the_site_that_the_split_takes_too():
    traits = [trait("a", "site", "site-2"), trait("a", "site", "site-1", modality="t1w"), trait("b", "site", "site-2")]
    traits += [trait("a", "site", "site-1", modality="t2w"), trait("b", "site", " ", modality="t1w")]
    assert known(traits, "site", "flair") == sites_of_patients(traits, "flair") == {"a": "site-2", "b": "site-2"}


def test_of_several_values_the_most_frequent_counts_and_of_equals_the_first_in_the_alphabet():
    traits = [trait("a", "scanner", name) for name in ("Z", "B", "Z")] + [trait("b", "scanner", n) for n in "YC"]
    assert known(traits, "scanner", "flair") == {"a": "Z", "b": "C"}


def test_ages_are_halved_at_their_rounded_median_or_parted_at_a_stated_cut():
    ages = {p: str(40 + int(p)) for p in IDS[:20]} | {IDS[20]: "old"}
    assert set(by_age(ages).values()) == {"< 50", "≥ 50"}  # the median is 49.5
    assert IDS[20] not in by_age(ages)
    assert list(by_age(ages, 45).values()).count("< 45") == 5
    found = of(evidence_of([trait(p, "age", text, "clinical") for p, text in ages.items()]), "age")
    assert [(group.name, group.n) for group in found.groups] == [("< 50", 10), ("≥ 50", 10), ("not known", 10)]


@pytest.mark.parametrize(
    ("text", "value"), [("57", 57), ("057Y", 57), ("57.5", 57.5), ("006M", math.nan), ("", math.nan)]
)
def test_ages_are_read_in_years_only(text, value):
    assert years(text) == pytest.approx(value, nan_ok=True)


def test_field_strengths_that_are_called_alike_are_one_group():
    strengths = {p: ("2.89362", "3", "1.494")[int(p) % 3] for p in IDS}
    found = of(evidence_of([trait(p, "field_strength", text) for p, text in strengths.items()]), "field_strength")
    assert [(group.name, group.n) for group in found.groups] == [("1.5 T", 10), ("3 T", 20)]


def test_table_and_sentences_warn_before_they_say_that_these_are_many_looks():
    traits = [trait(u.patient_id, "site", f"<b>{u.label}") for u in UNITS]
    evidence = evidence_of(traits)
    table = subgroups_table(evidence)
    assert [row[:3] for row in table.rows] == [("Site", "<b>0", "20 (0)"), ("Site", "<b>1", "10 (10)")]
    warning, looks, *notes = subgroups_sentences(evidence)
    assert "nearly determined by the site" in warning
    assert "2 groups" in looks
    assert len(notes) == 4
