"""qc.html and preparation.csv tell of every patient: who was brought, flagged, left out, or rejected on review."""

import csv
import re
from dataclasses import replace

import pytest
from toy_cases import Ear
from toy_raw import HEADS, RESAMPLE, RIGID, accounted, found, garble, write_heads

from radiogenomics.errors import CohortError
from radiogenomics.experiment.prepare import prepare, without_unreadable
from radiogenomics.experiment.quality import write_quality
from radiogenomics.overrides import override
from radiogenomics.preparation import registration
from radiogenomics.records import SILENT, Exclusion
from radiogenomics.store import Store

RECIPE = override(HEADS, [f"preparation.steps=[{RIGID},{RESAMPLE}]"])


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    """Five patients, of whom one has a series of which nothing can be read."""
    heads = write_heads(tmp_path_factory.mktemp("heads"), patients=5)
    for path in (heads.data / "00004" / "FLAIR").iterdir():
        garble(path)
    return heads


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def _written(store, prepared, exclusions, recipe=RECIPE, progress=SILENT):
    page, sheet = store.root / "qc.html", store.root / "preparation.csv"
    write_quality(page, sheet, recipe, prepared.volumes, exclusions, store, progress)
    return page, sheet


def _shown(heads, store, recipe=RECIPE, **given):
    """The cohort, what was prepared, the page and the rows of the sheet by patient."""
    everyone, cases = found(heads, recipe, store, **given)
    prepared = prepare(heads.data, cases, recipe, store, 0)
    cohort = without_unreadable(everyone, prepared)
    page, sheet = _written(store, prepared, cohort.exclusions, recipe)
    rows = {}
    with open(sheet, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["patient_id"], []).append(row)
    return cohort, prepared, page.read_text(encoding="utf-8"), rows


def test_who_is_left_out_after_preparation_keeps_steps_and_pictures(heads, store):
    cohort, prepared, before, rows = _shown(heads, store)
    later = [*cohort.exclusions, Exclusion("00002", "", "no label")]
    page, sheet = _written(store, prepared, later)
    assert sheet.read_text().count(",no label\n") == len(rows["00002"]) > 1
    assert page.read_text(encoding="utf-8").count("data:image/jpeg") == before.count("data:image/jpeg")


def test_a_patient_whose_pictures_are_gone_is_shown_without_and_that_is_said(heads, store):
    cohort, prepared, _, rows = _shown(heads, store)
    for path in store.volume_file(prepared.volumes.keys["00001"], "").glob("*.jpg"):
        path.unlink()
    ear = Ear()
    page, sheet = _written(store, prepared, cohort.exclusions, progress=ear)
    assert "00001" in page.read_text(encoding="utf-8")
    assert sheet.read_text().count("\n00001,") == len(rows["00001"])
    assert [said.split(" can't")[0] for said in ear.said] == ["the pictures of 1 patient"]


def _review(tmp_path, *rows):
    path = tmp_path / "review.csv"
    path.write_text("\n".join(["patient_id,reason", *rows]) + "\n")
    return path


def test_every_patient_has_a_row_whether_brought_or_left_out(heads, store, tmp_path):
    lesions = tmp_path / "lesions.csv"
    lesions.write_text("\n".join(r for r in heads.lesions.read_text().splitlines() if not r.startswith("00003")))
    cohort, prepared, page, rows = _shown(heads, store, lesions=lesions)
    assert {s.patient_id for s in prepared.samples} == {"00000", "00001", "00002"}
    assert sorted(rows) == ["00000", "00001", "00002", "00003", "00004"]
    assert [row["excluded"] for row in rows["00003"]] == ["no lesion in lesions.csv"]
    assert rows["00004"][0]["excluded"].startswith("flair is no volume")
    for patient in ("00000", "00001", "00002"):
        assert {(r["step"], r["modality"]) for r in rows[patient]} == {
            ("rigid", "flair"), ("resample", "flair"), ("resample", "t1wce"),
        }  # fmt: skip
        assert {row["excluded"] for row in rows[patient]} == {""}
        assert all(row["used"] == "1" for row in rows[patient])
    assert all(patient in page for patient in rows)
    assert len(set(re.findall(r"data:image/jpeg;base64,[^\"')]{100,}", page))) == 3 * 2  # checkerboard and lesions
    assert accounted(cohort)


