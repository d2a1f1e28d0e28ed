"""A tree of DICOM becomes a cohort: its series in anatomical order, and a reason for every file that takes no part."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from radiogenomics.cohort.cache import Outcome
from radiogenomics.cohort.copies import copy_exclusions, copy_notes, drop_copies
from radiogenomics.cohort.doses import Beside, dose_notes, settle_doses
from radiogenomics.cohort.group import build_series, group_series
from radiogenomics.cohort.patients import Item, PatientFrom, Patients, first_folder, site_names, tell_patients
from radiogenomics.cohort.read import read_headers
from radiogenomics.cohort.rolesheet import NO_SHEET, RoleSheet, read_roles
from radiogenomics.cohort.sheet import some
from radiogenomics.cohort.walk import FileEntry, Tree, shown, walk
from radiogenomics.errors import CohortError, MissingPathError
from radiogenomics.files import must_exist
from radiogenomics.imaging.header import Header, Rejection
from radiogenomics.records import SILENT, Cohort, Exclusion, Progress, Series
from radiogenomics.tables.modalities import MODALITIES

_Rejected = list[tuple[FileEntry, Rejection]]


def _checked_root(root: Path) -> Path:
    if must_exist(root, "DATA folder").is_dir():
        return root.absolute()
    raise MissingPathError(f"DATA {root} is a file: name the folder that holds the DICOM files")


def _no_dicom(root: Path, tree: Tree, rejected: _Rejected) -> str:
    """The sentence for a folder without any DICOM: what was seen instead, and what to do."""
    if not tree.files:
        beside = f" (only {len(tree.links)} symbolic links, which are not followed)" if tree.links else ""
        return f"DATA {root} holds no file{beside}: name the folder that holds the DICOM files"
    kinds = Counter(rejection.reason.split(": ")[0] for _, rejection in rejected)
    seen = "; ".join(f"{count} x {kind}" for kind, count in kinds.most_common(5))
    mend = "name the folder that holds the DICOM files"
    if any(kind.startswith("NIfTI") for kind in kinds):
        mend = "export the original DICOM series from the archive or scanner, or convert the NIfTI files to DICOM"
    return f"no DICOM file under DATA {root}: {len(tree.files)} files seen ({seen}); {mend}"


def _rejections(rejected: _Rejected, patients: Patients, folders: set[str]) -> list[Exclusion]:
    """The lines for unusable files; a folder names a patient only where some DICOM lies in it."""
    lines = []
    for entry, rejection in rejected:
        owner = patients.of(entry.path, rejection.patient_id)
        if patients.by == "folder" and owner not in folders:
            owner = ""
        lines.append(Exclusion(shown(owner), shown(entry.path), rejection.reason))
    return lines


def _beside(rejected: _Rejected) -> list[Beside]:
    return [Beside(shown(entry.path), rejection.share) for entry, rejection in rejected if rejection.share]


def _sorted(outcomes: Sequence[tuple[FileEntry, Outcome]]) -> tuple[list[Item], _Rejected]:
    items = [Item(entry, outcome) for entry, outcome in outcomes if isinstance(outcome, Header)]
    return items, [(entry, outcome) for entry, outcome in outcomes if isinstance(outcome, Rejection)]


def _tree_notes(tree: Tree) -> list[str]:
    notes = []
    if tree.links:
        example = some(tree.links, 2)
        notes.append(f"{len(tree.links)} symbolic links were not followed ({example}): copy what they point to")
    if tree.closed:
        notes.append(
            f"{len(tree.closed)} folders can't be opened, and what is in them is not counted: {tree.closed[0]}"
        )
    return notes


def _role_notes(series: Sequence[Series], conflicts: int, sheet: RoleSheet, strangers: Sequence[str]) -> list[str]:
    notes = []
    unsure = [one for one in series if not one.modality]
    if unsure:
        example = f"patient {unsure[0].patient_id}, series {unsure[0].series_uid}: {unsure[0].reason}"
        notes.append(f"{len(unsure)} of {len(series)} series have no sure role and are not used; --roles CSV can name "
                     f"it ({example})")  # fmt: skip
    served = {(one.patient_id, one.modality) for one in series if one.status == "used"}
    useless = [one for one in series if one.modality and (one.patient_id, one.modality) not in served]
    if useless:
        one = useless[0]
        notes.append(f"{len(useless)} of {len(series)} series can't be used though their role is known (patient "
                     f"{one.patient_id}, {one.modality}: {one.reason})")  # fmt: skip
    if conflicts:
        one = next(s for s in series if "header says" in s.reason)
        notes.append(f"in {conflicts} series folder and header name different roles; the folder counts "
                     f"(patient {one.patient_id}: {one.reason})")  # fmt: skip
    if strangers:
        notes.append(f"{sheet.name}: {len(strangers)} of its keys fit no series ({some(strangers, 2)})")
    return notes


def _stack_notes(series: Sequence[Series]) -> list[str]:
    """Of series that can be used, though not for everything."""
    odd = {
        "are sheared, so neither masks nor other series can be laid on them by geometry": [
            s for s in series if s.sheared
        ],
        "have slices numbered by place, so no box of --lesions can be laid on them": [
            s for s in series if not s.numbered
        ],
    }
    return [
        f"{len(those)} of {len(series)} series {what} (patient {those[0].patient_id}, "
        f"{those[0].modality or 'no role'}: {those[0].reason})"
        for what, those in odd.items()
        if those
    ]


def _cohort_order(series: Series) -> tuple[str, int, str]:
    places = list(MODALITIES)
    return (
        series.patient_id,
        places.index(series.modality) if series.modality else len(places),
        series.series_uid,
    )


def scan(
    root: Path,
    *,
    patient_from: PatientFrom = "auto",
    roles: Path | None = None,
    workers: int = 0,
    cache: Path | None = None,
    progress: Progress = SILENT,
) -> Cohort:
    """Find the series under a folder and account for every file.

    The files of all series (`n_files`) and the exclusions that name a path are together all regular files, each once.
    Symbolic links are not followed. The result depends neither on the workers nor on the cache.

    Args:
        root: Any tree of DICOM files.
        patient_from: What names the patient: the first folder, the header's PatientID, or "auto", the folder where
            every series lies in one.
        roles: A CSV of roles that win over folders and headers; see `rolesheet`.
        workers: Processes to read headers in; 0 reads here.
        cache: A file that keeps what was read; see `cache`.
        progress: Hears how many headers are read.

    Raises:
        MissingPathError: `root` or `roles` is not there.
        CohortError: No DICOM file is under `root`, or the roles are faulty.
    """
    root = _checked_root(root)
    sheet = read_roles(roles) if roles else NO_SHEET
    tree = walk(root)
    outcomes = read_headers(root, tree.files, workers, cache, progress)
    items, rejected = _sorted(list(zip(tree.files, outcomes, strict=True)))
    if not items and not any(rejection.is_dicom for _, rejection in rejected):
        raise CohortError(_no_dicom(root, tree, rejected))
    return _assemble(
        Cohort(str(root), len(tree.files), (), (), tuple(_tree_notes(tree))), items, rejected, patient_from, sheet
    )


def _assemble(
    empty: Cohort, items: list[Item], rejected: _Rejected, patient_from: PatientFrom, sheet: RoleSheet
) -> Cohort:
    dicom = {first_folder(item.entry.path) for item in items} | {
        first_folder(e.path) for e, r in rejected if r.is_dicom
    }
    items, copies = drop_copies(items)
    patients = tell_patients(items, patient_from)
    groups, ownerless = group_series(items, patients)
    sites = site_names(items)
    found = [build_series(patient, group, patients, sheet, sites) for (patient, _), group in groups.items()]
    shares = [group[0].header.share for group in groups.values()]
    built = [(one.series, share) for one, share in zip(found, shares, strict=True) if one.series]
    series = sorted(settle_doses(built, _beside(rejected)), key=_cohort_order)
    exclusions = [
        *_rejections(rejected, patients, dicom),
        *copy_exclusions(copies, patients),
        *ownerless,
        *(exclusion for one in found for exclusion in one.exclusions),
    ]
    strangers = sheet.strangers(item.header.acquisition for item in items)
    return replace(
        empty,
        series=tuple(series),
        exclusions=tuple(sorted(exclusions, key=lambda exclusion: exclusion.path)),
        notes=(
            *empty.notes,
            *patients.notes,
            *copy_notes(copies, patients),
            *_role_notes(series, sum(one.conflict for one in found), sheet, strangers),
            *_stack_notes(series),
            *dose_notes(series),
        ),
    )
