"""One patient with a sarcoma of the thigh, written: CT, planned dose, MR sequences, and contours drawn on the CT."""

from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.uid import CTImageStorage

from radiogenomics.phantom.case import Case
from radiogenomics.phantom.dicom import uid, write_image
from radiogenomics.phantom.grid import Grid, centred
from radiogenomics.phantom.limb import (
    Limb,
    Waves,
    bone_outline,
    dose,
    draw_limb,
    draw_waves,
    image,
    tissue_fractions,
    tumour_outline,
)
from radiogenomics.phantom.rt import BLANK, Contour, write_dose, write_structures
from radiogenomics.phantom.scanner import (
    CT_INTERCEPT,
    CT_SCANNERS,
    SCANNERS,
    SEQUENCES,
    acquire_ct,
    acquire_mr,
    mr_header,
)
from radiogenomics.phantom.tilted import Tilted

MODALITIES = ("ct", "dose", "t1w", "t2w", "t1wce")
CT_FIELD, DOSE_FIELD = 500.0, 320.0  # mm


def write_sarcoma(case: Case) -> None:
    """Write one patient under `case.out`/data: CT, DOSE, T1w, T2w and T1wCE as far as asked for, and RTSTRUCT.

    All lie in one frame of reference on grids of their own: the CT's field is the largest, the MR's the narrowest, the
    dose's the coarsest. In positive patients the tumour's core has died (dark in T1wCE, bright in T2w), its rim takes
    up contrast, and all of it is patchy, in CT too. The dose is drawn without a look at the label.
    """
    generator = case.generator(0)
    limb, texture, grain = draw_limb(generator, case.positive), draw_waves(generator), draw_waves(generator)
    ct, mr = ct_grid(case, limb), mr_grid(case, limb, generator)
    if "ct" in case.modalities:
        write_ct(case, ct, _shown(limb, texture, grain, ct, ["ct"])["ct"])
    for modality, volume in _shown(limb, texture, grain, mr, [m for m in case.modalities if m in SEQUENCES]).items():
        _write_mr(case, mr, modality, volume)
    if "dose" in case.modalities:
        grid = dose_grid(case, limb)
        path = case.out / "data" / case.patient / "DOSE" / "dose.dcm"
        write_dose(path, dose(limb, grid), grid=grid, patient=case.patient, study=case.study, series="DOSE")
    write_contours(case, limb, ct)


def ct_grid(case: Case, limb: Limb) -> Grid:
    """The CT's grid: `size` + 32 pixels wide, around the table's middle; its slices are the reference."""
    width, first = case.size + 32, limb.centre[2] - case.thickness * (case.slices - 1) / 2
    return centred(0, 0, CT_FIELD, first, case.thickness, (case.slices, width, width))


def mr_grid(case: Case, limb: Limb, generator: np.random.Generator) -> Grid:
    """The MR's grid: about the limb, a field of 240 to 300 mm; its slices lie where the CT's do."""
    x, y = limb.centre[0] + generator.uniform(-5, 5), limb.centre[1] + generator.uniform(-5, 5)
    first = limb.centre[2] - case.thickness * (case.slices - 1) / 2
    shape = (case.slices, case.size, case.size)
    return centred(x, y, generator.uniform(240, 300), first, case.thickness, shape)


def dose_grid(case: Case, limb: Limb) -> Grid:
    """The dose's grid: coarser than the CT's along every axis, its planes between and beyond the CT's."""
    width, step = max(case.size // 2, 16), 1.25 * case.thickness
    planes = int(np.ceil(case.slices * case.thickness / step)) + 1
    first = limb.centre[2] - step * (planes - 1) / 2
    return centred(limb.centre[0], limb.centre[1], DOSE_FIELD, first, step, (planes, width, width))


def _shown(
    limb: Limb, texture: Waves, grain: Waves, grid: Grid, modalities: list[str]
) -> dict[str, npt.NDArray[np.floating[Any]]]:
    """The limb on one grid, by modality."""
    if not modalities:
        return {}
    tissues, patches, fibres = tissue_fractions(limb, grid), texture.on(grid), grain.on(grid)
    return {modality: image(limb, tissues, patches, fibres, modality) for modality in modalities}


def write_ct(case: Case, grid: Grid, hounsfield: npt.NDArray[np.floating[Any]]) -> None:
    """Write the CT series of a limb, HU without noise."""
    scanner = CT_SCANNERS[case.site]
    header = {
        "SOPClassUID": CTImageStorage,
        "Modality": "CT",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "SeriesNumber": 10,
        "Manufacturer": scanner.manufacturer,
        "ManufacturerModelName": scanner.model,
        "MagneticFieldStrength": None,
        "KVP": 120,
        "AcquisitionNumber": 1,
        "RescaleIntercept": CT_INTERCEPT,
        "RescaleSlope": 1,
        "RescaleType": "HU",
    }
    stored = acquire_ct(hounsfield, scanner, case.generator(MODALITIES.index("ct") + 1))
    write_slices(case, "CT", grid, stored, header)


def _write_mr(case: Case, grid: Grid, modality: str, volume: npt.NDArray[np.floating[Any]]) -> None:
    scanner = SCANNERS[case.site]
    stored = acquire_mr(volume, scanner, case.generator(MODALITIES.index(modality) + 1))
    write_slices(case, SEQUENCES[modality][0], grid, stored, mr_header(modality, scanner))


def write_slices(
    case: Case,
    folder: str,
    grid: Grid | Tilted,
    stored: npt.NDArray[np.uint16],
    header: dict[str, Any],
    study: str = "",
) -> None:
    """Write a series of images, [slices, rows, columns], in a folder of the patient; `study` "" is the case's."""
    place = {"ImageOrientationPatient": list(grid.orientation)} if isinstance(grid, Tilted) else {}
    for index, pixels in enumerate(stored):
        write_image(
            case.out / "data" / case.patient / folder / f"{index + 1:03d}.dcm",
            pixels,
            patient=case.patient,
            study=study or case.study,
            series=folder,
            number=index + 1,
            spacing=(grid.spacing[1], grid.spacing[0]),
            thickness=grid.spacing[2],
            **{**BLANK, "ImagePositionPatient": list(grid.corner(index)), "PatientPosition": "FFS", **place, **header},
        )


def write_contours(case: Case, limb: Limb, grid: Grid) -> None:
    """GTV on each CT slice through the tumour, and the femur on all of them as a region that is not meant."""
    heights = [grid.corner(index)[2] for index in range(case.slices)]
    images = [uid(case.patient, case.study, "CT", index + 1) for index in range(case.slices)]
    places = list(zip(heights, images, strict=True))
    tumour = [Contour(tumour_outline(limb, z), z, image_uid) for z, image_uid in places]
    write_structures(
        case.out / "data" / case.patient / "RTSTRUCT" / "structures.dcm",
        {
            "GTV": [contour for contour in tumour if len(contour.points)],
            "Bone": [Contour(bone_outline(limb), z, image_uid) for z, image_uid in places],
        },
        patient=case.patient,
        study=case.study,
        series="RTSTRUCT",
        reference="CT",
        images=images,
    )
