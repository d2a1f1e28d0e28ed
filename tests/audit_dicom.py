"""Small DICOM cohorts for the audit: synthetic heads, each with a header of its own, and labels dealt at random."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from radiogenomics.experiment.audit import audit_cohort
from radiogenomics.experiment.cases import Request
from radiogenomics.overrides import override
from radiogenomics.phantom.brain import draw
from radiogenomics.phantom.case import Case
from radiogenomics.phantom.dicom import write_image
from radiogenomics.phantom.head import image, smooth_noise, tissue_fractions
from radiogenomics.phantom.scanner import SCANNERS, acquire_mr
from radiogenomics.recipes import find
from radiogenomics.records import Finding
from radiogenomics.store import Store

SIZE, SLICES = 64, 6
SETTINGS = (
    "model.backbone=mobilenet-0.25",
    "model.weights=none",
    "image.size=32",
    "slices.fraction=1",
    "split.folds=3",
)
FOLDERS = {"flair": "FLAIR", "t1w": "T1w"}
MAKERS = (("SIEMENS", "Skyra"), ("GE MEDICAL SYSTEMS", "Signa HDxt"), ("Philips", "Ingenia"))


@dataclass
class Scan:
    """One patient to be written; what it holds may be changed before."""

    patient: str
    label: int
    volume: np.ndarray  # [slices, rows, columns], uint16
    header: dict[str, Any]
    folder: str = ""  # between the patient's folder and the modality's
    modalities: tuple[str, ...] = ("flair",)
    more: list[tuple[str, np.ndarray, dict[str, Any]]] = field(default_factory=list)  # folder, volume, header


def head(seed: int, index: int, size: int = SIZE) -> np.ndarray:
    """A synthetic brain as FLAIR shows it, [slices, rows, columns]; no label is in it."""
    case = Case(Path(), "", seed, index, False, 0, 1, SLICES, size, ("flair",))
    drawn, generator = draw(case)
    shape = (SLICES, size, size)
    tissues, texture = tissue_fractions(drawn, generator, shape), smooth_noise(generator, shape, 0.02 * size)
    volume = image(drawn, tissues, texture, "flair")
    stored = acquire_mr(volume, SCANNERS[0], case.generator(1))
    stored[volume == 0] = 0
    return stored


def day(random: np.random.Generator, first: int, years: int) -> str:
    """A date of DICOM, that is no New Year's Day."""
    return f"{first + random.integers(years)}{random.integers(1, 13):02d}{random.integers(2, 29):02d}"


def header(random: np.random.Generator, index: int, sites: int = 2) -> dict[str, Any]:
    """What a real header says of scanner, site and person, drawn by lot."""
    site = int(random.integers(sites))
    maker, model = MAKERS[int(random.integers(len(MAKERS)))]
    return {
        "InstitutionName": f"Hospital {site}",
        "Manufacturer": maker,
        "ManufacturerModelName": model,
        "MagneticFieldStrength": float(random.choice([1.5, 3.0])),
        "EchoTime": float(random.choice([90, 100, 110, 120])),
        "RepetitionTime": float(random.choice([8000, 9000])),
        "InversionTime": 2500.0,
        "StudyDate": day(random, 2012, 6),
        "PatientBirthDate": day(random, 1935, 60),
        "PatientName": f"Name{index}^Given{random.integers(10**6)}",
        "PatientSex": str(random.choice(["F", "M"])),
        "StudyDescription": str(random.choice(["MRI BRAIN WITH CONTRAST", "MR HEAD ROUTINE", "BRAIN TUMOUR"])),
        "SeriesDescription": str(random.choice(["AX FLAIR", "FLAIR AXIAL FS"])),
    }


def make_scans(seed: int, patients: int = 30, sites: int = 2) -> list[Scan]:
    """A clean cohort; the seed alone decides it, and no label is in image, header, id or order."""
    random = np.random.default_rng(seed)
    labels = random.permutation([1] * (patients // 2) + [0] * (patients - patients // 2))
    return [
        Scan(f"{index + 1:05d}", int(label), head(seed, index), header(random, index, sites))
        for index, label in enumerate(labels)
    ]


def renamed(scan: Scan, patient: str, **header: Any) -> Scan:
    """The scan of a person under another id, all UIDs new."""
    return replace(scan, patient=patient, header={**scan.header, **header}, more=list(scan.more))


def _write(root: Path, scan: Scan) -> None:
    rows = [(FOLDERS[modality], scan.volume, scan.header) for modality in scan.modalities]
    for folder, volume, attributes in (*rows, *scan.more):
        for number, pixels in enumerate(volume, 1):
            path = root / scan.patient / scan.folder / folder / f"Image-{number}.dcm"
            words = {"patient": scan.patient, "series": folder, **attributes}
            write_image(path, pixels, number=number, thickness=25.0, spacing=(3.75, 3.75), **words)


def write_scans(root: Path, scans: Sequence[Scan], columns: Mapping[str, Callable[[Scan], str]] | None = None) -> None:
    """Write the cohort: root/data/<patient>/... and root/labels.csv, with more columns where they are given."""
    for scan in scans:
        _write(root / "data", scan)
    with open(root / "labels.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["patient_id", "label", *(columns or {})])
        writer.writerows([s.patient, s.label, *(tell(s) for tell in (columns or {}).values())] for s in scans)


def audit_scans(root: Path, *assignments: str, **request: Any) -> tuple[Finding, ...]:
    """Audit the cohort at `root` as `radiogen audit DATA` does."""
    recipe = override(find("mgmt"), ['modalities=["flair"]', *SETTINGS, *assignments])
    asked = Request(str(root / "data"), str(root / "labels.csv"), label_column="label", **request)
    return audit_cohort(asked, recipe, Store(root / "store"), workers=0)[1]
