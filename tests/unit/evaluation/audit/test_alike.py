from dataclasses import replace

import cv2
import numpy as np
import pytest
from audit_cohorts import made_up, of_check

from radiogenomics.evaluation.audit.alike import is_copy
from radiogenomics.imaging.fingerprint import perceptual_hash
from radiogenomics.records import PreparedSlice


def near(*numbers, bits=10):
    """Pairs of near slices with these numbers."""
    return [
        (PreparedSlice("A", "a", "", i, "x", ""), PreparedSlice("B", "b", "", j, "y", ""), bits) for i, j in numbers
    ]


@pytest.mark.parametrize(
    ("pairs", "slices", "copy"),
    [
        (near((1, 1), (2, 2), (3, 3), (5, 5)), 8, True),
        (near((1, 11), (2, 12), (3, 13)), 8, True),  # numbered otherwise
        (near((1, 8), (2, 7), (3, 6)), 8, True),  # the other way round
        (near((4, 5), (12, 14), (13, 15)), 16, False),  # as two thighs of the phantom were
        (near((6, 6), (7, 7), (9, 9), (14, 10), (15, 13), (16, 14)), 14, False),
        (near((1, 1), (2, 2), (3, 3)), 30, False),  # three of thirty
        (near(*((k, round(k * 1.2)) for k in range(1, 7))), 12, True),  # 6 mm against 5 mm
        (near(*((k, 30 - round(k / 2)) for k in range(1, 20, 2))), 15, True),  # every second one, the other way round
        (near((1, 1), (2, 9), (3, 10), (4, 30), (5, 31)), 12, False),
        (near((1, 1)), 1, False),
        (near((1, 4), bits=3), 1, True),
        (near((1, 4), (2, 5), bits=3), 2, True),
    ],
)
def test_a_copy_is_near_in_many_slices_whose_numbers_lie_on_a_line(pairs, slices, copy):
    assert is_copy(pairs, slices) is copy


def test_doses_are_smooth_and_accuse_nobody():
    facts = made_up(81)
    one, other = facts.folds[0].train[0], facts.folds[0].test[0]
    looks = {row.slice: row.perceptual_hash for row in facts.slices if row.patient_id == one}
    rows = [replace(row, perceptual_hash=looks[row.slice]) if row.patient_id == other else row for row in facts.slices]
    copied = replace(facts, slices=rows)
    assert of_check(copied, "near-duplicates").status == "found"
    series = [{"patient_id": p, "series_uid": f"1.2.{p}", "modality": "dose"} for p in (one, other)]
    assert of_check(replace(copied, series=series), "near-duplicates").status == "clean"


def test_slices_without_anything_on_them_can_not_be_compared():
    facts = made_up(82)
    blank = [replace(row, perceptual_hash="0" * 64) for row in facts.slices]
    assert of_check(replace(facts, slices=blank), "near-duplicates").status == "unknown"


@pytest.mark.parametrize(("flipped", "status"), [(10, "found"), (13, "suspected")])
def test_noise_in_the_hashes_of_a_copy_is_seen_through_and_much_of_it_is_only_suspected(flipped, status):
    facts, random = made_up(83), np.random.default_rng(0)
    one, other = facts.folds[0].train[0], facts.folds[0].test[0]
    looks = {row.slice: row.perceptual_hash for row in facts.slices if row.patient_id == one}

    def altered(text: str) -> str:
        flips = sum(1 << int(bit) for bit in random.choice(256, flipped, replace=False))
        return f"{int(text, 16) ^ flips:064x}"

    rows = [
        replace(row, perceptual_hash=altered(looks[row.slice])) if row.patient_id == other else row
        for row in facts.slices
    ]
    finding = of_check(replace(facts, slices=rows), "near-duplicates")
    assert (finding.status, finding.patients) == (status, tuple(sorted([one, other])))


def test_heads_of_one_atlas_are_not_each_other():
    """Affinely registered heads have one outline: only what is inside differs."""
    random, rows = np.random.default_rng(1), []
    down, across = np.mgrid[:96, :96] - 47.5
    for patient in range(12):
        inside = cv2.GaussianBlur(random.normal(size=(96, 96)).astype(np.float32), (0, 0), 4)
        for k in range(24):
            inside = 0.7 * inside + 0.3 * cv2.GaussianBlur(random.normal(size=(96, 96)).astype(np.float32), (0, 0), 4)
            radius = 42 * np.sqrt(max(1 - ((k - 11.5) / 13) ** 2, 0)) * random.normal(1, 0.01)
            texture = inside / inside.std()
            plane = np.where(down**2 / 1.5 + across**2 < radius**2, 600 + 120 * texture, 0).astype(np.float32)
            rows.append(
                PreparedSlice(f"P{patient:03d}", f"s{patient}", "", k, f"{patient}.{k}", perceptual_hash(plane))
            )
    facts = made_up(84, 12)
    heads = [replace(row, patient_id=list(facts.labels)[int(row.patient_id[1:])]) for row in rows]
    assert of_check(replace(facts, slices=heads), "near-duplicates").status == "clean"


def test_a_cohort_of_copies_of_other_slice_distances_is_found():
    facts, random = made_up(85), np.random.default_rng(2)
    one, other = facts.folds[0].train[0], facts.folds[0].test[0]
    looks = [random.bytes(32).hex() for _ in range(24)]
    thick = [PreparedSlice(one, "a", "", k, f"a{k}", looks[k]) for k in range(24)]
    thin = [PreparedSlice(other, "b", "", k, f"b{k}", looks[round(k * 1.2)]) for k in range(20)]
    finding = of_check(replace(facts, slices=[*facts.slices, *thick, *thin]), "near-duplicates")
    assert (finding.status, finding.patients) == ("found", tuple(sorted([one, other])))
