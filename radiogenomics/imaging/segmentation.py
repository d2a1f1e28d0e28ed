"""DICOM segmentations (SEG): the voxels of each segment."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from radiogenomics.errors import CohortError, PixelError
from radiogenomics.imaging.regions import Regions, drawn_elsewhere, lay, meant
from radiogenomics.imaging.voxels import Covered, VoxelMask, covered
from radiogenomics.records import Series

_INSIDE = 0.5  # of a fractional segment


def lay_segments(path: Path, series: Series, roi: str, others: Sequence[Series] = ()) -> Regions:
    """Lay the meant segments of a segmentation on a series; frames left out because they are empty are no matter.

    Args:
        path: A DICOM SEG: binary, fractional (half and more is inside) or a label map, compressed or not.
        series: It must be in the segmentation's frame of reference.
        roi: As in `regions.meant`, of the segments' labels.
        others: The patient's other series: where the segments were drawn on one of them, the error names it.

    Raises:
        CohortError: Another frame of reference, or no segment can be laid; a reason for exclusions.csv.
        PixelError: It can't be read; likewise.
    """
    try:
        # Imported here: with its code dictionaries it takes a second.
        from highdicom.seg import segread

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values out of the standard, which change nothing here
            segmentation = segread(path)
    except Exception as error:  # of many kinds
        raise PixelError(f"the segmentation can't be read ({type(error).__name__}): {_first_line(error)}") from error
    _check_frame(segmentation, series, others)
    numbers = list(segmentation.segment_numbers)
    names = [segmentation.get_segment_description(n).segment_label or str(n) for n in numbers]
    return lay(names, meant(names, roi), lambda place: _covered(segmentation, numbers[place], series))


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


def _check_frame(segmentation: Any, series: Series, others: Sequence[Series]) -> None:
    frame = str(segmentation.get("FrameOfReferenceUID", ""))
    if frame and frame == series.frame_of_reference_uid:
        return
    # Images without a frame of reference can only be named themselves.
    items = segmentation.get("ReferencedSeriesSequence") or ()
    named = {str(item.get("SeriesInstanceUID", "")) for item in items}
    if series.frame_of_reference_uid or series.series_uid not in named:
        raise CohortError(drawn_elsewhere(frame, named - {""}, series, others))


def _covered(segmentation: Any, number: int, series: Series) -> Covered:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            volume = segmentation.get_volume(segment_numbers=[number])
    except Exception as error:  # of many kinds
        raise CohortError(f"its frames make no volume ({type(error).__name__}): {_first_line(error)}") from error
    # highdicom counts slice, row, column; the mask's map takes them in the other order.
    to_patient = np.asarray(volume.affine, np.float64)[:, [2, 1, 0, 3]]
    return covered(VoxelMask(volume.array[..., 0] >= _INSIDE, to_patient), series)
