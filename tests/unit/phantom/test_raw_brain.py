"""A raw head: what headers, pixels, boxes and masks say of it is what was planted."""

from dataclasses import replace

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from radiogenomics.phantom.case import Case
from radiogenomics.phantom.head import TISSUES
from radiogenomics.phantom.motion import STILL
from radiogenomics.phantom.raw_brain import MOST_DEGREES, MOST_MM, raw_brain, see, write_raw_brain
from radiogenomics.phantom.scanner import SEQUENCES

FOLDERS = {name: folder for name, (folder, _) in SEQUENCES.items()}
MOVED = ("t1w", "t2w", "flair")


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """One patient twice, written: negative, and positive; with two lesions."""
    pair = [
        Case(tmp_path_factory.mktemp("head"), "00004", 2, 4, positive, 0, 2, 24, 72, tuple(SEQUENCES), raw=True)
        for positive in (False, True)
    ]
    return pair, [write_raw_brain(case) for case in pair]


@pytest.fixture(scope="module")
def case(cases):
    return cases[0][1]


def _series(case, modality):
    folder = case.out / "train" / case.patient / FOLDERS[modality]
    return [pydicom.dcmread(folder / f"Image-{k}.dcm") for k in range(1, len(list(folder.iterdir())) + 1)]


def _image(case, modality):
    """The series as ITK's own reader has it."""
    folder = case.out / "train" / case.patient / FOLDERS[modality]
    names = [str(folder / f"Image-{k}.dcm") for k in range(1, len(list(folder.iterdir())) + 1)]
    return sitk.Cast(sitk.ReadImage(names), sitk.sitkFloat32)


def _at(image, points):
    """Values at places, by linear interpolation; 0 beyond."""
    grid = sitk.GetImageFromArray(np.zeros(points.shape[:3], np.float32))
    field = sitk.GetImageFromArray(points.astype(np.float64), isVector=True)
    index = np.moveaxis(np.indices(points.shape[:3]), 0, -1)[..., ::-1]
    shift = sitk.GetImageFromArray(sitk.GetArrayFromImage(field) - index, isVector=True)
    return sitk.GetArrayFromImage(
        sitk.Resample(image, grid, sitk.DisplacementFieldTransform(shift), sitk.sitkLinear, 0.0)
    )


def test_sequences_have_grids_of_their_own_in_one_claimed_frame(case):
    series = {name: _series(case, name) for name in SEQUENCES}
    firsts = [slices[0] for slices in series.values()]
    for keyword in ("Rows", "ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing", "SliceThickness"):
        assert len({str(first[keyword].value) for first in firsts}) == 4
    assert len({first.FrameOfReferenceUID for first in firsts}) == len({f.StudyInstanceUID for f in firsts}) == 1
    assert len({s.SOPInstanceUID for slices in series.values() for s in slices}) == sum(map(len, series.values()))
    finest = series["t1wce"]
    assert all(len(finest) > len(series[name]) and finest[0].Rows > series[name][0].Rows for name in MOVED)
    for name, slices in series.items():
        grid = raw_brain(case).grids[name]
        np.testing.assert_allclose([s.ImagePositionPatient for s in slices], grid.points[:, 0, 0], atol=1e-3)
        normal = np.array(grid.axes[2])
        assert 0.9 < normal[2] < 0.99999  # tilted, and axial all the same


@pytest.mark.parametrize("modality", MOVED)
def test_the_planted_motion_is_in_the_pixels(case, modality):
    truth = raw_brain(case)
    points, motion = truth.grids[modality].points, truth.motions[modality]
    # One image's edges lie on the other's where the truth puts them.
    edges = sitk.GetArrayFromImage(sitk.GradientMagnitude(_image(case, modality)))
    reference = sitk.GradientMagnitude(_image(case, "t1wce"))
    likeness = [
        np.corrcoef(edges.ravel(), _at(reference, places).ravel())[0, 1]
        for places in (motion.origin(points), points, motion.moved(points))
    ]
    assert likeness[0] > likeness[1] + 0.015
    assert likeness[1] > likeness[2]


