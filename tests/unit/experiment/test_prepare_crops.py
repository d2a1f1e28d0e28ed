"""Crops, resampled channels, statistics of volumes and brains, and copies, from DICOM to the store."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from toy_cases import RECIPE, SIDE, USED, Ear, make_case, make_series, noise

from radiogenomics.experiment.prepare import prepare, without_unreadable
from radiogenomics.imaging.sample import to_sample, window_of
from radiogenomics.overrides import override
from radiogenomics.records import Case, Cohort, Lesion, Outline
from radiogenomics.store import Store

CROPS = override(
    RECIPE, ['slices={"policy":"lesion-centre","reach":1}', 'region={"policy":"mask","margin_mm":2,"square":true}']
)
LESIONS = (
    Lesion("a", "1", (Outline(4, 10, 12, 20, 18, 40), Outline(5, 8, 10, 22, 20, 90))),
    Lesion("a", "2", (Outline(6, 30, 30, 40, 38, 80),)),
)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


def _planes(store, prepared, channel=0):
    return [store.read(sample.planes[channel]) for sample in prepared.samples]


def test_every_lesion_gives_crops_of_its_own(root, store):
    case = make_case(root, "a", "t1w", "flair", lesions=LESIONS)
    prepared = prepare(root, [case], CROPS, store, 0)
    found = [(s.lesion_id, s.slice, s.series_uid) for s in prepared.samples]
    assert found == [(lesion, number, "a.t1w") for lesion, number in zip("111222", (4, 5, 6, 5, 6, 7), strict=True)]
    boxes = [(8, 8, 22, 22), (6, 6, 24, 24), (6, 6, 24, 24), *[(28, 28, 40, 40)] * 3]
    for channel, modality in enumerate(("t1w", "flair")):
        for plane, sample, box in zip(_planes(store, prepared, channel), prepared.samples, boxes, strict=True):
            raw = noise("a", modality, sample.slice).astype(np.float32)
            np.testing.assert_array_equal(plane, to_sample(raw, CROPS.image, box))
    assert len(prepared.slices) == 8  # of each channel the slices 4 to 7, once


def test_another_box_is_another_entry(root, store):
    case = make_case(root, "a", "t1w", lesions=LESIONS[:1])
    wider = override(CROPS, ["region.margin_mm=3"])
    first, second = (prepare(root, [case], recipe, store, 0) for recipe in (CROPS, wider))
    assert first.n_built == second.n_built == 1
    assert first.samples[0].planes != second.samples[0].planes


def test_lesions_drawn_on_a_series_that_is_no_channel_cut_the_others(root, store):
    t1wce, t1w = make_case(root, "a", "t1wce", "t1w").series
    os.truncate(root / t1wce.slices[4].path, 600)  # never read
    case = Case("a", 1, (t1w,), LESIONS, drawn_on=t1wce)
    prepared = prepare(root, [case], CROPS, store, 0)
    assert {(s.series_uid, s.label) for s in prepared.samples} == {("a.t1wce", 1)}
    assert {s.series_uid for s in prepared.slices} == {"a.t1w"}
    assert prepared.exclusions == ()
    raw = noise("a", "t1w", 4).astype(np.float32)
    np.testing.assert_array_equal(_planes(store, prepared)[0], to_sample(raw, CROPS.image, (8, 8, 22, 22)))


def test_a_patient_without_a_lesion_stops_nobody(root, store):
    cases = [make_case(root, "a", "t1w", lesions=LESIONS), make_case(root, "b", "t1w")]
    prepared = prepare(root, cases, CROPS, store, 0)
    assert {s.patient_id for s in prepared.samples} == {"a"}
    assert [(e.patient_id, e.path, "no lesion" in e.reason) for e in prepared.exclusions] == [("b", "", True)]


def _ramp(number, x0, y0, spacing, shape):
    """A slice of a volume that is linear in the patient: x + 20 y + 30 number."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (x0 + spacing * x + 20 * (y0 + spacing * y) + 30 * number + 1000).astype(np.uint16)


def test_another_grid_is_resampled_so_that_boxes_cut_the_same_place(root, store):
    """On a ramp the finer, shifted, thinner series has everywhere the values of the reference."""
    t1w = make_series(root, "a", "t1w", planes=[_ramp(n, 0, 0, 1, (SIDE, SIDE)) for n in range(1, 11)])
    fine = [_ramp(n / 2 + 0.5, -5, -5, 0.5, (110, 110)) + np.uint16(50) for n in range(1, 21)]  # 50 more: no copy
    flair = make_series(root, "a", "flair", planes=fine, gap=2.5, origin=(-5.0, -5.0), spacing=(0.5, 0.5))
    flair = replace(flair, slices=tuple(replace(s, position=s.position + 2.5) for s in flair.slices))
    flair = replace(flair, origin=(-5.0, -5.0, flair.slices[0].position))
    recipe = override(CROPS, ["image.scope=volume"])
    case = Case("a", 0, (t1w, flair), LESIONS)
    prepared = prepare(root, [case], recipe, store, 0)
    assert [s.slice for s in prepared.samples] == [4, 5, 6, 5, 6, 7]
    volumes = ([_ramp(n, 0, 0, 1, (SIDE, SIDE)) for n in range(1, 11)], fine)
    windows = [window_of(np.stack(planes).astype(np.float32), recipe.image) for planes in volumes]
    for ours, theirs in zip(_planes(store, prepared), _planes(store, prepared, 1), strict=True):
        back = [p / 65535 * (high - low) + low for p, (low, high) in zip((ours, theirs), windows, strict=True)]
        np.testing.assert_allclose(back[0], back[1] - 50, atol=1)


