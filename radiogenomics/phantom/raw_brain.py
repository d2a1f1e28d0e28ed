"""One patient with a brain tumour as the scanner leaves it: a whole head, moved from sequence to sequence.

Each sequence has a grid and a tilt of its own; one coil brightens all, each a little differently. The lesions are
drawn on T1wCE, the finest, in whose place the anatomy stands still. Nothing of all this looks at the label; the signal
is that of `brain.write_brain`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radiogenomics.phantom.brain import draw, write_lesions
from radiogenomics.phantom.case import Case
from radiogenomics.phantom.dicom import write_image
from radiogenomics.phantom.grid import Place, Volume
from radiogenomics.phantom.head import FOLDS, TEXTURE, WOBBLE, Head, image, tissues_at, tumour_masks
from radiogenomics.phantom.lesions import LesionBox
from radiogenomics.phantom.motion import STILL, Motion, Points, draw_rigid
from radiogenomics.phantom.scanner import SCANNERS, SEQUENCES, Coil, acquire_mr, draw_coil, mr_header
from radiogenomics.phantom.skull import HALF, outside, with_skull, within_skull
from radiogenomics.phantom.tilted import Displaced, Tilted, tilted

REFERENCE = "t1wce"
MOST_DEGREES, MOST_MM = 4.0, 5.0  # that a patient turns and shifts between the reference and another sequence
CORTEX = 0.6  # of the folds of a head without skull: the brain fills most of a whole one
GRAIN = 0.04  # of the whole brain, whatever the label
OWN_FIELD = 0.15  # of a sequence's field, on top of that of the coil which all sequences of a session share
# Share of the reference's columns and slices that each sequence has.
_MATRIX = {"t1wce": (1.0, 1.0), "t1w": (0.9, 0.85), "t2w": (0.95, 0.8), "flair": (0.8, 0.7)}
_FIELD, _STACK = (236.0, 250.0), (152.0, 164.0)  # mm
_STEP, _REACH = 3.0, (100.0, 135.0, 135.0)  # mm: from value to value of the smooth noises, and how far they go
# Streams: those of the sequences' noise, and of a second lesion, come before.
_ANATOMY, _PLANS, _MOTIONS, _COILS, _COIL = 10, 20, 30, 40, 50


@dataclass(frozen=True, slots=True, eq=False)
class RawBrain:
    """What is true of a patient: by it a registration, a bias correction or a brain mask can be measured."""

    head: Head
    noises: tuple[Volume, Volume, Volume]  # folds, wobble, texture
    grids: dict[str, Tilted]  # by modality
    motions: dict[str, Motion]  # from places of T1wCE to those of the sequence
    coils: dict[str, Coil]

    def field(self, modality: str) -> Volume:
        """The factor by which the coil brightens each voxel of a sequence."""
        return self.coils[modality].at(self.grids[modality].points)

    def brain(self, modality: str = REFERENCE) -> npt.NDArray[np.bool_]:
        """The voxels of a sequence that are mostly brain, its fluid and lesions included."""
        return np.asarray(see(self, modality).tissues.sum(axis=0) > 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The anatomy at the voxels of a sequence."""

    place: Place  # mm
    units: Place  # half fields of view
    depth: Volume  # mm outside the brain's ellipsoid
    tissues: Volume  # [tissues, slices, rows, columns]
    texture: Volume
    pixel: float  # mm


def raw_brain(case: Case) -> RawBrain:
    """The patient of a case, drawn; the same whichever modalities are written."""
    head, _ = draw(case)
    order, middle = list(SEQUENCES), (0.0, 0.0, 0.0)
    coil = draw_coil(case.generator(_COIL), middle)
    return RawBrain(
        head=head,
        noises=_noises(case.generator(_ANATOMY)),
        grids={name: _plan(case, name, case.generator(_PLANS + k)) for k, name in enumerate(order)},
        motions={name: _motion(name, case.generator(_MOTIONS + k)) for k, name in enumerate(order)},
        coils={
            name: coil.blended(draw_coil(case.generator(_COILS + k), middle), OWN_FIELD) for k, name in enumerate(order)
        },
    )


def write_raw_brain(case: Case) -> list[LesionBox]:
    """Write one patient under `case.out`/train and /masks; the boxes of its lesions on T1wCE are returned."""
    truth = raw_brain(case)
    seen = {modality: see(truth, modality) for modality in {*case.modalities, REFERENCE}}
    for modality in case.modalities:
        _write_series(case, truth, modality, _shown(truth, modality, seen[modality]))
    drawn = seen[REFERENCE]
    return write_lesions(case, tumour_masks(truth.head, drawn.tissues, drawn.units), truth.grids[REFERENCE])


