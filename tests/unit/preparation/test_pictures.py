import cv2
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_grids import rotated

from radiogenomics.preparation.pictures import GAP, HEIGHT, WIDTH, pictures
from radiogenomics.preparation.volumes import Volume, Volumes

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)


def image(values, spacing=(1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0), direction=(1, 0, 0, 0, 1, 0, 0, 0, 1)):
    made = sitk.GetImageFromArray(np.asarray(values, np.float32))
    made.SetSpacing(spacing)
    made.SetOrigin(origin)
    made.SetDirection(direction)
    return made


def mask(values, like):
    made = sitk.GetImageFromArray(np.asarray(values, np.uint8))
    made.CopyInformation(like)
    return made


def points(grid):
    """Every voxel's place, [slices, rows, columns, 3] in mm."""
    indices = np.stack(np.meshgrid(*(np.arange(n) for n in grid.GetSize()), indexing="ij"), -1) * grid.GetSpacing()
    laid = indices @ np.array(grid.GetDirection()).reshape(3, 3).T + grid.GetOrigin()
    return laid.transpose(2, 1, 0, 3)


def seen(jpeg):
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).astype(int)


def coloured(picture):
    """The pixels that are no grey, [y, x]."""
    return picture.max(axis=2) - picture.min(axis=2) > 60


def halves(jpeg):
    """Before and after, [y, x] each."""
    picture = seen(jpeg)[..., 0]
    width = (picture.shape[1] - GAP) // 2
    return picture[:, :width], picture[:, width + GAP :]


def blobs(grid):
    """A texture of the patient, whatever grid it is seen on; nothing in it repeats."""
    x, y, z = np.moveaxis(points(grid), -1, 0)
    return 100 + 40 * (np.sin(x / 7 + z / 19) + np.sin(y / 9 + x / 23) + np.sin(z / 8 + y / 31))


def volumes(brain=None, follows="", **images):
    laid = {m: Volume(i, None, follows if m == "dose" else "") for m, i in images.items()}
    return Volumes("t1w" if "t1w" in images else "ct", laid, brain)


GRID = image(np.zeros((30, 60, 50)), (2.0, 2.0, 4.0))
CENTRE = np.array([49.0, 59.0, 58.0])


def ball(grid, centre=CENTRE, radius=20.0):
    return np.linalg.norm(points(grid) - centre, axis=-1) < radius


