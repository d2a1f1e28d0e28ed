"""Small RT dose objects, for tests that must know every number in them."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import RTDoseStorage

from radiogenomics.phantom.dicom import AXIAL, write_image

ORIGIN = (-20.0, -30.0, 40.0)
STORED = np.arange(4 * 6 * 5, dtype=np.uint32).reshape(4, 6, 5) * 1000
SCALING = 2.5e-5


def write_dose(path: Path, stored: np.ndarray = STORED, patient: str = "p", **attributes: Any) -> None:
    """Write a dose grid of `stored` values [frames, H, W] at ORIGIN, 3 mm apart unless told otherwise."""
    multiframe = {
        "NumberOfFrames": len(stored),
        "GridFrameOffsetVector": [3.0 * frame for frame in range(len(stored))],
        "SharedFunctionalGroupsSequence": None,
        "PerFrameFunctionalGroupsSequence": None,
    }
    known = {
        "SOPClassUID": RTDoseStorage,
        "Modality": "RTDOSE",
        "MagneticFieldStrength": None,
        "ImageType": None,
        "InstanceNumber": None,
        "ImagePositionPatient": list(ORIGIN),
        "ImageOrientationPatient": list(AXIAL),
        "PixelSpacing": [2.0, 2.5],
        "DoseUnits": "GY",
        "DoseType": "PHYSICAL",
        "DoseSummationType": "PLAN",
        "DoseGridScaling": SCALING,
    }
    write_image(path, stored, patient=patient, **known | (multiframe if stored.ndim == 3 else {}) | attributes)
