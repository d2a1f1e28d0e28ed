"""Prepared samples are those of the mid-section, read once, and one bad file stops nobody."""

import os
from dataclasses import replace

import numpy as np
import pytest
from toy_cases import COUNT, RECIPE, USED, Ear, make_case, make_series, noise

from radiogenomics.experiment import channel
from radiogenomics.experiment.prepare import prepare, without_unreadable
from radiogenomics.imaging import stack
from radiogenomics.imaging.sample import to_sample
from radiogenomics.phantom.dicom import write_image
from radiogenomics.records import Case, Cohort, Plane, Slice
from radiogenomics.store import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def reads(monkeypatch):
    """The paths whose pixels are read in this process."""
    paths = []

    def counted(root, s):
        paths.append(root / s.path)
        return read_slice(root, s)

    read_slice = channel.read_slice
    for module in (channel, stack):
        monkeypatch.setattr(module, "read_slice", counted)
    return paths


def test_only_the_mid_section_is_read_and_becomes_samples(root, store, reads):
    cases = [make_case(root, "a", "t1w", label=1), make_case(root, "b", "t1w")]
    ear = Ear()
    prepared = prepare(root, cases, RECIPE, store, 0, ear)
    assert [(s.patient_id, s.slice, s.label) for s in prepared.samples] == [
        (patient, number, label) for patient, label in (("a", 1), ("b", 0)) for number in USED
    ]
    assert sorted(path.name for path in reads) == sorted(2 * [f"Image-{number}.dcm" for number in USED])
    assert (prepared.n_built, prepared.n_reused, prepared.exclusions) == (2, 0, ())
    assert ear.updates == [("prepare", 1, 2), ("prepare", 2, 2)]
    for sample in prepared.samples:
        expected = to_sample(noise(sample.patient_id, "t1w", sample.slice).astype(np.float32), RECIPE.image)
        np.testing.assert_array_equal(store.read(sample.planes[0]), expected)


def test_slices_are_named_with_hashes_that_tell_them_apart(root, store):
    prepared = prepare(root, [make_case(root, "a", "t1w", "flair")], RECIPE, store, 0)
    assert [(s.series_uid, s.slice) for s in prepared.slices] == [
        (f"a.{modality}", number) for modality in ("t1w", "flair") for number in USED
    ]
    assert len({s.pixel_hash for s in prepared.slices}) == len(prepared.slices) == 8
    assert {len(s.pixel_hash) for s in prepared.slices} == {32}
    assert {len(s.perceptual_hash) for s in prepared.slices} == {64}


def test_a_second_run_reads_no_dicom(root, store, reads):
    cases = [make_case(root, "a", "t1w"), make_case(root, "b", "t1w")]
    first = prepare(root, cases, RECIPE, store, 0)
    reads.clear()
    second = prepare(root, cases, RECIPE, store, 0)
    assert reads == []
    assert (second.n_built, second.n_reused) == (0, 2)
    assert replace(second, n_built=2, n_reused=0) == first


def test_channel_combinations_share_what_they_have_in_common(root, store, reads):
    t1w, flair = make_case(root, "a", "t1w", "flair").series
    one = prepare(root, [Case("a", 1, (t1w,))], RECIPE, store, 0)
    both = prepare(root, [Case("a", 1, (flair, t1w))], RECIPE, store, 0)
    assert (both.n_built, both.n_reused) == (1, 1)
    assert [sample.planes[1] for sample in both.samples] == [sample.planes[0] for sample in one.samples]
    assert len(reads) == 2 * len(USED)


def test_a_damaged_entry_is_rebuilt_and_that_is_said(root, store):
    cases = [make_case(root, "a", "t1w"), make_case(root, "b", "t1w")]
    first = prepare(root, cases, RECIPE, store, 0)
    path = store.path(first.samples[0].planes[0].entry)
    before = path.read_bytes()
    os.truncate(path, 1000)
    ear = Ear()
    second = prepare(root, cases, RECIPE, store, 0, ear)
    assert path.read_bytes() == before
    assert (second.n_built, second.n_reused) == (1, 1)
    assert second.samples == first.samples
    assert len(ear.said) == 1
    assert "Patient a is prepared anew" in ear.said[0]


