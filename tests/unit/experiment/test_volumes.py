"""Raw series are brought onto one grid once, the same way each time, and whoever trains or predicts finds them."""

import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from toy_cases import Ear
from toy_raw import HEADS, LIMBS, MOVED, RESAMPLE, found, hashes, limb, write_heads, write_limbs

from radiogenomics.experiment.predict import Scorer, score_cases
from radiogenomics.experiment.prepare import prepare
from radiogenomics.experiment.volumes import bring, pictures_of
from radiogenomics.imaging.plane import to_patient
from radiogenomics.overrides import override
from radiogenomics.phantom.cohort import draw_cases, true_motion
from radiogenomics.phantom.raw_sarcoma import raw_limb
from radiogenomics.store import Store

WHOLE = override(HEADS, [f'preparation.steps=[{{"step":"rigid"}},{RESAMPLE}]'])


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    return write_heads(tmp_path_factory.mktemp("heads"))


@pytest.fixture(scope="module")
def brought(heads, tmp_path_factory):
    """What the quickest recipe made of the heads: where it lies, what went in and what came out."""
    store = Store(tmp_path_factory.mktemp("brought"))
    _, cases = found(heads, HEADS, store)
    return store, cases, bring(heads.data, cases, HEADS, store, 0)


@pytest.fixture(scope="module")
def fine(tmp_path_factory):
    """One head with voxels small enough to tell its motion, and the truth of it."""
    heads = write_heads(tmp_path_factory.mktemp("fine"), patients=1, size=80)
    [truth] = draw_cases(heads.data.parent, kind="brain", patients=1, slices=24, size=80, seed=3, raw=True)
    return heads, true_motion(truth, "brain", "flair")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def _geometry(series):
    places = [(s.number, s.position) for s in series.slices]
    return series.rows, series.columns, series.spacing, series.orientation, series.origin, places


def _image(data, patient, folder):
    paths = sorted((data / patient / folder).iterdir(), key=lambda path: int(path.stem.rpartition("-")[2]))
    return sitk.ReadImage([str(path) for path in paths], sitk.sitkFloat32)


def _points(image):
    """The voxels' centres, [slices, rows, columns, 3] in mm."""
    index = np.moveaxis(np.indices(image.GetSize()[::-1]), 0, -1)[..., ::-1] * np.array(image.GetSpacing())
    return index @ np.reshape(image.GetDirection(), (3, 3)).T + np.array(image.GetOrigin())


def test_every_series_comes_to_lie_on_the_references_grid(heads, brought):
    store, cases, result = brought
    for raw, case in zip(cases, result.cases, strict=True):
        assert _geometry(raw.series[1]) != _geometry(raw.reference)
        assert {str(_geometry(series)) for series in (*case.series, case.reference)} == {str(_geometry(raw.reference))}
        t1wce, flair = (store.read_volume(series.volume, series.modality) for series in case.series)
        image = _image(heads.data, case.patient_id, "T1wCE")
        np.testing.assert_allclose(t1wce, sitk.GetArrayFromImage(image), atol=np.ptp(t1wce) / 65534)
        laid = sitk.Resample(_image(heads.data, case.patient_id, "FLAIR"), image)
        np.testing.assert_allclose(flair, sitk.GetArrayFromImage(laid), atol=np.ptp(flair) / 65534 + 0.01)


def test_samples_come_out_of_it_as_from_the_raw_series_of_the_grid(heads, brought, store):
    _, cases, _ = brought
    prepared = prepare(heads.data, cases, HEADS, store, 0)
    plain = override(HEADS, ['modalities=["t1wce"]', "preparation.steps=[]"])
    as_they_are = prepare(heads.data, found(heads, plain, store)[1], plain, store, 0)

    def names(one):
        return [(s.patient_id, s.lesion_id, s.slice, s.series_uid) for s in one.samples]

    assert names(prepared) == names(as_they_are) != []
    for one, other in zip(prepared.samples, as_they_are.samples, strict=True):
        pixels, raw = (store.read(sample.planes[0]).astype(int) for sample in (one, other))
        assert np.abs(pixels - raw).max() <= 20  # of 65535: what was rounded on the way
        assert store.read(one.planes[1]).any()
    assert prepared.exclusions == ()


