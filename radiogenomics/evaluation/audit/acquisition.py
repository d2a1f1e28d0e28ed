"""Shortcuts in how images were acquired: where, when, by which machine, how many."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from radiogenomics.evaluation.audit.candidates import (
    ALPHA,
    PLAIN,
    Candidate,
    Tested,
    as_number,
    candidates,
    is_testable,
    judged,
    model_auc,
    model_scores,
    tested,
)
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.tell import count, tell
from radiogenomics.evaluation.design import design_matrix
from radiogenomics.evaluation.linear import FoldPlaces, fold_places
from radiogenomics.evaluation.permutation import permutation_test, those_tested
from radiogenomics.records import Finding, Trait

# Whose traits each check looks at; "sequence" at all that no other does.
FAMILIES: Mapping[str, frozenset[str]] = {
    "site": frozenset({"site"}),
    "scanner": frozenset({"scanner", "manufacturer", "software", "field_strength"}),
    "date": frozenset({"day"}),
    "matrix": frozenset({"matrix", "pixel_spacing", "slice_thickness", "slice_spacing", "bits"}),
    "extent": frozenset({"n_slices", "number_of_series", "a_series"}),
}
OF_SERIES = {
    "scanner": "scanner",
    "field_strength": "field_strength",
    "matrix": "matrix",
    "spacing": "pixel_spacing",
    "site": "site",
    "n_slices": "n_slices",
}  # fmt: skip - columns of cohort.csv, for runs without traits.csv
FEW = "of one of the classes there are too few patients to tell a shortcut from chance"
NO_TRAITS = "how images were acquired is not known (traits.csv)"
MENDS = {
    "site": "sites differ in more than the label",
    "scanner": "a model can tell machines apart by their noise alone",
    "date": "protocols change over the years",
    "matrix": "resampling leaves its traces",
    "sequence": "contrast follows the sequence",
    "extent": "what is missing tells the label",
}
MATCH = "match the classes on it, or split by it (leave one out) and see what is left of the AUC"


def _traits(facts: Facts) -> list[Trait]:
    """The traits of acquisition; of a run without traits.csv what its cohort.csv says.

    A labels file's column of sites counts as acquisition, and then the headers' sites do not count.
    """
    known = [t for t in facts.traits if t.patient_id in facts.labels]
    sites = [replace(t, kind="acquisition") for t in known if (t.kind, t.name) == ("clinical", "site")]
    told = [t for t in known if t.kind == "acquisition" and not (sites and t.name == "site")]
    if facts.traits:
        return [*told, *sites]
    return [
        Trait(row["patient_id"], row.get("modality", ""), "acquisition", name, row[column])
        for row in facts.series
        for column, name in OF_SERIES.items()
        if row.get("status") == "used" and row.get(column) and row.get("patient_id") in facts.labels
    ]


def _single(facts: Facts) -> list[Candidate]:
    """One candidate or two a trait and modality."""
    values: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for trait in _traits(facts):
        values[trait.name, trait.modality][trait.patient_id].add(trait.value)
    found = []
    for (name, modality), by in sorted(values.items()):
        found += candidates(name, modality, _one_each(by), facts)
    return found


def _one_each(values: Mapping[str, Collection[str]]) -> dict[str, str]:
    """One value of each patient: of several numbers the median, of several words one that is of their own."""
    numbers = not any(math.isnan(as_number(value)) for several in values.values() for value in several)

    def one(several: Collection[str]) -> str:
        if numbers and len(several) > 1:
            return f"{np.median([as_number(value) for value in several]):.12g}"
        return " + ".join(sorted(several))

    return {patient: one(several) for patient, several in values.items()}


def _counted(facts: Facts) -> list[Candidate]:
    """How many series each patient has, used or not, and which modalities."""
    rows = [row for row in facts.series if row.get("patient_id") in facts.labels]
    if not rows:
        return []
    number = Counter(row["patient_id"] for row in rows)
    found = candidates("number_of_series", "", {patient: str(number[patient]) for patient in facts.labels}, facts)
    for modality in sorted({row.get("modality", "") for row in rows} - {""}):
        having = {row["patient_id"] for row in rows if row.get("modality") == modality}
        words = {patient: "there" if patient in having else "missing" for patient in facts.labels}
        found += candidates("a_series", modality, words, facts)
    return found


def _family(name: str) -> str:
    return next((family for family, names in FAMILIES.items() if name in names), "sequence")


def acquisition(facts: Facts) -> tuple[Finding, ...]:
    """Classes from other sites, scanners or years, of other matrices, sequences or numbers: a finding of each check."""
    if not is_testable(facts):
        return tuple(tell(check, "unknown", FEW) for check in MENDS)
    known = {_family(trait.name) for trait in _traits(facts)} | ({"extent"} if facts.series else set())
    found = tested([*_single(facts), *_counted(facts)], facts)
    return tuple(_judged(check, facts, found, known) for check in MENDS)


def _judged(check: str, facts: Facts, found: Sequence[Tested], known: Collection[str]) -> Finding:
    if check not in known:
        return tell(check, "unknown", f"no header says anything of it ({check})" if known else NO_TRAITS)
    own = [one for one in found if _family(one.candidate.name) == check]
    if not own:
        return tell(check, "clean", "all patients are alike in it")
    return judged(check, facts, own, found, f"{MENDS[check]}: {MATCH}")


def _are_enough(folds: FoldPlaces, patients: Sequence[str]) -> bool:
    """Whether a run's own folds test at least half of the patients."""
    return len(those_tested(folds)) >= len(patients) / 2