def _counted(monkeypatch):
    from radiogenomics.experiment import channel
    from radiogenomics.imaging import stack

    read, paths = channel.read_slice, []
    for module in (channel, stack):
        monkeypatch.setattr(module, "read_slice", lambda root, s: paths.append(Path(s.path).name) or read(root, s))
    return paths


def test_a_resampled_series_is_read_where_it_is_needed_and_its_fault_drops_what_needs_it(root, store, monkeypatch):
    t1w, flair = make_case(root, "a", "t1w", "flair").series
    flair = replace(flair, slices=tuple(replace(s, position=s.position + 2.0) for s in flair.slices))
    flair = replace(flair, origin=(0.0, 0.0, 7.0))
    os.truncate(root / flair.slices[4].path, 600)  # number 5, at 27 mm: slices 5 and 6 lie beside it
    paths = _counted(monkeypatch)
    prepared = prepare(root, [Case("a", 0, (t1w, flair))], RECIPE, store, 0)
    assert sorted(paths[4:]) == [f"Image-{n}.dcm" for n in (3, 4, 5, 6, 7)]
    assert [s.slice for s in prepared.samples] == [4, 7]
    assert [(e.path, bool(e.reason)) for e in prepared.exclusions] == [(flair.slices[4].path, True)]
    again = prepare(root, [Case("a", 0, (t1w, flair))], RECIPE, store, 0)
    assert (again.n_built, again.n_reused) == (1, 1)  # tried again
    assert replace(again, n_built=2, n_reused=0) == prepared


def test_another_reference_is_another_entry_of_what_is_resampled(root, store):
    t1w, flair = make_case(root, "a", "t1w", "flair").series
    entries = set()
    for x in (3.0, 3.5):
        moved = replace(t1w, origin=(x, 0.0, 5.0))
        prepared = prepare(root, [Case("a", 0, (moved, flair))], RECIPE, store, 0)
        entries.add(tuple(plane.entry for plane in prepared.samples[0].planes))
    (one, other), (same, another) = sorted(entries)
    assert one == same, "as it is, a series does not depend on where it lies"
    assert other != another


def test_slices_that_a_channel_does_not_reach_are_left_out_and_that_is_said(root, store):
    t1w, flair = make_case(root, "a", "t1w", "flair").series
    short = replace(flair, slices=flair.slices[:5])
    ear = Ear()
    prepared = prepare(root, [Case("a", 0, (t1w, short))], RECIPE, store, 0, ear)
    assert [s.slice for s in prepared.samples] == [4, 5]
    assert ear.said == ["2 slices of 1 patients (such as a) are left out: a modality does not reach them"]


VOLUME = override(RECIPE, ["image.scope=volume", "image.normalisation=zscore"])


def test_a_volume_has_one_window_from_all_its_slices(root, store):
    case = make_case(root, "a", "t1w")
    prepared = prepare(root, [case], VOLUME, store, 0)
    volume = np.stack([noise("a", "t1w", n) for n in range(1, 11)]).astype(np.float32)
    window = window_of(volume, VOLUME.image)
    expected = [to_sample(volume[n - 1], VOLUME.image, window=window) for n in USED]
    np.testing.assert_array_equal(_planes(store, prepared), expected)


def test_a_slice_lost_to_the_volume_is_told_and_only_its_own_sample_goes(root, store):
    case = make_case(root, "a", "t1w")
    series = case.series[0]
    for place in (1, 4):  # one that only the statistics wanted, and one that is a sample
        os.truncate(root / series.slices[place].path, 600)
    prepared = prepare(root, [case], VOLUME, store, 0)
    assert [s.slice for s in prepared.samples] == [4, 6, 7]
    assert [e.path for e in prepared.exclusions] == [series.slices[place].path for place in (1, 4)]
    after = without_unreadable(Cohort(str(root), 10, case.series, ()), prepared)
    assert (after.series[0].n_files, len(after.exclusions)) == (8, 2)
    volume = np.stack([noise("a", "t1w", n) for n in (1, 3, 4, 6, 7, 8, 9, 10)]).astype(np.float32)
    expected = to_sample(volume[2], VOLUME.image, window=window_of(volume, VOLUME.image))
    np.testing.assert_array_equal(_planes(store, prepared)[0], expected)