def test_slices_that_a_series_does_not_reach_are_left_out_and_that_is_said(heads, store, tmp_path):
    shutil.copytree(heads.data, tmp_path / "data")
    for number in (5, 6, 7, 8):
        (tmp_path / "data" / "00001" / "FLAIR" / f"Image-{number}.dcm").unlink()
    short, ear = replace(heads, data=tmp_path / "data"), Ear()
    whole = prepare(heads.data, found(heads, HEADS, store)[1], HEADS, store, 0).samples
    prepared = prepare(short.data, found(short, HEADS, store)[1], HEADS, store, 0, ear)
    lost = {(s.patient_id, s.slice) for s in whole} - {(s.patient_id, s.slice) for s in prepared.samples}
    assert {patient for patient, _ in lost} == {"00001"}
    assert "00001" in {s.patient_id for s in prepared.samples}
    assert prepared.exclusions == ()
    said = f"{len(lost)} slices of 1 patients (such as 00001) are left out: a modality shows nothing there"
    assert [sentence for sentence in ear.said if sentence.startswith(said)]


def test_a_registered_series_lies_where_the_planted_motion_says(fine, store):
    """Beside what the true motion makes of the raw series; without registration it lies far from that."""
    heads, motion = fine
    _, cases = found(heads, HEADS, store)
    fixed, moving = (_image(heads.data, "00000", folder) for folder in ("T1wCE", "FLAIR"))
    field = sitk.GetImageFromArray(motion.moved(_points(fixed)) - _points(fixed), True)
    field.CopyInformation(fixed)
    expected = sitk.GetArrayFromImage(sitk.Resample(moving, fixed, sitk.DisplacementFieldTransform(field)))
    off = []
    for recipe in (HEADS, WHOLE):
        result = bring(heads.data, cases, recipe, store, 0)
        off.append(np.abs(store.read_volume(result.keys["00000"], "flair") - expected).mean())
    assert off[1] < 0.25 * off[0]


def test_what_lies_in_the_store_is_used_again(heads, brought):
    store, cases, first = brought
    before = {path: path.stat().st_mtime_ns for path in (store.root / "volumes").rglob("*")}
    again = bring(heads.data, found(heads, HEADS, store)[1], HEADS, store, 0)
    assert (first.n_built, first.n_reused, again.n_built, again.n_reused) == (3, 0, 0, 3)
    assert (again.cases, again.keys, again.quality) == (first.cases, first.keys, first.quality)
    assert {path: path.stat().st_mtime_ns for path in (store.root / "volumes").rglob("*")} == before
    assert len(cases) == 3


def test_another_parameter_is_another_entry(heads, brought):
    store, cases, first = brought
    finer = override(HEADS, ['preparation.steps=[{"step":"resample","interpolation":"bspline"}]'])
    second = bring(heads.data, cases, finer, store, 0)
    assert second.n_built == 3
    assert not set(second.keys.values()) & set(first.keys.values())


def test_a_changed_file_is_brought_anew_and_nobody_elses(heads, brought, tmp_path):
    store, _, first = brought
    data = tmp_path / "data"
    shutil.copytree(heads.data, data)
    path = data / "00001" / "FLAIR" / "Image-3.dcm"
    os.utime(path, ns=(1, 1))
    second = bring(data, found(replace(heads, data=data), HEADS, store)[1], HEADS, store, 0)
    assert (second.n_built, second.n_reused) == (1, 2)
    assert [p for p in first.keys if first.keys[p] != second.keys[p]] == ["00001"]


@pytest.mark.parametrize("recipe", [HEADS, override(HEADS, ["preparation.reference=flair"])], ids=["on it", "carried"])
def test_who_draws_a_lesion_anew_gets_the_new_one(heads, recipe, store):
    _, cases = found(heads, recipe, store)
    first = bring(heads.data, cases, recipe, store, 0)
    [lesion] = cases[0].lesions
    wider = replace(lesion, outlines=tuple(replace(o, x_max=o.x_max + 3) for o in lesion.outlines))
    second = bring(heads.data, [replace(cases[0], lesions=(wider,)), *cases[1:]], recipe, store, 0)
    assert second.n_reused == 2
    assert second.cases[0].lesions != first.cases[0].lesions
    assert pictures_of(store, second.keys["00000"]) != pictures_of(store, first.keys["00000"])
    assert second.cases[1:] == first.cases[1:]


def test_a_damaged_entry_is_built_anew_and_that_is_said(heads, store):
    _, cases = found(heads, HEADS, store)
    first = bring(heads.data, cases, HEADS, store, 0)
    before, ear = hashes(store), Ear()
    with open(store.volume_file(first.keys["00002"], "flair.npy"), "r+b") as file:
        file.seek(5000)
        file.write(b"damaged")
    assert hashes(store) != before
    second = bring(heads.data, cases, HEADS, store, 0, ear)
    assert hashes(store) == before
    assert (second.n_built, second.n_reused) == (1, 2)
    assert len(ear.said) == 1
    assert "Patient 00002 is prepared anew: " in ear.said[0]
    assert "flair.npy" in ear.said[0]


