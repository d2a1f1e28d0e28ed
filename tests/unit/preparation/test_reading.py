"""A series as one volume lies where its headers say, whatever its slices, and says what it made up."""

import os
import pickle
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_cases import make_series
from toy_grids import AXIAL, grid, points, rotated, stack_of

from radiogenomics.errors import CohortError, ReadingError
from radiogenomics.imaging.plane import to_patient
from radiogenomics.preparation import reading as module
from radiogenomics.preparation.reading import on_grid, prepared_series, read_grid, read_image

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

ANGLE = st.integers(-3000, 3000).map(lambda n: n / 1000)
ORIENTATION = st.one_of(st.just(AXIAL), st.builds(rotated, ANGLE, ANGLE, ANGLE))
SLOPE = np.array([1.5, -2.0, 0.75])


def _ramp(where):
    return where @ SLOPE + 100


def _taken(read, series, values=_ramp, faults=None):
    """What `read` makes of a series without files, whose voxels are a function of where they lie."""
    stack = stack_of(series, values, faults)
    with mock.patch.object(module, "read_stack", return_value=stack):
        return read("", series)


def _backwards(series):
    """The same slices from the other end."""
    last = to_patient(series, series.slices[-1])[:, 2]
    return replace(series, slices=series.slices[::-1], origin=tuple(last.tolist()))


def _where(image):
    """Where every voxel of an image lies, [n, rows, columns, 3], by SimpleITK's own reckoning."""
    columns, rows, count = image.GetSize()
    corner = np.array(image.TransformIndexToPhysicalPoint((0, 0, 0)))
    x, y, z = (
        np.array(image.TransformContinuousIndexToPhysicalPoint([float(i == k) for i in range(3)])) - corner
        for k in range(3)
    )
    k, j, i = np.meshgrid(*map(np.arange, (count, rows, columns)), indexing="ij")
    return corner + i[..., None] * x + j[..., None] * y + k[..., None] * z


@st.composite
def even(draw):
    gap, count = draw(st.floats(0.5, 6.0)), draw(st.integers(3, 6))
    shape, spacing = draw(st.tuples(*2 * [st.integers(2, 6)])), draw(st.tuples(*2 * [st.floats(0.5, 3.0)]))
    origin = draw(st.tuples(*3 * [st.floats(-100.0, 100.0)]))
    orientation = draw(ORIENTATION)
    offsets = (gap * np.arange(count)).tolist()
    series = grid("t1w", offsets=offsets, shape=shape, spacing=spacing, orientation=orientation, origin=origin)
    return _backwards(series) if draw(st.booleans()) else series


@given(series=even())
@settings(deadline=None)
def test_every_voxel_lies_where_the_headers_say(series):
    for read in (read_image, read_grid):
        found = _taken(read, series)
        assert (found.faults, found.note) == ((), "")
        assert found.image.GetPixelID() == sitk.sitkFloat32
        for k, s in enumerate(series.slices):
            for x, y in ((0, 0), (series.columns - 1, 0), (1, series.rows - 1)):
                place = found.image.TransformContinuousIndexToPhysicalPoint((float(x), float(y), float(k)))
                np.testing.assert_allclose(place, to_patient(series, s) @ (x, y, 1), atol=1e-6)
        np.testing.assert_allclose(on_grid(found.image), _ramp(_where(found.image)), atol=1e-2)


@given(
    gaps=st.lists(st.floats(1.7, 2.3), min_size=4, max_size=9), orientation=ORIENTATION, turned=st.booleans(),
    gone=st.none() | st.integers(1, 3),
)  # fmt: skip
@settings(deadline=None)
def test_what_is_uneven_or_missing_is_interpolated_where_it_lies(gaps, orientation, turned, gone):
    """Linear interpolation leaves a linear function as it is; slices taken as they are lie a twentieth off at most."""
    series = grid(offsets=np.cumsum([0.0, *gaps]).tolist(), shape=(3, 4), orientation=orientation)
    if gone is not None:
        series = replace(series, slices=series.slices[:gone] + series.slices[gone + 1 :])
    series = _backwards(series) if turned else series
    found = _taken(read_image, series)
    ends = [to_patient(series, series.slices[k])[:, 2] for k in (0, -1)]
    np.testing.assert_allclose(_where(found.image)[[0, -1], 0, 0], ends, atol=1e-6)
    assert abs(found.image.GetSpacing()[2] - 2) < 0.4
    atol = np.linalg.norm(SLOPE) * 0.05 * found.image.GetSpacing()[2] + 1e-3
    np.testing.assert_allclose(on_grid(found.image), _ramp(_where(found.image)), atol=atol)


