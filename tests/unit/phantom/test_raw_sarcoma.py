"""A raw limb: MR of another frame of reference where the planted motion puts it, and a dose that may come in beams."""

from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from radiogenomics.phantom.case import Case
from radiogenomics.phantom.cohort import draw_cases, true_motion
from radiogenomics.phantom.raw_sarcoma import raw_limb, write_raw_sarcoma
from radiogenomics.phantom.sarcoma import MODALITIES

SLICES, SIZE = 24, 72
PLANNED, MR = ("CT", "DOSE", "RTSTRUCT"), ("T1w", "T2w", "T1wCE")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """One patient drawn twice: negative, and positive; the dose comes in two beams."""
    cases = [
        Case(
            tmp_path_factory.mktemp("limb"), "STS002", 1, 2, positive, 0, 1, SLICES, SIZE, MODALITIES,
            raw=True, beams="own series",
        )
        for positive in (False, True)
    ]  # fmt: skip
    for case in cases:
        write_raw_sarcoma(case)
    return cases


@pytest.fixture(scope="module")
def case(pair):
    """The positive one."""
    return pair[1]


def _series(case, folder):
    return [pydicom.dcmread(path) for path in sorted((case.out / "data" / case.patient / folder).iterdir())]


def _image(case, folder):
    paths = sorted((case.out / "data" / case.patient / folder).iterdir())
    return sitk.ReadImage([str(path) for path in paths])


def _points(image):
    """The voxels' centres, [slices, rows, columns, 3] in mm."""
    index = np.moveaxis(np.indices(image.GetSize()[::-1]), 0, -1)[..., ::-1] * np.array(image.GetSpacing())
    return index @ np.reshape(image.GetDirection(), (3, 3)).T + np.array(image.GetOrigin())


def test_mr_is_of_another_study_day_and_frame_of_reference(case):
    frames, studies, days = (defaultdict(set) for _ in range(3))
    for folder in (*PLANNED, *MR):
        for one in _series(case, folder):
            frame = one if folder != "RTSTRUCT" else one.ReferencedFrameOfReferenceSequence[0]
            group = folder in MR
            frames[group].add(frame.FrameOfReferenceUID)
            studies[group].add(one.StudyInstanceUID)
            days[group].add(one.StudyDate)
    for values in (frames, studies, days):
        assert [len(values[group]) for group in (False, True)] == [1, 1]
        assert values[False] != values[True]


def test_mr_has_a_tilted_grid_of_its_own(case):
    ct, mr, truth = _image(case, "CT"), _image(case, "T2w"), raw_limb(case)
    np.testing.assert_allclose(_points(mr), truth.mr.points, atol=1e-3)
    assert mr.GetSpacing()[2] > ct.GetSpacing()[2]
    assert 0.97 < mr.GetDirection()[8] < 0.99999


def test_the_label_changes_the_tumour_alone_and_where_the_motion_has_put_it(pair):
    motion, centres = raw_limb(pair[1]).motion, {}
    for folder in ("CT", *MR):
        one, other = (_image(case, folder) for case in pair)
        changed = sitk.GetArrayFromImage(one) != sitk.GetArrayFromImage(other)
        points = _points(one)[changed]
        centres[folder] = (points if folder == "CT" else motion.origin(points)).mean(axis=0)
        if folder != "CT":
            assert np.linalg.norm(points.mean(axis=0) - centres["CT"]) > 2
    for folder in MR:
        np.testing.assert_allclose(centres[folder], centres["CT"], atol=1.2)


