"""Small RT dose objects and plans, for tests that must know every number in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, RTDoseStorage, RTPlanStorage

from radiogenomics.phantom.dicom import AXIAL, identity, item, save, uid, write_image

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


def of_plan(plan: str = "1.2.3", beams: Sequence[int] = (), group: int = 1, **more: Any) -> dict[str, Any]:
    """The attributes by which a dose says of which plan and beams it is; `more` are other attributes."""
    beam_items = [item(ReferencedBeamNumber=beam) for beam in beams]
    within = item(ReferencedFractionGroupNumber=group, ReferencedBeamSequence=beam_items or None)
    reference = item(ReferencedSOPClassUID=RTPlanStorage, ReferencedSOPInstanceUID=plan)
    reference.ReferencedFractionGroupSequence = [within]
    return {"DoseSummationType": "BEAM", "ReferencedRTPlanSequence": [reference]} | more


def write_beam(path: Path, beam: int, stored: np.ndarray = STORED, **more: Any) -> None:
    """Write the dose of one beam of the plan 1.2.3; `more` are other attributes, as of `write_dose`."""
    known = of_plan(beams=[beam]) | {"SOPInstanceUID": uid("dose", path)}
    write_dose(path, stored, **known | more)


def write_plan(path: Path, beams: Mapping[int, str], patient: str = "p", plan: str = "1.2.3", group: int = 1) -> None:
    """Write an RT plan: its beams by number, each with its TreatmentDeliveryType."""
    dataset: Dataset = item(
        **identity(patient, "1", "plan", 1)
        | {"SOPInstanceUID": plan, "SOPClassUID": RTPlanStorage, "Modality": "RTPLAN"},
        FractionGroupSequence=[
            item(
                FractionGroupNumber=group,
                ReferencedBeamSequence=[item(ReferencedBeamNumber=number, BeamMeterset=1.0) for number in beams],
            )
        ],
        BeamSequence=[item(BeamNumber=number, TreatmentDeliveryType=kind) for number, kind in beams.items()],
    )
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = UID(RTPlanStorage)
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(plan)
    save(path, dataset)
