"""The steps of preparation: what each is done to, and the function that does it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """A row: a step that preparation.steps may name; its parameters are a part in recipe/preparation.py."""

    title: str
    to: Literal["moving", "all", "mr", "patient"]
    # "moving": the images (MR, CT) other than the reference, one after the other; "all": every series; "mr": every MR
    # series; "patient": once.
    function: str  # (volumes, modality, part) -> Outcome; see preparation/volumes.py


STEPS: dict[str, Step] = {
    "rigid": Step("rigid registration", "moving", "radiogenomics.preparation.registration:rigid"),
    "affine": Step("affine registration", "moving", "radiogenomics.preparation.registration:affine"),
    "deformable": Step("deformable registration", "moving", "radiogenomics.preparation.deformation:deformable"),
    "resample": Step("resampled on the reference", "all", "radiogenomics.preparation.resampling:on_reference"),
    "brain": Step("brain extraction", "patient", "radiogenomics.preparation.brain:brain"),
    "n4": Step("bias-field correction (N4)", "mr", "radiogenomics.preparation.bias:n4"),
}