def _plan(case: Case, modality: str, generator: np.random.Generator) -> Tilted:
    """The grid of a sequence: about the head's middle, tilted by some degrees, mostly by the head's nod."""
    columns, slices = _MATRIX[modality]
    centre = generator.uniform(-4, 4, 3)
    degrees = generator.uniform((-8, -2.5, -2.5), (8, 2.5, 2.5))
    size = max(round(case.size * columns), 16)
    return tilted(
        (float(centre[0]), float(centre[1]), float(centre[2])),
        (float(degrees[0]), float(degrees[1]), float(degrees[2])),
        generator.uniform(*_FIELD),
        generator.uniform(*_STACK),
        (max(round(case.slices * slices), 4), size, size),
    )


def _motion(modality: str, generator: np.random.Generator) -> Motion:
    if modality == REFERENCE:
        return STILL
    return draw_rigid(generator, (0.0, 10.0, -20.0), (1.0, MOST_DEGREES), (1.0, MOST_MM))


def _noises(generator: np.random.Generator) -> tuple[Volume, Volume, Volume]:
    from scipy.ndimage import gaussian_filter

    shape = [2 * round(reach / _STEP) + 1 for reach in _REACH]

    def smooth(blur: float) -> Volume:
        noise = gaussian_filter(generator.standard_normal(shape, dtype=np.float32), blur * HALF[2] / _STEP)
        return np.asarray((noise - noise.mean()) / noise.std())

    return CORTEX * smooth(FOLDS), smooth(WOBBLE), smooth(TEXTURE)


def _at(noise: Volume, points: Points) -> Volume:
    """The value of a smooth noise at places in the head; at its rim's beyond."""
    from scipy.ndimage import map_coordinates

    index = [points[..., 2 - axis] / _STEP + (noise.shape[axis] - 1) / 2 for axis in range(3)]
    return np.asarray(map_coordinates(noise, index, order=1, mode="nearest"), np.float32)


def see(truth: RawBrain, modality: str) -> Seen:
    """What a sequence has before it, wherever the patient has moved."""
    grid = truth.grids[modality]
    points = truth.motions[modality].origin(grid.points)
    place, pixel = Displaced(points, grid.spacing).place, grid.spacing[0]
    z, y, x = (axis / np.float32(half) for axis, half in zip(place, HALF, strict=True))
    folds, wobble, texture = (_at(noise, points) for noise in truth.noises)
    tissues = tissues_at(truth.head, (z, y, x), folds, wobble, pixel / HALF[2])
    depth = outside(_radii(truth.head), place)
    tissues *= within_skull(depth, pixel)
    return Seen(place, (z, y, x), depth, tissues, texture, pixel)


def _radii(head: Head) -> tuple[float, float, float]:
    """Of the brain, z, y, x in mm."""
    z, y, x = (radius * half for radius, half in zip(head.radii, HALF, strict=True))
    return z, y, x


def _shown(truth: RawBrain, modality: str, seen: Seen) -> Volume:
    """A sequence without noise and without its coil's field."""
    shown = image(truth.head, seen.tissues, seen.texture, modality) * (1 + GRAIN * seen.texture)
    brain = seen.tissues.sum(axis=0)
    return with_skull(brain, shown, seen.depth, _radii(truth.head), seen.place, seen.pixel, modality)


def _write_series(case: Case, truth: RawBrain, modality: str, shown: Volume) -> None:
    folder, grid, scanner = SEQUENCES[modality][0], truth.grids[modality], SCANNERS[case.site]
    own = case.generator(list(SEQUENCES).index(modality) + 1)
    stored = acquire_mr(shown, scanner, own, truth.field(modality))
    for index, pixels in enumerate(stored):
        write_image(
            case.out / "train" / case.patient / folder / f"Image-{index + 1}.dcm",
            pixels,
            patient=case.patient,
            study=case.study,
            series=folder,
            number=index + 1,
            orientation=grid.orientation,
            spacing=(grid.spacing[1], grid.spacing[0]),
            thickness=grid.spacing[2],
            ImagePositionPatient=list(grid.corner(index)),
            **mr_header(modality, scanner),
        )
