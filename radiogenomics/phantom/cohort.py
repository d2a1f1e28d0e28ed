"""Synthetic cohorts with a signal planted on purpose, in the layouts that the recipes read.

brain, as RSNA-MICCAI has it, with what a lesion recipe needs beside it:
    OUT/train/00000/{T1w,T1wCE,T2w,FLAIR}/Image-1.dcm ...    OUT/train_labels.csv: BraTS21ID, MGMT_value
    OUT/lesions.csv    OUT/masks/00000.nii.gz, or 00000_1.nii.gz and 00000_2.nii.gz for two lesions
limb, a sarcoma of the thigh before radiotherapy:
    OUT/data/STS000/{CT,DOSE,T1w,T2w,T1wCE,RTSTRUCT}/*.dcm    OUT/labels.csv: patient_id, label

Raw cohorts have the same layout, and are what `radiogen prepare` is for. Of a brain: whole heads with skull and scalp,
the patient moved from sequence to sequence, each on a grid of its own, under a marked bias field; lesions are drawn on
T1wCE. Of a limb: MR in a frame of reference of its own, turned, shifted and bent against CT, on which the contours are
drawn; of every second patient the dose comes as an object a beam. `true_motion` says what was planted.

The signal (`brain.write_brain`, `sarcoma.write_sarcoma`) is far stronger than anything known of either. Drawn without
a look at the label: size of head or limb, size, number and place of the lesions, dose, noise, bias field, motion, and
the scanner (two of them, each with half of either class).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from radiogenomics.files import write_text
from radiogenomics.phantom import head, sarcoma
from radiogenomics.phantom.brain import write_brain
from radiogenomics.phantom.case import BEAMS, Case, generator
from radiogenomics.phantom.lesions import LesionBox, write_boxes
from radiogenomics.phantom.motion import STILL, Motion
from radiogenomics.phantom.raw_brain import raw_brain, write_raw_brain
from radiogenomics.phantom.raw_sarcoma import raw_limb, write_raw_sarcoma
from radiogenomics.phantom.sarcoma import write_sarcoma
from radiogenomics.phantom.scanner import SEQUENCES
from radiogenomics.records import SILENT, Progress

Kind = Literal["brain", "limb"]
PATIENTS: dict[Kind, str] = {"brain": "{:05d}", "limb": "STS{:03d}"}
MODALITIES: dict[Kind, tuple[str, ...]] = {"brain": tuple(head.CONTRASTS), "limb": sarcoma.MODALITIES}


@dataclass(frozen=True, slots=True)
class PhantomCohort:
    """Where a synthetic cohort lies: what `radiogen train` takes."""

    data: Path  # --data
    labels: Path  # --labels
    lesions: Path | None  # --lesions
    masks: Path | None  # --masks


def write_cohort(
    out: Path,
    *,
    kind: Kind = "brain",
    patients: int,
    slices: int,
    size: int,
    seed: int,
    modalities: Sequence[str] = (),
    two_lesions: float = 0.0,
    raw: bool = False,
    progress: Progress = SILENT,
) -> PhantomCohort:
    """Write a cohort.

    The same arguments always write the same bytes, and a patient does not depend on which modalities are written.

    Args:
        out: A folder, made as needed.
        kind: What is imaged.
        patients: How many; half of them positive, rounded down.
        slices: Of each series; of raw brains, those of T1wCE, which has the most.
        size: Rows and columns, likewise; a limb's CT has 32 more.
        seed: Of everything drawn.
        modalities: Names of tables.modalities; none means all that the kind has (`MODALITIES`).
        two_lesions: Share of the brains that have a second, smaller tumour, as many of either class; the other
            brains are the same for any share. A limb has one.
        raw: As the scanners leave it, for preparation to mend, rather than as prepared.
        progress: Hears of patients done.

    Raises:
        StoreError: Nothing could be written there.
    """
    cases = draw_cases(
        out,
        kind=kind,
        patients=patients,
        slices=slices,
        size=size,
        seed=seed,
        modalities=modalities,
        two_lesions=two_lesions,
        raw=raw,
    )
    rows: list[LesionBox] = []
    for case in cases:
        rows += _write(case, kind)
        progress.update("phantom", case.index + 1, patients)
    return _sheets(out, kind, cases, rows)


def draw_cases(
    out: Path,
    *,
    kind: Kind,
    patients: int,
    slices: int,
    size: int,
    seed: int,
    modalities: Sequence[str] = (),
    two_lesions: float = 0.0,
    raw: bool = False,
) -> list[Case]:
    """The patients of a cohort, of whom nothing is written yet; the arguments are those of `write_cohort`."""
    places = generator(seed, 0, 0).permutation(patients)
    # Two in a row of a drawn order are of either class, four in a row of either class at either scanner; and so on.
    return [
        Case(
            out=out,
            patient=PATIENTS[kind].format(index),
            seed=seed,
            index=index,
            positive=bool(place % 2),
            site=int(place // 2 % 2),
            lesions=2 if place < round(two_lesions * patients) else 1,
            slices=slices,
            size=size,
            modalities=tuple(modalities) or MODALITIES[kind],
            raw=raw,
            beams=BEAMS[place // 4 % len(BEAMS)] if raw else "",
        )
        for index, place in enumerate(places)
    ]


def true_motion(case: Case, kind: Kind, modality: str) -> Motion:
    """Where the anatomy of the reference (T1wCE of a brain, CT of a limb) lies in another series of a patient."""
    if not case.raw or modality not in SEQUENCES:
        return STILL
    return raw_brain(case).motions[modality] if kind == "brain" else raw_limb(case).motion


def _write(case: Case, kind: Kind) -> list[LesionBox]:
    """Write one patient; the boxes of a brain's lesions are returned."""
    if kind == "brain":
        return write_raw_brain(case) if case.raw else write_brain(case)
    (write_raw_sarcoma if case.raw else write_sarcoma)(case)
    return []


def _sheets(out: Path, kind: Kind, cases: Sequence[Case], rows: Sequence[LesionBox]) -> PhantomCohort:
    labels = "".join(f"{case.patient},{int(case.positive)}\n" for case in cases)
    if kind == "limb":
        write_text(out / "labels.csv", f"patient_id,label\n{labels}")
        return PhantomCohort(out / "data", out / "labels.csv", None, out / "data")
    write_text(out / "train_labels.csv", f"BraTS21ID,MGMT_value\n{labels}")
    write_boxes(out / "lesions.csv", rows)
    return PhantomCohort(out / "train", out / "train_labels.csv", out / "lesions.csv", out / "masks")
