"""Where the pixels of a slice lie in the patient."""

import itertools
import statistics
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import CohortError
from radiogenomics.imaging.geometry import is_orientation, normal
from radiogenomics.records import Series, Slice


def to_patient(series: Series, s: Slice) -> npt.NDArray[np.float64]:
    """The map from pixel centres (x, y, 1) of a slice to patient coordinates in mm, [3, 3] (DICOM PS3.3, C.7.6.2.1.1).

    x counts columns and y rows, from 0 at the centre of the first pixel. A series' slices are parallel and stacked
    along their normal, which `scan` makes sure of.

    Raises:
        CohortError: The headers do not state where the slice lies, or the stack is sheared.
    """
    first = series.slices[0].position if series.slices else None
    if not is_orientation(series.orientation) or len(series.origin) != 3 or not series.spacing:
        raise CohortError(f"{series.modality or 'the series'} states no position, orientation or pixel spacing")
    if s.position is None or first is None:
        raise CohortError(f"slice {s.number} of {series.modality or 'the series'} states no position")
    if series.sheared:
        raise CohortError(
            f"{series.modality or 'the series'} is {shear(series.sheared)}; resample it to an upright stack"
        )
    cosines = np.asarray(series.orientation, np.float64)
    along = (s.position - first) * np.asarray(normal(series.orientation))
    between_rows, between_columns = series.spacing
    return np.column_stack([cosines[:3] * between_columns, cosines[3:] * between_rows, series.origin + along])


def shear(mm: float) -> str:
    """How a stack is sheared, in words."""
    return f"sheared: its slices shift sideways by up to {mm:.1f} mm, as with a tilted gantry"


def from_patient(series: Series) -> npt.NDArray[np.float64]:
    """The map from patient coordinates (x, y, z, 1) in mm into a series, [3, 4]: column, row, mm along the normal.

    Columns and rows count from 0 at the centre of the first pixel, millimetres from the first slice.

    Raises:
        CohortError: The headers do not state where the series lies.
    """
    first = to_patient(series, series.slices[0])
    axes = np.column_stack([first[:, :2], normal(series.orientation)])
    turned: npt.NDArray[np.float64] = np.linalg.inv(axes)
    return np.column_stack([turned, -turned @ first[:, 2]])


def slice_gap(slices: Sequence[Slice]) -> float:
    """The usual distance of neighbouring slices in mm; 0 where there are no two."""
    positions = [s.position for s in slices if s.position is not None]
    return statistics.median([abs(b - a) for a, b in itertools.pairwise(positions)] or [0.0])
