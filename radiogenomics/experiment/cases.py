"""Who takes part: series found and chosen, lesions laid on them, labels joined; and who is left out, and why."""

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from radiogenomics.cohort.choose import choose_series
from radiogenomics.cohort.labels import Labels, join, read_labels
from radiogenomics.cohort.lesions import faults_of, read_lesions
from radiogenomics.cohort.maskfiles import NO_MASKS, Found, find_masks
from radiogenomics.cohort.masks import read_brain_masks, read_masks
from radiogenomics.cohort.review import read_review
from radiogenomics.cohort.scan import scan
from radiogenomics.cohort.sheet import some
from radiogenomics.errors import CohortError, MissingPathError
from radiogenomics.files import must_exist
from radiogenomics.overrides import override
from radiogenomics.recipe import Recipe
from radiogenomics.records import SILENT, Case, Cohort, Exclusion, Lesion, Progress, Series
from radiogenomics.store import Store


@dataclass(frozen=True, slots=True)
class Request:
    """What the user named on the command line besides the recipe; kept with the run, so that --resume needs no more."""

    data: str
    labels: str = ""
    id_column: str | None = None
    label_column: str | None = None
    positive: str | None = None
    patient_from: Literal["auto", "folder", "header"] = "auto"
    roles: str = ""
    splits: str = ""
    lesions: str = ""
    masks: str = ""
    brain_masks: str = ""
    review: str = ""
    roi: str | None = None  # which structures of the masks, where they are named otherwise than in region.roi
    allow_leak: bool = False  # train although the audit found a leak; every figure then says so


@dataclass(frozen=True, slots=True)
class Drawn:
    """The lesions of patients, whoever drew them, and what was noticed on the way."""

    lesions: dict[str, tuple[Lesion, ...]]
    exclusions: tuple[Exclusion, ...]
    notes: tuple[str, ...]


def check_paths(request: Request, recipe: Recipe) -> None:
    """Tell at once of a path that is not there, and of lesions or brain masks that are missing or of no use.

    Raises:
        MissingPathError: A file or folder is not there, or lesions are needed and not given.
        CohortError: Lesions were given twice; lesions or brain masks were given of which the recipe makes no use;
            folds were given to a recipe that makes them of sites.
    """
    must_exist(Path(request.data), "DATA folder")
    named = {
        "labels file": request.labels,
        "roles file": request.roles,
        "splits file": request.splits,
        "lesions file": request.lesions,
        "masks folder": request.masks,
        "brain masks folder": request.brain_masks,
        "review file": request.review,
    }
    for what, path in named.items():
        if path:
            must_exist(Path(path), what)
    if request.lesions and request.masks:
        raise CohortError("lesions are given twice: drop --lesions or --masks")
    if request.splits and recipe.split.by == "site":
        raise CohortError("--splits gives the folds, and the recipe splits by site: drop --splits, or split.by=site")
    _check_used(request, recipe)
    if recipe.needs_lesions and not (request.lesions or request.masks):
        raise MissingPathError(
            f"the recipe {recipe.name} needs lesions (slices.policy {recipe.slices.policy}, region.policy "
            f"{recipe.region.policy}): give --lesions CSV or --masks DIR"
        )


def _check_used(request: Request, recipe: Recipe) -> None:
    """Whoever gives masks means them to count: they are never ignored, nor are patients left out who have none."""
    if (request.lesions or request.masks) and not recipe.needs_lesions:
        option = "--lesions" if request.lesions else "--masks"
        raise CohortError(
            f"{option} is given and the recipe {recipe.name} uses no lesions (slices.policy {recipe.slices.policy}, "
            f"region.policy {recipe.region.policy}): drop {option}, or cut to the lesions, such as by --set "
            "region.policy=box"
        )
    if request.roi is not None and not request.masks:
        raise CohortError("--roi names structures of masks, and no masks are given: give --masks DIR, or drop --roi")
    if request.brain_masks and recipe.image.over == "all" and not recipe.extracts_brain:
        raise CohortError(
            f"--brain-masks is given and the recipe {recipe.name} normalises over all voxels (image.over all): drop "
            "--brain-masks, or give --set image.over=brain"
        )


def find_cases(
    request: Request, recipe: Recipe, store: Store, workers: int = 0, progress: Progress = SILENT
) -> tuple[Cohort, dict[str, Case]]:
    """Scan the data, choose the series that `recipe` asks for, and lay the lesions on them; cases carry label -1.

    Raises:
        MissingPathError: A path is not there, or lesions are needed and not given.
        CohortError: Nobody has what the recipe needs.
    """
    check_paths(request, recipe)
    if request.roi is not None:
        recipe = override(recipe, [f"region.roi={json.dumps(request.roi)}"])
    data = Path(request.data)
    cohort = scan(
        data,
        patient_from=request.patient_from,
        roles=Path(request.roles) if request.roles else None,
        workers=workers,
        cache=store.root / "headers" / f"{hashlib.sha256(str(data.absolute()).encode()).hexdigest()[:16]}.json.gz",
        progress=progress,
    )
    # Found before the series are chosen: they say on which of two CTs they were drawn.
    masks = find_masks(Path(request.masks), workers, progress) if request.masks else NO_MASKS
    asked = recipe.cohort
    cohort, chosen = choose_series(
        cohort, recipe.needed, asked.series_policy, asked.plane, masks.references(recipe.drawn_on)
    )
    cases = {patient: _case(patient, series, recipe) for patient, series in sorted(chosen.items())}
    if recipe.needs_lesions:
        cohort, cases = _lay(cohort, cases, _read(request, recipe, cohort, cases, masks, workers, progress), request)
    if request.brain_masks:
        cohort, cases = _with_brain_masks(cohort, cases, Path(request.brain_masks))
    if request.review:
        cohort, cases = _reviewed(cohort, cases, Path(request.review))
    return cohort, cases


