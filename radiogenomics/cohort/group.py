"""Files become series: grouped by patient and SeriesInstanceUID, each given its role."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from radiogenomics.cohort.patients import Item, Patients
from radiogenomics.cohort.planes import Dropped, Plane, fitting, misplaced, numbered, planes_of, to_slices
from radiogenomics.cohort.rolesheet import RoleSheet
from radiogenomics.imaging.geometry import plane_name
from radiogenomics.imaging.header import Acquisition
from radiogenomics.imaging.kinds import DOSE
from radiogenomics.imaging.plane import shear
from radiogenomics.imaging.roles import Role, folder_role, is_localizer, role_from_header
from radiogenomics.records import Exclusion, Series
from radiogenomics.tables.modalities import MODALITIES


@dataclass(frozen=True, slots=True)
class Assigned:
    """The role of a series, and where it comes from."""

    modality: str
    source: str  # "folder", "header", "roles" or ""
    said: str = ""  # the doubt, or the contradiction


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one group of files."""

    series: Series | None
    exclusions: tuple[Exclusion, ...]
    conflict: bool = False  # folder and header named different roles


def group_series(
    items: Sequence[Item], patients: Patients
) -> tuple[dict[tuple[str, str], list[Item]], list[Exclusion]]:
    """Files of one patient by what makes a series of them, and the files that belong to no patient.

    A series is what shares a SeriesInstanceUID; but a dose of many frames is whole by itself, and doses of two plans or
    beams in one series are not each other's duplicates.
    """
    groups: dict[tuple[str, str], list[Item]] = defaultdict(list)
    ownerless = []
    for item in items:
        if owner := patients.owner(item):
            shared, frames = item.header.acquisition, item.header.frames
            whole = shared.modality == DOSE and frames is not None
            of = repr(item.header.share) if item.header.share else ""
            groups[owner, item.header.sop_uid if whole else shared.series_uid + of].append(item)
        else:
            ownerless.append(Exclusion("", item.entry.path, patients.mend))
    return dict(groups), ownerless


def _by_folder(paths: Sequence[str], patients: Patients) -> Role:
    names = Counter(folder_role(path, skip=1 if patients.by == "folder" else 0) for path in paths)
    named = sorted(filter(None, names))
    if len(named) > 1:
        return Role("", f"its files lie in folders of {' and '.join(named)}")
    return Role(named[0] if named else "")


def assign_role(acquisition: Acquisition, paths: Sequence[str], patients: Patients, sheet: RoleSheet) -> Assigned:
    """The role of a series: the user's sheet wins over the folder, the folder over the header.

    Args:
        acquisition: What its files share.
        paths: Of its files.
        patients: Whose first folder, if any, says nothing of roles.
        sheet: --roles.
    """
    sheeted = sheet.role(acquisition)
    # Planning systems file a dose beside its CT: what that folder is called says nothing of it.
    folder = Role("") if acquisition.modality == DOSE else _by_folder(paths, patients)
    named = folder.modality if sheeted is None else sheeted
    if named and acquisition.modality != MODALITIES[named].dicom:
        where = "folder" if sheeted is None else sheet.name
        return Assigned("", "", f"modality {acquisition.modality or 'unknown'}, though {where} says {named}")
    if sheeted is not None:
        return Assigned(sheeted, "roles", "" if sheeted else f"{sheet.name} gives it no role")
    header = role_from_header(acquisition)
    if folder.modality:
        conflict = header.modality not in ("", folder.modality)
        said = f"folder says {folder.modality}, header says {header.modality}: folder taken" if conflict else ""
        return Assigned(folder.modality, "folder", said)
    if folder.doubt:
        return Assigned("", "", f"role unsure: {folder.doubt}")
    if not header.modality:
        return Assigned("", "", f"role unsure: {header.doubt}")
    return Assigned(header.modality, "header")


def _excluded(planes: Sequence[Plane], dropped: Sequence[Dropped], patient: str) -> tuple[list[Exclusion], int]:
    """Lines for the files of which nothing is left, and how many frames were dropped of the others."""
    left = {plane.entry.path for plane in planes}
    reasons: dict[str, str] = {}
    frames = 0
    for plane, reason in dropped:
        if plane.entry.path in left:
            frames += 1
        else:
            reasons.setdefault(plane.entry.path, reason)
    return [Exclusion(patient, path, reason) for path, reason in reasons.items()], frames


def _shared(items: Sequence[Item]) -> Acquisition:
    """What most of the files say; the first of equally many."""
    return Counter(item.header.acquisition for item in items).most_common(1)[0][0]


def _first_loss(dropped: Sequence[Dropped], paths: Collection[str]) -> str:
    return next(reason for plane, reason in dropped if plane.entry.path in paths)


def _sheared(planes: Sequence[Plane], shared: Acquisition) -> float:
    """By how many mm a stack's first slice and its normal misplace another slice; 0 where it matters to no pixel."""
    off = misplaced(planes)
    return 0.0 if shared.spacing is None or off <= min(shared.spacing) / 2 else off


def _remarks(planes: Sequence[Plane], sheared: float) -> list[str]:
    """What is odd in a stack of slices."""
    remarks = []
    if sheared:
        remarks.append(f"{shear(sheared)}, so nothing can be placed in it by geometry")
    if not numbered(planes):
        odd = "are missing" if any(plane.number is None for plane in planes) else "repeat"
        remarks.append(f"its InstanceNumbers {odd}: slices are numbered by place from 1")
    return remarks


def build_series(
    patient: str, items: Sequence[Item], patients: Patients, sheet: RoleSheet, sites: Mapping[str, str]
) -> Found:
    """Make one series of the files of one patient that share a SeriesInstanceUID.

    Args:
        patient: Whose they are.
        items: Sorted by path.
        patients: How patients are told.
        sheet: --roles.
        sites: The site of each institution.
    """
    role = assign_role(_shared(items), [item.entry.path for item in items], patients, sheet)
    if not role.source and is_localizer(_shared(items).description):
        reason = "localizer: by its description"
        return Found(None, tuple(Exclusion(patient, item.entry.path, reason) for item in items))
    planes, dropped = fitting([plane for item in items for plane in planes_of(item)])
    exclusions, frames = _excluded(planes, dropped, patient)
    paths = {plane.entry.path for plane in planes}
    shared = Counter(plane.acquisition for plane in planes).most_common(1)[0][0]
    sheared = _sheared(planes, shared)
    lost = f"{frames} of its frames left out: {_first_loss(dropped, paths)}" if frames else ""
    series = Series(
        patient_id=patient,
        study_uid=shared.study_uid,
        series_uid=shared.series_uid,
        modality=role.modality,
        modality_source=role.source if role.modality else "",
        plane=plane_name(planes[0].orientation),
        slices=to_slices(planes),
        n_files=len(paths),
        rows=shared.rows,
        columns=shared.columns,
        spacing=shared.spacing,
        orientation=planes[0].orientation,
        frame_of_reference_uid=shared.frame_of_reference_uid,
        description=shared.description,
        scanner=shared.scanner,
        field_strength=shared.field_strength,
        site=sites.get(shared.institution, ""),
        acquired=min(plane.acquisition.acquired for plane in planes),
        status="used" if role.modality else "unused",
        reason="; ".join(filter(None, [role.said, *_remarks(planes, sheared), lost])),
        origin=planes[0].origin,
        numbered=numbered(planes),
        sheared=sheared,
    )
    return Found(series, tuple(exclusions), role.source == "folder" and bool(role.said))
