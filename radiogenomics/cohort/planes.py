"""The planes of one series: those that fit together, in anatomical order, and why the others don't."""

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from radiogenomics.cohort.patients import Item
from radiogenomics.cohort.walk import FileEntry
from radiogenomics.imaging.geometry import normal, plane_name, position, same_orientation
from radiogenomics.imaging.header import Acquisition
from radiogenomics.records import Slice

SAME_PLACE_MM = 0.01


class Plane(NamedTuple):
    """One image plane with what orders it."""

    entry: FileEntry
    sop_uid: str
    acquisition: Acquisition
    frame: int | None
    number: int | None  # InstanceNumber, or frame + 1
    orientation: tuple[float, ...]
    origin: tuple[float, ...]
    position: float | None


class Dropped(NamedTuple):
    """A plane that does not fit, and why."""

    plane: Plane
    reason: str


Kept = tuple[list[Plane], list[Dropped]]


def planes_of(item: Item) -> list[Plane]:
    """The planes that a file holds."""
    entry, header = item
    shared = header.acquisition
    if header.frames is None:
        place = position(shared.orientation, header.origin)
        return [
            Plane(entry, header.sop_uid, shared, None, header.number, shared.orientation, header.origin, place)
        ]  # fmt: skip
    return [
        Plane(entry, header.sop_uid, shared, index, index + 1, *frame, position(*frame))
        for index, frame in enumerate(header.frames)
    ]


def _numbers_in_name(path: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", PurePosixPath(path).name)))


def _rank(plane: Plane) -> tuple[bool, int, tuple[int, ...], str, int]:
    """InstanceNumber first, then the numbers in the name; what has no number comes last."""
    path = plane.entry.path
    return (plane.number is None, plane.number or 0, _numbers_in_name(path), path, plane.frame or 0)


def in_order(planes: Sequence[Plane]) -> list[Plane]:
    """Planes by position along the slice normal, then InstanceNumber, then the numbers in the name.

    Where some planes say no position, none of the positions count: half an order would be worse than the scanner's.
    """
    if any(plane.position is None for plane in planes):
        return sorted(planes, key=_rank)
    return sorted(planes, key=lambda plane: (plane.position, _rank(plane)))


def _majority(planes: list[Plane], key: Callable[[Plane], Hashable], reason: Callable[[Plane, Plane], str]) -> Kept:
    """Keep the planes of the most frequent key; of equally frequent ones, that of the first plane."""
    counts = Counter(map(key, planes))
    winner = max(counts, key=counts.__getitem__)
    kept = [plane for plane in planes if key(plane) == winner]
    return kept, [Dropped(plane, reason(plane, kept[0])) for plane in planes if key(plane) != winner]


def _size_reason(plane: Plane, example: Plane) -> str:
    mine, theirs = plane.acquisition, example.acquisition
    return f"mixed sizes: {mine.rows}x{mine.columns} in a series mostly of {theirs.rows}x{theirs.columns}"


def _orientation_reason(plane: Plane, example: Plane) -> str:
    mine, theirs = plane_name(plane.orientation) or "unknown", plane_name(example.orientation) or "unknown"
    angle = " at another angle" if mine == theirs else ""
    return f"mixed orientations: {mine} in a series mostly of {theirs} slices{angle}"


def _one_orientation(planes: list[Plane]) -> Kept:
    distinct: list[tuple[float, ...]] = []
    group: dict[tuple[float, ...], int] = {}
    for orientation in dict.fromkeys(plane.orientation for plane in planes):
        same = (place for place, known in enumerate(distinct) if same_orientation(known, orientation))
        group[orientation] = next(same, len(distinct))
        if group[orientation] == len(distinct):
            distinct.append(orientation)
    return _majority(planes, lambda plane: group[plane.orientation], _orientation_reason)


def _one_a_place(planes: list[Plane]) -> Kept:
    """Of planes at one position keep the one with the lowest InstanceNumber."""
    if any(plane.position is None for plane in planes):
        return planes, []
    places: list[list[Plane]] = []
    for plane in in_order(planes):
        if places and (plane.position or 0.0) - (places[-1][0].position or 0.0) <= SAME_PLACE_MM:
            places[-1].append(plane)
        else:
            places.append([plane])
    kept, dropped = [], []
    for here in places:
        best = min(here, key=_rank)
        kept.append(best)
        where = best.entry.path if best.frame is None else f"frame {best.frame + 1} of {best.entry.path}"
        reason = f"duplicate: same position in its series as {where} ({best.position:.2f} mm along the normal)"
        dropped += [Dropped(plane, reason) for plane in here if plane is not best]
    return kept, dropped


def fitting(planes: list[Plane]) -> Kept:
    """The planes of one size, one orientation and one a position, in anatomical order; and the rest with reasons.

    Args:
        planes: Of one series, sorted by path and frame.
    """
    kept, sizes = _majority(planes, lambda p: (p.acquisition.rows, p.acquisition.columns), _size_reason)
    kept, orientations = _one_orientation(kept)
    kept, places = _one_a_place(kept)
    return in_order(kept), [*sizes, *orientations, *places]


def misplaced(planes: Sequence[Plane]) -> float:
    """How far, in mm, the first pixel of any plane lies from where the first plane, its normal and the positions say.

    0 in an upright stack, and where the header states no places.

    Args:
        planes: In anatomical order.
    """
    start = planes[0]
    if any(plane.position is None for plane in planes):
        return 0.0
    along = normal(start.orientation)

    def stated(plane: Plane) -> list[float]:
        height = (plane.position or 0.0) - (start.position or 0.0)
        return [o + n * height for o, n in zip(start.origin, along, strict=True)]

    return max(math.dist(plane.origin, stated(plane)) for plane in planes)


def numbered(planes: Sequence[Plane]) -> bool:
    """Whether each plane has an InstanceNumber of its own, so that the number tells which it is."""
    return len({plane.number for plane in planes if plane.number is not None}) == len(planes)


def to_slices(planes: Sequence[Plane]) -> tuple[Slice, ...]:
    """Slices of ordered planes; where their InstanceNumbers don't tell them apart, numbered by place from 1."""
    own = numbered(planes)
    return tuple(
        Slice(
            path=plane.entry.path,
            sop_uid=plane.sop_uid,
            frame=plane.frame,
            number=plane.number if own and plane.number is not None else place,
            position=plane.position,
            size=plane.entry.size,
            mtime_ns=plane.entry.mtime_ns,
        )
        for place, plane in enumerate(planes, 1)
    )
