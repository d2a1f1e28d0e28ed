"""A patient's series in memory, between one step of preparation and the next.

Geometry is SimpleITK's own: points in mm, x to the patient's left, y to the back, z to the head, as in DICOM.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import SimpleITK as sitk

from radiogenomics.records import Figure


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """One series, on its own grid until `resample`, then on the reference's."""

    image: sitk.Image  # float32; HU in CT, Gy in a dose
    transform: sitk.Transform | None = None  # points of the reference to points of this image; None moves nothing
    follows: str = ""  # the modality whose transform it shares: a dose lies where the CT lies that it was planned on
    frame: str = ""  # the UID of the frame of reference; where two state different ones, their places tell nothing
    start: sitk.Transform | None = None  # where registration began in another frame, from which motion is told


@dataclass(frozen=True, slots=True, eq=False)
class Volumes:
    """All series of one patient."""

    reference: str  # the modality whose grid is the grid of all
    by_modality: Mapping[str, Volume]
    brain: sitk.Image | None = None  # uint8, 1 within, in the reference's space; None where nobody has said yet

    @property
    def fixed(self) -> sitk.Image:
        """The reference's image."""
        return self.by_modality[self.reference].image

    def transform(self, modality: str) -> sitk.Transform | None:
        """The map of points of the reference to points of a series' image; None moves nothing."""
        volume = self.by_modality[modality]
        leader = self.by_modality.get(volume.follows, volume) if volume.follows else volume
        return leader.transform

    def apart(self, modality: str) -> bool:
        """Whether a series states another frame of reference than the reference does."""
        frames = self.by_modality[modality].frame, self.by_modality[self.reference].frame
        return all(frames) and frames[0] != frames[1]

    def put(self, modality: str, volume: Volume) -> "Volumes":
        """The same with another volume in this modality's place."""
        return replace(self, by_modality={**self.by_modality, modality: volume})


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a step made of the volumes; a step is a function (volumes, modality, part) -> Outcome, and pure.

    It gives the same for the same input wherever it runs, and raises CohortError with a reason for exclusions.csv.
    """

    volumes: Volumes  # after the step
    figures: tuple[Figure, ...] = ()  # how good it is
    worse: str = ""  # the sentence that says that, by its own figure, it made things worse; "" where it did not
    note: str = ""  # what else a reader should know, such as why it left the series alone
