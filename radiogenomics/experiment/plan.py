"""Plan a training: scan, label, choose series, split - everything that is decided before a pixel is read."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from radiogenomics.cohort.choose import choose_series
from radiogenomics.cohort.labels import Labels, join, read_labels
from radiogenomics.cohort.scan import scan
from radiogenomics.cohort.split import make_folds, read_folds
from radiogenomics.files import must_exist
from radiogenomics.imaging.midsection import mid_section
from radiogenomics.recipe import Recipe
from radiogenomics.records import SILENT, Case, Cohort, Exclusion, Fold, Progress
from radiogenomics.store import Store


@dataclass(frozen=True, slots=True)
class Request:
    """What the user named on the command line besides the recipe; kept with the run, so that --resume needs no more."""

    data: str
    labels: str
    id_column: str | None = None
    label_column: str | None = None
    positive: str | None = None
    patient_from: Literal["auto", "folder", "header"] = "auto"
    roles: str = ""
    splits: str = ""
    lesions: str = ""
    masks: str = ""
    brain_masks: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who will be trained on, who will be scored, and who takes no part and why."""

    request: Request
    recipe: Recipe
    cohort: Cohort
    cases: tuple[Case, ...]  # sorted by patient
    folds: tuple[Fold, ...]
    notes: tuple[str, ...]

    @property
    def labels(self) -> dict[str, int]:
        """Each patient's label."""
        return {case.patient_id: case.label for case in self.cases}

    def slices_a_patient(self) -> float:
        """How many slices a patient gives, on average."""
        counts = [len(mid_section(case.series[0], self.recipe.slices)) for case in self.cases]
        return sum(counts) / len(counts)


def scan_series(
    data: Path,
    recipe: Recipe,
    store: Store,
    *,
    patient_from: Literal["auto", "folder", "header"] = "auto",
    roles: str = "",
    workers: int = 0,
    progress: Progress = SILENT,
) -> tuple[Cohort, dict[str, Case]]:
    """Scan `data` and choose the series that `recipe` asks for; the cases carry label -1."""
    cohort = scan(
        data,
        patient_from=patient_from,
        roles=Path(roles) if roles else None,
        workers=workers,
        cache=store.root / "headers" / f"{hashlib.sha256(str(data.absolute()).encode()).hexdigest()[:16]}.json.gz",
        progress=progress,
    )
    cohort, chosen = choose_series(cohort, recipe.modalities, recipe.cohort.series_policy, recipe.cohort.plane)
    return cohort, {patient: Case(patient, -1, series) for patient, series in sorted(chosen.items())}


def read_request_labels(request: Request, both_classes: bool = True) -> Labels:
    """The labels file that the user named, read as the user said."""
    return read_labels(
        Path(request.labels),
        id_column=request.id_column,
        label_column=request.label_column,
        positive=request.positive,
        both_classes=both_classes,
    )


def label_cases(
    labels: Labels, cohort: Cohort, cases: dict[str, Case], both_classes: bool = True
) -> tuple[dict[str, Case], tuple[Exclusion, ...], tuple[str, ...]]:
    """Give each case its label; those without one are left out, with the reason."""
    joined = join(labels, {series.patient_id for series in cohort.series}, both_classes=both_classes)
    labelled = {p: replace(case, label=joined.labels[p]) for p, case in cases.items() if p in joined.labels}
    return labelled, joined.exclusions, joined.notes


def split_cases(
    request: Request, recipe: Recipe, labels: dict[str, int]
) -> tuple[tuple[Fold, ...], tuple[Exclusion, ...], tuple[str, ...]]:
    """The folds, from --splits where it is given, else drawn; and who the given folds leave out."""
    if not request.splits:
        return make_folds(labels, recipe.split, recipe.training.seed), (), ()
    given = read_folds(Path(request.splits), labels, recipe.split, recipe.training.seed)
    return given.folds, given.exclusions, given.notes


def merged(exclusions: Iterable[Exclusion]) -> tuple[Exclusion, ...]:
    """Exclusions sorted and each once; a patient already left out for one reason keeps the first."""
    seen: dict[tuple[str, str], Exclusion] = {}
    for exclusion in exclusions:
        key = (exclusion.patient_id, "") if not exclusion.path else ("", exclusion.path)
        seen.setdefault(key, exclusion)
    return tuple(sorted(seen.values(), key=lambda e: (e.patient_id, e.path, e.reason)))


def without_others(cohort: Cohort, exclusions: Iterable[Exclusion], kept: Collection[str]) -> Cohort:
    """The cohort with more exclusions, and with every series unused whose patient is not in `kept`."""
    together = merged([*cohort.exclusions, *exclusions])
    why = {exclusion.patient_id: exclusion.reason for exclusion in together if not exclusion.path}
    series = tuple(
        replace(s, status="unused", reason=f"patient left out: {why.get(s.patient_id, 'not in the split')}")
        if s.status == "used" and s.patient_id not in kept
        else s
        for s in cohort.series
    )
    return replace(cohort, series=series, exclusions=together)


def make_plan(request: Request, recipe: Recipe, store: Store, workers: int = 0, progress: Progress = SILENT) -> Plan:
    """Decide everything that can be decided from headers and labels alone.

    Raises:
        MissingPathError: DATA, the labels or another file is not there.
        CohortError: The labels, series or splits can't give a trainable cohort; all faults at once.
    """
    data = must_exist(Path(request.data), "DATA folder")
    for path, what in ((request.labels, "labels file"), (request.roles, "roles file"), (request.splits, "splits file")):
        if path:
            must_exist(Path(path), what)
    read = read_request_labels(request)  # first, for its faults are told at once and a scan takes minutes
    cohort, unlabelled = scan_series(
        data, recipe, store, patient_from=request.patient_from, roles=request.roles, workers=workers, progress=progress
    )
    cases, without_label, label_notes = label_cases(read, cohort, unlabelled)
    labels = {patient: case.label for patient, case in cases.items()}
    folds, outside, split_notes = split_cases(request, recipe, labels)
    placed = {patient for fold in folds for patient in (*fold.train, *fold.validation, *fold.test)}
    kept = tuple(case for patient, case in cases.items() if patient in placed)
    cohort = without_others(cohort, [*without_label, *outside], placed)
    return Plan(request, recipe, cohort, kept, folds, (*cohort.notes, *label_notes, *split_notes))


def reasons(cohort: Cohort) -> list[tuple[str, str, int]]:
    """What takes no part, by kind ("file" or "patient") and reason, most frequent first.

    Reasons that differ only in what follows a colon count as one.
    """
    counts = Counter(("file" if e.path else "patient", e.reason.split(":")[0]) for e in cohort.exclusions)
    return [(kind, reason, count) for (kind, reason), count in counts.most_common()]
