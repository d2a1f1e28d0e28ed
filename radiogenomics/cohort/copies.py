"""Files that are copies of one another: which stays, and what is said of the rest."""

from collections.abc import Sequence
from typing import NamedTuple

from radiogenomics.cohort.patients import Item, Patients, first_folder
from radiogenomics.cohort.sheet import plural
from radiogenomics.records import Exclusion

ACROSS = "duplicate across patients"  # what such exclusions begin with


class Copy(NamedTuple):
    """A file whose SOPInstanceUID another file has, which stays."""

    item: Item
    kept: Item


def _rank(item: Item) -> tuple[bool, int, int, str]:
    """Least stays: a patient's rather than the root's, then the shorter folder, since a backup's name is longer."""
    path = item.entry.path
    patient = first_folder(path)
    return not patient, len(patient), path.rfind("/"), path


def drop_copies(items: Sequence[Item]) -> tuple[list[Item], list[Copy]]:
    """Keep one file of each SOPInstanceUID: of the shortest patient folder, then of the shortest folder, then by path.

    By path alone "00000 copy/" would come before "00000/", and a labelled patient lose its files to a backup.

    Args:
        items: Sorted by path, as are the results.
    """
    best: dict[str, Item] = {}
    for item in items:
        uid = item.header.sop_uid
        known = best.setdefault(uid, item)
        if known is not item and _rank(item) < _rank(known):
            best[uid] = item
    kept, copies = [], []
    for item in items:
        uid = item.header.sop_uid
        if uid and best[uid] is not item:
            copies.append(Copy(item, best[uid]))
        else:
            kept.append(item)
    return kept, copies


def _is_across(copy: Copy, patients: Patients) -> bool:
    owners = {patients.owner(copy.item), patients.owner(copy.kept)}
    return len(owners) == 2 and all(owners)


def copy_exclusions(copies: Sequence[Copy], patients: Patients) -> list[Exclusion]:
    """The lines of exclusions.csv for copies; each names the file that stays, and its patient where that is another."""
    lines = []
    for copy in copies:
        across = _is_across(copy, patients)
        whose = f" of patient {patients.owner(copy.kept)}" if across else ""
        kind = ACROSS if across else "duplicate"
        reason = f"{kind}: same SOPInstanceUID as {copy.kept.entry.path}{whose}"
        lines.append(Exclusion(patients.owner(copy.item), copy.item.entry.path, reason))
    return lines


def copy_notes(copies: Sequence[Copy], patients: Patients) -> list[str]:
    """What the user should hear of images that lie under two patients: one sentence, or none."""
    across = [copy for copy in copies if _is_across(copy, patients)]
    if not across:
        return []
    count = plural(len(across), "file")
    owners = plural(len({patients.owner(copy.item) for copy in across}), "patient")
    are = "are copies" if len(across) > 1 else "is a copy"
    example = f"{across[0].item.entry.path} is {across[0].kept.entry.path}"
    return [
        f"{count} of {owners} {are} of another patient's ({example}) and left out: a mix-up, or one person under "
        "two ids"
    ]
