"""The planted motion: its two directions undo each other, and a bend folds nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.phantom.motion import STILL, Motion, draw_bend, draw_rigid, turn
from radiogenomics.phantom.raw_sarcoma import BOW, SWAY

CENTRE = (60.0, -10.0, -480.0)
seeds = st.integers(0, 2**32)


def _points(count=200):
    return np.array(CENTRE) + np.random.default_rng(1).uniform(-110, 110, (count, 3))


def _motion(seed):
    generator = np.random.default_rng(seed)
    rigid = draw_rigid(generator, CENTRE, (1.0, 5.0), (2.0, 10.0))
    return Motion(rigid.centre, rigid.turned, rigid.shift, draw_bend(generator, CENTRE, BOW, SWAY))


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_either_direction_undoes_the_other(seed):
    motion, points = _motion(seed), _points()
    np.testing.assert_allclose(motion.origin(motion.moved(points)), points, atol=1e-6)
    np.testing.assert_allclose(motion.moved(motion.origin(points)), points, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_a_rigid_motion_keeps_distances_and_is_as_large_as_asked_for(seed):
    motion, points = draw_rigid(np.random.default_rng(seed), CENTRE, (1.0, 5.0), (2.0, 10.0)), _points()
    moved = motion.moved(points)
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(moved, axis=0), axis=1), np.linalg.norm(np.diff(points, axis=0), axis=1)
    )
    assert 2 <= np.linalg.norm(motion.moved(np.array(CENTRE)) - CENTRE) <= 10
    angle = np.degrees(np.arccos((np.trace(turn(motion.turned)) - 1) / 2))
    assert 1 - 1e-6 <= angle <= 5 + 1e-6


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_a_bend_moves_by_millimetres_and_no_place_gains_or_loses_a_third(seed):
    motion, points, step = _motion(seed), _points(), 0.1
    bent = np.linalg.norm(motion.bend.at(points), axis=1)
    assert 0.5 < bent.mean() < bent.max() < 12
    along = [(motion.moved(points + step * e) - motion.moved(points - step * e)) / (2 * step) for e in np.eye(3)]
    volume = np.linalg.det(np.stack(along, axis=-1))
    assert 2 / 3 < volume.min() < volume.max() < 4 / 3


def test_a_quarter_turn_about_z_takes_x_to_y_and_nobody_moves_by_default():
    np.testing.assert_allclose(turn((0, 0, 90)) @ [1, 0, 0], [0, 1, 0], atol=1e-12)
    points = _points(5)
    np.testing.assert_array_equal(STILL.moved(points), points)
    assert STILL.origin(points) == pytest.approx(points)
