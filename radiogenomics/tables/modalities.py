"""The modalities a recipe may ask for, and the folder names that give them away."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Modality:
    """A row: a role that a series can play."""

    title: str
    dicom: str  # the Modality attribute (0008,0060) of such a series
    folders: tuple[str, ...]  # folder names, lower case, that name the role (RSNA-MICCAI's, BraTS's, radiotherapy's)
    follows: str = ""  # the modality on whose images it was computed, so that where those lie, it lies
    any_plane: bool = False  # a computed field: however its planes are cut, it can be sampled in any other


MODALITIES: dict[str, Modality] = {
    "t1w": Modality("T1-weighted", "MR", ("t1w", "t1")),
    "t1wce": Modality("T1-weighted, contrast-enhanced", "MR", ("t1wce", "t1ce", "t1gd", "t1c")),
    "t2w": Modality("T2-weighted", "MR", ("t2w", "t2")),
    "flair": Modality("T2-FLAIR", "MR", ("flair",)),
    "ct": Modality("CT", "CT", ("ct",)),
    "dose": Modality("RT dose", "RTDOSE", ("dose", "rtdose", "rt_dose"), follows="ct", any_plane=True),
}