def test_a_series_that_the_headers_lay_right_looks_the_same_before_and_after_and_one_that_lies_off_does_not():
    reference = image(blobs(GRID), GRID.GetSpacing())
    other = image(np.zeros((160, 100, 110)), (1.5, 1.5, 1.0), (-20, -20, -20), (0, 1, 0, 0, 0, 1, 1, 0, 0))
    right = image(blobs(other), other.GetSpacing(), other.GetOrigin(), other.GetDirection())
    off = image(blobs(other), other.GetSpacing(), (-20, -20, -8), other.GetDirection())
    after = volumes(t1w=reference, flair=reference)

    before, prepared = halves(
        pictures(volumes(t1w=reference, flair=right), after, [])["flair on t1w, before and after"]
    )
    aligned = np.abs(before - prepared).mean()
    assert aligned < 10

    before, prepared = halves(pictures(volumes(t1w=reference, flair=off), after, [])["flair on t1w, before and after"])
    across = slice(before.shape[0] // 2 + 20, None)  # the shift is along the slices of the reference
    assert np.abs(before - prepared).mean() > 2 * aligned
    assert np.abs(before[across] - prepared[across]).mean() > 2 * aligned


def test_a_checkerboard_alternates_both_series():
    step = np.indices((30, 60, 50))[2] % 25  # without a background
    one, other = image(1 + step, GRID.GetSpacing()), image(30 - step, GRID.GetSpacing())
    _, board = halves(pictures(*[volumes(t1w=one, t2w=other)] * 2, [])["t2w on t1w, before and after"])
    left = board[: board.shape[0] // 2, :20].mean(axis=1)
    tiles = (left > 127).astype(int)
    assert np.count_nonzero(np.diff(tiles)) >= 3


@settings(max_examples=15, deadline=None)
@given(
    angles=st.tuples(*[st.integers(-3000, 3000).map(lambda n: n / 1000)] * 3),
    spacing=st.tuples(st.floats(0.6, 2.5), st.floats(0.6, 2.5), st.floats(0.8, 5)),
)
def test_a_ball_is_round_in_both_cuts_on_any_grid(angles, spacing):
    cosines = np.array(rotated(*angles)).reshape(2, 3)
    direction = np.stack([*cosines, np.cross(*cosines)], axis=1)
    size = [round(100 / s) for s in spacing]
    grid = image(np.zeros(size[::-1]), spacing, (5, -7, 11), direction.ravel().tolist())
    there = ball(grid, points(grid).reshape(-1, 3).mean(axis=0), 30.0)
    laid = image(there * 100.0, spacing, (5, -7, 11), direction.ravel().tolist())

    outline = coloured(seen(pictures(*[volumes(mask(there, laid), t1w=laid)] * 2, [])["brain on t1w"]))
    n, _, boxes, _ = cv2.connectedComponentsWithStats(cv2.dilate(outline.astype(np.uint8), np.ones((3, 3))))
    wide = [boxes[k, cv2.CC_STAT_WIDTH] for k in range(1, n) if boxes[k, cv2.CC_STAT_AREA] > 50]
    high = [boxes[k, cv2.CC_STAT_HEIGHT] for k in range(1, n) if boxes[k, cv2.CC_STAT_AREA] > 50]
    assert len(wide) == 2
    tolerance = 0.06 + max(spacing) / 30
    assert max(wide + high) / min(wide + high) < 1 + tolerance


def test_the_head_is_up_in_the_cut_across_the_slices():
    values = np.full((30, 60, 50), 50.0)
    values[25:] = 100  # towards the head
    picture = seen(
        pictures(*[volumes(mask(values > 0, GRID), t1w=image(values, GRID.GetSpacing()))] * 2, [])["brain on t1w"]
    )
    n, across = picture.shape[1], picture[round(60 / 50 * picture.shape[1]) + GAP :, picture.shape[1] // 2, 0]
    assert n <= WIDTH
    assert across[2:8].mean() > across[-8:-2].mean() + 50


def test_the_slice_through_the_largest_lesion_is_shown_with_its_outline_on_every_image():
    small, large = ball(GRID, (30.0, 40.0, 20.0), 9.0), ball(GRID, (70.0, 80.0, 90.0), 16.0)
    flat = image(blobs(GRID), GRID.GetSpacing())
    made = pictures(*[volumes(t1w=flat, flair=flat, t2w=flat)] * 2, [small, large])["lesions on t1w, flair, t2w"]
    picture = seen(made)
    width = (picture.shape[1] - 2 * GAP) // 3
    for k in range(3):
        panel = coloured(picture[:, k * (width + GAP) :][:, :width])
        rows, columns = np.nonzero(panel[: round(width * 60 / 50)])
        assert abs(columns.mean() / width - 70 / 100) < 0.04
        assert abs(rows.mean() / width - 80 / 100) < 0.04
        assert panel[round(width * 60 / 50) + GAP :].any()


def test_soft_tissue_can_be_told_apart_in_ct_whatever_bone_there_is():
    values = np.full((30, 60, 50), -1000.0)
    values[:, 5:55, 5:45], values[:, 5:10, 5:45] = 20.0, 1500.0
    values[:, 20:50, 25:45] = 70.0  # a tumour in muscle
    both = volumes(ct=image(values, GRID.GetSpacing()), t2w=image(blobs(GRID), GRID.GetSpacing()))
    picture = seen(pictures(both, both, [ball(GRID, radius=3.0)])["lesions on ct, t2w"])
    row = picture[round(35 / 50 * (picture.shape[1] - GAP) / 2), : (picture.shape[1] - GAP) // 2, 0]
    assert np.median(row[row.size * 7 // 10 : row.size * 8 // 10]) - np.median(row[row.size // 5 : row.size // 3]) > 20


def test_the_dose_is_laid_over_the_ct_it_was_planned_on():
    spacing = GRID.GetSpacing()
    dose = image(ball(GRID) * 60.0, spacing)
    after = volumes(follows="ct", t1w=image(blobs(GRID), spacing), ct=image(blobs(GRID), spacing), dose=dose)
    made = pictures(after, after, [])
    assert set(made) == {"ct on t1w, before and after", "dose on ct"}
    washed = seen(made["dose on ct"])
    middle = washed[: round(washed.shape[1] * 60 / 50)]
    assert coloured(middle)[middle.shape[0] // 2, middle.shape[1] // 2]
    assert not coloured(middle)[:5].any()


def test_the_same_input_gives_the_same_bytes_and_little_of_them():
    noisy = image(np.random.default_rng(1).normal(100, 30, (30, 256, 256)), (0.9, 0.9, 4.0))
    after = volumes(mask(np.ones((30, 256, 256)), noisy), t1w=noisy, flair=noisy)
    first = pictures(after, after, [])
    assert first == pictures(after, after, [])
    for jpeg in first.values():
        rows, columns = seen(jpeg).shape[:2]
        assert rows <= 2 * HEIGHT + GAP
        assert columns <= 2 * WIDTH + GAP
        assert len(jpeg) < 60_000  # noise, the worst case


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 40, 40), (2, 3, 1), (3, 5, 400), (200, 4, 4)])
@pytest.mark.parametrize("fill", ["constant", "nan", "random"])
def test_nothing_is_too_small_too_flat_or_too_empty_for_a_picture(shape, fill):
    values = np.random.default_rng(1).random(shape) if fill == "random" else np.full(shape, 7.0)
    if fill == "nan":
        values.flat[0] = np.nan
    laid, nothing = image(values, (1.0, 1.0, 3.0)), np.zeros(shape, bool)
    after = volumes(mask(nothing, laid), ct=laid, t2w=laid, dose=image(nothing, (1.0, 1.0, 3.0)))
    for lesions in ([], [nothing], [~nothing, nothing]):
        for jpeg in pictures(after, after, lesions).values():
            assert seen(jpeg).size
