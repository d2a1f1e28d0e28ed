"""Order and draws are functions of (seed, epoch, sample)."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.pipeline.sampling import epoch_order, generator


@given(count=st.integers(1, 300), seed=st.integers(0, 2**31 - 1), epoch=st.integers(0, 1000))
def test_an_epoch_holds_every_sample_once_and_is_always_the_same(count, seed, epoch):
    order = epoch_order(count, seed, epoch)
    assert sorted(order) == list(range(count))
    np.testing.assert_array_equal(order, epoch_order(count, seed, epoch))


def test_seeds_epochs_samples_and_streams_draw_apart():
    keys = [(s, stream, e, k) for s in (0, 1) for stream in ("order", "augmentation") for e in (0, 1) for k in (0, 1)]
    draws = [generator(*key).random(4) for key in keys]
    assert all(not np.intersect1d(a, b).size for a, b in combinations(draws, 2))


def test_draws_are_uniform_over_samples():
    draws = np.array([generator(3, "augmentation", 0, sample).random() for sample in range(2000)])
    assert abs(draws.mean() - 0.5) < 0.03
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.07
