"""A synthetic thigh with a soft-tissue sarcoma, seen by CT, MR and the planned dose. Nothing in it comes from a person.

Everything is a function of the place in the patient (mm), so that grids which differ show one anatomy, and the
contour is the tumour's own outline rather than that of some grid's pixels.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radiogenomics.phantom.grid import Grid, Located, Place, Volume, inside

TISSUES = ("fat", "muscle", "cortex", "marrow", "core", "rim")
AIR = {"ct": -1000.0, "t1w": 0.0, "t2w": 0.0, "t1wce": 0.0}
# HU of each tissue in CT, relative brightness in MR: what a radiologist would expect.
CONTRASTS = {
    "ct": (-100.0, 55.0, 900.0, 120.0, 30.0, 45.0),
    "t1w": (0.95, 0.38, 0.06, 0.85, 0.36, 0.42),
    "t2w": (0.75, 0.24, 0.05, 0.68, 0.60, 0.62),
    "t1wce": (0.95, 0.42, 0.06, 0.85, 0.55, 0.68),
}
# What the label changes where it is positive: the core dies, the rim takes up contrast, and the whole turns patchy.
CORE_SIGNAL = {"ct": -20.0, "t1w": -0.10, "t2w": 0.30, "t1wce": -0.35}
RIM_SIGNAL = {"ct": 15.0, "t1w": 0.10, "t2w": -0.12, "t1wce": 0.40}
TEXTURE_SIGNAL = {"ct": 45.0, "t1w": 0.12, "t2w": 0.22, "t1wce": 0.22}
GRAIN = {"ct": 8.0, "t1w": 0.03, "t2w": 0.03, "t1wce": 0.03}  # of healthy muscle, whatever the label

BONE_RADIUS, MARROW_RADIUS = 14.0, 8.0
CORE_SHARE = 0.6  # of the tumour's radius
TAPER = 0.0006  # growth of the thigh's radius towards the head, per mm
HARMONICS = np.array([2.0, 3.0, 4.0])


@dataclass(frozen=True, slots=True)
class Limb:
    """What differs between patients, in mm and patient coordinates; `necrosis` and `texture` alone are the label's."""

    centre: tuple[float, float, float]  # x, y, z of the thigh
    radii: tuple[float, float]  # of the thigh, along x and y
    fat: float  # thickness under the skin
    bone: tuple[float, float]  # x, y of the femur
    lesion: tuple[float, float, float]  # x, y, z of the tumour's centre
    lesion_radius: float  # in the axial plane, on average
    lesion_length: float  # half of it, along z
    lobes: tuple[tuple[float, float], ...]  # amplitude and phase of the outline's HARMONICS
    prescription: float  # Gy
    necrosis: float  # about 1 where positive, 0 where negative
    texture: float  # about 1 where positive, 0 where negative


@dataclass(frozen=True, slots=True)
class Waves:
    """Smooth noise, mean 0 and sd 1, that has a value at any place in the patient: a sum of plane waves."""

    vectors: npt.NDArray[np.floating]  # [waves, 3], radians per mm along x, y, z
    phases: npt.NDArray[np.floating]  # [waves]

    def on(self, grid: Grid) -> Volume:
        """Its values on a grid."""
        z, y, x = (axis.ravel() for axis in grid.place)
        along_x, along_y, along_z = (
            np.exp(1j * np.outer(self.vectors[:, axis], values)) for axis, values in enumerate((x, y, z))
        )
        # A wave is the product of its three axes: far fewer cosines than voxels.
        planes = (np.exp(1j * self.phases)[:, None, None] * along_z[:, :, None] * along_y[:, None, :]).reshape(
            len(self.phases), -1
        )
        waves = (planes.T.astype(np.complex64) @ along_x.astype(np.complex64)).real
        return (waves * math.sqrt(2 / len(self.phases))).reshape(grid.shape)

    def at(self, place: Place) -> Volume:
        """Its values at places that make up no grid: z, y and x in mm, all of one shape."""
        values = np.zeros(place[0].shape, np.float32)
        for (x, y, z), phase in zip(self.vectors.astype(np.float32), self.phases.astype(np.float32), strict=True):
            values += np.cos(z * place[0] + y * place[1] + x * place[2] + phase)
        return values * np.float32(math.sqrt(2 / len(self.phases)))


