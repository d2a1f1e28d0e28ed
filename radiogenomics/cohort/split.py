"""Splits: who trains, who chooses and who is scored; by patient, stratified, the same on every machine."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence

from radiogenomics.errors import CohortError, raise_faults
from radiogenomics.recipe import SplitPart
from radiogenomics.records import Fold

CLASSES = {1: "positive", 0: "negative"}
MOST_PATIENTS = 10_000  # how far the search for a large enough class goes


def make_folds(labels: Mapping[str, int], plan: SplitPart, seed: int) -> tuple[Fold, ...]:
    """Split patients into train, validation and test, each class in proportion and each split with both.

    One fold draws `plan.test` of each class; K >= 2 folds deal each class out, so that every patient is tested once a
    repeat. Validation is `plan.validation` of the rest. A repeat deals anew; its folds follow on: the fold k of
    repeat r has the index r * K + k.

    Args:
        labels: 0 or 1 by patient; their order does not matter.
        plan: Shares, folds and repeats.
        seed: Of the whole run.

    Raises:
        CohortError: A class has too few patients; says how many it needs, and which --folds would do.
    """
    raise_faults(CohortError, _too_few(labels, plan), "split")
    return tuple(
        _fold(repeat * plan.folds + place, test, labels, plan, seed)
        for repeat in range(plan.repeats)
        for place, test in enumerate(_tests(labels, plan, seed, repeat))
    )


def _shuffled(patients: Iterable[str], *key: object) -> list[str]:
    # Sorted by a keyed hash: unlike a random generator's, this order can't change with numpy's version.
    salt = "/".join(map(str, key))
    return sorted(patients, key=lambda patient: hashlib.sha256(f"{salt}/{patient}".encode()).digest())


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


def _fold(index: int, test: Sequence[str], labels: Mapping[str, int], plan: SplitPart, seed: int) -> Fold:
    rest = {patient: label for patient, label in labels.items() if patient not in set(test)}
    validation = draw_validation(rest, plan.validation, seed, index)
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
