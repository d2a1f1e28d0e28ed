"""The machines of the synthetic cohorts: what a scanner makes of the anatomy, and what it writes into headers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from radiogenomics.phantom.grid import Volume, unit_place

CT_INTERCEPT = -1024  # HU of the stored value 0
COIL_REACH = 90.0  # mm


@dataclass(frozen=True, slots=True)
class Scanner:
    """An MR machine, and how its images look."""

    manufacturer: str
    model: str
    field_strength: float  # tesla
    scale: float  # stored value of brightness 1
    noise: float  # sd, in brightness


@dataclass(frozen=True, slots=True)
class CTScanner:
    """A CT machine, and how its images look."""

    manufacturer: str
    model: str
    noise: float  # sd, HU


# A patient's machines stand at one place of both tables.
SCANNERS = (
    Scanner("SIEMENS", "Skyra", 3.0, 900.0, 0.02),
    Scanner("GE MEDICAL SYSTEMS", "Signa HDxt", 1.5, 2600.0, 0.035),
)
CT_SCANNERS = (
    CTScanner("SIEMENS", "SOMATOM Definition AS", 10.0),
    CTScanner("GE MEDICAL SYSTEMS", "LightSpeed RT16", 14.0),
)
# Folder name, as RSNA-MICCAI has them, and the header's account of each sequence.
SEQUENCES: dict[str, tuple[str, dict[str, Any]]] = {
    "t1w": ("T1w", {"RepetitionTime": 500.0, "EchoTime": 10.0}),
    "t1wce": ("T1wCE", {"RepetitionTime": 500.0, "EchoTime": 10.0, "ContrastBolusAgent": "Gadolinium"}),
    "t2w": ("T2w", {"RepetitionTime": 4000.0, "EchoTime": 100.0}),
    "flair": ("FLAIR", {"RepetitionTime": 9000.0, "EchoTime": 120.0, "InversionTime": 2500.0}),
}


def mr_header(modality: str, scanner: Scanner) -> dict[str, Any]:
    """What the header of an MR sequence says of machine and sequence."""
    return {
        "SeriesNumber": list(SEQUENCES).index(modality) + 1,
        "Manufacturer": scanner.manufacturer,
        "ManufacturerModelName": scanner.model,
        "MagneticFieldStrength": scanner.field_strength,
        **SEQUENCES[modality][1],
    }


def acquire_mr(
    volume: Volume, scanner: Scanner, generator: np.random.Generator, field: Volume | None = None
) -> npt.NDArray[np.uint16]:
    """What an MR scanner stores: its coil's field, the noise of a magnitude image (Rician), and its own scale.

    Args:
        volume: Brightness, [slices, rows, columns].
        scanner: The machine.
        generator: Of the noise, and of a slight `bias_field` where no other is given.
        field: Of the coil, a factor by voxel.
    """
    real, imaginary = scanner.noise * generator.standard_normal((2, *volume.shape), dtype=np.float32)
    most = 4095 if field is None else 32767  # a strong field must not blind it
    if field is None:
        field = bias_field(generator, volume.shape)
    magnitude = np.hypot(volume * field + real, imaginary)
    return np.clip(np.rint(magnitude * scanner.scale), 0, most).astype(np.uint16)


def acquire_ct(hounsfield: Volume, scanner: CTScanner, generator: np.random.Generator) -> npt.NDArray[np.uint16]:
    """What a CT scanner stores: with its noise, from HU `CT_INTERCEPT` on."""
    noise = scanner.noise * generator.standard_normal(hounsfield.shape, dtype=np.float32)
    return np.clip(np.rint(hounsfield + noise - CT_INTERCEPT), 0, 4095).astype(np.uint16)


def bias_field(generator: np.random.Generator, shape: tuple[int, int, int]) -> Volume:
    """The slow brightness change of a receive coil: a factor of about .8 to 1.25."""
    slopes = generator.uniform(-0.12, 0.12, 6)
    z, y, x = unit_place(shape)
    field = sum(slope * term for slope, term in zip(slopes, (z, y, x, x * y, y * y, x * x), strict=True))
    return np.exp(np.asarray(field, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Coil:
    """A receive coil near the patient: images are bright close to it; a raw series shows it at full strength."""

    slopes: npt.NDArray[np.float64]  # of the logarithm, by the terms of `_terms`
    level: float  # added to it, so that it is as far above 0 as below
    centre: tuple[float, float, float]  # mm

    def blended(self, other: "Coil", share: float) -> "Coil":
        """This coil's field, and a share of another's on top: the sequences of a session differ a little."""
        return Coil(self.slopes + share * other.slopes, self.level + share * other.level, self.centre)

    def at(self, points: npt.NDArray[np.floating]) -> Volume:
        """The factor at each point, [..., 3] in mm -> [...]."""
        terms = _terms((points - np.array(self.centre)) / COIL_REACH)
        return np.exp(np.asarray(terms @ self.slopes + self.level, np.float32))


def draw_coil(generator: np.random.Generator, centre: tuple[float, float, float]) -> Coil:
    """A coil whose factor spans about .7 to 1.4 in a brain about the centre, and more beyond."""
    slopes = generator.standard_normal(9) * np.repeat([1.0, 0.6], [3, 6])
    axis = np.linspace(-1, 1, 9)
    lattice = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    values = _terms(lattice[np.linalg.norm(lattice, axis=1) <= 0.8]) @ slopes
    strength = 2 * generator.uniform(0.29, 0.35) / np.ptp(values)
    return Coil(slopes * strength, float(-strength * (values.max() + values.min()) / 2), centre)


def _terms(place: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    x, y, z = np.moveaxis(place, -1, 0)
    return np.stack([x, y, z, x * y, y * z, x * z, x * x, y * y, z * z], axis=-1)