def _case(patient: str, series: tuple[Series, ...], recipe: Recipe) -> Case:
    """The case of a patient whose series are those that the recipe needs."""
    by_modality = dict(zip(recipe.needed, series, strict=True))
    channels = len(recipe.modalities)
    return Case(
        patient,
        -1,
        series[:channels],
        drawn_on=by_modality[recipe.drawn_on] if recipe.needs_lesions else None,
        others=series[channels:] if recipe.preparation.steps else (),
        grid=by_modality[recipe.grid] if recipe.preparation.steps else None,
    )


def _reviewed(cohort: Cohort, cases: dict[str, Case], path: Path) -> tuple[Cohort, dict[str, Case]]:
    """Leave out whom a person rejected."""
    known = {series.patient_id for series in cohort.series} | {e.patient_id for e in cohort.exclusions if e.patient_id}
    rejected, notes = read_review(path, known)
    names = {exclusion.patient_id for exclusion in rejected}
    kept = {patient: case for patient, case in cases.items() if patient not in names}
    if not kept:
        raise CohortError(f"{path} rejects every patient")
    cohort = without_others(cohort, rejected, kept)
    return replace(cohort, notes=(*cohort.notes, *notes)), kept


def _read(
    request: Request,
    recipe: Recipe,
    cohort: Cohort,
    cases: dict[str, Case],
    masks: Found,
    workers: int,
    progress: Progress,
) -> Drawn:
    series = {patient: case.reference for patient, case in cases.items()}
    if request.lesions:
        return Drawn(*read_lesions(Path(request.lesions), series))
    folder, roi = Path(request.masks), recipe.region.roi
    return Drawn(*read_masks(folder, series, roi, workers, progress, known=cohort.series, found=masks))


def _lay(cohort: Cohort, cases: dict[str, Case], drawn: Drawn, request: Request) -> tuple[Cohort, dict[str, Case]]:
    """Give each case its lesions; whoever has none, or one that does not fit the series, is left out."""
    source = Path(request.lesions or request.masks).name
    told = {exclusion.patient_id for exclusion in drawn.exclusions if not exclusion.path}
    kept, exclusions = {}, [exclusion for exclusion in drawn.exclusions if not exclusion.path]
    # exclusions.csv accounts for the files under DATA alone; of a file of masks a note tells.
    notes = (*drawn.notes, *(f"{source}/{e.path}: {e.reason}" for e in drawn.exclusions if e.path))
    for patient, case in cases.items():
        lesions = drawn.lesions.get(patient, ())
        faults = [fault for lesion in lesions for fault in faults_of(lesion, case.reference)]
        if lesions and not faults:
            kept[patient] = replace(case, lesions=lesions)
        elif faults or patient not in told:
            exclusions.append(Exclusion(patient, "", "; ".join(faults) or f"no lesion in {source}"))
    if not kept:
        reasons = sorted({e.reason for e in exclusions if not e.path and e.patient_id in cases})
        raise CohortError(f"no patient has a lesion in {source}: {some(reasons, 3)}")
    cohort = without_others(cohort, exclusions, kept)
    return replace(cohort, notes=(*cohort.notes, *notes)), kept


def _with_brain_masks(cohort: Cohort, cases: dict[str, Case], folder: Path) -> tuple[Cohort, dict[str, Case]]:
    """Give each case its brain mask; whoever has none is left out, for the others' statistics would be of another kind.

    Raises:
        CohortError: No patient has one.
    """
    found, exclusions = read_brain_masks(folder, list(cases))
    kept = {patient: replace(case, brain_mask=found[patient]) for patient, case in cases.items() if patient in found}
    if not kept:
        raise CohortError(f"no patient has a brain mask in {folder}: name the files <patient>.nii.gz")
    missing = [Exclusion(patient, "", f"no brain mask in {folder.name}") for patient in cases if patient not in found]
    return without_others(cohort, [*exclusions, *missing], kept), kept


def read_request_labels(request: Request, recipe: Recipe, both_classes: bool = True) -> Labels:
    """The labels file that the user named, read as the user said, else as the recipe says."""
    own = recipe.label if recipe.label and request.label_column in {None, recipe.label.column} else None
    return read_labels(
        Path(request.labels),
        id_column=request.id_column,
        label_column=own.column if own else request.label_column,
        positive=request.positive or (own.positive if own else None),
        both_classes=both_classes,
    )


def label_cases(
    labels: Labels, cohort: Cohort, cases: dict[str, Case], both_classes: bool = True
) -> tuple[dict[str, Case], tuple[Exclusion, ...], tuple[str, ...]]:
    """Give each case its label; those without one are left out, with the reason."""
    joined = join(labels, {series.patient_id for series in cohort.series}, both_classes=both_classes)
    labelled = {p: replace(case, label=joined.labels[p]) for p, case in cases.items() if p in joined.labels}
    return labelled, joined.exclusions, joined.notes


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
    series = tuple(_unused(s, why) if s.status == "used" and s.patient_id not in kept else s for s in cohort.series)
    return replace(cohort, series=series, exclusions=together)


def _unused(series: Series, why: dict[str, str]) -> Series:
    reason = why.get(series.patient_id, "not in the split")
    return replace(series, status="unused", reason=f"patient left out: {reason}")