def test_who_is_rejected_on_review_takes_no_part_and_keeps_a_row(heads, store, tmp_path):
    _, before, _, _ = _shown(heads, store)
    review = _review(tmp_path, '00001,"moved, in FLAIR"', "00004,no FLAIR to see")
    cohort, prepared, page, rows = _shown(heads, store, review=review)
    assert {s.patient_id for s in prepared.samples} == {"00000", "00002", "00003"}
    assert prepared.samples == tuple(s for s in before.samples if s.patient_id != "00001")
    assert (prepared.volumes.n_built, prepared.volumes.n_reused) == (0, 3)
    reasons = {e.patient_id: e.reason for e in cohort.exclusions if not e.path}
    assert reasons == {
        "00001": "rejected on review: moved, in FLAIR",
        "00004": "rejected on review: no FLAIR to see",
    }
    assert [row["excluded"] for row in rows["00001"]] == [reasons["00001"]]
    assert "moved, in FLAIR" in page
    assert {s.status for s in cohort.series if s.patient_id == "00001"} == {"unused"}
    assert any("review.csv: 2 patients rejected on review (00001, 00004)" in note for note in cohort.notes)
    assert accounted(cohort)


def test_a_review_of_somebody_unknown_or_of_all_is_an_error(heads, store, tmp_path):
    with pytest.raises(CohortError, match="'00010' is no patient of the cohort"):
        found(heads, RECIPE, store, review=_review(tmp_path, "00001,blurred", "00010,blurred"))
    with pytest.raises(CohortError, match="rejects every patient"):
        found(heads, RECIPE, store, review=_review(tmp_path, *(f"0000{n},blurred" for n in range(5))))


def test_a_step_that_was_dropped_is_flagged_on_page_and_sheet(heads, store, monkeypatch):
    why = "mutual information fell from 0.51 to 0.42 nats"
    real = registration.rigid
    monkeypatch.setattr(registration, "rigid", lambda *given: replace(real(*given), worse=why))
    _, _, page, rows = _shown(heads, store)
    for patient in ("00000", "00001", "00002", "00003"):
        told = {(r["used"], r["worse"]) for r in rows[patient] if r["step"] == "rigid"}
        assert told == {("0", why)}
    assert page.count(f"rigid registration of flair dropped: {why}") >= 4


def test_the_page_of_a_second_run_tells_the_same(heads, store):
    _, _, page, rows = _shown(heads, store)
    _, prepared, again, same = _shown(heads, store)
    assert prepared.volumes.n_built == 0
    assert (again, same) == (page, rows)
    assert any(float(row["seconds"]) > 0 for row in rows["00000"])


def _pictures(page):
    return len(set(re.findall(r"data:image/jpeg;base64,[^\"')]{100,}", page)))


def test_pictures_are_shown_without_reading_volumes_and_not_those_of_damaged_entries(heads, store):
    cohort, prepared, whole, _ = _shown(heads, store)
    keys, ear = prepared.volumes.keys, Ear()
    for key in keys.values():
        for array in store.volume_file(key, "").glob("*.npy"):
            array.unlink()
    page, _ = _written(store, prepared, cohort.exclusions, progress=ear)
    assert (page.read_text(encoding="utf-8"), ear.said) == (whole, [])
    store.volume_file(keys["00001"], "entry.json").write_text("{")
    page, _ = _written(store, prepared, cohort.exclusions, progress=ear)
    again = page.read_text(encoding="utf-8")
    assert again.count("data:image/jpeg") < whole.count("data:image/jpeg")
    assert all(patient in again for patient in keys)
    assert len(ear.said) == 1
    assert "pictures of 1 patient can't be read" in ear.said[0]
    assert "00001: the store's entry" in ear.said[0]
