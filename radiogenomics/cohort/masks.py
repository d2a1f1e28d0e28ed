"""Lesions from masks (--masks): NIfTI, DICOM segmentations and structure sets, laid on each patient's series."""

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from radiogenomics.cohort.lesions import by_patient
from radiogenomics.cohort.maskfiles import Found, Owned, Owners, find_masks, is_mask_name, masks_folder, named, owners
from radiogenomics.cohort.sheet import plural, some
from radiogenomics.cohort.walk import walk
from radiogenomics.engine import run_jobs
from radiogenomics.errors import CohortError, PixelError
from radiogenomics.imaging.nifti import read_nifti
from radiogenomics.imaging.outlines import outlines_of
from radiogenomics.imaging.regions import Region, Regions
from radiogenomics.imaging.segmentation import lay_segments
from radiogenomics.imaging.structures import lay_structures
from radiogenomics.imaging.voxels import covered
from radiogenomics.records import SILENT, Exclusion, Lesion, Progress, Series

_SAME = 0.5  # of the smaller of two lesions from two files: if more of it is shared, they are one

Masks = tuple[dict[str, tuple[Lesion, ...]], tuple[Exclusion, ...], tuple[str, ...]]
"""Lesions by patient; patients whose masks can't be used (path ""), with the reason; and what the user should hear."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One patient's masks."""

    folder: Path
    series: Series
    masks: tuple[Owned, ...]
    roi: str
    others: tuple[Series, ...] = ()  # of the patient


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of one patient's masks."""

    lesions: tuple[Lesion, ...]
    fault: str  # why the patient takes no part, or ""
    remarks: tuple[str, ...]  # "path: reason" of what was left out or is odd
    merged: tuple[str, ...] = ()  # "path: labels 1, 2" of files several labels of which became one lesion


def read_masks(
    folder: Path,
    series: Mapping[str, Series],
    roi: str,
    workers: int = 0,
    progress: Progress = SILENT,
    known: Iterable[Series] = (),
    found: Found | None = None,
) -> Masks:
    """Find the masks under a folder, and lay each on its patient's series by where it lies in the patient.

    A patient whose masks can't be used, or that hold one lesion twice, is excluded with the reason. One without any is
    in neither of the results. They do not depend on `workers`.

    Args:
        folder: Holds NIfTI files named by patient (see `maskfiles.owners`), DICOM SEG or RTSTRUCT, at any depth.
        series: By patient, the series on which lesions are laid; its slices and pixels are what outlines count.
        roi: A regular expression of the segments or structures to take; "" takes the only one of a file.
        workers: Processes; 0 works in this one.
        progress: Hears of files looked at, and of patients done ("masks").
        known: All series of the cohort: they tell whose a mask is that was drawn on another series of its patient, and
            on which it can be laid.
        found: What `find_masks` found under the folder, where it was asked before; else it is asked here.

    Raises:
        MissingPathError: No such folder.
        CohortError: It holds no mask, none fits a patient, or `roi` is no regular expression.
    """
    _check(roi)
    found = found or find_masks(folder, workers, progress)
    others = _others(series, known)
    owned = owners(found.masks, series, others)
    if not owned.masks and not owned.unclear:
        raise CohortError(_nobodys(folder, owned.strangers, series.keys()))
    jobs = [_Job(folder, series[name], those, roi, others.get(name, ())) for name, those in owned.masks.items()]
    patients, results = list(owned.masks), dict[str, _Result]()
    for index, result in run_jobs(_lay, jobs, workers if len(jobs) > 1 else 0, progress):
        results[patients[index]] = result
        progress.update("masks", len(results), len(jobs), f"patient {patients[index]}")
    return _collected(folder, owned, {patient: results[patient] for patient in patients}, found.notes)


def _others(series: Mapping[str, Series], known: Iterable[Series]) -> dict[str, tuple[Series, ...]]:
    found: dict[str, tuple[Series, ...]] = {}
    for one in known:
        if one.patient_id in series and one != series[one.patient_id]:
            found[one.patient_id] = (*found.get(one.patient_id, ()), one)
    return found


def _check(roi: str) -> None:
    try:
        re.compile(roi)
    except re.error as error:
        raise CohortError(f"region.roi '{roi}' is no regular expression: {error}") from None


def _nobodys(folder: Path, paths: Sequence[str], patients: Collection[str]) -> str:
    return (
        f"no mask under {folder} ({some(paths, 3)}) fits a patient of the cohort ({some(sorted(patients), 3)}): name "
        "NIfTI files or their first folders by patient; segmentations and structure sets need the images' UIDs"
    )


