"""Subgroups: the test patients by site, scanner, field strength, sex and age."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.delong import auc
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.intervals import auc_interval
from radiogenomics.evaluation.operating import decision_figures
from radiogenomics.evaluation.sites import prevailing, sites_of_patients
from radiogenomics.records import Estimate, Trait

LEAST = 5  # patients; smaller groups are pooled
NEARLY = 0.9  # that separation from which the outcome is nearly determined by the group
TITLES = {
    "site": "Site",
    "scanner": "Scanner",
    "field_strength": "Field strength",
    "sex": "Sex",
    "age": "Age (years)",
}


@dataclass(frozen=True, slots=True)
class Subgroup:
    """The test patients who are alike in one trait."""

    name: str
    kind: Literal["group", "others", "unknown"]  # others: groups of fewer than LEAST patients, pooled
    n: int
    positives: int
    auc: Estimate
    sensitivity: Estimate
    specificity: Estimate


@dataclass(frozen=True, slots=True)
class Grouping:
    """The test patients by one trait."""

    trait: str  # a key of TITLES
    groups: tuple[Subgroup, ...]  # () where fewer than two can be told apart
    note: str = ""  # why there are none
    separation: float = math.nan  # AUC of the share of positives among the others of one's group; by chance below .5
    warning: str = ""  # where the outcome is nearly determined by the group


def years(text: str) -> float:
    """An age in years, be it "57", "57.5" or DICOM's "057Y"; nan for anything else."""
    found = re.fullmatch(r"\s*(\d{1,3}(?:\.\d+)?)\s*[Yy]?\s*", text, re.ASCII)
    return float(found[1]) if found else math.nan


def _strength(text: str) -> str:
    """Tesla as people say it: 2.89 is called 3 T."""
    try:
        tesla = float(text)
    except ValueError:
        return text
    if not 0 < tesla < 100:
        return text
    return f"{round(2 * tesla) / 2 if tesla >= 1 else tesla:g} T"


def _sex(text: str) -> str:
    return {"m": "male", "f": "female"}.get(text.lower(), text.lower())


NAMING: Mapping[str, Callable[[str], str]] = {"field_strength": _strength, "sex": _sex}


def known(traits: Sequence[Trait], name: str, modality: str) -> dict[str, str]:
    """What is known of each patient by the name of a trait; of several values the prevailing one.

    Args:
        traits: Of any patients.
        name: A key of TITLES. Where any patient has a clinical trait of that name no header counts: a mixture of both
            would part patients by who wrote it down.
        modality: Of the series whose acquisition counts.
    """
    if name == "site":
        return sites_of_patients(traits, modality)
    rows = [trait for trait in traits if trait.name == name and trait.value.strip()]
    found = [trait for trait in rows if trait.kind == "clinical"]
    found = found or [trait for trait in rows if (trait.kind, trait.modality) == ("acquisition", modality)]
    return prevailing((trait.patient_id, NAMING.get(name, str)(trait.value.strip())) for trait in found)


def by_age(ages: Mapping[str, str], cut: float | None = None) -> dict[str, str]:
    """The patients younger than a cut, and the others.

    Args:
        ages: As text; who has no number is left out.
        cut: In years; by default the median, rounded.
    """
    found = {patient: age for patient, text in ages.items() if not math.isnan(age := years(text))}
    if not found:
        return {}
    cut = round(median(found.values())) if cut is None else cut
    return {patient: f"< {cut:g}" if age < cut else f"≥ {cut:g}" for patient, age in found.items()}


def _subgroup(name: str, kind: Literal["group", "others", "unknown"], units: Sequence[Scored]) -> Subgroup:
    labels = [unit.label for unit in units]
    area, figures = auc_interval(labels, [unit.probability for unit in units]), decision_figures(units)
    return Subgroup(name, kind, len(units), sum(labels), area, figures["sensitivity"], figures["specificity"])


