"""Order, balance and draws are functions of (seed, epoch, sample)."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.errors import CohortError
from radiogenomics.pipeline.sampling import STREAMS, class_weights, epoch_draws, generator
from radiogenomics.records import Plane, Sample

SEEDS, EPOCHS = st.integers(0, 2**31 - 1), st.integers(0, 1000)


def _samples(*patients):
    """(label, slices) of each patient."""
    return tuple(
        Sample(f"p{place}", "", "s", k, label, (Plane("ab" * 32, k),))
        for place, (label, slices) in enumerate(patients)
        for k in range(slices)
    )


@st.composite
def cohorts(draw):
    """Patients of both classes with one to twelve slices each, in any order."""
    sizes = st.lists(st.integers(1, 12), min_size=1, max_size=8)
    patients = [(label, slices) for label in (0, 1) for slices in draw(sizes)]
    return _samples(*draw(st.permutations(patients)))


def _drawn(samples, balance, seed, epoch):
    return [samples[k % len(samples)] for k in epoch_draws(samples, balance, seed, epoch)]


def _even(counts):
    return max(counts) - min(counts) <= 1


@pytest.mark.parametrize("balance", ["none", "class-weights"])
@given(samples=cohorts(), seed=SEEDS, epoch=EPOCHS)
def test_without_oversampling_an_epoch_holds_every_sample_once(balance, samples, seed, epoch):
    assert sorted(epoch_draws(samples, balance, seed, epoch)) == list(range(len(samples)))


def test_the_order_is_that_of_earlier_versions():
    # As version 0.1.0 drew it, whose runs are to be repeatable.
    samples = _samples((0, 5), (1, 6))
    assert epoch_draws(samples, "none", 3, 1).tolist() == [2, 3, 6, 1, 0, 7, 4, 9, 8, 10, 5]


@pytest.mark.parametrize("balance", ["none", "class-weights", "oversample-slices", "oversample-patients"])
@given(samples=cohorts(), seed=SEEDS, epoch=EPOCHS)
def test_an_epoch_is_always_the_same_and_as_long_as_any_other(balance, samples, seed, epoch):
    draws = epoch_draws(samples, balance, seed, epoch)
    np.testing.assert_array_equal(draws, epoch_draws(samples, balance, seed, epoch))
    assert len(draws) == len(epoch_draws(samples, balance, seed + 1, epoch + 1))
    assert len(set(draws.tolist())) == len(draws)  # the repetitions of a sample are told apart


@given(samples=cohorts(), seed=SEEDS, epoch=EPOCHS)
def test_oversampled_slices_are_all_there_evenly_and_as_many_of_either_class(samples, seed, epoch):
    counts = Counter(_drawn(samples, "oversample-slices", seed, epoch))
    assert set(counts) == set(samples)
    of_class = [[counts[s] for s in samples if s.label == label] for label in (0, 1)]
    larger, smaller = sorted(of_class, key=len, reverse=True)
    assert sum(larger) == sum(smaller) == len(larger)
    assert set(larger) == {1}
    assert _even(smaller)


@given(samples=cohorts(), seed=SEEDS, epoch=EPOCHS)
def test_oversampled_patients_give_alike_within_a_class_and_classes_alike(samples, seed, epoch):
    drawn = _drawn(samples, "oversample-patients", seed, epoch)
    total = max(Counter(s.label for s in samples).values())
    assert Counter(s.label for s in drawn) == {0: total, 1: total}
    patients = Counter(s.patient_id for s in drawn)
    slices = Counter(drawn)
    for label in (0, 1):
        assert _even([patients[p] for p in {s.patient_id for s in samples if s.label == label}])
    for patient in {s.patient_id for s in samples}:
        assert _even([slices[s] for s in samples if s.patient_id == patient])


@pytest.mark.parametrize("balance", ["oversample-slices", "oversample-patients"])
def test_what_is_left_over_is_drawn_anew_each_epoch(balance):
    samples = _samples((0, 7), (0, 6), (1, 3), (1, 2))
    epochs = [Counter(_drawn(samples, balance, 0, epoch)) for epoch in range(30)]
    assert len({tuple(counts[s] for s in samples) for counts in epochs}) > 5
    assert {s for counts in epochs for s in counts} == set(samples)


@given(samples=cohorts())
def test_weighted_classes_weigh_alike_and_one_on_average(samples):
    weights = class_weights(samples)
    negative, positive = (sum(w for w, s in zip(weights, samples, strict=True) if s.label == k) for k in (0, 1))
    assert negative == pytest.approx(positive, rel=1e-5)
    assert weights.mean() == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("balance", ["oversample-slices", "oversample-patients"])
def test_a_single_class_can_not_be_balanced(balance):
    samples = _samples((1, 3), (1, 4))
    assert len(epoch_draws(samples, "none", 0, 0)) == 7
    with pytest.raises(CohortError, match="all 7 training slices are of one class"):
        epoch_draws(samples, balance, 0, 0)
    with pytest.raises(CohortError, match="balance=none"):
        class_weights(samples)


def test_seeds_epochs_samples_and_streams_draw_apart():
    keys = [(s, stream, e, k) for s in (0, 1) for stream in STREAMS for e in (0, 1) for k in (0, 1)]
    draws = [generator(*key).random(4) for key in keys]
    assert all(not np.intersect1d(a, b).size for a, b in combinations(draws, 2))


def test_draws_are_uniform_over_samples():
    draws = np.array([generator(3, "augmentation", 0, sample).random() for sample in range(2000)])
    assert abs(draws.mean() - 0.5) < 0.03
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.07
