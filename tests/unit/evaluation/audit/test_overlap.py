from dataclasses import replace

import numpy as np
import pytest
from audit_cohorts import made_up, of_check

from radiogenomics.evaluation.audit.near import is_featureless
from radiogenomics.imaging.fingerprint import perceptual_hash
from radiogenomics.records import Fold, PreparedSlice, Trait


def with_slices(facts, *rows):
    return replace(facts, slices=[*facts.slices, *rows])


def a_slice(patient, number=90, uid="9", pixels="f" * 32, looks="0f" * 32):
    return PreparedSlice(patient, f"{uid}.{patient}", f"{uid}.{patient}.{number}", number, pixels, looks)


def two_apart(facts):
    """A patient who trains and one who is tested in fold 0."""
    return facts.folds[0].train[0], facts.folds[0].test[0]


def test_a_patient_in_train_and_test_is_named_with_the_fold():
    facts = made_up(11)
    fold = facts.folds[2]
    torn = replace(fold, validation=(*fold.validation, fold.test[0]))
    finding = of_check(replace(facts, folds=(*facts.folds[:2], torn, *facts.folds[3:])), "same-patient")
    assert (finding.status, finding.patients) == ("found", (fold.test[0],))
    assert f"{fold.test[0]} (validation and test of fold 2)" in finding.sentence


@pytest.mark.parametrize(
    ("check", "same"),
    [("same-series", {"series_uid": "1.2.3"}), ("same-instance", {"sop_uid": "1.2.3.4"}), ("same-pixels", {})],
)
def test_what_two_patients_share_is_a_leak_where_a_fold_tests_one_of_them(check, same):
    facts = made_up(12)
    one, other = two_apart(facts)
    # Of each pair only what is asked for is the same.
    pixels = {} if check == "same-pixels" else {"pixel_hash": "a" * 32}
    rows = [replace(a_slice(one), **same), replace(a_slice(other, 91, looks="1e" * 32), **same, **pixels)]
    finding = of_check(with_slices(facts, *rows), check)
    assert finding.status == "found"
    assert finding.patients == tuple(sorted([one, other]))
    assert "of fold" in finding.sentence
    assert "(test)" in finding.sentence


def test_one_side_alone_is_suspected_of_counting_a_person_twice():
    facts = made_up(13)
    one, other = facts.folds[0].test[:2]
    facts = replace(facts, folds=facts.folds[:1])
    finding = of_check(with_slices(facts, a_slice(one), a_slice(other)), "same-pixels")
    assert finding.status == "suspected"
    assert "on one side" in finding.sentence


@pytest.mark.parametrize("level", [0, 7, 1000.5])
def test_blank_slices_are_nobodys(level):
    blank = perceptual_hash(np.full((40, 48), level, np.float32))
    assert is_featureless(blank)
    facts = made_up(14)
    finding = of_check(with_slices(facts, *(a_slice(p, looks=blank) for p in two_apart(facts))), "same-pixels")
    assert finding.status == "clean"


def test_images_that_show_something_are_not_blank():
    random = np.random.default_rng(0)
    plane = np.zeros((64, 64), np.float32)
    plane[20:40, 15:50] = random.integers(100, 900, (20, 35))
    assert not is_featureless(perceptual_hash(plane))


def test_a_patients_own_slices_and_channels_may_be_copies():
    facts = made_up(15)
    one = facts.folds[0].test[0]
    finding = of_check(with_slices(facts, a_slice(one, 90), a_slice(one, 91), a_slice(one, 90, "8")), "same-pixels")
    assert finding.status == "clean"


def test_patients_without_copies_are_told_in_a_whole_sentence():
    assert of_check(made_up(15), "same-pixels").sentence.endswith("patients share most slices pixel by pixel")


@pytest.mark.parametrize("looks", ["same", "nearly the same"])
def test_a_cohort_that_is_wholly_doubled_is_stopped(looks):
    facts = made_up(30, 30)
    ids = list(facts.labels)
    own = {patient: [row for row in facts.slices if row.patient_id == patient] for patient in ids}
    rows = [
        replace(b, pixel_hash=a.pixel_hash if looks == "same" else b.pixel_hash, perceptual_hash=a.perceptual_hash)
        for one, other in zip(ids[::2], ids[1::2], strict=True)
        for a, b in [*zip(own[one], own[one], strict=True), *zip(own[one], own[other], strict=True)]
    ]
    finding = of_check(replace(facts, slices=rows), "same-pixels" if looks == "same" else "near-duplicates")
    assert finding.status == "found"
    assert finding.patients == tuple(ids)


def test_one_series_of_all_patients_is_a_copy_too():
    facts = made_up(31)
    rows = [replace(row, pixel_hash=f"{row.slice:032x}") for row in facts.slices]
    finding = of_check(replace(facts, slices=rows), "same-pixels")
    assert finding.status == "found"
    assert len(finding.patients) == 40