def test_slices_are_kept_to_the_bit_and_only_the_missing_one_is_made_up():
    series = grid(offsets=[0.0, 3.0, 9.0, 12.0, 15.0])
    noise = np.random.default_rng(0).normal(size=(5, 12, 10)).astype(np.float32)
    found = _taken(read_image, series, lambda _: noise)
    voxels = on_grid(found.image)
    np.testing.assert_array_equal(voxels[[0, 1, 3, 4, 5]], noise)
    np.testing.assert_allclose(voxels[2], (noise[1] + noise[2]) / 2, atol=1e-6)
    assert found.note == "1 of 6 slices interpolated between their neighbours: slices are missing or unevenly spaced"


def test_positions_rounded_to_tenths_are_even():
    series = grid(offsets=np.round(0.625 * np.arange(40), 1).tolist(), shape=(2, 2))
    found = _taken(read_grid, series)
    assert found.image.GetSize()[2] == 40
    assert found.image.GetSpacing()[2] == pytest.approx(0.625, abs=2e-3)
    assert found.note == _taken(read_image, series).note == ""


@pytest.mark.parametrize(("missing", "uneven"), [(1, 0.0), (2, 0.0), (2, 0.3), (2, -0.3)])
def test_up_to_two_missing_slices_in_a_row_are_made_up(missing, uneven):
    gap = 2.0 * (missing + 1) + uneven
    series = grid("flair", offsets=[0.0, 2.0, 4.0, 4.0 + gap, 6.0 + gap, 8.0 + gap])
    found = _taken(read_image, series)
    assert found.image.GetSize()[2] == 6 + missing
    assert "slices are missing or unevenly spaced" in found.note
    if not uneven:
        np.testing.assert_allclose(on_grid(found.image), _ramp(_where(found.image)), atol=1e-3)
        assert found.note.startswith(f"{missing} of {6 + missing} slices interpolated between their neighbours")


def test_three_missing_slices_in_a_row_are_a_reason_that_says_where():
    series = grid("flair", offsets=[0.0, 2.0, 4.0, 12.0, 14.0])
    with pytest.raises(ReadingError, match=r"^flair has a gap of 8\.0 mm between slices 3 and 4.* usually 2\.0 mm"):
        _taken(read_image, series)


@pytest.mark.parametrize("read", [read_grid, read_image])
def test_up_to_two_broken_files_in_a_row_are_bridged(root, read):
    planes = _planes()
    series = make_series(root, "p", "t1wce", planes=planes)
    for k in (3, 4):
        _spoil(root, series.slices[k])
    voxels = on_grid(read(root, series).image)
    one, other = (planes[k].astype(np.float32) for k in (2, 5))
    np.testing.assert_allclose(voxels[3:5], [(2 * one + other) / 3, (one + 2 * other) / 3], rtol=1e-5)
    _spoil(root, series.slices[2])
    with pytest.raises(ReadingError, match=r"too wide to interpolate across \(p/t1wce/Image-"):
        read(root, series)


@pytest.mark.parametrize("offsets", [[0.0, 2.0, 4.0, 8.0, 10.0], [0.0, 2.0, 4.3, 6.0, 8.0]])
def test_an_uneven_reference_is_refused(offsets):
    with pytest.raises(ReadingError, match=r"can't be the grid.*between slices \d and \d.*preparation\.reference"):
        _taken(read_grid, grid(offsets=offsets))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sheared": 4.0}, "sheared"),
        ({"orientation": ()}, "states no position"),
        ({"spacing": None}, "states no position"),
        ({"slices": grid("t1w").slices[:2]}, "has 2 slices, and a volume needs 3"),
        ({"slices": (*grid("t1w").slices, grid("t1w").slices[-1])}, "at one place"),
        ({"slices": (*grid("t1w").slices, replace(grid("t1w").slices[0], position=None))}, "states no position"),
    ],
)
@pytest.mark.parametrize("read", [read_image, read_grid])
def test_what_has_no_place_is_no_volume(change, reason, read):
    with pytest.raises(CohortError, match=reason):
        read("", replace(grid("t1w"), **change))


def test_rounded_cosines_still_give_a_right_angle():
    """SimpleITK won't read a NIfTI file, such as a brain mask, whose axes are not at right angles."""
    exact = grid(orientation=rotated(0.31, 0.12, -0.07), shape=(240, 240), spacing=(1.0, 1.0))
    rounded = replace(exact, orientation=tuple(np.round(exact.orientation, 3).tolist()))
    image = _taken(read_image, rounded, lambda where: where[..., 0]).image
    axes = np.reshape(image.GetDirection(), (3, 3))
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(_where(image), points(rounded), atol=0.15)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


def _planes(count=8):
    return list(np.random.default_rng(1).integers(0, 4096, (count, 6, 5)).astype(np.uint16))


def _spoil(root, s):
    os.truncate(root / s.path, s.size - 20)


