"""A run folder with all that a report can show: on top of a fake run its traits, audit, signal, heat and pictures."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from fakerun import write_fake_run

from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.heat import Explanation
from radiogenomics.evaluation.outcomes import OUTCOMES
from radiogenomics.evaluation.signal.study import Material, study
from radiogenomics.evaluation.wording import LEAKS
from radiogenomics.experiment.audit import audit_run, read_findings, write_findings
from radiogenomics.experiment.report import read_evidence
from radiogenomics.records import Figure, PatientQuality, PreparedSlice, StepRecord, Trait
from radiogenomics.rundir.rows import write_records
from radiogenomics.rundir.run import Run, read_folds, read_json, read_metrics, write_json
from radiogenomics.rundir.steps import write_steps

WEEK = 7


def fake_traits(labels: dict[str, int], scanners=("Phantom A", "Phantom B"), given_away: bool = False) -> list[Trait]:
    """Acquisition of one series each, and sex and age; where given away, each class has its own scanner."""
    rows = []
    for place, (patient, label) in enumerate(sorted(labels.items())):
        which = label if given_away else place // 2 % len(scanners)
        facts = {
            "scanner": scanners[which % len(scanners)], "field_strength": ("1.5", "3")[which % 2],
            "site": f"site-{which + 1}", "echo_time": str(95 + which * 15 + place % 3), "repetition_time": "9000",
            "inversion_time": "2500", "slice_thickness": ("5", "3.5")[which % 2],
            "matrix": ("256x256", "512x512")[which % 2],
            "day": str(place * WEEK),
        }  # fmt: skip
        rows += [Trait(patient, "flair", "acquisition", name, value) for name, value in facts.items()]
        rows += [Trait(patient, "", "clinical", "sex", "FM"[place % 2])]
        rows += [Trait(patient, "", "clinical", "age", str(35 + place * 7 % 45))]
    return rows


def fake_pixels(labels: dict[str, int], copied: bool = False) -> list[PreparedSlice]:
    """Slices that are alike in nothing; where copied, the first two patients are one."""
    random, patients = np.random.default_rng(0), sorted(labels)
    rows = [
        PreparedSlice(p, f"{p}.flair", f"{p}.{k}", k, random.bytes(16).hex(), random.bytes(32).hex())
        for p in patients
        for k in range(1, 5)
    ]
    if copied:
        hashes = {row.slice: row for row in rows if row.patient_id == patients[0]}
        rows = [
            replace(row, pixel_hash=hashes[row.slice].pixel_hash) if row.patient_id == patients[1] else row
            for row in rows
        ]
    return rows


def fake_material(run: Run, told: float, shape: float = 0.0) -> Material:
    """Random features, of which one tells the classes apart: by `told` in the images, by `shape` in their outline."""
    folds, labels = read_folds(run)
    patients, random = sorted(labels), np.random.default_rng(1)
    places = [(np.searchsorted(patients, fold.train), np.searchsorted(patients, fold.test)) for fold in folds]
    truth = np.array([labels[patient] for patient in patients])
    plain = random.normal(size=(len(patients), 12))
    plain[:, 0] += told * truth
    baselines = {
        name: random.normal(size=(len(patients), 3)) for name in ("metadata", "clinical", "intensity", "shape")
    }
    baselines["shape"][:, 0] += shape * truth
    auc = read_metrics(run)["auc"]
    return Material(
        truth, places, plain, plain + np.eye(12)[1] * 4, None, baselines, auc, ("unmethylated", "methylated"), shape > 0
    )


def _dealt(patients: int, names: tuple[str, ...]) -> dict[str, int]:
    """Labels that no order of the ids tells."""
    drawn = np.random.default_rng(3).permutation([int(place % 3 == 0) for place in range(patients)])
    ids = [*names, *(f"{place:05d}" for place in range(len(names), patients))]
    return {name: int(label) for name, label in zip(ids, drawn, strict=True)}


def _sheet(width: int, height: int, seed: int) -> bytes:
    """A picture that is heavy, as slices are."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8)
    pixels = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    noise = random.integers(0, 40, pixels.shape, dtype=np.uint8)
    return cv2.imencode(".png", cv2.add(pixels, noise))[1].tobytes()


def fake_explanations(evidence: Evidence) -> list[Explanation]:
    """Three slices a patient, a third of the heat in the lesion."""
    rows = []
    for place, (fold, one) in enumerate((f.index, one) for f in evidence.folds for one in evidence.tested(2, f.index)):
        outcome = f"{'true' if one.decision == one.label else 'false'} {'positive' if one.decision else 'negative'}"
        for slice_ in (1, 2, 3):
            share = 0.3 + 0.02 * (place % 5) + 0.01 * slice_
            where = (one.patient_id, fold, outcome, "", f"{one.patient_id}.flair", slice_)
            sheet = f"explain-{outcome.replace(' ', '-')}.png"
            rows.append(Explanation(*where, one.probability, "grad-cam", share, 0.08, 0.12, sheet))
    return rows


def _explain(run: Run) -> None:
    write_records(run.explanations, Explanation, fake_explanations(read_evidence(run)))
    run.figures.mkdir(exist_ok=True)
    for seed, outcome in enumerate(OUTCOMES):
        (run.figures / f"explain-{outcome.replace(' ', '-')}.png").write_bytes(_sheet(720, 260, seed))
    (run.figures / "contact-sheet.png").write_bytes(_sheet(2400, 1200, 9))


def _prepare(run: Run, patients: list[str]) -> None:
    seen = (Figure("mutual information", 0.5, 0.7, "nats"), Figure("turn", 0.0, 2.0, "degrees"))
    step = StepRecord("rigid", "flair", {}, 1.0, seen, True)
    write_steps(run.preparation, [PatientQuality(patient, (step,), {}) for patient in patients])


def write_full_run(
    root: Path,
    *,
    leak: bool = False,
    shortcut: bool = False,
    patients: int = 60,
    names: tuple[str, ...] = (),
    told: float = 1.5,
    scanners: tuple[str, ...] = ("Phantom A", "Phantom B"),
    resamples: int = 120,
    **settings,
) -> Run:
    """A fake run, audited, asked for signal and explained.

    Args:
        leak: Whether two patients are one, which was let pass.
        shortcut: Whether each class has its own scanner, and the whole picture's outline tells it.
        patients: How many; every third is positive, in no order.
        names: Ids of the first of them.
        told: How well frozen features tell the classes apart.
        settings: Of `write_fake_run`.
    """
    run = write_fake_run(root, labels=_dealt(patients, names), **settings)
    labels = read_folds(run)[1]
    write_records(run.traits, Trait, fake_traits(labels, scanners, shortcut))
    write_records(run.slices, PreparedSlice, fake_pixels(labels, leak))
    _prepare(run, sorted(labels))
    findings = audit_run(run)
    if leak:
        found = [one.check for one in findings if (one.kind, one.status) == ("leak", "found")]
        write_json(run.selection, {**read_json(run.selection), LEAKS: list(dict.fromkeys(found))})
    write_findings(run.audit, audit_run(run))
    material = replace(fake_material(run, told, told if shortcut else 0.0), findings=read_findings(run))
    write_json(run.signal, study(material, resamples, targets=(0.75, 1.0), draws=5))
    _explain(run)
    return run