def test_a_single_equal_slice_of_several_stops_nobody():
    facts = made_up(32)
    edge = [a_slice(patient, uid="1.2") for patient in list(facts.labels)[:14]]  # of four others each
    finding = of_check(with_slices(facts, *edge), "same-pixels")
    assert finding.status == "suspected"
    assert "field of view" in finding.sentence
    assert len(finding.patients) == 14


def test_a_test_pattern_that_most_patients_hold_is_no_more_than_suspected():
    facts = made_up(16)
    finding = of_check(with_slices(facts, *(a_slice(patient, uid="1.2") for patient in facts.labels)), "same-pixels")
    assert finding.status == "suspected"
    assert "test pattern" in finding.sentence


def test_near_slices_of_two_patients_are_found_and_exact_ones_left_to_their_own_check():
    facts = made_up(17)
    one, other = two_apart(facts)
    own = [row for row in facts.slices if row.patient_id == one]
    theirs = [row for row in facts.slices if row.patient_id == other]
    copies = [replace(b, perceptual_hash=a.perceptual_hash) for a, b in zip(own, theirs, strict=True)]
    rest = [row for row in facts.slices if row.patient_id != other]
    near = replace(facts, slices=[*rest, *copies])
    assert of_check(near, "near-duplicates").status == "found"
    assert of_check(near, "same-pixels").status == "clean"
    exact = [replace(b, pixel_hash=a.pixel_hash) for a, b in zip(own, copies, strict=True)]
    assert of_check(replace(facts, slices=[*rest, *exact]), "near-duplicates").status == "clean"
    assert of_check(replace(facts, slices=[*rest, *exact]), "same-pixels").status == "found"


def test_a_study_of_two_patients_is_found_and_one_of_all_is_only_suspected():
    facts = made_up(18)
    one, other = two_apart(facts)
    rest = [t for t in facts.traits if t.name != "study"]
    named = [Trait(p, "", "identity", "study", "same" if p in (one, other) else p) for p in facts.labels]
    assert of_check(replace(facts, traits=[*rest, *named]), "same-study").status == "found"
    every = [Trait(p, "", "identity", "study", "same") for p in facts.labels]
    assert of_check(replace(facts, traits=[*rest, *every]), "same-study").status == "suspected"


def named_studies(facts, of):
    rest = [t for t in facts.traits if t.name != "study"]
    return replace(
        facts, traits=[*rest, *(Trait(p, "", "identity", "study", of(k)) for k, p in enumerate(facts.labels))]
    )


def test_a_study_of_several_is_a_leak_and_of_a_whole_site_a_placeholder():
    facts = made_up(22, 30)
    seven = named_studies(facts, lambda place: "same" if place < 7 else str(place))
    assert of_check(seven, "same-study").status == "found"
    rest = [t for t in seven.traits if t.name != "site"]
    sites = [Trait(p, "", "clinical", "site", "a" if k < 7 else "b") for k, p in enumerate(facts.labels)]
    finding = of_check(replace(seven, traits=[*rest, *sites]), "same-study")
    assert finding.status == "suspected"
    assert "a whole site" in finding.sentence


def test_a_study_each_of_all_pairs_is_a_leak():
    finding = of_check(named_studies(made_up(23, 30), lambda place: str(place // 2)), "same-study")
    assert (finding.status, len(finding.patients)) == ("found", 30)


@pytest.mark.parametrize("text", ["x" * 64, "", "00ff00ff00ff00f"])
def test_hashes_of_a_damaged_file_are_no_crash(text):
    facts = made_up(24)
    finding = of_check(with_slices(facts, *(a_slice(p, looks=text) for p in two_apart(facts))), "same-pixels")
    assert finding.status in {"clean", "found"}


def test_what_is_not_known_is_never_clean():
    facts = replace(made_up(19), slices=(), traits=())
    for check in ("same-series", "same-instance", "same-pixels", "near-duplicates", "same-study", "two-ids"):
        assert of_check(facts, check).status == "unknown"
    assert of_check(replace(facts, folds=()), "same-patient").status == "unknown"


def test_who_is_left_out_leaks_nothing():
    facts = made_up(20)
    finding = of_check(with_slices(facts, a_slice("gone"), a_slice(facts.folds[0].test[0])), "same-pixels")
    assert finding.status == "clean"


def test_train_against_validation_is_told_where_no_test_is_touched():
    facts = made_up(21)
    fold = Fold(0, facts.folds[0].train, facts.folds[0].validation, facts.folds[0].test)
    rows = [a_slice(fold.train[0]), a_slice(fold.validation[0])]
    finding = of_check(with_slices(replace(facts, folds=(fold,)), *rows), "same-pixels")
    assert finding.status == "found"
    assert "(train)" in finding.sentence
    assert "(validation)" in finding.sentence
