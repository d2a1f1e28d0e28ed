"""The outlines of a lesion, made of the pixels it covers, and the pixels an outline stands for."""

import numpy as np
import numpy.typing as npt

from radiogenomics.imaging.voxels import Covered
from radiogenomics.records import Outline


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
