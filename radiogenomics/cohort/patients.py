"""Whose file it is: the first folder under the root, or the header's PatientID."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from radiogenomics.cohort.sheet import some
from radiogenomics.cohort.walk import FileEntry
from radiogenomics.imaging.header import Header
from radiogenomics.imaging.roles import FOLDERS

PatientFrom = Literal["auto", "folder", "header"]


class Item(NamedTuple):
    """One readable file."""

    entry: FileEntry
    header: Header


@dataclass(frozen=True, slots=True)
class Patients:
    """How patients are told apart."""

    by: Literal["folder", "header"]
    notes: tuple[str, ...]

    def of(self, path: str, header_id: str) -> str:
        """The patient a file belongs to, or "" where nothing says it."""
        return first_folder(path) if self.by == "folder" else header_id

    def owner(self, item: Item) -> str:
        """The patient a readable file belongs to, or ""."""
        return self.of(item.entry.path, item.header.acquisition.patient_id)

    @property
    def mend(self) -> str:
        """What to do about a file that belongs to nobody."""
        if self.by == "folder":
            return "no patient: the file lies directly under DATA; move it into its patient's folder"
        return "no patient: PatientID is blank; fill it in, or name patients by folder (--patient-from folder)"


def first_folder(path: str) -> str:
    """The first folder of a relative path, or "" for a file at the root."""
    folder, slash, _ = path.partition("/")
    return folder if slash else ""


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Distinct second parts by first part, those with several only."""
    groups: dict[str, dict[str, None]] = {}
    for key, value in pairs:
        groups.setdefault(key, {})[value] = None
    return {key: list(values) for key, values in groups.items() if len(values) > 1}


def _why_not_folders(items: Sequence[Item]) -> str:
    """Why the first folders can't be patients, or "" where they can."""
    pairs = [(item.header.acquisition.series_uid, first_folder(item.entry.path)) for item in items]
    if loose := {uid for uid, folder in pairs if not folder}:
        return f"{len(loose)} series lie directly under DATA"
    if named := sorted({folder for _, folder in pairs if folder.lower() in FOLDERS}):
        return f"the first folders name modalities ({some(named, 3)})"
    if split := _grouped(pairs):
        folders = next(iter(split.values()))
        return f"{len(split)} series lie in several folders (one in {some(folders, 3)})"
    return ""


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _disagreements(items: Sequence[Item], by: str) -> list[str]:
    """How folders and PatientIDs contradict each other, a sentence each with counts and an example."""
    pairs = sorted({(first_folder(i.entry.path), i.header.acquisition.patient_id) for i in items})
    pairs = [(folder, patient) for folder, patient in pairs if folder and patient]
    notes = []
    mixed, spread = _grouped(pairs), _grouped([(patient, folder) for folder, patient in pairs])
    told = f"patients are told by {by}; --patient-from {'header' if by == 'folder' else 'folder'} would change that"
    if mixed:
        folder, ids = next(iter(mixed.items()))
        count = _plural(len(mixed), "folder holds", "folders hold")
        notes.append(f"{count} several PatientIDs (folder {folder}: {some(ids, 3)}); {told}")
    if spread:
        patient, folders = next(iter(spread.items()))
        count = _plural(len(spread), "PatientID lies", "PatientIDs lie")
        notes.append(f"{count} in several folders (PatientID {patient}: {some(folders, 3)}); {told}")
    other = [(folder, patient) for folder, patient in pairs if folder != patient]
    if other and not mixed and not spread and by == "folder":
        folder, patient = other[0]
        count = _plural(len(other), "folder is", "folders are")
        notes.append(f"{count} named otherwise than the PatientID inside (folder {folder}: {patient}); {told}")
    return notes


def tell_patients(items: Sequence[Item], patient_from: PatientFrom) -> Patients:
    """Decide whether folders or headers name the patients, and say where the two disagree.

    Args:
        items: The readable files, duplicates taken out.
        patient_from: "auto" takes the first folders where every series lies in one, and none of them names a modality.
    """
    by: Literal["folder", "header"] = "header" if patient_from == "header" else "folder"
    notes = []
    if patient_from == "auto" and (why := _why_not_folders(items)):
        by = "header"
        notes.append(f"patients are told by the header's PatientID, since {why}")
    return Patients(by, (*notes, *_disagreements(items, by)))


def site_names(items: Sequence[Item]) -> Mapping[str, str]:
    """A name for each institution, "site-1", "site-2" and so on, in the order of their first files."""
    institutions = dict.fromkeys(item.header.acquisition.institution for item in items)
    return {name: f"site-{place}" for place, name in enumerate(filter(None, institutions), 1)}
