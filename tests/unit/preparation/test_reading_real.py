"""Series of real scanners become the volumes that ITK's own reader makes of them."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from radiogenomics.cohort.scan import scan
from radiogenomics.errors import CohortError
from radiogenomics.preparation.reading import on_grid, read_grid, read_image

DICOM = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "dicom"
pytestmark = pytest.mark.skipif(not DICOM.is_dir(), reason=f"{DICOM} is absent: real DICOM is not part of the package")

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)


def _itk(series):
    """ITK's own reading, of files in the order that the scan gave them."""
    return sitk.ReadImage([str(DICOM / s.path) for s in series.slices], sitk.sitkFloat32)


def test_real_series_lie_and_look_as_itk_reads_them():
    read = {}
    for series in scan(DICOM).series:
        try:
            read[series.patient_id] = read_grid(DICOM, series).image, read_image(DICOM, series).image
        except CohortError as error:
            read[series.patient_id] = str(error)
            continue
        count = len(series.slices)
        assert {image.GetSize() for image in read[series.patient_id]} == {(series.columns, series.rows, count)}
        if any(s.frame is not None for s in series.slices):
            continue  # ITK takes a file of many frames as one slice
        for image in read[series.patient_id]:
            other = _itk(series)
            np.testing.assert_allclose(image.GetOrigin(), other.GetOrigin(), atol=0.01)
            np.testing.assert_allclose(image.GetSpacing(), other.GetSpacing(), rtol=1e-3)
            np.testing.assert_allclose(image.GetDirection(), other.GetDirection(), atol=1e-4)
            np.testing.assert_allclose(on_grid(image), on_grid(other), rtol=1e-5, atol=1e-3)
    assert {k: v for k, v in read.items() if isinstance(v, str)} == {
        "ct-with-rtstruct": "ct has 2 slices, and a volume needs 3"
    }
    assert len(read) == 7
