"""The synthetic cohorts are the same for a seed, are read without options, and owe labels only a signal."""

import csv

import pydicom
import pytest

from radiogenomics.cohort.labels import read_labels
from radiogenomics.phantom.cohort import write_cohort
from radiogenomics.phantom.scanner import SEQUENCES

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
    paths = (cohort.data / patient / folder / f"Image-{k}.dcm" for k in range(1, SHAPE[0] + 1))
    return [pydicom.dcmread(path) for path in paths]


def test_the_layout_is_that_of_rsna_miccai(cohort):
    labels = _labels(cohort.labels)
    assert sorted(labels) == [f"{k:05d}" for k in range(8)]
    assert sum(labels.values()) == 4
    files = {path.relative_to(cohort.data) for path in cohort.data.rglob("*.dcm")}
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
    pairs = [
        (_series(cohort, patient, "T1w")[0].Manufacturer, label) for patient, label in _labels(cohort.labels).items()
    ]
    assert {pairs.count(pair) for pair in pairs} == {2}
    assert len(set(pairs)) == 4


def _bytes(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize(("kind", "modality"), [("brain", "flair"), ("limb", "t2w")])
def test_the_same_seed_writes_the_same_bytes_whatever_else_is_written(tmp_path, kind, modality, raw):
    size = {"kind": kind, "patients": 4, "slices": 6, "size": 32, "two_lesions": 0.5, "raw": raw}
    for name, seed, modalities in (("all", 3, ()), ("one", 3, (modality,)), ("other", 4, (modality,))):
        write_cohort(tmp_path / name, **size, seed=seed, modalities=modalities)
    everything, one, other = (_bytes(tmp_path / name) for name in ("all", "one", "other"))
    assert {path: everything[path] for path in one} == one
    assert len({path.parts[2] for path in one if path.suffix == ".dcm"} - {"RTSTRUCT"}) == 1
    images = [path for path in one if path.suffix == ".dcm"]
    assert all(one[path] != other[path] for path in images)


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("kind", ["brain", "limb"])
def test_labels_are_read_without_options_and_name_the_folders(tmp_path, kind, raw):
    cohort = write_cohort(tmp_path, kind=kind, patients=6, slices=3, size=32, seed=0, raw=raw)
    labels = read_labels(cohort.labels, id_column=None, label_column=None, positive=None).labels
    assert sorted(labels) == sorted(path.name for path in cohort.data.iterdir())
    assert sum(labels.values()) == 3
    assert [place is None or place.exists() for place in (cohort.lesions, cohort.masks)] == [True, True]


def test_progress_hears_of_every_patient(tmp_path):
    heard = []

    class Ear:
        def update(self, task, done, total, note=""):
            heard.append((done, total))

    write_cohort(tmp_path, patients=2, slices=2, size=32, seed=0, modalities=["t1w"], progress=Ear())
    assert heard == [(1, 2), (2, 2)]
