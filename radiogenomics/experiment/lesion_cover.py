"""The lesions of a run's patients as they lie on its samples: the run's own, or drawn for its explanations alone."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from radiogenomics.cohort.lesions import faults_of, read_lesions
from radiogenomics.cohort.masks import read_masks
from radiogenomics.errors import CohortError
from radiogenomics.experiment.plan import Plan
from radiogenomics.experiment.prepare import Prepared
from radiogenomics.files import must_exist
from radiogenomics.imaging.cuts import Cut, cuts
from radiogenomics.imaging.lesion_plane import lesion_plane
from radiogenomics.recipe import Recipe
from radiogenomics.records import SILENT, Case, Lesion, Progress, Sample

Cover = Callable[[Sample], npt.NDArray[np.float32] | None]
"""Which part of each pixel of a sample is lesion [h, w]; None where no lesion of the patient is known."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lesions that were drawn for the explanations of a run that was trained without any."""

    lesions: str = ""  # path of a CSV of boxes
    masks: str = ""  # path of a folder of masks
    roi: str = ""  # which structures of the masks; "" takes the only one

    def __bool__(self) -> bool:
        return bool(self.lesions or self.masks)


NOTHING = Drawn()


def check_drawn(drawn: Drawn, recipe: Recipe) -> None:
    """Tell at once of lesions that are not there, or of no use.

    Raises:
        MissingPathError: The file or folder is not there.
        CohortError: They are given twice, the run has its own, or they count pixels that preparation has moved.
    """
    if not drawn:
        return
    option = "--lesions" if drawn.lesions else "--masks"
    if drawn.lesions and drawn.masks:
        raise CohortError("lesions are given twice: drop --lesions or --masks")
    must_exist(Path(drawn.lesions or drawn.masks), "lesions file" if drawn.lesions else "masks folder")
    if recipe.needs_lesions:
        raise CohortError(f"{option} is given, and the run has lesions of its own: drop {option}")
    if drawn.lesions and recipe.preparation.steps:
        raise CohortError(
            "--lesions counts pixels of series as they were scanned, and the recipe's preparation lays them on a "
            f"grid: give --masks DIR, drawn on {recipe.grid}"
        )


def lesion_cover(
    plan: Plan, prepared: Prepared, drawn: Drawn, workers: int = 0, progress: Progress = SILENT
) -> Cover | None:
    """The lesions on a run's samples; None where the run has none and none were drawn for it.

    Masks given for a recipe with preparation are laid by where they lie in the patient: they must be drawn on the
    modality whose grid all series were laid on, which alone stays where it was.

    Args:
        plan: Of the run.
        prepared: Of the run; what its preparation did to lesions counts.
        drawn: See `check_drawn`.
        workers: Processes in which masks are read.
        progress: Hears of masks read, and of lesions that do not fit their series.

    Raises:
        CohortError: A lesions file has faults, or nobody's lesions.
    """
    cases = {case.patient_id: case for case in (prepared.volumes.cases if prepared.volumes else plan.cases)}
    lesions = {name: case.lesions for name, case in cases.items() if case.lesions}
    if drawn:
        lesions = _read(drawn, plan, cases, workers, progress)
    return _on_samples(cases, lesions, plan.recipe) if lesions else None


def _read(
    drawn: Drawn, plan: Plan, cases: Mapping[str, Case], workers: int, progress: Progress
) -> dict[str, tuple[Lesion, ...]]:
    series = {name: case.reference for name, case in cases.items()}
    if drawn.lesions:
        found, exclusions, notes = read_lesions(Path(drawn.lesions), series)
    else:
        folder, known = Path(drawn.masks), plan.cohort.series
        found, exclusions, notes = read_masks(folder, series, drawn.roi, workers, progress, known=known)
    faults = {name: [fault for one in own for fault in faults_of(one, series[name])] for name, own in found.items()}
    told = {e.patient_id: e.reason for e in exclusions if not e.path} | {
        name: "; ".join(own) for name, own in faults.items() if own
    }
    for note in notes:
        progress.say(note)
    if told:
        name = min(told)
        progress.say(f"{len(told)} patients have no lesion that fits (such as {name}: {told[name]})")
    return {name: own for name, own in found.items() if name not in told}


def _on_samples(cases: Mapping[str, Case], lesions: Mapping[str, Sequence[Lesion]], recipe: Recipe) -> Cover:
    @functools.cache
    def cuts_of(patient: str) -> dict[tuple[str, int], Cut]:
        case = cases[patient]
        chosen = cuts(case.reference, case.lesions, recipe.slices, recipe.region)
        return {(cut.lesion_id, cut.slice.number): cut for cut in chosen}

    def cover(sample: Sample) -> npt.NDArray[np.float32] | None:
        own, case = lesions.get(sample.patient_id), cases[sample.patient_id]
        if not own:
            return None
        cut = cuts_of(sample.patient_id)[sample.lesion_id, sample.slice]
        return lesion_plane(own, case.reference, cut, recipe.image)

    return cover
