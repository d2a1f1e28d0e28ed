"""The outlines of a lesion, made of the pixels it covers, and the pixels an outline stands for."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from radiogenomics.imaging.voxels import Covered
from radiogenomics.records import Lesion, Outline, Series

Mask = npt.NDArray[np.bool_]


def outlines_of(pixels: Covered) -> tuple[Outline, ...]:
    """The bounding rectangle, the area and the pixels of what a lesion covers of each slice, by slice number."""
    return tuple(_outline(number, inside) for number, inside in sorted(pixels.items()))


def _outline(number: int, inside: npt.NDArray[np.bool_]) -> Outline:
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    x_min, y_min, x_max, y_max = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    drawn = inside[y_min:y_max, x_min:x_max]
    packed = b"" if drawn.all() else np.packbits(drawn).tobytes()
    return Outline(number, x_min, y_min, x_max, y_max, int(drawn.sum()), packed)


def pixels_of(outline: Outline) -> npt.NDArray[np.bool_]:
    """Which pixels of its rectangle an outline covers, [y_max - y_min, x_max - x_min]; of a box, all."""
    shape = (outline.y_max - outline.y_min, outline.x_max - outline.x_min)
    if not outline.inside:
        return np.ones(shape, np.bool_)
    packed = np.frombuffer(outline.inside, np.uint8)
    return np.unpackbits(packed, count=shape[0] * shape[1]).astype(np.bool_).reshape(shape)


def mask_of(lesion: Lesion, grid: Series) -> Mask:
    """The voxels of a lesion whose outlines count the slices and pixels of a series, [slices, rows, columns]."""
    mask = np.zeros((len(grid.slices), grid.rows, grid.columns), np.bool_)
    places = {s.number: place for place, s in enumerate(grid.slices)}
    for outline in lesion.outlines:
        box = slice(outline.y_min, outline.y_max), slice(outline.x_min, outline.x_max)
        mask[places[outline.slice]][box] = pixels_of(outline)
    return mask


def to_plain(lesion: Lesion) -> dict[str, Any]:
    """A lesion as JSON takes it."""
    outlines = [{**asdict(outline), "inside": outline.inside.hex()} for outline in lesion.outlines]
    return {"patient_id": lesion.patient_id, "lesion_id": lesion.lesion_id, "outlines": outlines}


def to_lesion(plain: Mapping[str, Any]) -> Lesion:
    """What `to_plain` gave."""
    outlines = tuple(Outline(**{**one, "inside": bytes.fromhex(one["inside"])}) for one in plain["outlines"])
    return Lesion(plain["patient_id"], plain["lesion_id"], outlines)
