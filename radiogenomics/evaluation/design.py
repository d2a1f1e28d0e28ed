"""Traits of patients as a matrix of numbers, for a classifier that sees nothing of the images."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radiogenomics.records import Trait
from radiogenomics.tables.clinical import CATEGORIES

RARE = 3  # patients; levels of a category that fewer have are pooled
OTHER = "other"
MISSING = "missing"
_FARTHEST = 5.0  # standard deviations: a scanner's garbage shall not drown the rest
# Besides the clinical ones: what is a word even where it is written in digits.
_WORDS = CATEGORIES | {"scanner", "manufacturer", "software", "kernel", "sequence", "matrix"}
_Values = Mapping[str, str]  # by patient
_Column = tuple[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Design:
    """Features of patients."""

    names: tuple[str, ...]  # "flair echo_time", "flair scanner = Philips Ingenia", "flair echo_time missing"
    matrix: npt.NDArray[np.float64]  # [patients, features]; (patients, 0) where nothing differs between them


def design_matrix(
    traits: Sequence[Trait], patients: Sequence[str], kind: str, names: Collection[str] | None = None
) -> Design:
    """Code traits as numbers, without a look at any label.

    Numbers are standardised over all these patients, clipped to five standard deviations, and 0 where missing, beside
    a column that says so. Words become a column a level, levels of fewer than three patients pooled; traits of kind
    "word" a column a field and word. What is the same for all, or in another column
    already, is left out. Mean and deviation are those of all
    patients, of whom a cross-validation tests some: that is no leak, as no label is used, and the features that a
    hospital would know are the same.

    Args:
        traits: Of any kinds; of several values of one patient the first in the alphabet counts.
        patients: In the order of the rows.
        kind: Of the traits wanted: "acquisition", "clinical" or "word".
        names: Of the traits wanted; None is all of that kind.

    Returns:
        Columns sorted by modality and name.
    """
    wanted = set(patients)
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for trait in sorted(traits, key=lambda t: (t.modality, t.name, t.value, t.patient_id)):
        if trait.kind == kind and trait.patient_id in wanted and (names is None or trait.name in names):
            word = f" {trait.value}" if kind == "word" else ""
            found[f"{trait.modality} {trait.name}{word}".strip()].setdefault(trait.patient_id, trait.value)
    columns = [column for name, values in found.items() for column in _coded(name, values, patients, kind)]
    # Series of one study mostly say the same; the first column that says it stands for all.
    kept: dict[bytes, _Column] = {}
    for name, column in columns:
        if _differs(column):
            kept.setdefault(column.tobytes(), (name, column))
    features = [column for _, column in kept.values()]
    matrix = np.stack(features, axis=1) if features else np.zeros((len(patients), 0))
    return Design(tuple(name for name, _ in kept.values()), matrix)


def _differs(column: npt.NDArray[np.float64]) -> bool:
    return len(column) > 0 and bool((column != column[0]).any())


def _coded(name: str, values: _Values, patients: Sequence[str], kind: str) -> Iterator[_Column]:
    present = np.array([patient in values for patient in patients], np.float64)
    if kind == "word":
        yield name, present
        return
    numbers = {patient: _number(value) for patient, value in values.items()}
    if name.rpartition(" ")[2] not in _WORDS and all(number is not None for number in numbers.values()):
        yield name, _standardised(np.array([math.nan if (n := numbers.get(p)) is None else n for p in patients]))
    else:
        yield from _levels(name, values, patients)
    yield f"{name} {MISSING}", 1 - present


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in value else None


def _standardised(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    known = ~np.isnan(values)
    if len(np.unique(values[known])) < 2:
        return np.zeros(len(values))
    # Scaled first: the square of a number near the end of the range is none.
    scaled = values / np.abs(values[known]).max()
    centred = (scaled - scaled[known].mean()) / scaled[known].std()
    return np.where(known, np.clip(centred, -_FARTHEST, _FARTHEST), 0.0)


def _levels(name: str, values: _Values, patients: Sequence[str]) -> Iterator[_Column]:
    counts = Counter(values.values())
    frequent = sorted(level for level, count in counts.items() if count >= RARE)
    if len(frequent) == 2 and len(counts) == 2 and len(values) == len(patients):
        frequent = frequent[1:]  # the other column would say the same
    for level in frequent:
        yield f"{name} = {level}", np.array([values.get(patient) == level for patient in patients], np.float64)
    rare = {level for level, count in counts.items() if count < RARE}
    if rare:
        yield f"{name} = {OTHER}", np.array([values.get(patient) in rare for patient in patients], np.float64)
