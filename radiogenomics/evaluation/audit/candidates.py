"""What besides the pixels may tell the classes apart, each tested by itself and corrected for all of its kind."""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from radiogenomics.evaluation.audit.association import Association, Labels, holm, of_categories, of_numbers
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.tell import count, some, tell
from radiogenomics.evaluation.delong import auc
from radiogenomics.records import Finding

ALPHA = 0.005  # p, after correction, from which on a trait and the label go together
PLAIN = 0.65  # AUC of a trait alone, from which on a model may live on it
MOST_LEVELS = 6  # distinct values; with more, numbers are numbers, and no names of categories
LEAST = 3  # patients of each class: with fewer nothing is tested
ABSENT = "not given"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One trait of the patients who have it."""

    name: str  # such as "scanner"
    modality: str  # "" of the patient as a whole
    values: Mapping[str, str]  # by patient
    numeric: bool
    presence: bool = False  # whether the trait is given at all, rather than its value

    @property
    def title(self) -> str:
        """In words."""
        name = self.name.replace("n_slices", "number of slices").replace("_", " ")
        title = f"{name} of {self.modality}" if self.modality else name
        return f"whether there is a value of {title}" if self.presence else title


@dataclass(frozen=True, slots=True)
class Tested:
    """A candidate, and how it goes with the label."""

    candidate: Candidate
    association: Association
    p: float  # after Holm's correction over all candidates that differ from one another

    @property
    def strength(self) -> tuple[float, float]:
        """Least is strongest."""
        return self.p, -self.association.auc.value


def is_testable(facts: Facts) -> bool:
    """Whether each class has enough patients."""
    counts = Counter(facts.labels.values())
    return min(counts[0], counts[1]) >= LEAST


def model_scores(facts: Facts) -> dict[str, float]:
    """The model's own test score of each patient after the last phase, the mean over folds; none before."""
    last = max((row.phase for row in facts.predictions), default=0)
    scores: dict[str, list[float]] = defaultdict(list)
    for row in facts.predictions:
        if row.split == "test" and row.phase == last and math.isfinite(row.probability):
            scores[row.patient_id].append(row.probability)
    return {p: sum(scores[p]) / len(scores[p]) for p in sorted(scores.keys() & facts.labels.keys())}


def model_auc(facts: Facts) -> float:
    """The AUC of `model_scores`; nan before."""
    scores = model_scores(facts)
    return auc([facts.labels[p] for p in scores], list(scores.values())) if scores else math.nan


def as_number(value: str) -> float:
    """A finite number, or nan."""
    try:
        number = float(value)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def candidates(name: str, modality: str, values: Mapping[str, str], facts: Facts) -> list[Candidate]:
    """A trait as what can be tested: as categories or numbers, and whether it is given at all.

    Args:
        name: The trait's.
        modality: Of whose series it is, or "".
        values: By patient.
        facts: Their labels say who counts.
    """
    known = {patient: values[patient] for patient in sorted(values) if patient in facts.labels}
    missing = [patient for patient in sorted(facts.labels) if patient not in known]
    levels = set(known.values())
    if len(levels) > MOST_LEVELS and not any(math.isnan(as_number(value)) for value in levels):
        given = {patient: "given" if patient in known else ABSENT for patient in facts.labels}
        among = [Candidate(name, modality, known, True)] if _has_both(known, facts) else []
        return [*among, *([Candidate(name, modality, given, False, True)] if missing else [])]
    everyone = known | dict.fromkeys(missing, ABSENT)
    return [Candidate(name, modality, everyone, False)] if len(set(everyone.values())) > 1 else []


def _has_both(values: Iterable[str], facts: Facts) -> bool:
    counts = Counter(facts.labels[patient] for patient in values)
    return min(counts[0], counts[1]) >= LEAST