def _collected(folder: Path, owned: Owners, results: Mapping[str, _Result], heard: Sequence[str]) -> Masks:
    notes, exclusions, remarks, merged = [*heard], list[Exclusion](), list[str](), list[str]()
    for patient in sorted(results.keys() | owned.unclear):
        result = results.get(patient, _Result((), "", ()))
        unclear = owned.unclear.get(patient, ())
        if result.lesions and not result.fault:
            remarks += [*result.remarks, *unclear]
            merged += result.merged
        else:
            exclusions.append(Exclusion(patient, "", result.fault or f"no lesion from its masks: {some(unclear, 3)}"))
    if owned.strangers:
        notes.append(f"{plural(len(owned.strangers), 'mask')} under {folder.name} fit no patient of the cohort "
                     f"({some(owned.strangers, 3)})")  # fmt: skip
    if owned.brains:
        notes.append(f"masks under {folder.name}: {plural(len(owned.brains), 'mask')} are the brain's by their names "
                     f"and no lesions ({some(owned.brains, 3)})")  # fmt: skip
    if merged:
        notes.append(f"masks under {folder.name}: {plural(len(merged), 'mask')} hold several labels, which are taken "
                     f"together as one lesion; one file a lesion keeps them apart ({some(merged, 3)})")  # fmt: skip
    if remarks:
        notes.append(f"masks under {folder.name}: {plural(len(remarks), 'remark')} ({some(remarks, 3)})")
    good = by_patient(lesion for result in results.values() if not result.fault for lesion in result.lesions)
    return good, tuple(exclusions), tuple(notes)


def _lay(job: _Job, progress: Progress) -> _Result:
    laid: list[tuple[str, Region]] = []  # with the file's path
    reasons, remarks, merged = [], list[str](), list[str]()
    for mask in job.masks:
        try:
            regions = _regions(job, mask)
        except (CohortError, PixelError) as error:
            reasons.append(f"{mask.file.path}: {error}")
            continue
        laid += [(mask.file.path, region) for region in regions.laid]
        remarks += [f"{mask.file.path}: {remark}" for remark in regions.remarks]
        if len(regions.labels) > 1:
            merged.append(f"{mask.file.path}: labels {some([f'{label:g}' for label in regions.labels])}")
    if not laid:
        return _Result((), f"no lesion from its masks: {some(reasons, 3)}", ())
    return _Result(_lesions(job.series.patient_id, laid), _twice(laid), (*reasons, *remarks), tuple(merged))


def _regions(job: _Job, mask: Owned) -> Regions:
    path = job.folder / mask.file.path
    match mask.file.kind.kind:
        case "nifti":
            voxels = read_nifti(path)
            return Regions((Region(mask.lesion_id, covered(voxels, job.series)),), labels=voxels.labels)
        case "segmentation":
            return lay_segments(path, job.series, job.roi, job.others)
        case "structures":
            return lay_structures(path, job.series, job.roi, job.others)


def _lesions(patient: str, laid: Sequence[tuple[str, Region]]) -> tuple[Lesion, ...]:
    """Lesions by the names of their regions; where several have one name, each gets a number that no other has."""
    names = Counter(region.name for _, region in laid)
    taken = {name for name, count in names.items() if count == 1}
    lesions = []
    for _, region in laid:
        lesion_id = region.name
        if names[region.name] > 1:
            numbered = (f"{region.name}-{number}" for number in itertools.count(1))
            lesion_id = next(name for name in numbered if name not in taken)
            taken.add(lesion_id)
        lesions.append(Lesion(patient, lesion_id, outlines_of(region.pixels)))
    return tuple(lesions)


def _twice(laid: Sequence[tuple[str, Region]]) -> str:
    """The fault of a lesion that two files hold, or ""."""
    for (path, region), (other_path, other) in itertools.combinations(laid, 2):
        shared = region.pixels.keys() & other.pixels.keys()
        common = sum(int((region.pixels[number] & other.pixels[number]).sum()) for number in shared)
        smaller = min(sum(int(inside.sum()) for inside in one.pixels.values()) for one in (region, other))
        if path != other_path and common > _SAME * smaller:
            return f"one lesion twice among its masks: {path} and {other_path} cover the same place; keep one of them"
    return ""


def read_brain_masks(folder: Path, patients: Collection[str]) -> tuple[dict[str, str], tuple[Exclusion, ...]]:
    """Find each patient's brain mask among the NIfTI files under a folder, by name as lesion masks are.

    Returns:
        The path of the file by patient; and the patients with several, or with one that may be another's, excluded.

    Raises:
        MissingPathError: No such folder.
    """
    found: dict[str, list[str]] = {}
    unclear: dict[str, list[str]] = {}
    for entry in walk(masks_folder(folder, "brain masks folder")).files:
        if is_mask_name(entry.path):
            fitting, _ = named(entry.path, patients)
            for patient in fitting:
                (found if len(fitting) == 1 else unclear).setdefault(patient, []).append(entry.path)
    faults = {patient: f"a brain mask that may be another's: {some(paths, 3)}" for patient, paths in unclear.items()}
    faults |= {p: f"several brain masks: {some(paths, 3)}; keep one" for p, paths in found.items() if len(paths) > 1}
    return (
        {patient: str(folder / paths[0]) for patient, paths in sorted(found.items()) if len(paths) == 1},
        tuple(Exclusion(patient, "", fault) for patient, fault in sorted(faults.items())),
    )
