"""The functional groups of an enhanced multi-frame image: what each frame, or all of them, say of geometry and echo."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pydicom.dataset import Dataset


class FrameGeometry(NamedTuple):
    """Where one frame lies; () where its header does not say."""

    orientation: tuple[float, ...]  # six cosines
    origin: tuple[float, ...]  # mm


def _items(dataset: Dataset | None, keyword: str) -> Sequence[Dataset]:
    return (dataset.get(keyword) or ()) if dataset is not None else ()


def group_value(groups: Sequence[Dataset | None], sequence: str, keyword: str) -> Any:
    """A value from the first of these groups whose `sequence` holds it, or None."""
    for group in groups:
        for item in _items(group, sequence)[:1]:
            if (value := item.get(keyword)) is not None:
                return value
    return None


def functional_groups(dataset: Dataset, frame: int) -> tuple[Dataset | None, Dataset | None]:
    """The groups that hold for one frame (from 0): its own first, then those that all share."""
    own, shared = _items(dataset, "PerFrameFunctionalGroupsSequence"), _items(dataset, "SharedFunctionalGroupsSequence")
    return (own[frame] if frame < len(own) else None, shared[0] if shared else None)


def floats(value: Any) -> tuple[float, ...]:
    """Numbers of a value as pydicom gives it; () where it holds none."""
    if value is None or value == "":
        return ()
    return tuple(map(float, value)) if hasattr(value, "__iter__") and not isinstance(value, str) else (float(value),)


def frame_geometry(dataset: Dataset, count: int) -> tuple[FrameGeometry, ...]:
    """Orientation and origin of every frame."""
    geometry = []
    for frame in range(count):
        groups = functional_groups(dataset, frame)
        orientation = group_value(groups, "PlaneOrientationSequence", "ImageOrientationPatient")
        origin = group_value(groups, "PlanePositionSequence", "ImagePositionPatient")
        geometry.append(FrameGeometry(floats(orientation), floats(origin)))
    return tuple(geometry)