def _dealt(facts: Facts, patients: Sequence[str]) -> FoldPlaces:
    """Five folds over everyone, dealt from each class in turn."""
    order = sorted(range(len(patients)), key=lambda place: (facts.labels[patients[place]], patients[place]))
    everyone = np.arange(len(patients), dtype=np.intp)
    tests = [np.array(sorted(order[k::5]), dtype=np.intp) for k in range(5)]
    return [(np.setdiff1d(everyone, test), test) for test in tests]


def _where(facts: Facts, patients: Sequence[str], own: bool) -> str:
    """On whom the classifier was tested, and the model's AUC, beside it only where both are of the same patients."""
    model = model_auc(facts)
    if own:
        return "on the test folds" + ("" if np.isnan(model) else f", and the model's is {model:.2f}")
    told = f"in five folds dealt anew over all {count(len(patients), 'patient')}"
    if np.isnan(model):
        return told
    return f"{told} (the model's, over its {count(len(model_scores(facts)), 'test patient')}, is {model:.2f})"


def metadata(facts: Facts) -> Finding:
    """A linear classifier on everything that headers say of the acquisition, over the run's own test folds.

    Where these test less than half of the patients, over five folds dealt anew.
    """
    check = "metadata"
    traits = _traits(facts)
    if not traits:
        return tell(check, "unknown", NO_TRAITS)
    if not is_testable(facts):
        return tell(check, "unknown", FEW)
    patients = sorted(facts.labels)
    design = design_matrix(traits, patients, "acquisition")
    if not design.matrix.shape[1]:
        return tell(check, "clean", "all patients are alike in every trait of the acquisition")
    folds = fold_places(facts.folds, patients)
    own = _are_enough(folds, patients)
    labels = [facts.labels[p] for p in patients]
    test = permutation_test(design.matrix, labels, folds if own else _dealt(facts, patients))
    area = test.auc
    told = (
        f"a linear classifier that sees {count(design.matrix.shape[1], 'figure')} of the headers and no pixel reaches "
        f"an AUC of {area.value:.2f} ({area.low:.2f} to {area.high:.2f}) {_where(facts, patients, own)}; "
        f"p = {test.p:.3f} against its own permuted labels"
    )
    if not test.p < ALPHA:
        return tell(check, "clean", told, figure=area)
    return tell(check, "found" if area.value >= PLAIN else "suspected", told, MATCH, figure=area)