def _parted(units: Sequence[Scored], of: Mapping[str, str]) -> tuple[Subgroup, ...]:
    members: dict[str, list[Scored]] = {}
    unknown = [unit for unit in units if unit.patient_id not in of]
    for unit in units:
        if unit.patient_id in of:
            members.setdefault(of[unit.patient_id], []).append(unit)
    small = {name for name, rows in members.items() if len(rows) < LEAST}
    others = [unit for unit in units if of.get(unit.patient_id) in small]
    groups = [_subgroup(name, "group", rows) for name, rows in sorted(members.items()) if name not in small]
    if others:
        groups.append(_subgroup(f"{len(small)} of fewer than {LEAST} patients", "others", others))
    if unknown:
        groups.append(_subgroup("not known", "unknown", unknown))
    return tuple(groups)


def _separation(groups: Sequence[Subgroup]) -> float:
    """The AUC of the share of positives among the others of a patient's group, as that patient's score.

    The patient's own outcome is left out: with it, groups dealt by chance would part a few positives well from the
    rest. Who is alone in a group is given the share among all others.
    """
    n, positives = sum(group.n for group in groups), sum(group.positives for group in groups)
    labels, shares = [], []
    for group in groups:
        among, of = (group.positives, group.n) if group.n > 1 else (positives, n)
        for label, count in ((1, group.positives), (0, group.n - group.positives)):
            labels += [label] * count
            shares += [(among - label) / (of - 1)] * count
    return auc(labels, shares)


def grouping(units: Sequence[Scored], trait: str, of: Mapping[str, str], positive: str = "positive") -> Grouping:
    """Test patients by one trait, each group with its figures.

    Args:
        units: Pooled test patients.
        trait: A key of TITLES.
        of: Each patient's group; who is not in it is not known.
        positive: What label 1 means.
    """
    groups, about = _parted(units, of), TITLES[trait].split(" (")[0].lower()
    if len(groups) < 2:
        word = f"all {len(units)} test patients are alike in it ({groups[0].name})" if groups else "nobody was tested"
        if groups and groups[0].kind != "group":
            word = {"unknown": "not known of any test patient", "others": f"no group has {LEAST} test patients"}[
                groups[0].kind
            ]
        return Grouping(trait, (), f"{TITLES[trait]}: {word}.")
    separation = _separation(groups)
    if not separation >= NEARLY:
        return Grouping(trait, groups, separation=separation)
    warning = (
        f"The outcome is nearly determined by the {about}: it alone, each patient scored by the share of {positive} "
        f"among the others of the group, gives an AUC of {separation:.2f}. A model that recognises the {about} needs "
        "no biology, and only the figures within a group could show any."
    )
    return Grouping(trait, groups, "", separation, warning)


def subgroups(evidence: Evidence, age_cut: float | None = None) -> tuple[Grouping, ...]:
    """The pooled test patients of the last phase by every trait of TITLES.

    Args:
        evidence: Its traits tell; acquisition counts of the series on which slices are chosen.
        age_cut: In years; by default the median of the test patients, rounded.
    """
    units, recipe = evidence.tested(evidence.last), evidence.recipe
    tested = {unit.patient_id for unit in units}
    traits = [trait for trait in evidence.traits if trait.patient_id in tested]
    found = []
    for trait in TITLES:
        of = known(traits, trait, recipe.chosen_on)
        found.append(grouping(units, trait, by_age(of, age_cut) if trait == "age" else of, recipe.positive))
    return tuple(found)


def many_looks(groupings: Sequence[Grouping]) -> str:
    """What to bear in mind when reading subgroups; "" where there are none."""
    count = sum(len(grouping.groups) for grouping in groupings)
    if not count:
        return ""
    return (
        f"These are {count} groups, looked at without a question asked beforehand: no p value is given, intervals are "
        "wide, and among so many groups some differ by chance alone. A difference seen here is a question for new "
        "patients."
    )
