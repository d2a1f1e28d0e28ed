"""One patient with a brain tumour, written: MR sequences on one grid, boxes and masks of the lesions."""

import numpy as np
import numpy.typing as npt

from radiogenomics.phantom.case import Case
from radiogenomics.phantom.dicom import write_image
from radiogenomics.phantom.grid import Grid
from radiogenomics.phantom.head import (
    Head,
    draw_head,
    image,
    smooth_noise,
    tissue_fractions,
    tumour_masks,
    with_second_lesion,
)
from radiogenomics.phantom.lesions import LesionBox, boxes, write_mask
from radiogenomics.phantom.scanner import SCANNERS, SEQUENCES, acquire_mr, mr_header
from radiogenomics.phantom.tilted import Tilted

FIELD_OF_VIEW = 240.0  # mm
SECOND_LESION = len(SEQUENCES) + 1  # its stream; those of the sequences come before


def write_brain(case: Case) -> list[LesionBox]:
    """Write one patient under `case.out`/train and /masks; the boxes of its lesions are returned.

    Positive patients' lesions have a rim that stands out (bright in T1w, T1wCE and FLAIR, dark in T2w; strongest in
    T1wCE) and a patchy inside.
    """
    head, generator = draw(case)
    shape = (case.slices, case.size, case.size)
    tissues, texture = tissue_fractions(head, generator, shape), smooth_noise(generator, shape, 0.02 * case.size)
    for modality in case.modalities:
        volume = image(head, tissues, texture, modality)
        own = case.generator(list(SEQUENCES).index(modality) + 1)
        stored = acquire_mr(volume, SCANNERS[case.site], own)
        stored[volume == 0] = 0  # skull-stripped, as RSNA-MICCAI is
        _write_series(case, modality, stored)
    return write_lesions(case, tumour_masks(head, tissues), _grid(case))


def draw(case: Case) -> tuple[Head, np.random.Generator]:
    """The head, and the generator that goes on to draw what lies within it."""
    generator = case.generator(0)
    head = draw_head(generator, case.positive)
    # From a stream of its own, so that a second lesion moves nothing else.
    return (head if case.lesions == 1 else with_second_lesion(head, case.generator(SECOND_LESION))), generator


def _grid(case: Case) -> Grid:
    pixel = FIELD_OF_VIEW / case.size
    return Grid((0.0, 0.0, case.thickness), (pixel, pixel, case.thickness), (case.slices, case.size, case.size))


def _write_series(case: Case, modality: str, volume: npt.NDArray[np.uint16]) -> None:
    folder, grid = SEQUENCES[modality][0], _grid(case)
    for number, pixels in enumerate(volume, 1):
        write_image(
            case.out / "train" / case.patient / folder / f"Image-{number}.dcm",
            pixels,
            patient=case.patient,
            study=case.study,
            series=folder,
            number=number,
            spacing=grid.spacing[:2],
            thickness=grid.spacing[2],
            **mr_header(modality, SCANNERS[case.site]),
        )


def write_lesions(case: Case, masks: npt.NDArray[np.bool_], grid: Grid | Tilted) -> list[LesionBox]:
    """Write a mask a lesion that shows on T1wCE's grid; PATIENT.nii.gz, or PATIENT_1.nii.gz and so on for several."""
    seen = [mask for mask in masks if mask.any()]
    for number, mask in enumerate(seen, 1):
        name = case.patient if len(seen) == 1 else f"{case.patient}_{number}"
        write_mask(case.out / "masks" / f"{name}.nii.gz", mask, grid)
    return [box for number, mask in enumerate(seen, 1) for box in boxes(case.patient, number, mask)]
