"""A synthetic cohort in the layout of RSNA-MICCAI, with a signal planted on purpose.

    OUT/train/00000/{T1w,T1wCE,T2w,FLAIR}/Image-1.dcm ...    OUT/train_labels.csv: BraTS21ID, MGMT_value

The planted signal: where the label is 1 the lesion's rim stands out (bright in T1w, T1wCE and FLAIR, dark in T2w;
strongest in T1wCE) and its inside is patchy. It is far stronger than anything known of MGMT. Drawn without a
look at the label: size of the head, size and place of the lesion, noise, bias field, and the scanner (two of them,
each with half of either class). The sequences of a patient lie on one grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from radiogenomics.files import write_text
from radiogenomics.phantom.dicom import write_image
from radiogenomics.phantom.head import (
    CONTRASTS,
    Volume,
    bias_field,
    draw_head,
    image,
    smooth_noise,
    tissue_fractions,
)
from radiogenomics.records import SILENT, Progress

FIELD_OF_VIEW = 240.0  # mm
STACK = 150.0  # mm from the first slice to the last


@dataclass(frozen=True, slots=True)
class Scanner:
    """A machine, and how its images look."""

    manufacturer: str
    model: str
    field_strength: float  # tesla
    scale: float  # stored value of brightness 1
    noise: float  # sd, in brightness


SCANNERS = (
    Scanner("SIEMENS", "Skyra", 3.0, 900.0, 0.02),
    Scanner("GE MEDICAL SYSTEMS", "Signa HDxt", 1.5, 2600.0, 0.035),
)
# Folder name of RSNA-MICCAI and the header's account of each sequence.
SEQUENCES: dict[str, tuple[str, dict[str, Any]]] = {
    "t1w": ("T1w", {"RepetitionTime": 500.0, "EchoTime": 10.0}),
    "t1wce": ("T1wCE", {"RepetitionTime": 500.0, "EchoTime": 10.0, "ContrastBolusAgent": "Gadolinium"}),
    "t2w": ("T2w", {"RepetitionTime": 4000.0, "EchoTime": 100.0}),
    "flair": ("FLAIR", {"RepetitionTime": 9000.0, "EchoTime": 120.0, "InversionTime": 2500.0}),
}


def write_cohort(
    out: Path,
    *,
    patients: int,
    slices: int,
    size: int,
    seed: int,
    modalities: Sequence[str] = tuple(CONTRASTS),
    progress: Progress = SILENT,
) -> Path:
    """Write the cohort: DICOM under `out`/train, and `out`/train_labels.csv, which is returned.

    The same arguments always write the same bytes, and a patient does not depend on which modalities are written.

    Args:
        out: A folder, made as needed.
        patients: How many; half of them positive, rounded down.
        slices: Of each series.
        size: Rows and columns.
        seed: Of everything drawn.
        modalities: Names of tables.modalities.
        progress: Hears of patients done.

    Raises:
        StoreError: Nothing could be written there.
    """
    labels, scanners = _assign(patients, _generator(seed, 0, 0))
    for index, (label, scanner) in enumerate(zip(labels, scanners, strict=True)):
        generator, shape = _generator(seed, index + 1, 0), (slices, size, size)
        head = draw_head(generator, positive=label == 1)
        tissues, texture = tissue_fractions(head, generator, shape), smooth_noise(generator, shape, 0.02 * size)
        for modality in modalities:
            own = _generator(seed, index + 1, list(SEQUENCES).index(modality) + 1)
            stored = _acquire(image(head, tissues, texture, modality), SCANNERS[scanner], own)
            _write_series(out / "train", f"{index:05d}", f"phantom {seed}", modality, stored, SCANNERS[scanner])
        progress.update("phantom", index + 1, patients)
    rows = "".join(f"{index:05d},{label}\n" for index, label in enumerate(labels))
    write_text(out / "train_labels.csv", f"BraTS21ID,MGMT_value\n{rows}")
    return out / "train_labels.csv"


def _generator(seed: int, patient: int, series: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, 0], counter=[0, 0, series, patient]))


def _assign(patients: int, generator: np.random.Generator) -> tuple[list[int], list[int]]:
    """Label and scanner of each patient: half of each, and half of each within the other."""
    order = generator.permutation(patients)
    return [int(place % 2) for place in order], [int(place // 2 % 2) for place in order]


def _acquire(volume: Volume, scanner: Scanner, generator: np.random.Generator) -> npt.NDArray[np.uint16]:
    """What the scanner stores: with its coil's field, the noise of a magnitude image (Rician), and its own scale."""
    real, imaginary = scanner.noise * generator.standard_normal((2, *volume.shape), dtype=np.float32)
    magnitude = np.hypot(volume * bias_field(generator, volume.shape) + real, imaginary)
    magnitude[volume == 0] = 0  # skull-stripped, as RSNA-MICCAI is
    return np.clip(np.rint(magnitude * scanner.scale), 0, 4095).astype(np.uint16)


def _write_series(
    root: Path, patient: str, study: str, modality: str, volume: npt.NDArray[np.uint16], scanner: Scanner
) -> None:
    folder, acquisition = SEQUENCES[modality]
    for number, pixels in enumerate(volume, 1):
        write_image(
            root / patient / folder / f"Image-{number}.dcm",
            pixels,
            patient=patient,
            study=study,
            series=folder,
            number=number,
            spacing=(FIELD_OF_VIEW / volume.shape[1], FIELD_OF_VIEW / volume.shape[2]),
            thickness=STACK / len(volume),
            SeriesNumber=list(SEQUENCES).index(modality) + 1,
            Manufacturer=scanner.manufacturer,
            ManufacturerModelName=scanner.model,
            MagneticFieldStrength=scanner.field_strength,
            **acquisition,
        )
