"""One patient with a sarcoma of the thigh as the scanners leave it: MR of another day, the limb lying otherwise.

CT, contours and dose lie in the frame of reference of planning; MR in its own, turned, shifted and bent. The plan's
dose is one object, or one a beam. Nothing of all this looks at the label; the signal is that of
`sarcoma.write_sarcoma`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from radiogenomics.phantom.case import Case
from radiogenomics.phantom.grid import Grid, Located, Volume
from radiogenomics.phantom.limb import TISSUES, Limb, Waves, dose, draw_limb, draw_waves, image, tissue_fractions
from radiogenomics.phantom.motion import Motion, Triple, draw_bend, draw_rigid
from radiogenomics.phantom.rt import write_dose
from radiogenomics.phantom.sarcoma import MODALITIES, ct_grid, dose_grid, write_contours, write_ct, write_slices
from radiogenomics.phantom.scanner import SCANNERS, SEQUENCES, acquire_mr, mr_header
from radiogenomics.phantom.tilted import Displaced, Tilted, tilted

REFERENCE = "ct"
MOST_DEGREES, MOST_MM = 5.0, 10.0  # that the limb is turned and shifted between CT and MR
BOW, SWAY = 3.0, 0.7  # mm by which it is bent on top of that; see `motion.draw_bend`
MR_DAY = "20191218"  # two weeks before the planning CT
_SEPTUM = 0.3  # half the thickness of the fat between muscles, in sd of the waves whose zeros it follows
# Streams: those of the images' noise come before.
_ANATOMY, _PLAN, _MOTION = 10, 20, 30


@dataclass(frozen=True, slots=True, eq=False)
class RawLimb:
    """What is true of a patient: by it a registration, carried contours or a summed dose can be measured."""

    limb: Limb
    texture: Waves
    grain: Waves
    septa: Waves  # where they are 0, fat parts the muscles
    ct: Grid
    mr: Tilted  # of all sequences
    dose: Grid
    motion: Motion  # from places of CT to those of MR

    def gray(self, grid: Located) -> Volume:
        """The dose of the whole plan, Gy, at the voxels of a grid."""
        return dose(self.limb, grid)

    def beams(self, grid: Located) -> tuple[Volume, Volume]:
        """The dose of each of two beams, Gy: one from the right and one from the left, together the plan's."""
        x = grid.place[2] - self.limb.lesion[0]
        share = 1 / (1 + np.exp(x / 60.0))
        whole = self.gray(grid)
        return whole * share, whole * (1 - share)


def raw_limb(case: Case) -> RawLimb:
    """The patient of a case, drawn; the same whichever modalities are written."""
    generator, anatomy = case.generator(0), case.generator(_ANATOMY)
    limb, texture, grain = draw_limb(generator, case.positive), draw_waves(generator), draw_waves(generator)
    return RawLimb(
        limb=limb,
        texture=texture,
        grain=grain,
        septa=draw_waves(anatomy, 110.0, 45.0, 16),
        ct=ct_grid(case, limb),
        mr=_plan(case, limb, case.generator(_PLAN)),
        dose=dose_grid(case, limb),
        motion=_motion(limb, case.generator(_MOTION)),
    )


def write_raw_sarcoma(case: Case) -> None:
    """Write one patient under `case.out`/data: the folders of `sarcoma.write_sarcoma`, MR as a study of its own."""
    truth = raw_limb(case)
    if "ct" in case.modalities:
        write_ct(case, truth.ct, _shown(truth, truth.ct, ["ct"])["ct"])
    points = truth.motion.origin(truth.mr.points)
    seen = Displaced(points, truth.mr.spacing)
    for modality, volume in _shown(truth, seen, [m for m in case.modalities if m in SEQUENCES]).items():
        _write_mr(case, truth, modality, volume)
    if "dose" in case.modalities:
        _write_dose(case, truth)
    write_contours(case, truth.limb, truth.ct)


def _plan(case: Case, limb: Limb, generator: np.random.Generator) -> Tilted:
    """MR's grid: about where the limb lay for CT, a little higher and as wide, its slices slightly tilted."""
    x, y, z = (middle + generator.uniform(-4, 4) for middle in limb.centre)
    degrees: Triple = (generator.uniform(-4, 4), generator.uniform(-4, 4), generator.uniform(-2, 2))
    shape = (case.slices, case.size, case.size)
    return tilted((x, y, z), degrees, generator.uniform(260, 300), generator.uniform(168, 180), shape)


def _motion(limb: Limb, generator: np.random.Generator) -> Motion:
    rigid = draw_rigid(generator, limb.centre, (1.0, MOST_DEGREES), (2.0, MOST_MM))
    return Motion(rigid.centre, rigid.turned, rigid.shift, draw_bend(generator, limb.centre, BOW, SWAY))


def _shown(truth: RawLimb, grid: Located, modalities: list[str]) -> dict[str, Volume]:
    """The limb at the voxels of a grid, or at the places they show, by modality."""
    if not modalities:
        return {}
    tissues = tissue_fractions(truth.limb, grid)
    patches, fibres, walls = (_values(waves, grid) for waves in (truth.texture, truth.grain, truth.septa))
    muscle, fat = TISSUES.index("muscle"), TISSUES.index("fat")
    parted = tissues[muscle] * np.exp(-((walls / np.float32(_SEPTUM)) ** 2))
    tissues[muscle] -= parted
    tissues[fat] += parted
    return {modality: image(truth.limb, tissues, patches, fibres, modality) for modality in modalities}


def _values(waves: Waves, grid: Located) -> Volume:
    return waves.on(grid) if isinstance(grid, Grid) else waves.at(grid.place)


def _write_mr(case: Case, truth: RawLimb, modality: str, volume: Volume) -> None:
    scanner, generator = SCANNERS[case.site], case.generator(MODALITIES.index(modality) + 1)
    stored = acquire_mr(volume, scanner, generator)  # with a slight field, as of a body coil
    header = {**mr_header(modality, scanner), "StudyDate": MR_DAY}
    write_slices(case, SEQUENCES[modality][0], truth.mr, stored, header, study=mr_study(case))


def mr_study(case: Case) -> str:
    """The word of the MR's study, which gives its UIDs and its frame of reference."""
    return f"{case.study} MR"


def _write_dose(case: Case, truth: RawLimb) -> None:
    folder = case.out / "data" / case.patient / "DOSE"
    if not case.beams:
        _write_one(case, truth, folder / "dose.dcm", truth.gray(truth.dose), "DOSE", None)
        return
    for beam, gray in enumerate(truth.beams(truth.dose), 1):
        series = "DOSE" if case.beams == "one series" else f"DOSE beam {beam}"
        _write_one(case, truth, folder / f"beam-{beam}.dcm", gray, series, beam)


def _write_one(case: Case, truth: RawLimb, path: Path, gray: Volume, series: str, beam: int | None) -> None:
    write_dose(path, gray, grid=truth.dose, patient=case.patient, study=case.study, series=series, beam=beam)
