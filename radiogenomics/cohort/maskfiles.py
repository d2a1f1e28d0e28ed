"""The masks under a folder, and whose they are: told by UIDs and names, never by the shape of an array."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from radiogenomics.cohort.sheet import some
from radiogenomics.cohort.ties import References
from radiogenomics.cohort.walk import Tree, is_nameable, walk
from radiogenomics.engine import run_jobs
from radiogenomics.errors import CohortError, MissingPathError
from radiogenomics.files import must_exist
from radiogenomics.imaging.maskkind import MaskKind, mask_kind, nifti_stem
from radiogenomics.records import SILENT, Progress, Series

_CHUNK = 1024  # files a job
_SEPARATORS = "_-. "


@dataclass(frozen=True, slots=True)
class MaskFile:
    """One mask."""

    path: str  # relative to the folder of masks
    kind: MaskKind


@dataclass(frozen=True, slots=True)
class Found:
    """The masks under a folder."""

    masks: tuple[MaskFile, ...]  # in the order of their paths
    notes: tuple[str, ...]  # what the user should hear

    def references(self, modality: str) -> References:
        """What they say of the images on which they were drawn, which are of that modality; NIfTI says nothing."""
        kinds = [mask.kind for mask in self.masks]
        return References(
            modality,
            frozenset().union(*(kind.series_uids for kind in kinds)),
            frozenset().union(*(kind.frame_uids for kind in kinds)),
        )


NO_MASKS = Found((), ())


@dataclass(frozen=True, slots=True)
class Owned:
    """A mask with its patient."""

    file: MaskFile
    lesion_id: str  # "" where the file's own regions have names


@dataclass(frozen=True, slots=True)
class Owners:
    """Which masks belong to which patient."""

    masks: dict[str, tuple[Owned, ...]]  # by patient, each one's in the order of the paths
    unclear: dict[str, tuple[str, ...]]  # by patient: masks that may be this one's or another's, with the reason
    strangers: tuple[str, ...]  # paths of masks that fit no patient
    brains: tuple[str, ...]  # paths of those that are a brain's by their names, beside a patient's others


def is_mask_name(path: str) -> bool:
    """Whether a path is that of a NIfTI file, and none of the hidden ones that macOS leaves beside files."""
    name = PurePosixPath(path).name
    return bool(nifti_stem(name)) and not name.startswith(".")


def masks_folder(path: Path, what: str) -> Path:
    """The path itself, where it is a folder.

    Raises:
        MissingPathError: It is not.
    """
    if must_exist(path, what).is_dir():
        return path
    raise MissingPathError(f"{what} {path} is a file: name the folder that holds it")


def find_masks(folder: Path, workers: int = 0, progress: Progress = SILENT) -> Found:
    """The masks among all files under a folder.

    Args:
        folder: May be the cohort's own folder: of a file that is no mask a kilobyte is read.
        workers: Processes to read in; 0 reads here.
        progress: Hears how many files were looked at.

    Raises:
        MissingPathError: No such folder.
        CohortError: No file is a mask.
    """
    tree = walk(masks_folder(folder, "masks folder"))
    paths = [entry.path for entry in tree.files if not PurePosixPath(entry.path).name.startswith(".")]
    jobs = [(str(folder), tuple(paths[start : start + _CHUNK])) for start in range(0, len(paths), _CHUNK)]
    found: dict[int, tuple[list[MaskFile], list[str]]] = {}
    for index, result in run_jobs(_kinds, jobs, workers if len(jobs) > 1 else 0, progress):
        found[index] = result
        progress.update("finding masks", len(found), len(jobs))
    masks = tuple(mask for index in range(len(jobs)) for mask in found[index][0])
    unread = [path for index in range(len(jobs)) for path in found[index][1]]
    if not masks:
        raise CohortError(
            f"masks folder {folder} holds no mask among its {len(paths)} files: it needs NIfTI (.nii, .nii.gz), DICOM "
            "segmentations (SEG) or structure sets (RTSTRUCT)"
        )
    return Found(masks, (*_notes(tree, folder), *_unread(unread, folder)))


def _kinds(job: tuple[str, tuple[str, ...]], progress: Progress) -> tuple[list[MaskFile], list[str]]:
    masks, unread = [], []
    for path in job[1]:
        try:
            if kind := mask_kind(f"{job[0]}/{path}"):
                masks.append(MaskFile(path, kind))
        except Exception:  # one odd file among 100,000 must not end a run
            unread.append(path)
    return masks, unread


def _notes(tree: Tree, folder: Path) -> list[str]:
    missed = [
        *(f"{len(paths)} {what} ({some(paths, 2)})" for paths, what in
          ((tree.links, "symbolic links were not followed"), (tree.closed, "folders can't be opened")) if paths),
    ]  # fmt: skip
    return [f"masks folder {folder.name}: {one}" for one in missed]


def _unread(paths: Sequence[str], folder: Path) -> list[str]:
    shown = [path if is_nameable(path) else ascii(path) for path in paths]
    return [f"masks folder {folder.name}: {len(paths)} files can't be read ({some(shown, 2)})"] if paths else []


def owners(
    masks: Sequence[MaskFile],
    series: Mapping[str, Series],
    others: Mapping[str, Sequence[Series]] = MappingProxyType({}),
) -> Owners:
    """Find each mask's patient.

    NIfTI says it by its first folder or its name; see `named`. DICOM says it by the UID of the series, of the study or
    of the frame of reference, or by its PatientID, the first of these that any patient has.

    Args:
        masks: Those that `find_masks` found.
        series: By patient, the series on which lesions are to be laid.
        others: By patient, other series that masks may have been drawn on.
    """
    known = _known(series, others)
    owned: dict[str, list[Owned]] = {}
    unclear: dict[str, list[str]] = {}
    strangers = []
    for mask in masks:
        if mask.kind.kind == "nifti":
            fitting, lesion = named(mask.path, series.keys())
        else:
            fitting, lesion = _referenced(mask.kind, known), ""
        if not fitting:
            strangers.append(mask.path)
        elif len(fitting) == 1:
            owned.setdefault(fitting[0], []).append(Owned(mask, lesion))
        else:
            for patient in fitting:
                unclear.setdefault(patient, []).append(f"{mask.path}: it fits several patients ({some(fitting)})")
    lesions = {patient: tuple(m for m in those if not _is_brain(m)) or tuple(those) for patient, those in owned.items()}
    brains = [m.file.path for patient, those in sorted(owned.items()) for m in those if m not in lesions[patient]]
    return Owners(
        dict(sorted(lesions.items())),
        {patient: tuple(those) for patient, those in sorted(unclear.items())},
        tuple(strangers),
        tuple(brains),
    )


def _is_brain(mask: Owned) -> bool:
    """Whether a name says brain and no more: a "brain_metastasis" is a lesion."""
    parts = set(re.split(f"[{re.escape(_SEPARATORS)}]+", mask.lesion_id.casefold()))
    return parts in ({"brain"}, {"brain", "mask"})


def _known(series: Mapping[str, Series], others: Mapping[str, Sequence[Series]]) -> tuple[dict[str, set[str]], ...]:
    """Patients by the UID of their series, of its study and of its frame of reference, and by their ids."""
    tables: tuple[dict[str, set[str]], ...] = ({}, {}, {}, {})
    for patient, one in [*series.items(), *((name, one) for name, those in others.items() for one in those)]:
        keys = (one.series_uid, one.study_uid, one.frame_of_reference_uid, patient)
        for table, key in zip(tables, keys, strict=True):
            table.setdefault(key, set()).add(patient)
    return tables


def _referenced(kind: MaskKind, known: tuple[dict[str, set[str]], ...]) -> list[str]:
    named = (kind.series_uids, kind.study_uids, kind.frame_uids, frozenset({kind.patient_id} - {""}))
    for keys, table in zip(named, known, strict=True):
        if fitting := set().union(*(table.get(key, set()) for key in keys)):
            return sorted(fitting)
    return []


def named(path: str, patients: Collection[str]) -> tuple[list[str], str]:
    """The patients that the path of a NIfTI file may name, and the lesion's id where it names one.

    The first folder counts first; then the whole name, its beginning, any part of it: in "P1_2", P1 is the patient and
    2 the lesion, even where 2 is a patient too.
    """
    first, slash, _ = path.partition("/")
    stem = nifti_stem(PurePosixPath(path).name)
    spans = _spans(stem, patients)
    if slash and first in patients:
        own = [span for span in spans if stem[slice(*span)] == first]
        return [first], _rest(stem, own[0]) if own else stem
    spans = [span for span in spans if span == (0, len(stem))] or [span for span in spans if not span[0]] or spans
    fitting = sorted({stem[slice(*span)] for span in spans})
    return fitting, _rest(stem, spans[0]) if len(fitting) == 1 else ""


def _spans(stem: str, patients: Collection[str]) -> list[tuple[int, int]]:
    """Where ids stand in a name, from a separator or an end to the next or a later one."""
    marks = [match.start() for match in re.finditer(f"[{re.escape(_SEPARATORS)}]", stem)]
    starts, ends = [0, *(mark + 1 for mark in marks)], [*marks, len(stem)]
    return [(start, end) for start in starts for end in ends if start < end and stem[start:end] in patients]


def _rest(stem: str, span: tuple[int, int]) -> str:
    """The lesion's id: what follows the patient's in a name, else what comes before it, else 1."""
    return stem[span[1] :].strip(_SEPARATORS) or stem[: span[0]].strip(_SEPARATORS) or "1"
