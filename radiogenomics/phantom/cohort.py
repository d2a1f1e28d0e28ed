"""Synthetic cohorts with a signal planted on purpose, in the layouts that the recipes read.

brain, as RSNA-MICCAI has it, with what a lesion recipe needs beside it:
    OUT/train/00000/{T1w,T1wCE,T2w,FLAIR}/Image-1.dcm ...    OUT/train_labels.csv: BraTS21ID, MGMT_value
    OUT/lesions.csv    OUT/masks/00000.nii.gz, or 00000_1.nii.gz and 00000_2.nii.gz for two lesions
limb, a sarcoma of the thigh before radiotherapy:
    OUT/data/STS000/{CT,DOSE,T1w,T2w,T1wCE,RTSTRUCT}/*.dcm    OUT/labels.csv: patient_id, label

The signal (`brain.write_brain`, `sarcoma.write_sarcoma`) is far stronger than anything known of either. Drawn without
a look at the label: size of head or limb, size, number and place of the lesions, dose, noise, bias field, and the
scanner (two of them, each with half of either class).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from radiogenomics.files import write_text
from radiogenomics.phantom import head, sarcoma
from radiogenomics.phantom.brain import write_brain
from radiogenomics.phantom.case import Case, generator
from radiogenomics.phantom.lesions import LesionBox, write_boxes
from radiogenomics.phantom.sarcoma import write_sarcoma
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
    progress: Progress = SILENT,
) -> PhantomCohort:
    """Write a cohort.

    The same arguments always write the same bytes, and a patient does not depend on which modalities are written.

    Args:
        out: A folder, made as needed.
        kind: What is imaged.
        patients: How many; half of them positive, rounded down.
        slices: Of each series.
        size: Rows and columns; a limb's CT has 32 more.
        seed: Of everything drawn.
        modalities: Names of tables.modalities; none means all that the kind has (`MODALITIES`).
        two_lesions: Share of the brains that have a second, smaller tumour, as many of either class; the other
            brains are the same for any share. A limb has one.
        progress: Hears of patients done.

    Raises:
        StoreError: Nothing could be written there.
    """
    chosen = tuple(modalities) or MODALITIES[kind]
    places = generator(seed, 0, 0).permutation(patients)
    # Two in a row of a drawn order are of either class, four in a row of either class at either scanner.
    cases = [
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
            modalities=chosen,
        )
        for index, place in enumerate(places)
    ]
    rows: list[LesionBox] = []
    for case in cases:
        if kind == "brain":
            rows += write_brain(case)
        else:
            write_sarcoma(case)
        progress.update("phantom", case.index + 1, patients)
    return _sheets(out, kind, cases, rows)


def _sheets(out: Path, kind: Kind, cases: Sequence[Case], rows: Sequence[LesionBox]) -> PhantomCohort:
    labels = "".join(f"{case.patient},{int(case.positive)}\n" for case in cases)
    if kind == "limb":
        write_text(out / "labels.csv", f"patient_id,label\n{labels}")
        return PhantomCohort(out / "data", out / "labels.csv", None, out / "data")
    write_text(out / "train_labels.csv", f"BraTS21ID,MGMT_value\n{labels}")
    write_boxes(out / "lesions.csv", rows)
    return PhantomCohort(out / "train", out / "train_labels.csv", out / "lesions.csv", out / "masks")
