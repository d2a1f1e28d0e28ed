"""One patient of a synthetic cohort, before anything of it is drawn."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

STACK = 150.0  # mm from the first slice to the last
Beams = Literal["", "one series", "own series"]  # of a raw dose: one object, or one a beam, in one series or in several
BEAMS: tuple[Beams, ...] = ("", "one series", "", "own series")


@dataclass(frozen=True, slots=True)
class Case:
    """Who is to be written, where, and how large; only `positive` is the label."""

    out: Path  # the cohort's folder
    patient: str
    seed: int  # of the cohort
    index: int  # of the patient in it, from 0
    positive: bool
    site: int  # which of the scanners
    lesions: int
    slices: int
    size: int  # rows and columns
    modalities: tuple[str, ...]
    raw: bool = False  # as the scanners leave it: series on grids of their own, the patient moved in between
    beams: Beams = ""

    @property
    def study(self) -> str:
        """A word that tells the studies of two cohorts apart."""
        return f"phantom {self.seed}"

    @property
    def thickness(self) -> float:
        """From slice to slice, mm."""
        return STACK / self.slices

    def generator(self, stream: int) -> np.random.Generator:
        """What is drawn in one stream depends on nothing drawn in another, nor on other patients."""
        return generator(self.seed, self.index + 1, stream)


def generator(seed: int, patient: int, stream: int) -> np.random.Generator:
    """The generator of a stream of a patient (from 1); patient 0 is the cohort itself."""
    return np.random.Generator(np.random.Philox(key=[seed, 0], counter=[0, 0, stream, patient]))