def test_any_number_of_workers_gives_the_same_bytes(heads, tmp_path):
    results = []
    for workers in (0, 2):
        store, ear = Store(tmp_path / str(workers)), Ear()
        result = bring(heads.data, found(heads, MOVED, store)[1], MOVED, store, workers, ear)
        facts = [replace(one, steps=tuple(replace(s, seconds=0.0) for s in one.steps)) for one in result.quality]
        results.append((hashes(store), result.cases, result.exclusions, facts, result.keys))
        assert ear.updates == [("volumes", done, 3) for done in (1, 2, 3)]
    assert results[0] == results[1]
    assert len(results[0][0]) == 3 * 5  # each: two volumes, entry.json and two pictures


def _middle(series, lesion):
    """The middle of a lesion's pixels, mm: x, y, z."""
    slices = {s.number: s for s in series.slices}
    middles = [
        to_patient(series, slices[o.slice]) @ ((o.x_min + o.x_max - 1) / 2, (o.y_min + o.y_max - 1) / 2, 1)
        for o in lesion.outlines
    ]
    return np.average(middles, axis=0, weights=[o.area for o in lesion.outlines])


def test_lesions_drawn_on_another_series_move_with_the_patient(fine, store):
    heads, motion = fine
    swapped = override(WHOLE, ["preparation.reference=flair"])
    [raw] = found(heads, swapped, store)[1]
    prepared = prepare(heads.data, [raw], swapped, store, 0)
    [case], [quality] = prepared.volumes.cases, prepared.volumes.quality
    assert case.reference.series_uid == raw.grid.series_uid != raw.reference.series_uid
    there, came = _middle(raw.reference, raw.lesions[0]), _middle(case.reference, case.lesions[0])
    assert np.linalg.norm(came - motion.moved(there)) < 2 < np.linalg.norm(came - there)
    assert {s.slice for s in prepared.samples} <= {o.slice for o in case.lesions[0].outlines}
    assert {s.series_uid for s in prepared.samples} == {raw.grid.series_uid}
    assert [s.modality for s in quality.steps if s.step == "carry"] == ["t1wce"]


def test_lesions_drawn_on_the_grid_stay_as_they_are(brought):
    _, cases, result = brought
    assert [case.lesions for case in result.cases] == [case.lesions for case in cases]
    assert "carry" not in {record.step for one in result.quality for record in one.steps}


def test_the_dose_of_a_plan_comes_in_gray_onto_ct_in_however_many_objects(tmp_path, store):
    limbs = [limb(tmp_path, index, beams) for index, beams in enumerate(("", "one series", "own series"))]
    cohort = write_limbs(*limbs)
    result = bring(cohort.data, found(cohort, LIMBS, store)[1], LIMBS, store, 0)
    assert len(result.keys) == 3
    for case in limbs:
        truth = raw_limb(case)
        planned = sitk.GetImageFromArray(truth.gray(truth.dose))
        planned.SetOrigin(truth.dose.corner(0))
        planned.SetSpacing(truth.dose.spacing)
        expected = sitk.GetArrayFromImage(sitk.Resample(planned, _image(cohort.data, case.patient, "CT")))
        dose = store.read_volume(result.keys[case.patient], "dose")
        assert expected.max() > 40
        np.testing.assert_allclose(dose, expected, atol=0.005)


def test_new_patients_are_prepared_as_those_of_the_training_were(heads, brought, tmp_path):
    store, cases, result = brought
    everyone, _ = found(heads, HEADS, store)
    seen = []
    scorer = Scorer(HEADS, 0.5, lambda images: seen.append(images.shape) or np.full(len(images), 0.25))
    scored = score_cases(scorer, everyone, cases, Store(tmp_path), 0, Ear())
    assert {p.patient_id: p.probability for p in scored.patients} == dict.fromkeys(result.keys, 0.25)
    assert hashes(Store(tmp_path)) == {path: sha for path, sha in hashes(store).items() if path[3:67] in
                                       result.keys.values()}  # fmt: skip
    assert {shape[1:] for shape in seen} == {(64, 64, 2)}


def test_without_steps_series_are_taken_as_they_are(heads, store):
    plain = override(HEADS, ["preparation.steps=[]"])
    prepared = prepare(heads.data, found(heads, plain, store)[1], plain, store, 0)
    assert prepared.volumes is None
    assert not (store.root / "volumes").exists()
    assert prepared.samples