def test_a_changed_file_is_prepared_anew(root, store):
    case = make_case(root, "a", "t1w")
    first = prepare(root, [case], RECIPE, store, 0)
    changed = tuple(replace(s, mtime_ns=s.mtime_ns + 1) for s in case.series[0].slices)
    second = prepare(root, [replace(case, series=(replace(case.series[0], slices=changed),))], RECIPE, store, 0)
    assert second.n_built == 1
    assert second.samples[0].planes != first.samples[0].planes


def _cohort(root, cases):
    series = tuple(s for case in cases for s in case.series)
    return Cohort(str(root), sum(s.n_files for s in series), series, ())


def test_a_broken_file_drops_its_sample_and_moves_to_the_exclusions(root, store):
    cases = [make_case(root, "a", "t1w", "flair"), make_case(root, "b", "t1w", "flair")]
    broken = cases[0].series[1].slices[4]  # number 5 of the second channel
    os.truncate(root / broken.path, broken.size - 1000)
    prepared = prepare(root, cases, RECIPE, store, 0)
    assert [s.slice for s in prepared.samples if s.patient_id == "a"] == [4, 6, 7]
    assert [s.slice for s in prepared.samples if s.patient_id == "b"] == USED
    assert [(e.patient_id, e.path) for e in prepared.exclusions] == [("a", broken.path)]
    assert prepared.exclusions[0].reason
    assert broken.sop_uid not in {s.sop_uid for s in prepared.slices}
    assert len(prepared.slices) == 15
    before = _cohort(root, cases)
    after = without_unreadable(before, prepared)
    assert [s.n_files for s in after.series] == [COUNT, COUNT - 1, COUNT, COUNT]
    assert broken not in after.series[1].slices
    assert sum(s.n_files for s in after.series) + len(after.exclusions) == before.n_files
    assert {s.status for s in after.series} == {"used"}


def test_a_series_that_failed_is_tried_again(root, store):
    case = make_case(root, "a", "t1w")
    broken = case.series[0].slices[4]
    whole = (root / broken.path).read_bytes()
    (root / broken.path).unlink()  # as by a share that is not mounted
    assert [s.slice for s in prepare(root, [case], RECIPE, store, 0).samples] == [4, 6, 7]
    (root / broken.path).write_bytes(whole)
    prepared = prepare(root, [case], RECIPE, store, 0)
    assert [s.slice for s in prepared.samples] == USED
    assert prepared.exclusions == ()


def test_a_patient_without_any_slice_left_is_excluded_whole(root, store):
    cases = [make_case(root, "a", "t1w"), make_case(root, "b", "t1w")]
    for s in cases[0].series[0].slices:
        os.truncate(root / s.path, 600)
    prepared = prepare(root, cases, RECIPE, store, 0)
    assert {s.patient_id for s in prepared.samples} == {"b"}
    assert [e.path for e in prepared.exclusions] == [*(f"a/t1w/Image-{number}.dcm" for number in USED), ""]
    after = without_unreadable(_cohort(root, cases), prepared)
    assert [(s.status, s.n_files) for s in after.series] == [("unused", COUNT - 4), ("used", COUNT)]
    assert "none of the 4 slices" in after.series[0].reason


