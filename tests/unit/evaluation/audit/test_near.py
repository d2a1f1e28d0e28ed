"""Near-duplicates: copies are found, heads that look alike are not accused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from radiogenomics.evaluation.audit.near import MOST_ALIKE, NEAR, near_duplicates
from radiogenomics.imaging.fingerprint import perceptual_hash
from radiogenomics.records import PreparedSlice

LGG = Path(__file__).parents[4].parent / "shared/data/tcga-lgg/slices.npz"


def picture(*seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(64, 64)).astype(np.float32)
    return 500 + 700 * cv2.GaussianBlur(noise, (0, 0), 1.5)


def row(patient: str, number: int, text: str, series: str = "flair") -> PreparedSlice:
    return PreparedSlice(patient, f"{patient}.{series}", f"{patient}.{number}", number, f"{patient}{number}", text)


def series(patient: str, *pictures: np.ndarray, first: int = 1) -> list[PreparedSlice]:
    return [row(patient, number, perceptual_hash(image)) for number, image in enumerate(pictures, first)]


def flipped(bits: int, of: int = 0) -> str:
    """A hash that differs from another in so many bits, spread over all its bands."""
    words = np.random.default_rng(of).integers(0, 2, 256, dtype=np.uint8)
    words[np.random.default_rng(7).permutation(256)[:bits]] ^= 1
    return np.packbits(words).tobytes().hex()


def altered(image: np.ndarray) -> np.ndarray:
    """Re-encoded, rescaled, resampled, and a little noisy."""
    top = float(image.max())
    picture = np.clip(image / top * 255, 0, 255).astype(np.uint8)
    _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
    decoded = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE).astype(np.float32)
    noise = np.random.default_rng(1).normal(size=decoded.shape).astype(np.float32)
    return cv2.resize(3 * decoded + 2 * noise - 20, (80, 80))


def test_an_altered_copy_under_another_id_is_found_slice_by_slice() -> None:
    heads = [picture(0, k) for k in range(6)]
    others = series("c", *(picture(1, k) for k in range(6)))
    found = near_duplicates([*others, *series("b", *map(altered, heads), first=11), *series("a", *heads)])
    assert [(one.patient_id, one.slice, other.patient_id, other.slice) for one, other, _ in found] == [
        ("a", k, "b", k + 10) for k in range(1, 7)
    ]
    assert all(0 <= bits <= NEAR for _, _, bits in found)


def test_a_copy_whose_slices_are_numbered_backwards_is_found() -> None:
    heads = [picture(0, k) for k in range(4)]
    found = near_duplicates([*series("a", *heads), *series("b", *heads[::-1])])
    assert [(one.slice, other.slice) for one, other, _ in found] == [(1, 4), (2, 3), (3, 2), (4, 1)]


@pytest.mark.parametrize(("bits", "near"), [(NEAR, True), (NEAR + 1, False)])
def test_every_pair_within_the_distance_is_found_and_none_beyond(bits: int, near: bool) -> None:
    a = [row("a", k, flipped(0, k)) for k in range(20)]
    b = [row("b", k, flipped(bits, k)) for k in range(20)]
    assert [(one.slice, other.slice) for one, other, _ in near_duplicates([*a, *b])] == [
        (k, k) for k in range(20)
    ] * near


def test_one_or_two_slices_that_look_alike_accuse_nobody() -> None:
    tips = [picture(0, k) for k in range(2)]
    one = series("a", *tips, *(picture(1, k) for k in range(5)))
    other = series("b", *tips, *(picture(2, k) for k in range(5)))
    assert near_duplicates([*one, *other]) == []


def test_slices_alike_but_in_no_order_accuse_nobody() -> None:
    heads = [picture(0, k) for k in range(4)]
    one, other = series("a", *heads), series("b", *(heads[k] for k in (1, 3, 0, 2)))
    assert near_duplicates([*one, *other]) == []


def test_of_patients_who_give_one_slice_that_one_is_enough() -> None:
    one, other = series("a", picture(0)), series("b", altered(picture(0)))
    assert len(near_duplicates([*one, *other, *series("c", picture(1))])) == 1


def test_slices_of_one_patient_are_never_compared() -> None:
    heads = [picture(0, k) for k in range(4)]
    again = [row("a", s.slice, s.perceptual_hash, "t1w") for s in series("a", *heads)]
    assert near_duplicates([*series("a", *heads), *again]) == []


@pytest.mark.parametrize("text", ["0" * 64, "8" + "0" * 63, "00ff00ff00ff00ff", "", "x" * 64])
def test_blank_slices_and_hashes_of_older_versions_are_ignored(text: str) -> None:
    assert near_duplicates([row(patient, k, text) for patient in "abc" for k in range(5)]) == []


def test_an_image_that_very_many_slices_show_accuses_nobody() -> None:
    text = perceptual_hash(picture(0))
    assert near_duplicates([row(f"p{k}", 1, text) for k in range(MOST_ALIKE + 1)]) == []


def test_nothing_has_no_duplicates() -> None:
    assert near_duplicates([]) == []


@pytest.mark.skipif(not LGG.exists(), reason="../shared is not here")
def test_of_80_real_patients_none_is_accused_and_a_noisy_copy_of_one_is_found() -> None:
    with np.load(LGG) as data:
        flair, patients, numbers = data["images"][..., 1].astype(np.float32), data["patient"], data["slice"]
    rows = [row(str(p), int(n), perceptual_hash(i)) for p, n, i in zip(patients, numbers, flair, strict=True)]
    assert near_duplicates(rows) == []
    random = np.random.default_rng(0)
    own = np.flatnonzero(patients == patients[0])
    noisy = [flair[k] + random.normal(0, 2.5, flair[k].shape).astype(np.float32) for k in own]
    copy = [row("copy", int(numbers[k]), perceptual_hash(image)) for k, image in zip(own, noisy, strict=True)]
    found = near_duplicates([*rows, *copy])
    assert {(one.patient_id, other.patient_id) for one, other, _ in found} == {(str(patients[0]), "copy")}
    assert len(found) > len(own) / 2
