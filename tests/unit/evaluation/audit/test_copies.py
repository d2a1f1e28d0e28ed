from dataclasses import replace

import pytest
from audit_cohorts import made_up, of_check

from radiogenomics.cohort.copies import ACROSS as WRITTEN
from radiogenomics.evaluation.audit.copies import ACROSS
from radiogenomics.records import Exclusion, Fold


def cohort(*ids):
    """The ids among 20 others, those of even place tested."""
    others = [f"Q{number}" for number in range(20)]
    labels = {patient: number % 2 for number, patient in enumerate((*ids, *others))}
    test = tuple(sorted(labels)[::2])
    fold = Fold(0, tuple(sorted(set(labels) - set(test))), (), test)
    return replace(made_up(1), labels=labels, folds=(fold,))


@pytest.mark.parametrize(
    "ids",
    [
        ("P7", "P7_copy"), ("P7", "P7_aug2"), ("P7", "P7 (1)"), ("00007", "00007 copy"), ("p7", "P7-flipped"),
        ("P7", "P7-aug-02"), ("LUNG-001", "LUNG-001_oversampled_3"),
    ],
)  # fmt: skip
def test_copies_are_known_by_their_ids(ids):
    finding = of_check(cohort(*ids), "copied-ids")
    assert finding.status == "found"
    assert set(finding.patients) == set(ids)


@pytest.mark.parametrize("ids", [("P7_aug1", "P7_aug2"), ("P7rot90", "P7rot180"), ("P7_copy1", "P7_copy2")])
def test_copies_without_an_original_are_suspected(ids):
    finding = of_check(cohort(*ids), "copied-ids")
    assert finding.status == "suspected"
    assert set(finding.patients) == set(ids)


@pytest.mark.parametrize("ids", [("P7_visit1", "P7_visit2"), ("P7", "P7-followup"), ("P7_pre", "P7_post")])
def test_visits_are_suspected(ids):
    finding = of_check(cohort(*ids), "copied-ids")
    assert finding.status == "suspected"
    assert set(finding.patients) == set(ids)


@pytest.mark.parametrize(
    "ids",
    [
        ("TCGA_CS_4941", "TCGA_CS_4942"), ("sub-aug01", "sub-aug02"), ("copy1", "copy2"), ("Carrot1", "Carrot2"),
        ("P7_1", "P7_2"), tuple(f"2019_scan_{number}" for number in range(20)), ("scan1", "scan2"), ("1", "01"),
        tuple(f"2019-Aug-{day:02d}" for day in range(1, 9)), tuple(f"GLIO2_ROT_{k:03d}" for k in range(1, 10)),
    ],
)  # fmt: skip
def test_ordinary_ids_are_not_copies(ids):
    assert of_check(cohort(*ids), "copied-ids").status == "clean"


def shared_files(one, other, number):
    reason = "duplicate across patients: same SOPInstanceUID as {}/FLAIR/{}.dcm of patient {}"
    return [Exclusion(one, f"{one}/{k}.dcm", reason.format(other, k, other)) for k in range(number)]


def test_the_scans_words_for_copies_are_understood():
    assert ACROSS.fullmatch(f"{WRITTEN}: same SOPInstanceUID as a/b.dcm of patient P 1 of patient 2")["owner"] == "2"


def test_a_cohort_whose_every_file_lies_in_two_folders_is_stopped():
    facts = cohort()
    ids = sorted(facts.labels)
    files = [row for one, other in zip(ids[::2], ids[1::2], strict=True) for row in shared_files(one, other, 8)]
    finding = of_check(replace(facts, exclusions=files), "copied-files")
    assert (finding.status, len(finding.patients)) == ("found", 20)


@pytest.mark.parametrize(("number", "status"), [(12, "found"), (1, "suspected")])
def test_files_of_two_patients_are_found_and_a_stray_one_is_suspected(number, status):
    facts = cohort("A", "B")
    one, other = facts.folds[0].test[0], facts.folds[0].train[0]
    finding = of_check(replace(facts, exclusions=shared_files(one, other, number)), "copied-files")
    assert (finding.status, finding.patients) == (status, tuple(sorted([one, other])))
    assert str(number) in finding.sentence


def test_a_backup_whose_patient_takes_no_part_is_no_leak():
    facts = cohort("A")
    finding = of_check(replace(facts, exclusions=shared_files("A backup", "A", 10)), "copied-files")
    assert finding.status == "clean"
    assert "takes no part" in finding.sentence