def test_the_planted_motion_is_in_the_pixels(case):
    mr, motion = _image(case, "T1w"), raw_limb(case).motion
    points, shown = _points(mr), sitk.GetArrayFromImage(mr).astype(np.float32)
    middle = points[SLICES // 2].reshape(-1, 3)
    ct = sitk.Cast(_image(case, "CT"), sitk.sitkFloat32)
    fat = sitk.Cast((ct > -1160 + 1024) & (ct < -20 + 1024), sitk.sitkFloat32)  # bright in T1w

    def likeness(places):
        seen = [fat.EvaluateAtPhysicalPoint(place.tolist(), sitk.sitkLinear) for place in places]
        return np.corrcoef(seen, shown[SLICES // 2].ravel())[0, 1]

    true, still, wrong = (likeness(places) for places in (motion.origin(middle), middle, motion.moved(middle)))
    assert true > 0.6
    assert true > still + 0.05
    assert still > wrong


def test_dose_contours_and_headers_are_the_same_for_either_label(pair):
    one, other = (raw_limb(case) for case in pair)
    assert replace(one.limb, necrosis=0.0, texture=0.0) == replace(other.limb, necrosis=0.0, texture=0.0)
    for folder in (*PLANNED, *MR):
        for files in zip(*(_series(case, folder) for case in pair), strict=True):
            if folder not in {"DOSE", "RTSTRUCT"}:
                for each in files:
                    del each.PixelData
            assert files[0] == files[1]


def test_two_beams_of_one_plan_add_up_to_its_dose(case):
    beams, truth = _series(case, "DOSE"), raw_limb(case)
    assert [beam.DoseSummationType for beam in beams] == ["BEAM", "BEAM"]
    plans = [beam.ReferencedRTPlanSequence[0] for beam in beams]
    assert len({plan.ReferencedSOPInstanceUID for plan in plans}) == 1
    numbers = [plan.ReferencedFractionGroupSequence[0].ReferencedBeamSequence[0].ReferencedBeamNumber for plan in plans]
    assert numbers == [1, 2]
    assert len({beam.SOPInstanceUID for beam in beams}) == len({beam.SeriesInstanceUID for beam in beams}) == 2
    assert beams[0].ImagePositionPatient == beams[1].ImagePositionPatient
    gray = [beam.pixel_array * float(beam.DoseGridScaling) for beam in beams]
    assert all(one.max() > 0.25 * truth.limb.prescription for one in gray)
    np.testing.assert_allclose(sum(gray), truth.gray(truth.dose), atol=1e-4)


def test_beams_come_in_one_series_or_several_for_half_of_either_class_and_scanner(tmp_path):
    drawn = {"kind": "limb", "patients": 16, "slices": 4, "size": 32, "seed": 1}
    cases = draw_cases(tmp_path, **drawn, raw=True)
    assert Counter((case.positive, case.site, bool(case.beams)) for case in cases) == dict.fromkeys(
        [(label, site, beams) for label in (True, False) for site in (0, 1) for beams in (True, False)], 2
    )
    written = {}
    for case in (next(c for c in cases if c.beams == beams) for beams in ("", "one series", "own series")):
        write_raw_sarcoma(replace(case, modalities=("dose",)))
        written[case.beams] = [(one.SOPInstanceUID, one.SeriesInstanceUID) for one in _series(case, "DOSE")]
    counts = {beams: [len(set(column)) for column in zip(*uids, strict=True)] for beams, uids in written.items()}
    assert counts == {"": [1, 1], "one series": [2, 1], "own series": [2, 2]}
    assert not any(case.beams for case in draw_cases(tmp_path, **drawn))


def test_the_truth_is_told_by_series():
    for kind, moved, still in (("brain", "flair", "t1wce"), ("limb", "t2w", "dose")):
        drawn = {"kind": kind, "patients": 2, "slices": 4, "size": 32, "seed": 1}
        raw, plain = (draw_cases(Path(), **drawn, raw=raw)[0] for raw in (True, False))
        place = np.array([[30.0, 20.0, -400.0]])
        assert np.linalg.norm(true_motion(raw, kind, moved).moved(place) - place) > 0.5
        for case, name in ((raw, still), (plain, moved)):
            np.testing.assert_array_equal(true_motion(case, kind, name).moved(place), place)