def test_files_are_read_and_a_broken_one_is_named_and_bridged(root):
    planes = _planes()
    series = make_series(root, "p", "t1wce", planes=planes)
    np.testing.assert_array_equal(on_grid(read_grid(root, series).image), np.stack(planes))
    broken = series.slices[3]
    _spoil(root, broken)
    for read in (read_grid, read_image):
        found = read(root, series)
        assert [path for path, _ in found.faults] == [broken.path]
        assert all(reason for _, reason in found.faults)
        assert found.note == ("1 of 8 slices interpolated between their neighbours: 1 of its files can't be decoded")
        voxels, near = on_grid(found.image), [planes[k].astype(np.float32) for k in (2, 4)]
        np.testing.assert_allclose(voxels[3], (near[0] + near[1]) / 2, rtol=1e-6)
        np.testing.assert_array_equal(np.delete(voxels, 3, axis=0), np.delete(np.stack(planes), 3, axis=0))


def test_broken_ends_are_left_off_but_stay_empty_in_the_grid(root):
    planes = _planes()
    series = make_series(root, "p", "t1wce", planes=planes)
    for k in (0, 1, 7):
        _spoil(root, series.slices[k])
    found = read_image(root, series)
    np.testing.assert_array_equal(on_grid(found.image), np.stack(planes[2:7]))
    np.testing.assert_allclose(found.image.GetOrigin(), to_patient(series, series.slices[2])[:, 2])
    grid_ = read_grid(root, series)
    voxels = on_grid(grid_.image)
    np.testing.assert_array_equal(voxels[2:7], np.stack(planes[2:7]))
    assert not voxels[[0, 1, 7]].any()
    assert "3 at its ends empty" in grid_.note
    _spoil(root, series.slices[2])
    with pytest.raises(ReadingError, match=r"^3 slices at an end of t1wce can't be decoded \(p/t1wce/Image-1\.dcm: "):
        read_grid(root, series)


def test_where_too_little_is_left_the_files_are_named_all_the_same(root):
    series = make_series(root, "p", "t1wce", planes=_planes())
    for s in series.slices[2:]:
        _spoil(root, s)
    for read in (read_grid, read_image):
        with pytest.raises(ReadingError, match="2 of its 8 slices can be decoded") as caught:
            read(root, series)
        assert [path for path, _ in caught.value.faults] == [s.path for s in series.slices[2:]]
        assert pickle.loads(pickle.dumps(caught.value)).faults == caught.value.faults


def test_a_prepared_series_lies_on_the_grid_and_names_its_own_files():
    grid_ = grid("t1wce", offsets=(0.0, 1.0, 2.0, 3.0, 4.0, 5.0), shape=(9, 8), spacing=(0.5, 0.75), frame="grid")
    thick = grid("flair", offsets=(-3.0, 0.2, 3.4, 6.6), frame="other")
    made = prepared_series(thick, grid_, "key")
    assert [s.number for s in made.slices] == [s.number for s in grid_.slices]
    for s, g in zip(made.slices, grid_.slices, strict=True):
        np.testing.assert_array_equal(to_patient(made, s), to_patient(grid_, g))
    assert [s.sop_uid for s in made.slices] == ["flair.1", "flair.1", "flair.2", "flair.2", "flair.2", "flair.2"]
    own = {s.sop_uid: s for s in thick.slices}
    assert all(s == replace(own[s.sop_uid], number=s.number, position=s.position) for s in made.slices)
    assert (made.rows, made.columns, made.frame_of_reference_uid, made.volume) == (9, 8, "grid", "key")
    assert (made.n_files, made.series_uid, made.modality) == (thick.n_files, thick.series_uid, "flair")
    assert len(set(made.slices)) == 6


@given(orientation=ORIENTATION, turned=st.booleans())
@settings(max_examples=30, deadline=None)
def test_the_nearest_file_is_that_of_the_nearest_slice_in_space(orientation, turned):
    reference = grid("ct", orientation=rotated(0.4, 0.2, 0.1))
    series = grid("t1w", offsets=[-20.0, -8.0, 4.0, 16.0, 28.0], orientation=orientation)
    series = _backwards(series) if turned else series
    middles = points(reference)[:, [5, 6]][:, :, [4, 5]].mean(axis=(1, 2))
    normal = np.cross(orientation[:3], orientation[3:])
    apart = {s.sop_uid: middles @ normal - to_patient(series, s)[:, 2] @ normal for s in series.slices}
    for k, s in enumerate(prepared_series(series, reference, "key").slices):
        assert abs(apart[s.sop_uid][k]) <= min(abs(others[k]) for others in apart.values()) + 1e-3


def test_the_grid_itself_stays_as_it_is_and_no_broken_file_is_named():
    series = grid("t1wce")
    assert prepared_series(series, series, "key") == replace(series, volume="key")
    made = prepared_series(series, series, "key", faulty={series.slices[1].path})
    assert [s.sop_uid for s in made.slices] == ["t1wce.0", "t1wce.0", "t1wce.2", "t1wce.3"]
    assert [s.number for s in made.slices] == [1, 2, 3, 4]
