"""One patient as the scanners left it, to be brought onto one grid; and the name of what comes of it in the store."""

import functools
import hashlib
import json
import shlex
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from radiogenomics.experiment.channel import BrainFile
from radiogenomics.imaging.outlines import to_plain
from radiogenomics.recipe import PreparationPart
from radiogenomics.records import Case, Series
from radiogenomics.store import Store

VERSION = 1  # to be raised when a step comes to give something else for the same parameters


@dataclass(frozen=True, slots=True)
class RawPatient:
    """One patient to be brought on the grid of a series."""

    root: Path
    store: Store
    case: Case
    part: PreparationPart
    brain: BrainFile | None  # given
    needs_brain: bool  # intensities are told from the brain alone

    @property
    def grid(self) -> Series:
        """The series on whose grid all come to lie."""
        return self.case.grid or self.case.reference

    @property
    def series(self) -> dict[str, Series]:
        """All that is read, by modality, that of the grid first."""
        every = (self.grid, *self.case.series, self.case.reference, *self.case.others)
        return {series.modality: series for series in every}

    @property
    def carries(self) -> bool:
        """Whether lesions were drawn elsewhere than on the grid."""
        return bool(self.case.lesions) and self.case.reference.series_uid != self.grid.series_uid

    @property
    def key(self) -> str:
        """The name of the entry: another file, step or parameter gives another."""
        content = {
            "version": VERSION,
            "series": {name: _identity(series) for name, series in self.series.items()},
            "channels": [series.modality for series in self.case.series],
            "grid": self.grid.modality,
            "drawn on": self.case.reference.modality,
            "programs": [*_versions(), *(_program(part.command) for part in self.part.steps if part.step == "brain")],
            "steps": [part.model_dump(mode="json") for part in self.part.steps],
            "brain": self.brain.sha256 if self.brain else None,
            "lesions": [to_plain(lesion) for lesion in self.case.lesions],  # the pictures show them, carried or not
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@functools.cache
def _versions() -> tuple[str, ...]:
    """Of the libraries whose next release may give other voxels for the same parameters."""
    return tuple(f"{name} {version(name)}" for name in ("numpy", "scipy", "simpleitk"))


@functools.cache
def _program(command: str) -> list[object]:
    """What tells one release of another's program from the next, as far as the file itself does."""
    path = shutil.which(shlex.split(command)[0]) if command else None
    found = Path(path).stat() if path else None
    return [path, found.st_size, found.st_mtime_ns] if found else []


def _identity(series: Series) -> list[object]:
    return [series.series_uid, [s.stamp for s in series.slices]]
