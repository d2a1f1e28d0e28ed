"""What of a sample is lesion: outlines taken through the very steps that make a slice a sample."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from radiogenomics.imaging.cuts import Cut
from radiogenomics.imaging.outlines import pixels_of
from radiogenomics.imaging.sample import to_sample, to_unit
from radiogenomics.recipe import ImagePart
from radiogenomics.records import Lesion, Series

AS_IT_IS = np.float32(0), np.float32(1)  # the window that leaves [0, 1] alone


def lesion_plane(lesions: Sequence[Lesion], series: Series, cut: Cut, image: ImagePart) -> npt.NDArray[np.float32]:
    """Which part of each pixel of a sample is lesion, [h, w] in [0, 1]; 0 everywhere where the slice has none.

    Args:
        lesions: All of the patient: another lesion in the crop is lesion too.
        series: Whose slices and pixels the outlines count, and the cut's.
        cut: Of it.
        image: Canvas and size count here; intensities stay as they are.
    """
    inside = np.zeros((series.rows, series.columns), np.float32)
    for lesion in lesions:
        for outline in lesion.outlines:
            if outline.slice == cut.slice.number:
                part = inside[outline.y_min : outline.y_max, outline.x_min : outline.x_max]
                np.maximum(part, pixels_of(outline), out=part)
    return to_unit(to_sample(inside, image, cut.box, window=AS_IT_IS))
