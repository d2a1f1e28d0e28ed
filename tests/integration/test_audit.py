"""The audit of issue 5: planted leaks and shortcuts are found and named; clean cohorts are not accused.

Every cohort has a seed that was fixed before the audit first saw it. What is planted depends on nothing else.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from audit_cohorts import RECIPE, accused, made_up, slices_of
from audit_dicom import Scan, audit_scans, make_scans, renamed, write_scans
from fakerun import write_fake_run

from radiogenomics.evaluation.audit.audit import audit, verdict
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.experiment.audit import audit_facts, audit_run
from radiogenomics.experiment.facts import read_facts
from radiogenomics.files import write_text
from radiogenomics.overrides import override
from radiogenomics.records import Finding, PreparedSlice, Trait
from radiogenomics.rundir.rows import write_records
from radiogenomics.rundir.run import read_json, write_json

SHARED = Path(__file__).parents[3] / "shared"


@dataclass(frozen=True)
class Planted:
    """A leak or a shortcut in a cohort of its own."""

    check: str  # that must find it
    plant: Callable[..., object]
    says: tuple[str, ...]  # what its sentence must name
    also: frozenset[str] = frozenset()  # checks that may accuse besides, as they see the same thing
    request: dict[str, str] | None = None


def by_label(scans: list[Scan], keyword: str, positive, negative, noise: int = 0) -> None:
    """Let a keyword tell the label, but in the first `noise` patients."""
    for place, scan in enumerate(scans):
        scan.header[keyword] = positive if (scan.label == 1) != (place < noise) else negative


def study_twice(scans):
    scans[7].header |= {"StudyInstanceUID": "1.2.826.7", "FrameOfReferenceUID": "1.2.826.7.1"}
    scans[3].header |= {"StudyInstanceUID": "1.2.826.7"}


def pixels_twice(scans):
    scans[20] = renamed(scans[4], scans[20].patient, PatientName="Else^Some", PatientBirthDate="19500203")


def pixels_resized(scans):
    bigger = [cv2.resize(plane, (72, 72), interpolation=cv2.INTER_AREA) for plane in scans[9].volume]
    scans[11] = replace(scans[11], volume=np.stack(bigger).astype(np.uint16))


def files_in_two_folders(scans):
    scans[5].more.append(("FLAIR of old", scans[2].volume, {"patient": scans[2].patient, "series": "FLAIR"}))


def two_ids(scans):
    person = {key: scans[1].header[key] for key in ("PatientBirthDate", "PatientName")}
    scans[16].header |= person


def flipped_copy(scans):
    copies = [renamed(scan, f"{scan.patient}_copy{k}") for scan in scans[:4] for k in (1, 2)]
    for copy in copies:
        copy.volume = np.ascontiguousarray(np.rot90(copy.volume, 1 + int(copy.patient[-1]), axes=(1, 2)))
        copy.header |= {"PatientName": f"{copy.patient}^x", "PatientBirthDate": None}
    scans += copies


def path_tells(scans):
    for scan in scans:
        scan.folder = "methylated" if scan.label else "unmethylated"


def header_tells(scans):
    for scan in scans:
        scan.header["PatientComments"] = "IDH mutant by sequencing" if scan.label else "biopsy done"


def dates_tell(scans):
    for place, scan in enumerate(scans):
        scan.header["StudyDate"] = f"{2016 if scan.label else 2012}{1 + place % 12:02d}{2 + place % 25:02d}"


def matrix_tells(scans):
    for place, scan in enumerate(scans):
        if (scan.label == 1) != (place < 2):
            scan.volume = scan.volume.repeat(2, axis=1).repeat(2, axis=2)


def slices_tell(scans):
    for scan in scans:
        if scan.label:
            scan.volume = scan.volume[:4]


def order_tells(scans):
    scans.sort(key=lambda scan: scan.label)
    for place, scan in enumerate(scans, 1):
        scan.patient = f"{place:05d}"


SEES_TOO = frozenset({"metadata"})
ON_DISK = {
    "study": Planted("same-study", study_twice, ("00004", "00008"), frozenset({"two-ids"})),
    "pixels": Planted("same-pixels", pixels_twice, ("00005", "00021")),
    "resized": Planted("near-duplicates", pixels_resized, ("00010", "00012")),
    "files": Planted("copied-files", files_in_two_folders, ("00003", "00006"), request={"patient_from": "folder"}),
    "person": Planted("two-ids", two_ids, ("00002", "00017")),
    "augmented": Planted("copied-ids", flipped_copy, ("_copy",)),
    "path": Planted("words", path_tells, ("methylated", "path")),
    "header": Planted("words", header_tells, ("PatientComments",)),
    "site": Planted(
        "site", lambda scans: by_label(scans, "InstitutionName", "A", "B", 2), ("site-1", "site-2"), SEES_TOO
    ),
    "scanner": Planted(
        "scanner", lambda scans: by_label(scans, "ManufacturerModelName", "Prisma", "Verio", 2), ("Prisma",), SEES_TOO
    ),
    "date": Planted("date", dates_tell, ("day",), SEES_TOO),
    "matrix": Planted("matrix", matrix_tells, ("128x128",), SEES_TOO),
    "echo time": Planted(
        "sequence", lambda scans: by_label(scans, "EchoTime", 80.0, 140.0, 2), ("echo time",), SEES_TOO
    ),
    "slices": Planted("extent", slices_tell, ("number of slices",), SEES_TOO),
    "order": Planted("id-order", order_tells, ("order",)),
}


def the(findings: tuple[Finding, ...], check: str) -> Finding:
    """What a check found; where it found nothing, what all say."""
    found = [finding for finding in findings if (finding.check, finding.status) == (check, "found")]
    assert found, f"{check} found nothing; accused: {accused(findings)}"
    return found[0]


def assert_named(findings: tuple[Finding, ...], check: str, says: tuple[str, ...], also: frozenset[str]) -> None:
    finding = the(findings, check)
    for word in says:
        assert word in finding.sentence, finding.sentence
    assert finding.mend
    assert check in verdict(findings)
    assert {f.check for f in findings if f.status in {"found", "suspected"}} <= {check, *also}, accused(findings)


@pytest.mark.parametrize("name", ON_DISK)
def test_what_is_planted_in_files_is_found_and_named(name: str, tmp_path: Path) -> None:
    planted, scans = ON_DISK[name], make_scans(seed=5000 + list(ON_DISK).index(name))
    planted.plant(scans)
    write_scans(tmp_path, scans)
    findings = audit_scans(tmp_path, **(planted.request or {}))
    assert_named(findings, planted.check, planted.says, planted.also)


def one_in_two_splits(facts: Facts) -> Facts:
    first = facts.folds[0]
    return replace(facts, folds=(replace(first, train=(*first.train, first.test[0])), *facts.folds[1:]))


def weak_everywhere(facts: Facts) -> Facts:
    """Eight parameters, of which none tells the label well, and all together do."""
    random = np.random.default_rng(6100)
    drawn = [
        Trait(patient, "flair", "acquisition", f"parameter_{k}", f"{random.normal(0.45 * label):.3f}")
        for patient, label in facts.labels.items()
        for k in range(8)
    ]
    return replace(facts, traits=[*(t for t in facts.traits if t.kind != "acquisition"), *drawn])


RECORDS = {
    "split": (6001, 40, one_in_two_splits, "same-patient", ("fold 0", "train and test")),
    "metadata": (6002, 80, weak_everywhere, "metadata", ("AUC",)),
    "normalised": (
        6003, 40, lambda f: replace(f, selection={"normalisation": {"on": "all", "by": "zscore"}}),
        "normalisation", ("all", "zscore"),
    ),
    "oversampled": (
        6004, 40, lambda f: replace(f, selection={"oversampling": {"on": "all", "by": "smote"}}),
        "oversampling", ("all", "smote"),
    ),
    "published": (
        6005, 40, lambda f: replace(f, recipe=override(RECIPE, ["split.protocol=published"])),
        "epoch", ("40 test patients",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_what_is_planted_in_records_is_found_and_named(name: str) -> None:
    seed, patients, plant, check, says = RECORDS[name]
    assert_named(audit(plant(made_up(seed, patients))), check, says, frozenset())


def test_a_test_slice_that_counts_twice_is_found_in_a_run(tmp_path: Path) -> None:
    run = write_fake_run(tmp_path / "run", seed=6006)
    rows = run.slice_predictions.read_text().splitlines()
    twice = next(row for row in rows if ",test," in row)
    write_text(run.slice_predictions, "\n".join([*rows, twice]) + "\n")
    findings = audit_run(run)
    assert_named(findings, "scored-twice", (twice.split(",")[0],), frozenset())
    assert read_json(run.audit)["verdict"] == verdict(findings)


@pytest.mark.parametrize(("images", "status"), [("same", "found"), ("other", "clean"), ("unknown", "suspected")])
def test_starting_weights_of_a_run_are_judged_by_its_images_and_not_by_its_ids(
    tmp_path: Path, images: str, status: str
) -> None:
    first, second = write_fake_run(tmp_path / "first"), write_fake_run(tmp_path / "second")
    write_text(first.model(0), "")
    facts = read_facts(second)
    random = np.random.default_rng(6008)
    rows = slices_of(list(facts.labels), random)
    write_records(second.slices, PreparedSlice, rows)
    if images != "unknown":
        others = [replace(row, series_uid=f"2.{row.series_uid}", pixel_hash=random.bytes(16).hex()) for row in rows]
        write_records(first.slices, PreparedSlice, rows if images == "same" else others)
    recipe = override(RECIPE, [f'model.weights="{first.model(0)}"'])
    findings = audit_facts(replace(read_facts(second), recipe=recipe))
    (finding,) = [one for one in findings if one.check == "pretraining"]
    assert finding.status == status
    assert "first" in finding.sentence
    if status == "found":
        assert_named(findings, "pretraining", ("first",), frozenset())


def test_one_cell_of_a_sweep_is_suspected(tmp_path: Path) -> None:
    run = write_fake_run(tmp_path / "run")
    write_json(run.environment, {"command": ["radiogen", "sweep", "--backbones", "all"]})
    (finding,) = [f for f in audit_run(run) if f.check == "combination"]
    assert finding.status == "suspected"
    assert "sweep" in finding.sentence


def single_site(scans: list[Scan]) -> None:
    one = {"InstitutionName": "Hospital", "Manufacturer": "SIEMENS", "ManufacturerModelName": "Skyra"}
    for scan in scans:
        scan.header |= one | {"MagneticFieldStrength": 3.0, "EchoTime": 100.0, "RepetitionTime": 9000.0}


def anonymised(scans: list[Scan]) -> None:
    """Names, birth dates and dates are placeholders, and half of the acquisition is blanked."""
    for scan in scans:
        scan.header |= {"PatientName": "ANONYMOUS", "PatientBirthDate": "19000101", "StudyDate": None}
        scan.header |= {"InstitutionName": None, "EchoTime": None, "PatientID": "ANON"}


def numbered_from_one(scans: list[Scan]) -> None:
    """Two clinics that both number their patients from 1, and blank slices at either end of every series."""
    for place, scan in enumerate(scans):
        scan.header |= {"PatientID": str(1 + place // 2), "PatientName": str(1 + place // 2)}
        scan.volume = np.concatenate([np.zeros_like(scan.volume[:1]), scan.volume, np.zeros_like(scan.volume[:1])])


def copied_channels(scans: list[Scan]) -> None:
    """Of some patients the source filled a missing sequence with a copy of another."""
    for scan in scans:
        scan.modalities = ("flair", "t1w")


def as_it_is(scans: list[Scan]) -> None:
    """Several sites, scanners by lot."""


CLEAN = {
    "single site": (7001, 30, single_site, (), {}),
    "several sites": (7002, 40, as_it_is, (), {}),
    "site column": (7003, 30, as_it_is, (), {"centre": lambda scan: f"{int(scan.patient) % 3}"}),
    "repeats": (7004, 24, as_it_is, ("split.folds=2", "split.repeats=3"), {}),
    "one split": (7005, 30, as_it_is, ("split.folds=1", "split.test=0.3"), {}),
    "anonymised": (7006, 30, anonymised, (), {}),
    "numbered from 1, blank slices": (7007, 30, numbered_from_one, (), {}),
    "a sequence copied": (7008, 24, copied_channels, (), {}),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_cohort_is_not_accused(name: str, tmp_path: Path) -> None:
    seed, patients, change, settings, columns = CLEAN[name]
    scans = make_scans(seed, patients, sites=3 if "sites" in name else 2)
    change(scans)
    write_scans(tmp_path, scans, columns)
    assert accused(audit_scans(tmp_path, *settings, patient_from="folder")) == []


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 real patients as DICOM, and where their prepared slices are kept."""
    root = tmp_path_factory.mktemp("lgg")
    script = SHARED / "data" / "make_lgg_dicom.py"
    command = [sys.executable, str(script), str(root / "data"), "--patients", "40"]
    subprocess.run(command, check=True, capture_output=True)
    return root


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared: real patients")
@pytest.mark.parametrize(("column", "positive"), [("coin_0", "1"), ("coin_1", "1"), ("COCCluster", "2")])
def test_real_patients_are_not_accused(real: Path, column: str, positive: str) -> None:
    rows = (real / "data" / "labels.csv").read_text()
    write_text(real / "labels.csv", rows.replace(column, "label", 1))
    assert accused(audit_scans(real, positive=positive)) == []


def test_labels_by_lot_are_seldom_accused_whatever_the_headers_say() -> None:
    """Each of the four tests of shortcuts is made at a level of .01 (of ids .001): hardly one of 60 is accused."""
    assert sum(bool(accused(audit(made_up(8000 + seed, 30)))) for seed in range(60)) <= 5
