from dataclasses import replace

import numpy as np
import pytest
from audit_cohorts import made_up, of_check

from radiogenomics.evaluation.audit.audit import audit
from radiogenomics.records import Trait


def identities(facts, **of_name):
    """The facts with these identity traits, each a function of a patient's place, and none besides."""
    rest = [trait for trait in facts.traits if trait.kind != "identity"]
    told = [
        Trait(patient, "", "identity", name, value)
        for name, tell in of_name.items()
        for place, patient in enumerate(facts.labels)
        if (value := tell(place))
    ]
    return replace(facts, traits=[*rest, *told])


def torn(facts):
    """Places of a patient who trains and of one who is tested in fold 0."""
    places = list(facts.labels)
    return places.index(facts.folds[0].train[0]), places.index(facts.folds[0].test[0])


def but(one, other, of=str):
    """The same of two places, its own of every other."""
    return lambda place: of(one if place == other else place)


@pytest.mark.parametrize("second", ["name", "header_id", "frame", "accession"])
def test_birth_date_and_one_thing_more_make_one_person(second):
    facts = made_up(31)
    a, b = torn(facts)
    found = of_check(identities(facts, birth_date=but(a, b), **{second: but(a, b)}), "two-ids")
    assert found.status == "found"
    assert set(found.patients) == {list(facts.labels)[place] for place in (a, b)}
    assert f"birth date and {second.replace('_', ' ')}" in found.sentence
    assert found.mend


def test_name_and_id_agree_by_themselves_where_clinics_number_from_one():
    facts = made_up(32)
    local = {"name": lambda place: str(place // 2), "header_id": lambda place: str(place // 2)}
    facts = identities(facts, birth_date=str, **local)
    assert of_check(facts, "two-ids").status == "clean"
    assert of_check(facts, "header-id").status == "clean"


def test_a_header_id_of_two_patients_is_suspected_where_no_birth_date_tells_them_apart():
    facts = made_up(33)
    a, b = torn(facts)
    finding = of_check(identities(facts, header_id=but(a, b), study=str), "header-id")
    assert finding.status == "suspected"
    assert set(finding.patients) == {list(facts.labels)[place] for place in (a, b)}


def test_a_birth_date_alone_is_suspected_in_a_small_cohort_with_its_expectation():
    facts = made_up(34)
    a, b = torn(facts)
    finding = of_check(identities(facts, birth_date=but(a, b), name=str), "two-ids")
    # 780 pairs / 21,900 days = .036: rare, but not rare enough to speak of.
    assert finding.status == "clean"
    small = made_up(34, 12)
    a, b = torn(small)
    finding = of_check(identities(small, birth_date=but(a, b), name=str), "two-ids")
    assert finding.status == "suspected"
    assert "0.003 would be expected" in finding.sentence


def test_birth_dates_that_are_years_accuse_nobody():
    facts = made_up(35, 60)
    random = np.random.default_rng(0)
    years = [str(year) for year in random.integers(1940, 2000, 60)]
    facts = identities(facts, birth_date=lambda place: years[place], name=str, header_id=str)
    assert of_check(facts, "two-ids").status == "clean"


def test_placeholders_of_a_site_are_no_more_than_suspected():
    facts = made_up(36, 40)
    made_alike = {name: lambda place: "anon" if place < 8 else str(place) for name in ("name", "birth_date")}
    finding = of_check(identities(facts, **made_alike), "two-ids")
    assert finding.status == "suspected"
    assert "anonymisation" in finding.sentence


def test_one_value_of_everyone_is_a_placeholder_and_never_clean():
    facts = made_up(37)
    facts = identities(facts, birth_date=lambda _: "x", name=lambda _: "y", header_id=lambda _: "z", study=str)
    for check in ("two-ids", "header-id"):
        finding = of_check(facts, check)
        assert finding.status == "suspected"
        assert "placeholder" in finding.sentence
        assert len(finding.patients) == 40


def test_a_name_of_everyone_whose_birth_dates_differ_accuses_nobody():
    facts = identities(made_up(40), birth_date=str, name=lambda _: "y", header_id=lambda _: "z", study=str)
    assert of_check(facts, "two-ids").status == "clean"
    assert of_check(facts, "header-id").status == "clean"


def test_patients_scanned_twice_under_two_ids_are_suspected_by_their_birth_dates_alone():
    facts = made_up(44)
    twice = identities(facts, birth_date=lambda place: str(place // 2), study=str)
    finding = of_check(twice, "two-ids")
    assert finding.status == "suspected"
    assert len(finding.patients) == 40
    some = identities(facts, birth_date=lambda place: str(place // 2 if place < 24 else place), study=str)
    assert len(of_check(some, "two-ids").patients) == 24


@pytest.mark.parametrize("seed", range(8))
def test_birth_dates_that_are_years_or_months_accuse_nobody(seed):
    random = np.random.default_rng(seed)
    for patients, dates in ((60, 40), (150, 60), (400, 720)):
        drawn = [str(day) for day in random.integers(0, dates, patients)]
        facts = identities(made_up(45, patients), birth_date=lambda place, drawn=drawn: drawn[place], study=str)
        assert of_check(facts, "two-ids").status == "clean", (patients, dates)


def test_placeholders_of_small_sites_make_no_persons_and_pairs_do():
    facts = made_up(46, 40)
    rest = [t for t in facts.traits if t.name != "site"]
    alike = lambda place: f"anon {place // 3}" if place < 12 else str(place)  # noqa: E731
    sites = [Trait(p, "", "clinical", "site", str(min(k // 3, 4))) for k, p in enumerate(facts.labels)]
    made = identities(replace(facts, traits=[*rest, *sites]), birth_date=alike, name=alike, study=str)
    findings = [f for f in audit(made) if f.check == "two-ids"]
    assert {f.status for f in findings} == {"suspected"}
    assert {p for f in findings for p in f.patients} == set(list(facts.labels)[:12])
    pairs = lambda place: f"one {place // 2}" if place < 12 else str(place)  # noqa: E731
    made = identities(replace(facts, traits=[*rest, *sites]), birth_date=pairs, name=pairs, study=str)
    assert of_check(made, "two-ids").status == "found"


def test_series_of_another_person_within_a_patient_are_suspected():
    facts = made_up(38)
    patient = next(iter(facts.labels))
    mixed = replace(facts, traits=[*facts.traits, Trait(patient, "", "identity", "header_id", "else")])
    finding = of_check(mixed, "mixed-patient")
    assert (finding.status, finding.patients) == ("suspected", (patient,))


def test_ids_that_differ_from_series_to_series_in_most_patients_tell_nothing():
    facts = made_up(39)
    more = [Trait(patient, "", "identity", "header_id", f"{patient} else") for patient in facts.labels]
    assert of_check(replace(facts, traits=[*facts.traits, *more]), "mixed-patient").status == "clean"
