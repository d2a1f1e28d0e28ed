"""RT structure sets (RTSTRUCT): the contours of each region of interest."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filereader import dcmread

from radiogenomics.errors import CohortError, PixelError
from radiogenomics.imaging.contours import Points, enclosed
from radiogenomics.imaging.regions import Regions, drawn_elsewhere, lay, meant
from radiogenomics.imaging.voxels import Covered
from radiogenomics.records import Series

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_CORNERS = 3  # the fewest that enclose an area


def frames_named(dataset: Dataset) -> dict[str, set[str]]:
    """The frames of reference that a structure set names, and the series that it says to lie in each (UIDs)."""
    frames: dict[str, set[str]] = {}
    for frame in dataset.get("ReferencedFrameOfReferenceSequence") or ():
        studies = frame.get("RTReferencedStudySequence") or ()
        series = [one for study in studies for one in study.get("RTReferencedSeriesSequence") or ()]
        known = frames.setdefault(str(frame.get("FrameOfReferenceUID", "")), set())
        known |= {str(one.get("SeriesInstanceUID", "")) for one in series}
    return frames


def lay_structures(path: Path, series: Series, roi: str, others: Sequence[Series] = ()) -> Regions:
    """Lay the meant structures of a structure set on a series.

    Args:
        path: A DICOM RTSTRUCT.
        series: It must lie in the structures' frame of reference: by its own header, or because the structure set
            names the series as lying there (some programs invent a frame of reference of their own).
        roi: As in `regions.meant`; without a pattern, only structures with a closed contour count.
        others: The patient's other series: where the structures were drawn on one of them, the error names it.

    Raises:
        CohortError: Another frame of reference, or no structure can be laid; a reason for exclusions.csv.
        PixelError: It can't be read; likewise.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values out of the standard, which change nothing here
            dataset = dcmread(path, force=True)
            return _laid(dataset, series, roi, others)
    except CohortError:
        raise
    except Exception as error:  # of many kinds
        raise PixelError(
            f"the structure set can't be read ({type(error).__name__}); copy it from its source"
        ) from error


def _laid(dataset: Dataset, series: Series, roi: str, others: Sequence[Series]) -> Regions:
    frames = frames_named(dataset)
    fitting = {uid for uid, named in frames.items() if _same(uid, series) or series.series_uid in named}
    structures = list(dataset.get("StructureSetROISequence") or ())
    drawn = {int(one.ReferencedROINumber): one for one in dataset.get("ROIContourSequence") or ()}
    contours = [list(drawn.get(int(one.ROINumber), Dataset()).get("ContourSequence") or ()) for one in structures]
    closed = [place for place, items in enumerate(contours) if any(_is_closed(item) for item in items)]
    if closed and not roi:
        structures, contours = [structures[place] for place in closed], [contours[place] for place in closed]
    names = [str(one.get("ROIName", "")) or str(one.ROINumber) for one in structures]
    if len(names) > 1 and not closed and not roi:
        raise CohortError(f"none of its {len(names)} regions ({', '.join(names)}) has a closed contour")

    def place(index: int) -> Covered:
        own = str(structures[index].get("ReferencedFrameOfReferenceUID", "")) or next(iter(frames), "")
        if own not in fitting and not _same(own, series):
            raise CohortError(drawn_elsewhere(own, frames.get(own, ()), series, others))
        return enclosed(_points(contours[index]), series)

    regions = lay(names, meant(names, roi), place)
    if any(_same(uid, series) for uid in frames):
        return regions
    odd = f"{series.modality or 'the series'} is named, though under another frame of reference than its headers state"
    return replace(regions, remarks=(*regions.remarks, odd))


def _same(frame: str, series: Series) -> bool:
    return bool(frame) and frame == series.frame_of_reference_uid


def _is_closed(contour: Dataset) -> bool:
    return contour.get("ContourGeometricType") in _CLOSED and len(contour.get("ContourData") or ()) >= 3 * _CORNERS


def _points(contours: list[Dataset]) -> list[Points]:
    """The corners of closed contours, each [n, 3] in mm."""
    if not contours:
        raise CohortError("it has no contour")
    open_ones = Counter(str(c.get("ContourGeometricType", "") or "of no stated type") for c in contours)
    for kind in _CLOSED:
        open_ones.pop(kind, None)
    if open_ones:
        raise CohortError(
            f"{open_ones.total()} of its {len(contours)} contours enclose no area ({', '.join(sorted(open_ones))}): "
            "close or delete them where they were drawn"
        )
    if any(len(c.get("ContourData") or ()) % 3 for c in contours):
        raise CohortError("a contour's ContourData are not whole points of x, y and z; export it anew")
    closed = [np.reshape(np.asarray(c.ContourData, np.float64), (-1, 3)) for c in contours if _is_closed(c)]
    if not closed:
        raise CohortError(f"its {len(contours)} contours have fewer than {_CORNERS} corners each, and enclose nothing")
    return closed
