"""Which of a patient's series of one modality belongs to the rest of the data: to the masks, and to the dose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from radiogenomics.records import Series
from radiogenomics.tables.modalities import MODALITIES

Bond = tuple[bool, bool, bool]  # named by the masks, in a frame of reference that they name, in one of its kin's


@dataclass(frozen=True, slots=True)
class References:
    """What masks (DICOM segmentations, structure sets) say of the images on which they were drawn."""

    modality: str = ""  # of those images, as the recipe says
    series_uids: frozenset[str] = frozenset()
    frame_uids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ties:
    """What binds the series of one modality to the rest of a patient's data."""

    masks: References
    kin: Mapping[str, frozenset[str]]  # frames of reference (UIDs) by modality: a dose's CT, a CT's dose

    def bond(self, series: Series) -> Bond:
        """Greater belongs more."""
        frame, is_drawn_on = series.frame_of_reference_uid, series.modality == self.masks.modality
        return (
            is_drawn_on and series.series_uid in self.masks.series_uids,
            is_drawn_on and frame in self.masks.frame_uids,
            any(frame in frames for frames in self.kin.values()),
        )

    def why(self, best: Series, other: Series) -> str:
        """By what `best`, whose bond is the greater, belongs more than `other`: words that follow its name."""
        kin = next((name for name, frames in self.kin.items() if best.frame_of_reference_uid in frames), "")
        words = (
            "is the one on which the masks were drawn",
            "lies in the frame of reference in which the masks were drawn",
            f"shares the {kin}'s frame of reference",
        )
        bonds = zip(words, self.bond(best), self.bond(other), strict=True)
        return next(said for said, has, lacks in bonds if has != lacks)


def kin_of(modality: str, modalities: Iterable[str]) -> list[str]:
    """Of the modalities those that lie where this one does, since one was computed on the other's images."""
    follows = MODALITIES[modality].follows
    return [name for name in modalities if name == follows or MODALITIES[name].follows == modality]


def in_turn(modalities: Sequence[str], drawn_on: str) -> list[str]:
    """The modalities as they are to be chosen: what the masks tell of, then what others follow, then the others."""
    return sorted(modalities, key=lambda name: (name != drawn_on, bool(MODALITIES[name].follows)))


def frames_of(series: Iterable[Series]) -> frozenset[str]:
    """The frames of reference (UIDs) that series state."""
    return frozenset(one.frame_of_reference_uid for one in series) - {""}