def test_a_frame_that_fails_takes_its_file_with_it(root, store, monkeypatch):
    pixels = np.stack([noise("a", "t1w", number) for number in range(COUNT)])
    write_image(root / "a.dcm", pixels, patient="a", series="t1w", number=1)
    stat = (root / "a.dcm").stat()
    series = replace(
        make_case(root, "a", "t1w").series[0],
        slices=tuple(
            Slice("a.dcm", "a.t1w", frame, frame + 1, 5.0 * frame, stat.st_size, stat.st_mtime_ns)
            for frame in range(COUNT)
        ),
        n_files=1,
    )
    good = prepare(root, [Case("a", 0, (series,))], RECIPE, store, 0)
    assert [s.slice for s in good.samples] == USED
    np.testing.assert_array_equal(
        store.read(good.samples[0].planes[0]), to_sample(pixels[3].astype(np.float32), RECIPE.image)
    )
    read_slice = channel.read_slice
    monkeypatch.setattr(channel, "read_slice", lambda root, s: read_slice(root, s) * (np.nan if s.frame == 4 else 1))
    bad = prepare(root, [Case("a", 0, (series,))], RECIPE, Store(root / "other"), 0)
    assert bad.samples == bad.slices == ()
    assert [e.path for e in bad.exclusions] == ["a.dcm", ""]
    assert bad.exclusions[0].reason == "frame 5: its pixels are not all finite numbers"


def test_the_result_does_not_depend_on_workers(root, tmp_path):
    cases = [make_case(root, patient, "t1w", "flair") for patient in "abcde"]
    os.truncate(root / cases[2].series[0].slices[4].path, 600)
    results = []
    for workers in (0, 1, 2):
        store = Store(tmp_path / f"store-{workers}")
        prepared = prepare(root, cases, RECIPE, store, workers)
        files = {p.relative_to(store.root): p.read_bytes() for p in store.root.rglob("*") if p.is_file()}
        results.append((prepared, files))
    assert results[0] == results[1] == results[2]


def _shifted(series, by):
    slices = tuple(replace(s, position=s.position + by) for s in series.slices)
    return replace(series, slices=slices, origin=(*series.origin[:2], series.origin[2] + by))


def test_a_second_channel_is_matched_by_position_not_by_number(root, store):
    t1w = make_series(root, "a", "t1w")
    flair = make_series(root, "a", "flair", first=11, planes=[noise("a", "flair", k) for k in range(11, 19)])
    flair = _shifted(flair, by=-45.0)  # 11 at 10 mm, ..., 18 at 45 mm
    prepared = prepare(root, [Case("a", 0, (t1w, flair))], RECIPE, store, 0)
    assert [s.slice for s in prepared.samples] == USED  # at 20, 25, 30 and 35 mm
    matched = [s.slice for s in prepared.slices if s.series_uid == flair.series_uid]
    assert matched == [13, 14, 15, 16]
    key = prepared.samples[0].planes[1].entry
    np.testing.assert_array_equal(
        store.read(Plane(key, 0)), to_sample(noise("a", "flair", 13).astype(np.float32), RECIPE.image)
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: _shifted(s, 100.0), "flair reaches none of the 4 slices chosen of t1w"),
        (lambda s: replace(s, spacing=(2.0, 2.0), frame_of_reference_uid="2"), "not co-registered"),
        (lambda s: replace(s, spacing=None, rows=80), "no pixel spacing is stated"),
        (lambda s: replace(s, slices=()), "flair has no slice"),
    ],
)
def test_channels_that_do_not_lie_on_each_other_exclude_the_patient(root, store, change, reason):
    cases = [make_case(root, "a", "t1w", "flair"), make_case(root, "b", "t1w", "flair")]
    cases[0] = replace(cases[0], series=(cases[0].series[0], change(cases[0].series[1])))
    prepared = prepare(root, cases, RECIPE, store, 0)
    assert {s.patient_id for s in prepared.samples} == {"b"}
    assert [(e.patient_id, e.path) for e in prepared.exclusions] == [("a", "")]
    assert reason in prepared.exclusions[0].reason


def test_without_positions_slices_are_matched_by_number(root, store):
    t1w, flair = make_case(root, "a", "t1w", "flair").series
    flair = replace(flair, slices=tuple(replace(s, position=None) for s in reversed(flair.slices)))
    prepared = prepare(root, [Case("a", 0, (t1w, flair))], RECIPE, store, 0)
    assert [s.slice for s in prepared.slices] == USED * 2


def test_a_patient_without_series_is_excluded(root, store):
    prepared = prepare(root, [Case("a", 0, ())], RECIPE, store, 0)
    assert [(e.patient_id, e.path) for e in prepared.exclusions] == [("a", "")]
