"""The synthetic cohort is RSNA-MICCAI's layout, the same for a seed, and its signal lies in the lesion alone."""

import csv

import numpy as np
import pydicom
import pytest

from radiogenomics.phantom.cohort import SEQUENCES, write_cohort
from radiogenomics.phantom.head import RIM_SIGNAL, draw_head, image, smooth_noise, tissue_fractions

SHAPE = (8, 40, 40)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Eight patients of four sequences, as written."""
    out = tmp_path_factory.mktemp("cohort")
    return write_cohort(out, patients=8, slices=SHAPE[0], size=SHAPE[1], seed=3)


def _labels(path):
    with open(path, newline="") as file:
        return {row["BraTS21ID"]: int(row["MGMT_value"]) for row in csv.DictReader(file)}


def _series(cohort, patient, folder):
    paths = (cohort.parent / "train" / patient / folder / f"Image-{k}.dcm" for k in range(1, SHAPE[0] + 1))
    return [pydicom.dcmread(path) for path in paths]


def test_the_layout_is_that_of_rsna_miccai(cohort):
    labels = _labels(cohort)
    assert sorted(labels) == [f"{k:05d}" for k in range(8)]
    assert sum(labels.values()) == 4
    files = {path.relative_to(cohort.parent / "train") for path in cohort.parent.rglob("*.dcm")}
    assert len(files) == 8 * 4 * SHAPE[0]
    assert {path.parts[1] for path in files} == {"T1w", "T1wCE", "T2w", "FLAIR"}


def test_the_sequences_of_a_patient_lie_on_one_grid(cohort):
    series = [_series(cohort, "00002", folder) for folder, _ in SEQUENCES.values()]
    for slices in zip(*series, strict=True):
        for keyword in ("ImagePositionPatient", "PixelSpacing", "FrameOfReferenceUID", "StudyInstanceUID", "Rows"):
            assert len({str(s[keyword].value) for s in slices}) == 1
    assert len({s.SOPInstanceUID for slices in series for s in slices}) == 4 * SHAPE[0]
    assert len({slices[0].SeriesInstanceUID for slices in series}) == 4


def test_either_scanner_has_half_of_either_class(cohort):
    pairs = [(_series(cohort, patient, "T1w")[0].Manufacturer, label) for patient, label in _labels(cohort).items()]
    assert {pairs.count(pair) for pair in pairs} == {2}
    assert len(set(pairs)) == 4


def test_the_same_seed_writes_the_same_bytes_whatever_else_is_written(cohort, tmp_path):
    alone = write_cohort(tmp_path / "one", patients=8, slices=SHAPE[0], size=SHAPE[1], seed=3, modalities=["flair"])
    other = write_cohort(tmp_path / "two", patients=8, slices=SHAPE[0], size=SHAPE[1], seed=4, modalities=["flair"])
    assert alone.read_bytes() == cohort.read_bytes()
    place = "train/00005/FLAIR/Image-4.dcm"
    assert (alone.parent / place).read_bytes() == (cohort.parent / place).read_bytes()
    assert (other.parent / place).read_bytes() != (cohort.parent / place).read_bytes()
    assert {path.name for path in (alone.parent / "train" / "00000").iterdir()} == {"FLAIR"}


def test_progress_hears_of_every_patient(tmp_path):
    heard = []

    class Ear:
        def update(self, task, done, total, note=""):
            heard.append((done, total))

    write_cohort(tmp_path, patients=2, slices=2, size=32, seed=0, modalities=["t1w"], progress=Ear())
    assert heard == [(1, 2), (2, 2)]


def _heads(positive, count=60):
    return [draw_head(np.random.default_rng(seed), positive) for seed in range(count)]


def test_only_rim_and_texture_depend_on_the_label():
    for one, other in zip(_heads(True), _heads(False), strict=True):
        assert (one.radii, one.lesion, one.lesion_radius) == (other.radii, other.lesion, other.lesion_radius)
        assert one.rim > other.rim
        assert one.texture > other.texture


@pytest.mark.parametrize("modality", sorted(SEQUENCES))
def test_the_label_shows_in_every_sequence_and_only_inside_the_tumour(modality):
    images, tissues = [], None
    for positive in (False, True):
        generator = np.random.default_rng(5)
        head = draw_head(generator, positive)
        tissues = tissue_fractions(head, generator, SHAPE)
        images.append(image(head, tissues, smooth_noise(generator, SHAPE, 1.0), modality))
    tumour = tissues[4:].sum(axis=0)
    difference = images[1] - images[0]
    np.testing.assert_array_equal(difference[tumour == 0], 0)
    rim = tissues[5] > 0.9
    assert rim.sum() > 20
    assert np.sign(difference[rim].mean()) == np.sign(RIM_SIGNAL[modality])
    assert abs(difference[rim].mean()) > 0.15


def test_tissues_fill_the_brain_and_the_lesion_spans_the_mid_section():
    for seed, head in enumerate(_heads(True, 10)):
        tissues = tissue_fractions(head, np.random.default_rng(seed), (16, 64, 64))
        total = tissues.sum(axis=0)
        assert tissues.min() >= 0
        assert total.max() == pytest.approx(1, abs=1e-5)
        assert 0.15 < (total > 0.5).mean() < 0.6
        assert ((tissues[4:].sum(axis=0) > 0.5).sum(axis=(1, 2))[6:10] > 30).all()
