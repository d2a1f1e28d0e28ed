"""Plan a training: scan, label, choose series, split - everything that is decided before a pixel is read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from radiogenomics.cohort.clinical import NOTHING, Clinical, sites_of
from radiogenomics.cohort.labels import clinical
from radiogenomics.cohort.sites import leave_site_out
from radiogenomics.cohort.split import make_folds, read_folds
from radiogenomics.errors import CohortError
from radiogenomics.experiment.cases import (
    Request,
    check_paths,
    find_cases,
    label_cases,
    read_request_labels,
    without_others,
)
from radiogenomics.imaging.cuts import cuts
from radiogenomics.recipe import Recipe
from radiogenomics.records import SILENT, Case, Cohort, Exclusion, Fold, Progress
from radiogenomics.store import Store


@dataclass(frozen=True, slots=True)
class Plan:
    """Who will be trained on, who will be scored, and who takes no part and why."""

    request: Request
    recipe: Recipe
    cohort: Cohort
    cases: tuple[Case, ...]  # sorted by patient
    folds: tuple[Fold, ...]
    notes: tuple[str, ...]
    clinical: Clinical = NOTHING  # what the labels file says besides the label

    @property
    def labels(self) -> dict[str, int]:
        """Each patient's label."""
        return {case.patient_id: case.label for case in self.cases}

    @property
    def sites(self) -> dict[str, str]:
        """Each patient's site, "" where it is not known."""
        return sites_of(self.cases, self.clinical)

    def slices_a_patient(self) -> float:
        """How many slices a patient gives, on average."""
        return sum(_count(case, self.recipe) for case in self.cases) / len(self.cases)


def _count(case: Case, recipe: Recipe) -> int:
    try:
        return len(cuts(case.reference, case.lesions, recipe.slices, recipe.region))
    except CohortError:  # preparation leaves the patient out, and says why
        return 0


def split_cases(
    request: Request, recipe: Recipe, labels: dict[str, int], sites: Mapping[str, str]
) -> tuple[tuple[Fold, ...], tuple[Exclusion, ...], tuple[str, ...]]:
    """The folds: from --splits where it is given, one a site, or drawn; whom they leave out, and what to say of them.

    Args:
        request: Names the file of splits, if any.
        recipe: Says by what to split.
        labels: 0 or 1 by patient.
        sites: By patient, "" where it is not known.
    """
    plan, seed = recipe.split, recipe.training.seed
    if request.splits:
        given = read_folds(Path(request.splits), labels, plan, seed)
    elif plan.by == "site":
        given = leave_site_out(labels, sites, plan, seed)
    else:
        return make_folds(labels, plan, seed), (), ()
    return given.folds, given.exclusions, given.notes


def make_plan(request: Request, recipe: Recipe, store: Store, workers: int = 0, progress: Progress = SILENT) -> Plan:
    """Decide everything that can be decided from headers and labels alone.

    Raises:
        MissingPathError: DATA, the labels or another file is not there.
        CohortError: The labels, series or splits can't give a trainable cohort; all faults at once.
    """
    check_paths(request, recipe)
    read = read_request_labels(request, recipe)  # first, for its faults are told at once and a scan takes minutes
    cohort, unlabelled = find_cases(request, recipe, store, workers, progress)
    cases, without_label, label_notes = label_cases(read, cohort, unlabelled)
    said = clinical(read, {series.patient_id for series in cohort.series})
    labels = {patient: case.label for patient, case in cases.items()}
    try:
        folds, outside, split_notes = split_cases(request, recipe, labels, sites_of(tuple(cases.values()), said))
    except CohortError as error:
        raise CohortError(f"{error}{_lost(without_others(cohort, without_label, labels))}") from None
    placed = {patient for fold in folds for patient in (*fold.train, *fold.validation, *fold.test)}
    kept = tuple(case for patient, case in cases.items() if patient in placed)
    cohort = without_others(cohort, [*without_label, *outside], placed)
    notes = (*cohort.notes, *label_notes, *split_notes)
    return Plan(request, recipe, cohort, kept, folds, notes, said)


def _lost(cohort: Cohort) -> str:
    """Why patients are missing from a split that needs more, most frequent reason first; "" where none are."""
    told = [f"{count} for '{reason}'" for kind, reason, count in reasons(cohort) if kind == "patient"]
    return f". Patients left out before: {', '.join(told[:3])}" if told else ""


def reasons(cohort: Cohort) -> list[tuple[str, str, int]]:
    """What takes no part, by kind ("file" or "patient") and reason, most frequent first.

    Reasons that differ only in what follows a colon count as one.
    """
    counts = Counter(("file" if e.path else "patient", e.reason.split(":")[0]) for e in cohort.exclusions)
    return [(kind, reason, count) for (kind, reason), count in counts.most_common()]
