"""Splits: who trains, who chooses and who is scored; by patient, stratified, the same on every machine."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from radiogenomics.cohort.sheet import (
    ID_COLUMNS,
    Sheet,
    blank_cells,
    find_column,
    match_ids,
    plural,
    read_sheet,
    some,
    strangers,
)
from radiogenomics.errors import CohortError, raise_faults
from radiogenomics.recipe import SplitPart
from radiogenomics.records import Exclusion, Fold

CLASSES = {1: "positive", 0: "negative"}
SPLITS = {"train": "train", "validation": "validation", "valid": "validation", "val": "validation", "test": "test"}
MOST_PATIENTS = 10_000  # how far the search for a large enough class goes


def make_folds(labels: Mapping[str, int], plan: SplitPart, seed: int) -> tuple[Fold, ...]:
    """Split patients into train, validation and test, each class in proportion and each split with both.

    One fold draws `plan.test` of each class; K >= 2 folds deal each class out, so that every patient is tested once a
    repeat. Validation is `plan.validation` of the rest, and nobody by the published protocol; the test patients are the
    same by either. A repeat deals anew; its folds follow on: the fold k of repeat r has the index r * K + k.

    Args:
        labels: 0 or 1 by patient; their order does not matter.
        plan: Shares, folds and repeats.
        seed: Of the whole run.

    Raises:
        CohortError: A class has too few patients; says how many it needs, and which --folds would do.
    """
    raise_faults(CohortError, _too_few(labels, plan), "split")
    return tuple(
        fold_around(repeat * plan.folds + place, test, labels, plan, seed)
        for repeat in range(plan.repeats)
        for place, test in enumerate(_tests(labels, plan, seed, repeat))
    )


def _shuffled(patients: Iterable[str], *key: object) -> list[str]:
    # Sorted by a keyed hash: unlike a random generator's, this order can't change with numpy's version.
    salt = "/".join(map(str, key))
    return sorted(
        patients, key=lambda patient: hashlib.sha256(f"{salt}/{patient}".encode("utf-8", "surrogatepass")).digest()
    )


def _of_class(labels: Mapping[str, int], label: int) -> list[str]:
    return [patient for patient, value in labels.items() if value == label]


def _tests(labels: Mapping[str, int], plan: SplitPart, seed: int, repeat: int) -> list[list[str]]:
    """The test patients of each fold of one repeat."""
    order = {label: _shuffled(_of_class(labels, label), seed, "test", repeat) for label in CLASSES}
    if plan.folds == 1:
        return [[patient for ids in order.values() for patient in ids[: _test_size(len(ids), plan)]]]
    # One class is dealt out where the other stopped, so that the folds' sizes too differ by one at most.
    dealt = [patient for ids in order.values() for patient in ids]
    return [dealt[place :: plan.folds] for place in range(plan.folds)]


def fold_around(index: int, test: Sequence[str], labels: Mapping[str, int], plan: SplitPart, seed: int) -> Fold:
    """The fold that tests these patients; of the others `plan.validation` of each class validate, and the rest train.

    Args:
        index: Of the fold.
        test: Whom it tests.
        labels: Of all patients, the tested included.
        plan: Its share of validation and its protocol.
        seed: Of the whole run.
    """
    rest = {patient: label for patient, label in labels.items() if patient not in set(test)}
    # By the published protocol nobody validates: whoever is not tested trains.
    validation = set() if plan.protocol == "published" else draw_validation(rest, plan.validation, seed, index)
    train = rest.keys() - validation
    return Fold(index, tuple(sorted(train)), tuple(sorted(validation)), tuple(sorted(test)))


def draw_validation(labels: Mapping[str, int], share: float, seed: int, index: int) -> set[str]:
    """Draw the patients of fold `index` that choose (epoch, threshold): `share` of each class, and at least one."""
    chosen = set()
    for label in CLASSES:
        ids = _shuffled(_of_class(labels, label), seed, "validation", index)
        chosen.update(ids[: _share(len(ids), share, keep=1)])
    return chosen


def _share(count: int, share: float, keep: int) -> int:
    """`share` of `count` patients: rounded, at least one, leaving at least `keep`."""
    return max(0, min(max(1, math.floor(share * count + 0.5)), count - keep))


def _test_size(count: int, plan: SplitPart) -> int:
    """How many of a class of `count` are tested in the largest fold; two more are left to train and to choose."""
    return math.ceil(count / plan.folds) if plan.folds > 1 else _share(count, plan.test, keep=2)


def _suffices(count: int, plan: SplitPart) -> bool:
    """Whether a class of `count` can be in every split of every fold, tested in numbers within one of its share."""
    test = _test_size(count, plan)
    in_proportion = plan.folds > 1 or abs(test - plan.test * count) <= 1
    return count >= plan.folds and test >= 1 and count - test >= 2 and in_proportion


def _too_few(labels: Mapping[str, int], plan: SplitPart) -> list[str]:
    counts = {label: len(_of_class(labels, label)) for label in CLASSES}
    if all(_suffices(count, plan) for count in counts.values()):
        return []
    least = next((count for count in range(1, MOST_PATIENTS) if _suffices(count, plan)), MOST_PATIENTS)
    what = f"{plan.folds} folds" if plan.folds > 1 else f"a test share of {plan.test:g}"
    have = " and ".join(f"{count} {CLASSES[label]}" for label, count in counts.items())
    return [
        f"{what} with both classes in train, validation and test needs at least {least} patients of each class, "
        f"and there are {have}: {_mend(list(counts.values()), plan)}"
    ]


def _mend(counts: Sequence[int], plan: SplitPart) -> str:
    """What would do for classes of these sizes."""
    fewer = (plan.model_copy(update={"folds": folds}) for folds in range(plan.folds - 1, 0, -1))
    working = next((other for other in fewer if all(_suffices(count, other) for count in counts)), None)
    return f"add patients, or give --folds {working.folds}" if working else "add patients"


@dataclass(frozen=True, slots=True)
class GivenFolds:
    """Folds from a file, and what the file and the cohort do not share."""

    folds: tuple[Fold, ...]
    exclusions: tuple[Exclusion, ...]  # patients of the cohort that are in no fold
    notes: tuple[str, ...]


def read_folds(path: Path, labels: Mapping[str, int], plan: SplitPart, seed: int) -> GivenFolds:
    """Take the folds from a file: a challenge's, or an institution's own.

    Args:
        path: A CSV of patient_id with fold, split or both. Split is train, validation or test; without it, fold is
            the one in which the patient is tested. A fold without validation has it drawn from its train patients,
            `plan.validation` of each class. By the published protocol the file's validation patients train.
        labels: 0 or 1 by patient.
        plan: Its share of validation; the file takes the place of the rest.
        seed: Of the whole run.

    Raises:
        MissingPathError: No such file.
        CohortError: Any number of faults of the file, all listed.
    """
    column, rows = _placements(read_sheet(path, "splits file"))
    ids = sorted({patient for patient, _, _ in rows})
    match = match_ids(ids, list(labels), column, path.name)
    if not match.patients:
        raise_faults(CohortError, [*match.faults, strangers(ids, list(labels), column)], str(path))
    known = [(match.patients[patient], fold, split) for patient, fold, split in rows if patient in match.patients]
    given, faults = _given(known)
    folds = tuple(_completed(index, given[name], labels, plan, seed) for index, name in enumerate(given))
    named = zip(folds, given, strict=True)
    one_sided = [fault for fold, name in named for fault in _one_sided(fold, name, labels, plan)]
    raise_faults(CohortError, [*match.faults, *faults, *one_sided], str(path))
    absent = sorted(set(labels) - set(match.patients.values()))
    exclusions = tuple(Exclusion(patient, "", f"not in {path.name}") for patient in absent)
    notes = _unshared(path.name, [name for name in ids if name not in match.patients], absent, list(given))
    return GivenFolds(folds, exclusions, (*match.notes, *notes))


def _unshared(source: str, outside: Sequence[str], absent: Sequence[str], given: Sequence[str]) -> list[str]:
    """What the user should hear of patients that one side lacks, and of folds numbered anew."""
    notes = []
    if outside:
        notes.append(f"{source}: {plural(len(outside), 'patient')} of it not in the cohort ({some(outside)})")
    if absent:
        notes.append(f"{source}: {plural(len(absent), 'patient')} of the cohort not in it ({some(absent)})")
    if any(given) and list(given) != [str(index) for index in range(len(given))]:
        notes.append(f"{source}: folds {some(given)} are numbered from 0 here, in this order")
    return notes


def _placements(sheet: Sheet) -> tuple[str, list[tuple[str, str, str]]]:
    """The column of ids, and (id, fold, split) of each row; "" for a column that the file lacks."""
    ids, fault = find_column(sheet, None, ID_COLUMNS, "rename one to patient_id")
    named = {name.casefold(): name for name in sheet.columns}
    columns = [ids, named.get("fold", ""), named.get("split", "")]
    faults = [*sheet.faults, *filter(None, [fault])]
    if not any(columns[1:]):
        faults.append(f"no column is called fold or split: rename one. Its columns: {', '.join(sheet.columns)}")
    cells = [[cell for _, cell in sheet.cells(column)] if column else [""] * len(sheet.rows) for column in columns]
    faults += [fault for column in filter(None, columns) for fault in blank_cells(sheet, column)]
    if odd := sorted({word for word in cells[2] if word and word.casefold() not in SPLITS}):
        faults.append(f"split is train, validation or test, not {some(odd)}")
    raise_faults(CohortError, faults, str(sheet.path))
    splits = [SPLITS.get(word.casefold(), "") for word in cells[2]]
    return ids, list(zip(cells[0], map(_fold_name, cells[1]), splits, strict=True))


def _fold_name(cell: str) -> str:
    """A fold as text; "1.0" and "01" are fold 1."""
    try:
        return str(int(float(cell))) if float(cell).is_integer() else cell
    except ValueError:
        return cell


def _given(rows: Sequence[tuple[str, str, str]]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """For each fold, in order, the split of each of its patients; and the faults."""
    faults = []
    places: dict[str, dict[str, str]] = {fold: {} for fold in sorted({fold for _, fold, _ in rows}, key=_in_order)}
    tested: dict[str, str] = {}
    for patient, fold, split in dict.fromkeys(rows):
        if split and places[fold].setdefault(patient, split) != split:
            faults.append(f"patient {patient} is in {places[fold][patient]} and {split}{_of(fold)}: keep one")
        if not split and tested.setdefault(patient, fold) != fold:
            faults.append(f"patient {patient} is tested in folds {tested[patient]} and {fold}: keep one")
    for fold, members in places.items():
        members.update({patient: "test" if own == fold else "train" for patient, own in tested.items()})
    return places, faults


def _in_order(fold: str) -> tuple[float, str]:
    try:
        return float(fold), fold
    except ValueError:
        return math.inf, fold


def _of(fold: str) -> str:
    return f" of fold {fold}" if fold else ""


def _completed(index: int, members: Mapping[str, str], labels: Mapping[str, int], plan: SplitPart, seed: int) -> Fold:
    """The fold, with validation drawn from train where none is given."""
    ids = {split: {patient for patient, own in members.items() if own == split} for split in SPLITS.values()}
    if plan.protocol == "published":
        ids["train"] |= ids["validation"]
        ids["validation"] = set()
    elif not ids["validation"]:
        train = {patient: labels[patient] for patient in ids["train"]}
        ids["validation"] = draw_validation(train, plan.validation, seed, index)
        ids["train"] -= ids["validation"]
    return Fold(index, *(tuple(sorted(ids[split])) for split in ("train", "validation", "test")))


def _one_sided(fold: Fold, name: str, labels: Mapping[str, int], plan: SplitPart) -> list[str]:
    """A fault for each split of a fold that lacks a class."""
    faults = []
    for split in ("train", "test") if plan.protocol == "published" else ("train", "validation", "test"):
        present = {labels[patient] for patient in getattr(fold, split)}
        lacking = " and no ".join(word for label, word in CLASSES.items() if label not in present)
        if lacking:
            faults.append(f"{split}{_of(name)} has no {lacking} patient: move some there")
    return faults
