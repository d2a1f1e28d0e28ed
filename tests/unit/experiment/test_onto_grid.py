"""One bad patient stops no other: each has its reason, each file its place, and what made things worse is told."""

import functools
import shutil
from dataclasses import replace

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from toy_cases import Ear
from toy_raw import HEADS, LIMBS, RESAMPLE, RIGID, accounted, before_step, found, garble, limb, write_heads, write_limbs

from radiogenomics.errors import CohortError, StoreError
from radiogenomics.experiment import volumes
from radiogenomics.experiment.prepare import prepare, without_unreadable
from radiogenomics.experiment.volumes import bring
from radiogenomics.overrides import override
from radiogenomics.phantom.dicom import uid
from radiogenomics.preparation.volumes import Outcome
from radiogenomics.records import Figure
from radiogenomics.store import Store

REGISTERED = f"preparation.steps=[{RIGID},{RESAMPLE}]"
WORSE = "mutual information fell from 0.5 to 0.4 nats"


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    return write_heads(tmp_path_factory.mktemp("heads"), patients=6)


@pytest.fixture
def mine(heads, tmp_path):
    """The heads, to be damaged."""
    shutil.copytree(heads.data, tmp_path / "data")
    return replace(heads, data=tmp_path / "data")


@pytest.fixture(scope="module")
def limbs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("limbs")
    return write_limbs(*(limb(folder, index, modalities=("ct", "dose", "t1w")) for index in range(2)))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def instead(monkeypatch):
    return functools.partial(before_step, monkeypatch)


def _reasons(exclusions):
    return {e.patient_id: e.reason for e in exclusions if not e.path}


def _copy(folder, source):
    """Fill a series with the images of another, as a public collection did."""
    for path in folder.iterdir():
        path.unlink()
    for number, path in enumerate(sorted(source.iterdir())):
        one = pydicom.dcmread(path)
        one.SeriesInstanceUID, one.SOPInstanceUID = uid("copy"), uid("copy", str(number))
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
        one.save_as(folder / path.name)


def test_every_file_is_accounted_for_and_the_bad_ones_are_named(mine, store):
    folders = {patient: mine.data / patient / "FLAIR" for patient in ("00001", "00002", "00003", "00005")}
    garble(folders["00001"] / "Image-4.dcm")
    for path in folders["00002"].iterdir():
        garble(path)
    for path in sorted(folders["00003"].iterdir())[2:]:
        path.unlink()
    garble(mine.data / "00004" / "T1wCE" / "Image-2.dcm")
    _copy(folders["00005"], mine.data / "00005" / "T1wCE")
    everyone, cases = found(mine, HEADS, store)
    prepared = prepare(mine.data, cases, HEADS, store, 0)
    reasons = _reasons(prepared.exclusions)
    assert sorted(reasons) == ["00002", "00003", "00005"]
    assert reasons["00002"].startswith("flair is no volume: 0 of its 8 slices can be decoded (00002/FLAIR/Image-")
    assert reasons["00003"] == "flair has 2 slices, and a volume needs 3"
    assert _reasons(prepared.volumes.exclusions) == reasons
    assert reasons["00005"] == "its t1wce is a copy of its flair: one of the two sequences is missing"
    bad = {"00001/FLAIR/Image-4.dcm", "00004/T1wCE/Image-2.dcm", *(f"00002/FLAIR/Image-{n}.dcm" for n in range(1, 9))}
    assert {e.path for e in prepared.exclusions if e.path} == bad
    assert {s.patient_id for s in prepared.samples} == {"00000", "00001", "00004"}
    assert not {s.path for case in prepared.volumes.cases for one in case.series for s in one.slices} & bad
    after = without_unreadable(everyone, prepared)
    assert accounted(everyone)
    assert accounted(after)
    assert {s.patient_id for s in after.series if s.status == "unused"} == set(reasons)
    notes = {(q.patient_id, s.modality): s.note for q in prepared.volumes.quality for s in q.steps if s.step == "read"}
    assert sorted(notes) == [("00001", "flair"), ("00004", "t1wce")]
    assert all(note.startswith("1 of ") and "can't be decoded" in note for note in notes.values())


