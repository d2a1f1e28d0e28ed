"""One patient through the steps of a recipe, in order; a step that made things worse is told of, and left out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from radiogenomics.preparation.volumes import Outcome, Volumes
from radiogenomics.recipe import StepPart
from radiogenomics.records import StepRecord
from radiogenomics.registry import load
from radiogenomics.tables.modalities import MODALITIES
from radiogenomics.tables.steps import STEPS

_SETTINGS = {"step", "modalities", "use_worse"}  # of a part, what is no parameter of the step itself


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What the steps made of a patient's volumes."""

    volumes: Volumes  # after the last step
    moved: Volumes  # before they were resampled, each with the transform that was found
    records: tuple[StepRecord, ...]  # in the order the steps were done


def take_steps(volumes: Volumes, parts: Sequence[StepPart]) -> Taken:
    """Do one step after the other, each to every series that it is meant for.

    Args:
        volumes: One patient's.
        parts: The steps; one whose outcome is worse by its own figure is dropped, unless its part says `use_worse`.

    Raises:
        CohortError: A step can't be done; a reason for exclusions.csv.
    """
    records, moved = [], volumes
    for part in parts:
        for modality in targets(volumes, part):
            volumes, record = _take(volumes, modality, part)
            records.append(record)
        if STEPS[part.step].to == "moving":
            moved = volumes
    return Taken(volumes, moved, tuple(records))


def targets(volumes: Volumes, part: StepPart) -> list[str]:
    """The modalities of a patient to which a step is done, one after the other; [""] for a step of the patient."""
    to = STEPS[part.step].to
    if to == "patient":
        return [""]
    named = [m for m in volumes.by_modality if not part.modalities or m in part.modalities]
    if to == "mr":
        return [m for m in named if MODALITIES[m].dicom == "MR"]
    if to == "moving":
        return [m for m in named if m != volumes.reference and not volumes.by_modality[m].follows]
    return named


def _take(volumes: Volumes, modality: str, part: StepPart) -> tuple[Volumes, StepRecord]:
    began = time.perf_counter()
    outcome: Outcome = load(STEPS[part.step].function)(volumes, modality, part)
    used = not outcome.worse or part.use_worse
    record = StepRecord(
        step=part.step,
        modality=modality,
        parameters=part.model_dump(mode="json", exclude=_SETTINGS),
        seconds=time.perf_counter() - began,
        figures=outcome.figures,
        used=used,
        worse=outcome.worse,
        note=outcome.note,
    )
    return (outcome.volumes if used else volumes), record
