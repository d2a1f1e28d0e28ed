"""Which sample comes when, and the random numbers that belong to it: functions of (seed, epoch, sample) alone.

No generator is carried along, so neither the batch size, nor the number of threads, nor a resume changes a draw.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import CohortError
from radiogenomics.records import Sample

Balance = Literal["none", "class-weights", "oversample-slices", "oversample-patients"]
Stream = Literal["order", "augmentation", "layers", "mixing", "test-time"]
STREAMS: dict[Stream, int] = {  # independent sequences of random numbers
    "order": 0,
    "augmentation": 1,
    "layers": 2,
    "mixing": 3,
    "test-time": 4,
}


def generator(seed: int, stream: Stream, epoch: int, sample: int = 0) -> np.random.Generator:
    """Random numbers of their own for one epoch, or for one sample (or batch) in it.

    The counter of Philox has four words; the two lowest are left to count the numbers drawn.
    """
    return np.random.Generator(np.random.Philox(key=[seed, STREAMS[stream]], counter=[0, 0, sample, epoch]))


def key_of(sample: Sample) -> int:
    """A number of 63 bits that belongs to a sample whatever company it is in; for `generator`."""
    name = json.dumps([sample.patient_id, sample.lesion_id, sample.series_uid, sample.slice])
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") >> 1


def epoch_draws(samples: Sequence[Sample], balance: Balance, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """What is drawn in one epoch (from 0), in order; every epoch has as many draws.

    A draw names a sample and how often it came before in the epoch, so that a sample that comes twice can be changed
    in two ways: `draw % len(samples)` is the sample's place, `draw // len(samples)` its repetition (from 0).

    none, class-weights: every sample once.
    oversample-slices: every sample of the larger class once; those of the other as often as each other, to within one,
    until both classes have as many.
    oversample-patients: each class has as many draws as the larger class has samples. Within a class these are shared
    among its patients, and a patient's draws among the patient's samples, evenly to within one; of a patient with more
    samples than draws each epoch shows others.
    Who has one more than others is drawn anew in each epoch.

    Raises:
        CohortError: Oversampling, and the samples are all of one class.
    """
    numbers = generator(seed, "order", epoch)
    counts = _counts(samples, balance, numbers)
    places = np.repeat(np.arange(len(samples)), counts)
    repetitions = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    return numbers.permutation(places + len(samples) * repetitions)


def class_weights(samples: Sequence[Sample]) -> npt.NDArray[np.float32]:
    """The weight of each sample with which both classes weigh alike, 1 on average: n / (2 n of its class).

    Args:
        samples: The training samples, and no others: what is validated on must not weigh in.

    Raises:
        CohortError: The samples are all of one class.
    """
    weights = np.empty(len(samples), np.float32)
    for places in _classes(samples, "class-weights"):
        weights[places] = len(samples) / (2 * len(places))
    return weights


def _counts(samples: Sequence[Sample], balance: Balance, numbers: np.random.Generator) -> npt.NDArray[np.int64]:
    """How often each sample is drawn in an epoch."""
    counts = np.ones(len(samples), np.int64)
    if balance in {"none", "class-weights"}:
        return counts
    classes = _classes(samples, balance)
    total = max(len(places) for places in classes)
    for places in classes:
        if balance == "oversample-slices":
            counts[places] = _shares(total, len(places), numbers)
            continue
        patients = _grouped(places, [samples[place].patient_id for place in places])
        for own, share in zip(patients, _shares(total, len(patients), numbers), strict=True):
            counts[own] = _shares(int(share), len(own), numbers)
    return counts


def _classes(samples: Sequence[Sample], balance: Balance) -> list[list[int]]:
    """The places of each class's samples."""
    classes = _grouped(range(len(samples)), [sample.label for sample in samples])
    if len(classes) < 2:
        raise CohortError(
            f"training.balance is {balance}, and all {len(samples)} training slices are of one class: "
            "take more patients, fewer folds, or training.balance=none"
        )
    return classes


def _grouped(places: Iterable[int], keys: Sequence[object]) -> list[list[int]]:
    groups: dict[object, list[int]] = {}
    for place, key in zip(places, keys, strict=True):
        groups.setdefault(key, []).append(place)
    return list(groups.values())


def _shares(total: int, among: int, numbers: np.random.Generator) -> npt.NDArray[np.int64]:
    """`total` shared evenly; what is left over goes one each to some of them, drawn at random."""
    shares = np.full(among, total // among, np.int64)
    shares[numbers.permutation(among)[: total % among]] += 1
    return shares