def test_files_that_could_not_be_read_are_tried_again_each_time(mine, store):
    path = mine.data / "00001" / "FLAIR" / "Image-4.dcm"
    whole, times = path.read_bytes(), path.stat()
    _, cases = found(mine, HEADS, store)
    path.unlink()  # as by a share that is not mounted
    first = bring(mine.data, cases, HEADS, store, 0)
    assert [(e.path, e.reason) for e in first.exclusions] == [
        ("00001/FLAIR/Image-4.dcm", "can't be read: No such file or directory")
    ]
    path.write_bytes(whole)
    assert times.st_size == path.stat().st_size
    second = bring(mine.data, cases, HEADS, store, 0)
    assert (second.n_built, second.n_reused, second.exclusions) == (1, 5, ())


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            RuntimeError("Exception thrown in SimpleITK:\n/tmp/itk/x.hxx:9:\nITK ERROR: all samples map outside"),
            "its preparation failed (RuntimeError: ITK ERROR: all samples map outside)",
        ),
        (ValueError("no such axis"), "its preparation failed (ValueError: no such axis)"),
        (KeyError(), "its preparation failed (KeyError: no message)"),
        (CohortError("flair is empty"), "flair is empty"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_whatever_a_step_raises_leaves_out_one_patient_alone(heads, store, instead, error, reason):
    def fail(place, *_):
        if place == 1:
            raise error

    instead("resample", fail)
    result = bring(heads.data, found(heads, HEADS, store)[1], HEADS, store, 0)
    assert _reasons(result.exclusions) == {"00001": reason}
    assert [case.patient_id for case in result.cases] == ["00000", "00002", "00003", "00004", "00005"]
    assert [(q.patient_id, q.excluded) for q in result.quality if q.excluded] == [("00001", reason)]
    assert bring(heads.data, found(heads, HEADS, store)[1], HEADS, store, 0).n_reused == 5


def test_faulty_files_are_named_also_where_another_step_or_series_fails(mine, store, instead):
    def fail(place, *_):
        if place < 2:
            raise (RuntimeError, CohortError)[place]("singular")

    bad = [f"{patient}/FLAIR/Image-3.dcm" for patient in ("00000", "00002")]
    bad += [f"00001/{folder}/Image-{n}.dcm" for folder in ("FLAIR", "T1wCE") for n in (2, 3, 4, 5, 6)]
    for path in bad:
        garble(mine.data / path)
    instead("resample", fail)
    result = bring(mine.data, found(mine, HEADS, store)[1], HEADS, store, 0)
    reasons = _reasons(result.exclusions)
    assert sorted(reasons) == ["00000", "00001", "00002"]
    assert "singular" in reasons["00000"]
    assert reasons["00002"] == "singular"
    assert "t1wce has a gap" in reasons["00001"]
    assert "flair has a gap" in reasons["00001"]
    assert sorted(e.path for e in result.exclusions if e.path) == sorted(bad)


def test_a_patient_whose_process_dies_is_left_out_alone(heads, store, monkeypatch):
    def run(function, jobs, workers, progress, *, folders, lost):
        for index, job in enumerate(jobs):
            yield index, lost(job) if index == 2 else function(job, progress)

    monkeypatch.setattr(volumes, "run_jobs", run)
    result = bring(heads.data, found(heads, HEADS, store)[1], HEADS, store, 2)
    assert list(_reasons(result.exclusions)) == ["00002"]
    assert "out of memory" in _reasons(result.exclusions)["00002"]
    assert result.n_built == 5


def test_a_store_that_cannot_be_written_is_no_patients_fault(heads, tmp_path):
    _, cases = found(heads, HEADS, Store(tmp_path / "store"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "volumes").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="volumes"):
        bring(heads.data, cases, HEADS, Store(tmp_path / "full"), 0)


def _mr(limbs, store, *settings):
    recipe = override(LIMBS, ['modalities=["t1w","dose"]', *settings])
    return recipe, found(limbs, recipe, store)[1]


def test_mr_of_another_frame_of_reference_than_ct_is_not_used_unregistered(limbs, store):
    recipe, cases = _mr(limbs, store)
    result = bring(limbs.data, cases, recipe, store, 0)
    why = "its t1w lies in another frame of reference than its ct: no step registers it"
    assert _reasons(result.exclusions) == {"STS000": why, "STS001": why}
    other = override(recipe, [f'preparation.steps=[{{"step":"rigid","modalities":["t2w"]}},{RESAMPLE}]'])
    assert set(_reasons(bring(limbs.data, cases, other, store, 0).exclusions).values()) == {why}


def test_mr_whose_registration_was_dropped_is_not_used_either_and_why_is_told(limbs, store, instead):
    def worse(place, before, *_):
        figures = (Figure("mutual information", 0.5, 0.4, "nats"),)
        return Outcome(before, figures, worse=WORSE if place == 0 else "")

    instead("rigid", worse)
    recipe, cases = _mr(limbs, store, REGISTERED)
    result = bring(limbs.data, cases, recipe, store, 0)
    assert _reasons(result.exclusions) == {"STS000": f"its t1w lies in another frame of reference than its ct: {WORSE}"}
    [case] = result.cases
    assert {s.frame_of_reference_uid for s in case.series} == {cases[1].grid.frame_of_reference_uid}


def test_a_dose_of_another_frame_than_its_ct_is_not_used(limbs, store, instead):
    instead("rigid", lambda _, before, *__: Outcome(before))
    recipe, cases = _mr(limbs, store, REGISTERED)
    dose = cases[0].series[1]
    moved = replace(cases[0], series=(cases[0].series[0], replace(dose, frame_of_reference_uid="1.2.3")))
    result = bring(limbs.data, [moved, cases[1]], recipe, store, 0)
    assert _reasons(result.exclusions) == {
        "STS000": "its dose lies in another frame of reference than its ct: no step registers it"
    }
    assert [case.patient_id for case in result.cases] == ["STS001"]


@pytest.mark.parametrize("use_worse", [False, True])
def test_a_step_that_made_things_worse_is_told_of_and_dropped_unless_wanted(heads, store, instead, use_worse):
    def worse(place, before, modality, part):
        if place not in {1, 3}:
            return None
        far = replace(before.by_modality[modality], transform=sitk.TranslationTransform(3, (0.0, 0.0, 30.0)))
        return Outcome(before.put(modality, far), worse=WORSE)

    instead("rigid", worse)
    recipe = override(override(HEADS, [REGISTERED]), [f"preparation.steps.0.use_worse={use_worse}".lower()])
    ear = Ear()
    result = bring(heads.data, found(heads, recipe, store)[1], recipe, store, 0, ear)
    assert len(result.cases) == 6
    flagged = [(q.patient_id, s.used) for q in result.quality for s in q.steps if s.worse]
    assert flagged == [("00001", use_worse), ("00003", use_worse)]
    plain = bring(heads.data, found(heads, HEADS, store)[1], HEADS, store, 0)
    one, other = (store.read_volume(r.keys["00001"], "flair") for r in (result, plain))
    assert np.array_equal(one, other) is not use_worse
    verdict = "to be looked at" if use_worse else "left out, as by its own figure it made things worse,"
    assert ear.said == [f"rigid registration: {verdict} 2 times (such as patient 00001, flair: {WORSE})"]
