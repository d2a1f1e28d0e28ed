"""Pixels to patient coordinates."""

import numpy as np
import pytest

from radiogenomics.errors import CohortError
from radiogenomics.imaging.plane import to_patient
from radiogenomics.records import Series, Slice


def _series(**changes: object) -> Series:
    slices = tuple(Slice(f"{n}.dcm", f"1.{n}", None, n, 10.0 + 5 * n, 1, 1) for n in (1, 2, 3))
    values = {
        "patient_id": "a", "study_uid": "1", "series_uid": "2", "modality": "t1w", "modality_source": "folder",
        "plane": "axial", "slices": slices, "n_files": 3, "rows": 8, "columns": 6, "spacing": (2.0, 0.5),
        "orientation": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), "frame_of_reference_uid": "3", "description": "", "scanner": "",
        "field_strength": None, "site": "", "acquired": "", "origin": (-10.0, -20.0, 15.0),
    }  # fmt: skip
    return Series(**(values | changes))  # type: ignore[arg-type]


def test_x_counts_columns_and_y_rows_and_slices_stack_along_the_normal() -> None:
    series = _series()
    matrix = to_patient(series, series.slices[2])
    np.testing.assert_allclose(matrix @ [0, 0, 1], [-10, -20, 25])
    np.testing.assert_allclose(matrix @ [4, 3, 1], [-8, -14, 25])


def test_a_slice_without_a_place_says_so() -> None:
    with pytest.raises(CohortError, match="states no position"):
        to_patient(_series(origin=()), _series().slices[0])
