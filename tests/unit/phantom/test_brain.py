"""Boxes and masks of the brain's lesions, as written."""

import csv
from collections import Counter, defaultdict

import numpy as np
import pydicom
import pytest
import SimpleITK

from radiogenomics.phantom.cohort import write_cohort

PATIENTS = 8


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Eight patients, four of them with two lesions."""
    out = tmp_path_factory.mktemp("cohort")
    size = {"patients": PATIENTS, "slices": 16, "size": 48, "seed": 5, "modalities": ["t1wce"]}
    return write_cohort(out, **size, two_lesions=0.5)


def _boxes(cohort):
    """(slice, x_min, y_min, x_max, y_max) of every lesion."""
    lesions = defaultdict(list)
    with open(cohort.lesions, newline="") as file:
        for row in csv.DictReader(file):
            patient, lesion, *corners = row.values()
            lesions[patient, int(lesion)].append(tuple(map(int, corners)))
    return lesions


def _mask(cohort, patient, lesion):
    alone = cohort.masks / f"{patient}.nii.gz"
    return SimpleITK.ReadImage(str(alone if alone.exists() else cohort.masks / f"{patient}_{lesion}.nii.gz"))


def test_a_box_is_the_extent_of_its_lesions_mask_in_every_slice(cohort):
    lesions = _boxes(cohort)
    assert len(list(cohort.masks.iterdir())) == len(lesions) == PATIENTS + PATIENTS // 2
    for (patient, lesion), boxes in lesions.items():
        mask = SimpleITK.GetArrayFromImage(_mask(cohort, patient, lesion))
        assert [box[0] for box in boxes] == list(np.flatnonzero(mask.any(axis=(1, 2))) + 1)
        for number, left, top, right, bottom in boxes:
            within = mask[number - 1, top:bottom, left:right]
            assert within.sum() == mask[number - 1].sum()
            assert all(edge.any() for edge in (within[0], within[-1], within[:, 0], within[:, -1]))


def test_a_mask_lies_where_its_series_lies(cohort):
    first, last = (pydicom.dcmread(cohort.data / "00003" / "T1wCE" / f"Image-{number}.dcm") for number in (1, 16))
    mask = _mask(cohort, "00003", 1)
    np.testing.assert_allclose(mask.TransformIndexToPhysicalPoint((0, 0, 0)), first.ImagePositionPatient, atol=1e-4)
    np.testing.assert_allclose(mask.TransformIndexToPhysicalPoint((0, 0, 15)), last.ImagePositionPatient, atol=1e-4)
    np.testing.assert_allclose(mask.GetSpacing()[:2], first.PixelSpacing, atol=1e-4)
    np.testing.assert_allclose(mask.GetDirection(), np.eye(3).ravel(), atol=1e-6)


def test_the_tumour_is_what_the_mask_holds(cohort):
    with open(cohort.labels, newline="") as file:
        positive = next(row["BraTS21ID"] for row in csv.DictReader(file) if row["MGMT_value"] == "1")
    folder = cohort.data / positive / "T1wCE"
    pixels = np.stack([pydicom.dcmread(folder / f"Image-{number}.dcm").pixel_array for number in range(1, 17)])
    mask = SimpleITK.GetArrayFromImage(_mask(cohort, positive, 1)).astype(bool)
    # Its rim is by far the brightest there is in T1wCE.
    assert pixels[mask].max() > 1.2 * np.percentile(pixels[~mask], 99)


def test_two_lesions_are_as_frequent_in_either_class_and_change_no_other_patient(cohort, tmp_path):
    several = {patient for patient, lesion in _boxes(cohort) if lesion == 2}
    with open(cohort.labels, newline="") as file:
        labels = {row["BraTS21ID"]: row["MGMT_value"] for row in csv.DictReader(file)}
    assert Counter(labels[patient] for patient in several) == {"0": 2, "1": 2}
    none = write_cohort(tmp_path, patients=PATIENTS, slices=16, size=48, seed=5, modalities=["t1wce"])
    for patient in labels:
        files = ((folder / patient / "T1wCE" / "Image-8.dcm").read_bytes() for folder in (cohort.data, none.data))
        assert (len(set(files)) == 1) == (patient not in several)