def test_the_label_changes_the_tumour_alone_and_where_the_motion_has_put_it(cases):
    pair, _ = cases
    truth, centres = raw_brain(pair[1]), {}
    for modality in SEQUENCES:
        one, other = (sitk.GetArrayFromImage(_image(case, modality)) for case in pair)
        points = truth.grids[modality].points
        changed = np.abs(one - other) > 40
        assert not (changed & ~truth.brain(modality)).any()
        away = truth.motions[modality].origin(points[changed])
        assert 20 < changed.sum() < 0.3 * truth.brain(modality).sum()
        centres[modality] = np.median(away, axis=0)
    for modality in MOVED:
        np.testing.assert_allclose(centres[modality], centres["t1wce"], atol=4.0)


def test_nothing_but_the_tumour_looks_at_the_label(cases):
    (negative, positive), boxes = cases
    one, other = raw_brain(negative), raw_brain(positive)
    assert replace(one.head, rim=0.0, texture=0.0) == replace(other.head, rim=0.0, texture=0.0)
    assert (one.grids, boxes[0]) == (other.grids, boxes[1])
    for name in SEQUENCES:
        assert (one.motions[name].turned, one.motions[name].shift) == (
            other.motions[name].turned,
            other.motions[name].shift,
        )
        np.testing.assert_array_equal(one.field(name), other.field(name))
        for slices in zip(_series(negative, name), _series(positive, name), strict=True):
            for each in slices:
                del each.PixelData
            assert slices[0] == slices[1]


def test_motions_are_of_some_millimetres_and_degrees_and_differ_by_sequence_and_patient():
    seen = []
    for index in range(6):
        motions = raw_brain(Case(None, "p", 2, index, True, 0, 1, 24, 32, (), raw=True)).motions
        assert motions["t1wce"] is STILL
        for name in MOVED:
            seen.append((*motions[name].turned, *motions[name].shift))
            assert 1 <= np.linalg.norm(motions[name].turned) <= MOST_DEGREES
            assert 1 <= np.linalg.norm(motions[name].shift) <= MOST_MM
    assert len(set(seen)) == 18


def test_the_head_is_whole_and_its_scalp_as_bright_as_the_brain(case):
    truth = raw_brain(case)
    image, brain = sitk.GetArrayFromImage(_image(case, "t1wce")), truth.brain()
    assert (image > 0).mean() > 0.99  # noise, not a stripped skull's zeros
    head = image > 0.2 * np.percentile(image, 99)
    assert 1.3 < head.sum() / brain.sum() < 3
    assert np.percentile(image[head & ~brain], 90) > np.median(image[brain])
    assert not brain[[0, -1]].any()  # none of it is cut off
    milliliters = brain.sum() * np.prod(truth.grids["t1wce"].spacing) / 1000
    assert 900 < milliliters < 1900
    counts = [truth.brain(name).sum() * np.prod(truth.grids[name].spacing) for name in SEQUENCES]
    assert max(counts) < 1.05 * min(counts)


@pytest.mark.parametrize("modality", SEQUENCES)
def test_the_coils_field_is_in_the_pixels(case, modality):
    truth = raw_brain(case)
    image, brain, field = sitk.GetArrayFromImage(_image(case, modality)), truth.brain(modality), truth.field(modality)
    assert 1.55 < field[brain].max() / field[brain].min() < 2.4
    white = see(truth, modality).tissues[TISSUES.index("white")] > 0.99
    slope, _ = np.polyfit(np.log(field[white]), np.log(image[white]), 1)
    assert slope == pytest.approx(1, abs=0.1)


def test_boxes_and_masks_lie_on_the_tilted_reference(cases):
    pair, boxes = cases
    case, image = pair[1], _image(pair[1], "t1wce")
    for lesion in (1, 2):
        mask = sitk.ReadImage(str(case.out / "masks" / f"00004_{lesion}.nii.gz"))
        np.testing.assert_allclose(mask.GetDirection(), image.GetDirection(), atol=1e-5)
        np.testing.assert_allclose(mask.GetOrigin(), image.GetOrigin(), atol=1e-3)
        np.testing.assert_allclose(mask.GetSpacing(), image.GetSpacing(), atol=1e-3)
        voxels = sitk.GetArrayFromImage(mask)
        own = [box for box in boxes[1] if box.lesion_id == lesion]
        assert [box.slice for box in own] == list(np.flatnonzero(voxels.any(axis=(1, 2))) + 1)
        for box in own:
            plane = voxels[box.slice - 1]
            assert plane[box.y_min : box.y_max, box.x_min : box.x_max].sum() == plane.sum() > 0