def draw_waves(generator: np.random.Generator, longest: float = 40.0, shortest: float = 16.0, count: int = 24) -> Waves:
    """Waves of `shortest` to `longest` mm in any direction."""
    directions = generator.standard_normal((count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lengths = generator.uniform(shortest, longest, (count, 1))
    return Waves(2 * np.pi * directions / lengths, generator.uniform(0, 2 * np.pi, count))


def draw_limb(generator: np.random.Generator, positive: bool) -> Limb:
    """A thigh and a tumour whose sizes, places and dose are drawn without a look at the label."""
    x, y = generator.choice([-1.0, 1.0]) * generator.uniform(40, 80), generator.uniform(-25, 25)
    z, radius = round(generator.uniform(-700, -300)), generator.uniform(96, 108)
    radii, fat = (radius, radius * generator.uniform(0.95, 1.0)), generator.uniform(10, 22)
    angle, size = generator.uniform(0, 2 * np.pi), generator.uniform(22, 38)
    length = min(size * generator.uniform(1.0, 1.6), 50.0)
    lobes = tuple(zip(generator.uniform(0, 0.05, 3), generator.uniform(0, 2 * np.pi, 3), strict=True))
    rise, prescription = generator.uniform(-10, 10), generator.choice([50.0, 60.0, 66.0])
    necrosis, texture = np.clip(float(positive) + generator.normal(0, 0.2, 2), 0, 1.5)
    # The femur stands off the middle, and the tumour beside it, so that none of the three crosses another.
    away = np.array([math.cos(angle), math.sin(angle)])
    bone_x, bone_y = np.array([x, y]) - 15 * away
    lesion_x, lesion_y = np.array([x, y]) + (size + 7) * away
    return Limb(
        centre=(float(x), float(y), float(z)),
        radii=(float(radii[0]), float(radii[1])),
        fat=float(fat),
        bone=(float(bone_x), float(bone_y)),
        lesion=(float(lesion_x), float(lesion_y), float(z + rise)),
        lesion_radius=float(size),
        lesion_length=float(length),
        lobes=tuple((float(amplitude), float(phase)) for amplitude, phase in lobes),
        prescription=float(prescription),
        necrosis=float(necrosis),
        texture=float(texture),
    )


def _stretch(limb: Limb, angle: Volume) -> Volume:
    """The outline's radius in a direction, as a share of `lesion_radius`."""
    waves = (a * np.cos(k * angle + phase) for k, (a, phase) in zip(HARMONICS, limb.lobes, strict=True))
    return np.asarray(1 + sum(waves), np.float32)


def reach(limb: Limb, grid: Located) -> Volume:
    """Distance from the tumour's centre: 1 on its surface."""
    z, y, x = grid.place
    right, back = x - limb.lesion[0], y - limb.lesion[1]
    radius = limb.lesion_radius * _stretch(limb, np.arctan2(back, right))
    result: Volume = np.sqrt((np.hypot(right, back) / radius) ** 2 + ((z - limb.lesion[2]) / limb.lesion_length) ** 2)
    return result


def tumour_outline(limb: Limb, z: float, points: int = 72) -> Volume:
    """The tumour's outline at a height, [points, 2] in mm; [0, 2] where the tumour is not met, or barely."""
    share = 1 - ((z - limb.lesion[2]) / limb.lesion_length) ** 2
    if share <= 0 or limb.lesion_radius * math.sqrt(share) < 3:
        return np.empty((0, 2))
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radius = limb.lesion_radius * math.sqrt(share) * _stretch(limb, angle)
    return np.stack([limb.lesion[0] + radius * np.cos(angle), limb.lesion[1] + radius * np.sin(angle)], axis=1)


def bone_outline(limb: Limb, points: int = 36) -> Volume:
    """The femur's outline, the same at every height, [points, 2] in mm."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.array(limb.bone) + BONE_RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def tissue_fractions(limb: Limb, grid: Located) -> Volume:
    """How much of each tissue lies in each voxel, [tissues, slices, rows, columns]; in the air all are 0."""
    z, y, x = grid.place
    pixel, (right, back) = grid.spacing[0], limb.radii
    growth = 1 + TAPER * (z - limb.centre[2])
    depth = (growth - np.hypot((x - limb.centre[0]) / right, (y - limb.centre[1]) / back)) * right
    body, deep = inside(depth, pixel), inside(depth - limb.fat, pixel)
    from_bone = np.hypot(x - limb.bone[0], y - limb.bone[1])
    bone, marrow = (inside(edge - from_bone, pixel) for edge in (BONE_RADIUS, MARROW_RADIUS))
    near = reach(limb, grid)
    tumour, core = (inside((edge - near) * limb.lesion_radius, pixel) for edge in (1.0, CORE_SHARE))
    healthy = (1 - tumour) * body
    fractions = (
        healthy * (1 - bone) * (1 - deep),
        healthy * (1 - bone) * deep,
        healthy * bone * (1 - marrow),
        healthy * bone * marrow,
        tumour * core,
        tumour * (1 - core),
    )
    return np.stack(fractions)


def image(limb: Limb, tissues: Volume, texture: Volume, grain: Volume, modality: str) -> Volume:
    """The limb as one modality shows it, without noise: HU in CT, else about 0 to 1.3.

    Args:
        limb: Its necrosis and texture say how strongly the label shows.
        tissues: [tissues, slices, rows, columns], from `tissue_fractions`.
        texture: Smooth noise on the same grid, the tumour's.
        grain: The same of healthy muscle.
        modality: A key of `CONTRASTS`.
    """
    values = np.array(CONTRASTS[modality], np.float32)
    core, rim = TISSUES.index("core"), TISSUES.index("rim")
    values[core] += CORE_SIGNAL[modality] * limb.necrosis
    values[rim] += RIM_SIGNAL[modality] * limb.necrosis
    volume = np.tensordot(values, tissues, 1) + AIR[modality] * (1 - tissues.sum(axis=0))
    volume += TEXTURE_SIGNAL[modality] * limb.texture * texture * (tissues[core] + tissues[rim])
    volume += GRAIN[modality] * grain * tissues[TISSUES.index("muscle")]
    return np.maximum(volume, AIR[modality])


def dose(limb: Limb, grid: Located) -> Volume:
    """The planned dose in Gy: even over the tumour and 15 mm around it, then falling off, whatever the label."""
    outside = (reach(limb, grid) - 1) * limb.lesion_radius  # mm, about
    high, low = (1 / (1 + np.exp((outside - edge) / slope)) for edge, slope in ((15.0, 4.0), (60.0, 15.0)))
    return np.asarray(limb.prescription * (0.8 * high + 0.2 * low), np.float32)
