"""Brains are those that are given, or that were found; without them nobody is measured by what lies around."""

import shutil

import numpy as np
import pytest
import SimpleITK as sitk
from toy_raw import HEADS, RESAMPLE, before_step, found, write_heads

from radiogenomics.experiment import volumes
from radiogenomics.experiment.prepare import prepare
from radiogenomics.experiment.volumes import bring
from radiogenomics.overrides import override
from radiogenomics.preparation.volumes import Outcome
from radiogenomics.store import Store


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    return write_heads(tmp_path_factory.mktemp("heads"), patients=6)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def _reasons(exclusions):
    return {e.patient_id: e.reason for e in exclusions if not e.path}


@pytest.fixture
def brains(heads, tmp_path):
    """A mask of each head's middle, as another program leaves it; the last has none, the one before no voxel."""
    folder = tmp_path / "brains"
    folder.mkdir()
    for place, patient in enumerate(sorted(path.name for path in heads.data.iterdir())[:-1]):
        paths = sorted((heads.data / patient / "T1wCE").iterdir(), key=lambda path: int(path.stem.rpartition("-")[2]))
        image = sitk.ReadImage([str(path) for path in paths])
        inside = np.zeros(image.GetSize()[::-1], np.uint8)
        inside[3:9, 10:30, 8:25] = place < 4
        mask = sitk.GetImageFromArray(inside)
        mask.CopyInformation(image)
        sitk.WriteImage(mask, str(folder / f"{patient}.nii.gz"))
    return folder


def test_brain_masks_that_are_given_are_kept_on_the_grid_and_by_their_content(heads, brains, store):
    everyone, cases = found(heads, HEADS, store, brain_masks=brains)
    assert _reasons(everyone.exclusions) == {"00005": "no brain mask in brains"}
    first = bring(heads.data, cases, HEADS, store, 0)
    assert list(_reasons(first.exclusions)) == ["00004"]
    assert "covers no voxel of its t1wce" in _reasons(first.exclusions)["00004"]
    mask = sitk.GetArrayFromImage(sitk.ReadImage(store.volume_file(first.keys["00000"], "brain.nii.gz")))
    assert first.cases[0].brain_mask == str(store.volume_file(first.keys["00000"], "brain.nii.gz"))
    assert (mask.sum(), mask[3:9, 10:30, 8:25].all()) == (6 * 20 * 17, True)
    assert any("brain on t1wce" in name for name in volumes.pictures_of(store, first.keys["00000"]))
    assert {s.patient_id for s in prepare(heads.data, cases, HEADS, store, 0).samples} == set(first.keys)
    shutil.copy(brains / "00001.nii.gz", brains / "00000.nii.gz")
    second = bring(heads.data, cases, HEADS, store, 0)
    assert [p for p in first.keys if first.keys[p] != second.keys[p]] == ["00000"]
    (brains / "00000.nii.gz").unlink()
    third = bring(heads.data, cases, HEADS, store, 0)
    assert "00000.nii.gz can't be read" in _reasons(third.exclusions)["00000"]
    assert third.n_reused == 3


@pytest.mark.parametrize("over", ["brain", "all"])
def test_who_has_no_brain_is_left_out_where_intensities_are_told_from_it(heads, store, monkeypatch, over):
    why = "the brain has 3 litres"
    before_step(monkeypatch, "brain", lambda place, before, *_: Outcome(before, worse=why) if place == 1 else None)
    steps = f'preparation.steps=[{RESAMPLE},{{"step":"brain"}}]'
    recipe = override(HEADS, [steps, f"image.over={over}"])
    cases = found(heads, recipe, store)[1][:3]
    first, second = (bring(heads.data, cases, recipe, store, 0) for _ in range(2))
    assert (second.n_built, second.exclusions) == (0, first.exclusions)
    expected = {"00001": f"its brain was not found, and intensities are told from it: {why}"}
    assert _reasons(first.exclusions) == (expected if over == "brain" else {})
    assert [bool(case.brain_mask) for case in first.cases if case.patient_id != "00001"] == [True, True]
