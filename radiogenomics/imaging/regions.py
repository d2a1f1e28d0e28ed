"""The named regions of a segmentation or structure set: which of them are meant, and the pixels they cover."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from radiogenomics.errors import CohortError
from radiogenomics.imaging.voxels import Covered
from radiogenomics.records import Series


@dataclass(frozen=True, slots=True)
class Region:
    """One region that was laid on a series."""

    name: str
    pixels: Covered


@dataclass(frozen=True, slots=True)
class Regions:
    """What of a file was laid on a series."""

    laid: tuple[Region, ...]  # at least one
    remarks: tuple[str, ...] = ()  # regions that were meant too but can't be laid, with the reason; and oddities
    labels: tuple[float, ...] = ()  # of a file of numbered voxels, taken together as its one region


def meant(names: Sequence[str], roi: str) -> list[int]:
    """The places of the regions that the user means.

    Args:
        names: The regions' names.
        roi: A regular expression that is searched for in the names, letter case aside; "" means the only one.

    Raises:
        CohortError: None fits, or several do without a pattern.
    """
    if not names:
        raise CohortError("it has no region")
    known = ", ".join(names)
    if roi:
        fitting = [place for place, name in enumerate(names) if re.search(roi, name, re.IGNORECASE)]
        if not fitting:
            raise CohortError(f"none of its regions ({known}) fits region.roi '{roi}'")
        return fitting
    if len(names) != 1:
        raise CohortError(f"it has {len(names)} regions ({known}): choose with --roi PATTERN")
    return [0]


def lay(names: Sequence[str], chosen: Sequence[int], place: Callable[[int], Covered]) -> Regions:
    """Lay the chosen regions; one that can't be laid stops no other.

    Args:
        names: The regions' names.
        chosen: Places among them.
        place: Gives the pixels of the region at a place, or raises CohortError.

    Raises:
        CohortError: None of them can be laid.
    """
    laid, remarks = [], []
    for index in chosen:
        try:
            laid.append(Region(names[index], place(index)))
        except CohortError as error:
            remarks.append(f"{names[index]}: {error}")
    if not laid:
        raise CohortError("; ".join(remarks))
    return Regions(tuple(laid), tuple(remarks))


def drawn_elsewhere(frame: str, named: Collection[str], series: Series, others: Sequence[Series]) -> str:
    """Why regions in another frame of reference can't be laid on a series, and on which they can.

    Args:
        frame: The regions' frame of reference (UID), or "".
        named: The series (UIDs) that are said to lie in it.
        series: That on which they were to be laid.
        others: The patient's other series.
    """
    said = (
        f"its frame of reference is {frame or 'not stated'}, that of {series.modality or 'the series'} is "
        f"{series.frame_of_reference_uid or 'not stated'}"
    )
    theirs = [one for one in others if one.series_uid in named]
    theirs = theirs or [one for one in others if frame and one.frame_of_reference_uid == frame]
    if same := [one for one in theirs if one.modality and one.modality == series.modality]:
        return (
            f"{said}: it is drawn on series {same[0].series_uid}; call the other {series.modality} series none with "
            "--roles CSV"
        )
    modalities = list(dict.fromkeys(one.modality for one in theirs if one.modality))
    if modalities:
        return (
            f"{said}: it is drawn on {' or '.join(modalities)}; lay it there with --set region.drawn_on={modalities[0]}"
        )
    if theirs:
        return f"{said}: it is drawn on series {theirs[0].series_uid}, whose role is unsure; name it with --roles CSV"
    return f"{said}: it is drawn on series {min(named)}" if named else said
