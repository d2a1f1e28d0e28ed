"""Who lies on which side of a split."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from radiogenomics.records import Fold

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Apart:
    """Patients who have something in common and lie in different splits of a fold."""

    patients: tuple[str, ...]  # all who share it, sorted
    fold: int
    places: tuple[tuple[str, str], ...]  # two of them with their splits

    @property
    def sentence(self) -> str:
        """E.g. "P1 (train) and P2 (test) of fold 0"."""
        (one, its), (other, others) = self.places
        return f"{one} ({its}) and {other} ({others}) of fold {self.fold}"


def places(fold: Fold) -> dict[str, str]:
    """The split of each patient of a fold; of one who lies in several the last, which is the test."""
    return {patient: split for split in SPLITS for patient in getattr(fold, split)}


def shared(pairs: Iterable[tuple[Hashable, str]]) -> list[frozenset[str]]:
    """Who has something in common with whom: the sets of two patients or more, each once.

    Args:
        pairs: A thing, and a patient who has it; blank things are nobody's.
    """
    owners: dict[Hashable, set[str]] = defaultdict(set)
    for thing, patient in pairs:
        if thing:
            owners[thing].add(patient)
    groups = {frozenset(patients) for patients in owners.values() if len(patients) > 1}
    return sorted(groups, key=sorted)


def apart(folds: Sequence[Fold], groups: Iterable[Collection[str]]) -> list[Apart]:
    """The groups of whom a fold tests one and trains or validates another; then those torn between these two.

    Args:
        folds: Of the run.
        groups: Patients who have something in common; those in no fold do not count.
    """
    where = [(fold.index, places(fold)) for fold in folds]
    torn = [found for group in groups if (found := _first(group, where))]
    return sorted(torn, key=lambda one: ("test" not in dict(one.places).values(), one.patients))


def _first(group: Collection[str], where: Sequence[tuple[int, Mapping[str, str]]]) -> Apart | None:
    """Where a group is torn apart: in the first fold of whose test one of them is part, else in any."""
    among = None
    for index, split_of in where:
        members = {split_of[patient]: patient for patient in sorted(group, reverse=True) if patient in split_of}
        if len(members) > 1:
            two = sorted(members, key=SPLITS.index)
            found = Apart(tuple(sorted(group)), index, tuple((members[split], split) for split in (two[0], two[-1])))
            if two[-1] == "test":
                return found
            among = among or found
    return among