def _pattern(candidate: Candidate) -> Hashable:
    """The same of candidates that divide or order the patients in the same way."""
    patients = sorted(candidate.values)
    if candidate.numeric:
        numbers = np.array([as_number(candidate.values[patient]) for patient in patients])
        return tuple(patients), tuple(np.unique(numbers, return_inverse=True)[1].tolist())
    first: dict[str, int] = {}
    return tuple(patients), tuple(first.setdefault(candidate.values[p], len(first)) for p in patients)


def _associated(candidate: Candidate, facts: Facts) -> Association:
    patients = sorted(candidate.values)
    labels: Labels = np.array([facts.labels[patient] for patient in patients], dtype=np.int64)
    values = [candidate.values[patient] for patient in patients]
    return of_numbers(labels, [as_number(v) for v in values]) if candidate.numeric else of_categories(labels, values)


def tested(found: Sequence[Candidate], facts: Facts) -> list[Tested]:
    """Every candidate tested; those that divide the patients alike count once when p is corrected."""
    patterns = [_pattern(candidate) for candidate in found]
    distinct: dict[Hashable, Association] = {}
    for candidate, pattern in zip(found, patterns, strict=True):
        if pattern not in distinct:
            distinct[pattern] = _associated(candidate, facts)
    corrected = dict(zip(distinct, holm([one.p for one in distinct.values()]), strict=True))
    return [Tested(c, distinct[pattern], corrected[pattern]) for c, pattern in zip(found, patterns, strict=True)]


def figures(one: Tested, facts: Facts, how_many: int) -> str:
    """What the test gave, in words."""
    area, model = one.association.auc, model_auc(facts)
    beside = "" if math.isnan(model) else f"; the model's is {model:.2f}"
    p = "p < 0.001" if one.p < 0.001 else f"p = {one.p:.3f}"
    alone = f"alone it reaches an AUC of {area.value:.2f} ({area.low:.2f} to {area.high:.2f})"
    return f"{alone}{beside}; {p} after Holm over {how_many}"


def levels(candidate: Candidate, facts: Facts) -> str:
    """E.g. "GE: 18 of 20 positive, SIEMENS: 1 of 20"; of numbers the medians of the classes."""
    if candidate.numeric:
        medians = [
            np.median(
                [as_number(value) for patient, value in candidate.values.items() if facts.labels[patient] == label]
            )
            for label in (1, 0)
        ]
        return f"median {medians[0]:g} in positives, {medians[1]:g} in negatives"
    sizes = Counter(candidate.values.values())
    positives = Counter(value for patient, value in candidate.values.items() if facts.labels[patient] == 1)
    told = [
        f"{value}: {positives[value]} of {size} positive" for value, size in sorted(sizes.items(), key=lambda v: -v[1])
    ]
    return some(told, 4)


def judged(
    check: str,
    facts: Facts,
    own: Sequence[Tested],
    all_tested: Sequence[Tested],
    mend: str,
    alpha: float = ALPHA,
    what: str = "trait",
) -> Finding:
    """The finding of a check whose candidates were tested.

    Args:
        check: Its name.
        facts: Labels, and the model's scores.
        own: The check's candidates, at least one.
        all_tested: All among which p was corrected.
        mend: What to do where one is a shortcut.
        alpha: p from which on it is one, after correction.
        what: What the candidates are.
    """
    number = len({_pattern(one.candidate) for one in all_tested})
    strongest = min(own, key=lambda one: one.strength)
    area = strongest.association.auc
    told = f"{levels(strongest.candidate, facts)}; {figures(strongest, facts, number)}"
    if strongest.p >= alpha:
        sentence = (
            f"of {count(len(own), what)} none goes with the label; nearest is {strongest.candidate.title}: {told}"
        )
        return tell(check, "clean", sentence, figure=area)
    others = dict.fromkeys(one.candidate.title for one in own if one.p < alpha)
    others.pop(strongest.candidate.title, None)  # words that must not be told share a title
    too = f", and so do {some(list(others))}" if others else ""
    sentence = f"the label goes with {strongest.candidate.title} ({told}){too}"
    return tell(check, "found" if area.value >= PLAIN else "suspected", sentence, mend, figure=area)
