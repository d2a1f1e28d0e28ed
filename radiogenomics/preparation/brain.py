"""Brain extraction: the mask from whoever gives it, and all that is not brain taken out of the MR series."""

from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from radiogenomics.errors import CohortError
from radiogenomics.preparation.extraction import find_brain, stripped_brain
from radiogenomics.preparation.program import brain_by_program
from radiogenomics.preparation.volumes import Outcome, Volumes
from radiogenomics.recipe.preparation import BrainStep
from radiogenomics.records import Figure
from radiogenomics.tables.modalities import MODALITIES

SMALLEST, LARGEST = 500.0, 2200.0  # ml; a grown-up's brain with its ventricles has 1000 to 1900, a small child's 600
TALLEST = 140.0  # mm: a field of view that is thinner than this along some axis may hold a part of the brain


def brain(volumes: Volumes, modality: str, part: BrainStep) -> Outcome:
    """The brain's mask, and, with `strip`, the MR series with 0 beyond it.

    The mask is the one given, else what is not 0 where the skull is off already (then only other series lose theirs),
    else that of `command`, else by brightness and shape.

    Args:
        volumes: All on the reference's grid.
        modality: "", for it is done once a patient.
        part: Where to look, and whom to ask.

    Raises:
        CohortError: There is no MR series to look in, no brain is found there, `command` failed, or the mask given is
            of no brain's size.
    """
    mask, note = _mask(volumes, part)
    mask = sitk.Resample(mask, volumes.fixed, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    millilitres, share = _size(mask)
    given = volumes.brain is not None
    if not millilitres:
        raise CohortError("brain: the mask given holds no voxel of the reference" if given else "brain: none was found")
    doubt = _implausible(mask, millilitres)
    if given and doubt and not part.use_worse:
        raise CohortError(f"brain: {doubt}; is the mask given a brain's? (use_worse of the step takes it all the same)")
    after = replace(volumes, brain=mask)
    return Outcome(
        _stripped(after, mask) if part.strip else after,
        figures=(Figure("brain volume", None, millilitres, "ml"), Figure("share of the volume", None, share)),
        worse=doubt,
        note=note,
    )


def _mask(volumes: Volumes, part: BrainStep) -> tuple[sitk.Image, str]:
    """The mask, and a note on where it is from."""
    if volumes.brain is not None:
        return sitk.Cast(volumes.brain > 0, sitk.sitkUInt8), "the mask is the one given"
    name = part.on or volumes.reference
    if name not in volumes.by_modality:
        raise CohortError(f"brain: no {name} series to find it in")
    if MODALITIES[name].dicom != "MR":
        raise CohortError(f"brain: to be found in {name}, and needs an MR series; name one as `on` of the step")
    image = volumes.by_modality[name].image
    bare = stripped_brain(image)
    if bare is not None:
        return bare, f"the skull is off already in {name}"
    if part.command:
        return brain_by_program(part.command, image), f"found in {name} by {part.command.split()[0]}"
    found = find_brain(image)
    if found is None:
        raise CohortError(f"brain: nothing like one is found in {name}; give a mask by --brain-masks")
    return found, f"found in {name} by brightness and shape"


def _stripped(volumes: Volumes, mask: sitk.Image) -> Volumes:
    for modality, volume in volumes.by_modality.items():
        if MODALITIES[modality].dicom == "MR":
            image = sitk.Mask(volume.image, mask)
            volumes = volumes.put(modality, replace(volume, image=image))
    return volumes


def _size(mask: sitk.Image) -> tuple[float, float]:
    """Millilitres, and the share of all voxels."""
    inside = sitk.GetArrayViewFromImage(mask) > 0
    return float(inside.sum() * np.prod(mask.GetSpacing()) / 1000), float(inside.mean())


def _implausible(mask: sitk.Image, millilitres: float) -> str:
    """Why a mask of this size can't be the brain; "" where it can; a thin field of view holds less."""
    thinnest = min(n * spacing for n, spacing in zip(mask.GetSize(), mask.GetSpacing(), strict=True))
    share = min(1.0, thinnest / TALLEST)
    low, high = SMALLEST * share, LARGEST * min(1.0, 1.5 * share)
    if low <= millilitres <= high:
        return ""
    return f"a brain of {millilitres:.0f} ml is not plausible here, where {low:.0f} to {high:.0f} ml are"