def _write_mask(path, inside, origin):
    image = SimpleITK.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing((1.0, 1.0, 5.0))
    image.SetOrigin(origin)
    path.parent.mkdir(exist_ok=True)
    SimpleITK.WriteImage(image, str(path))
    return str(path)


@pytest.mark.parametrize("scope", ["slice", "volume"])
def test_a_brain_mask_says_which_voxels_count(root, store, tmp_path, scope):
    inside = np.zeros((10, SIDE, SIDE), bool)
    inside[2:6, 10:30, 5:35] = True  # slices 3 to 6
    path = _write_mask(tmp_path / "masks" / "a.nii.gz", inside, (0.0, 0.0, 5.0))
    recipe = override(VOLUME, ["image.over=brain", f"image.scope={scope}"])
    case = make_case(root, "a", "t1w", brain_mask=path)
    prepared = prepare(root, [case], recipe, store, 0)
    volume = np.stack([noise("a", "t1w", n) for n in range(1, 11)]).astype(np.float32)
    if scope == "volume":
        window = window_of(volume, recipe.image, inside)
        expected = [to_sample(volume[n - 1], recipe.image, window=window) for n in USED]
    else:
        expected = [to_sample(volume[n - 1], recipe.image, over=inside[n - 1]) for n in (4, 5, 6)]
        assert [s.slice for s in prepared.samples] == [4, 5, 6]  # there is no brain on slice 7
    np.testing.assert_array_equal(_planes(store, prepared), expected)
    content = Path(path).read_bytes()
    Path(path).write_bytes(content)
    os.utime(path, (1, 1))
    assert prepare(root, [case], recipe, store, 0).n_built == 0, "a copied mask is the same mask"
    times = Path(path).stat()
    other = _write_mask(tmp_path / "others" / "a.nii.gz", np.roll(inside, 1, 0), (0.0, 0.0, 5.0))
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    case = make_case(root, "a", "t1w", brain_mask=other)
    assert prepare(root, [case], recipe, store, 0).n_built == 1, "another mask is another entry, whatever its name"


def test_a_brain_mask_that_can_not_be_used_leaves_its_patient_out(root, store, tmp_path):
    far = _write_mask(tmp_path / "masks" / "far.nii.gz", np.ones((10, 4, 4), bool), (500.0, 0.0, 0.0))
    damaged = tmp_path / "masks" / "b.nii"
    damaged.write_bytes(b"nothing")
    recipe = override(VOLUME, ["image.over=brain"])
    masks = {"a": far, "b": str(damaged), "c": str(tmp_path / "absent.nii"), "d": ""}
    cases = [make_case(root, patient, "t1w", brain_mask=mask) for patient, mask in masks.items()]
    results = [prepare(root, cases, recipe, Store(tmp_path / f"store-{n}"), n) for n in (0, 2)]
    assert results[0] == results[1]
    assert {s.patient_id for s in results[0].samples} == {"d"}
    reasons = {e.patient_id: e.reason for e in results[0].exclusions}
    assert "covers no voxel of its t1w" in reasons["a"]
    assert "its brain mask" in reasons["b"]
    assert "absent.nii can't be read: No such file" in reasons["c"]


def test_a_copy_of_another_sequence_is_a_missing_sequence(root, store):
    planes = [noise("a", "flair", n) for n in range(1, 11)]
    flair = make_series(root, "a", "flair", planes=planes)
    copied = make_series(root, "a", "t1wce", planes=planes)
    t1w = make_series(root, "a", "t1w")
    cases = [Case("a", 0, (copied, flair, t1w)), make_case(root, "b", "t1wce", "flair", "t1w")]
    prepared = prepare(root, cases, RECIPE, store, 0)
    assert {s.patient_id for s in prepared.samples} == {s.patient_id for s in prepared.slices} == {"b"}
    assert [(e.patient_id, e.reason) for e in prepared.exclusions] == [
        ("a", "its t1wce is a copy of its flair: one of the two sequences is missing")
    ]
    planes[5] = planes[5] + np.uint16(1)  # one slice differs: no copy
    other = make_series(root, "c", "t1wce", planes=planes)
    third = [
        Case("c", 0, (other, make_series(root, "c", "flair", planes=[noise("a", "flair", n) for n in range(1, 11)])))
    ]
    assert len(prepare(root, third, RECIPE, store, 0).samples) == 4


def test_crops_do_not_depend_on_workers(root, tmp_path):
    cases = [make_case(root, p, "t1w", "flair", lesions=LESIONS) for p in "abc"]
    shifted = replace(cases[1].series[1], spacing=(1.1, 1.1))
    cases[1] = replace(cases[1], series=(cases[1].series[0], shifted))
    results = []
    for workers in (0, 2):
        store = Store(tmp_path / f"store-{workers}")
        prepared = prepare(root, cases, override(CROPS, ["image.scope=volume"]), store, workers)
        files = {p.relative_to(store.root): p.read_bytes() for p in store.root.rglob("*") if p.is_file()}
        results.append((prepared, files))
    assert results[0] == results[1]
    assert len(results[0][0].samples) == 18
