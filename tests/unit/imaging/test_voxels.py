import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.errors import CohortError
from radiogenomics.imaging.plane import to_patient
from radiogenomics.imaging.voxels import VoxelMask, cropped, on_slice
from radiogenomics.records import Series, Slice

SHAPE = (6, 20, 30)  # slices, rows, columns


def tilted(turn):
    """A rotation that keeps no axis where it was."""
    return np.linalg.qr(np.random.default_rng(turn).normal(size=(3, 3)))[0]


def series(axes=None, spacing=(0.8, 1.3), gap=4.0, origin=(-20.0, 7.0, 50.0)):
    axes = np.eye(3) if axes is None else axes
    row, column = axes[:, 0], axes[:, 1]
    start = float(np.cross(row, column) @ origin)
    slices = tuple(Slice(f"{k}.dcm", str(k), None, k + 1, start + gap * k, 0, 0) for k in range(SHAPE[0]))
    return Series(
        "p", "1", "1.2", "flair", "folder", "axial", slices, len(slices), SHAPE[1], SHAPE[2], spacing,
        (*map(float, row), *map(float, column)), "", "", "", None, "", "", origin=origin,
    )  # fmt: skip


def laid_on(one, inside):
    """A mask on the very voxels of a series."""
    first, second = to_patient(one, one.slices[0]), to_patient(one, one.slices[1])
    affine = np.eye(4)
    affine[:3] = np.column_stack([first[:, 0], first[:, 1], second[:, 2] - first[:, 2], first[:, 2]])
    return VoxelMask(inside, affine)


def rewritten(mask, order, flips):
    """The same voxels of the patient, stored with permuted and flipped axes."""
    inside, affine = mask.inside, mask.to_patient.copy()
    for axis in np.flatnonzero(flips):  # array axis 0 is k, the affine's column 2
        inside = np.flip(inside, axis)
        column = 2 - axis
        affine[:, 3] += affine[:, column] * (inside.shape[axis] - 1)
        affine[:, column] *= -1
    inside = np.transpose(inside, order)
    return VoxelMask(inside, affine[:, [2 - order[2], 2 - order[1], 2 - order[0], 3]])


def drawn(seed):
    return np.random.default_rng(seed).random(SHAPE) < 0.2


def covered(mask, one):
    return np.stack([on_slice(mask, one, s) for s in one.slices])


@given(
    turn=st.integers(0, 9),
    order=st.sampled_from(list(itertools.permutations(range(3)))),
    flips=st.tuples(*[st.booleans()] * 3),
    seed=st.integers(0, 9),
)
def test_only_places_in_the_patient_count(turn, order, flips, seed):
    one, inside = series(tilted(turn)), drawn(seed)
    mask = rewritten(laid_on(one, inside), order, flips)
    np.testing.assert_array_equal(covered(mask, one), inside)
    np.testing.assert_array_equal(covered(cropped(mask), one), inside)


def test_a_finer_grid_of_the_same_place_covers_the_same_pixels():
    one, inside = series(), drawn(3)
    fine = np.repeat(np.repeat(np.repeat(inside, 3, 0), 3, 1), 3, 2)
    coarse = laid_on(one, inside).to_patient
    affine = coarse @ np.diag([1 / 3, 1 / 3, 1 / 3, 1.0])
    affine[:, 3] = coarse @ (-1 / 3, -1 / 3, -1 / 3, 1.0)  # three voxels where one was, around the same centre
    np.testing.assert_array_equal(covered(VoxelMask(fine, affine), one), inside)


def test_elsewhere_in_the_patient_nothing_is_covered():
    one = series()
    mask = laid_on(one, np.ones(SHAPE, bool))
    affine = mask.to_patient.copy()
    affine[:3, 3] += (0, 0, 500.0)
    assert not covered(VoxelMask(mask.inside, affine), one).any()
    assert not covered(cropped(VoxelMask(~mask.inside, affine)), one).any()


def test_a_slice_that_lies_nowhere_is_refused():
    one = series()
    with pytest.raises(CohortError, match="states no position"):
        on_slice(laid_on(one, drawn(0)), one, Slice("", "", None, 1, None, 0, 0))
