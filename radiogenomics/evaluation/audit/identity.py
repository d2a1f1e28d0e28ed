"""One person under two ids, and two persons under one, as far as digests of what identifies can tell.

Two digests that agree say little by themselves: birth dates coincide, and clinics number their patients from 1. So
evidence is weighed against the agreement that chance gives in a cohort of this size.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations

from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.overlap import MERGE, NO_FOLDS, told, told_of_persons
from radiogenomics.evaluation.audit.placeholders import FEW, WHY, placeholders
from radiogenomics.evaluation.audit.sides import shared
from radiogenomics.evaluation.audit.tell import count, some, tell
from radiogenomics.records import Finding

BIRTH_DATES = 21_900  # as many days as sixty years have: the chance of two patients' birth dates to agree is 1 in these
STRONG = ("birth_date", "study", "frame")  # a header's id and name are often the same word, and agree together
WEAK = ("name", "header_id", "accession")
# The least chance of two patients to agree, whatever the others of the cohort do.
BY_CHANCE = {
    "birth_date": 1 / BIRTH_DATES,
    "study": 1e-6,
    "frame": 1e-6,
    "name": 1e-3,
    "header_id": 1e-3,
    "accession": 1e-3,
}
CHANCE = 1e-3  # p of agreements from which on they are no coincidence
ALONE = 0.01  # the same, of birth dates that nothing else speaks for
MIXED = 0.2  # share of all patients whose headers hold several ids: with more these ids mean something else
IDENTITY = "who the headers say that patients are is not known (traits.csv)"

Pair = frozenset[str]
Values = Mapping[str, Mapping[str, frozenset[str]]]  # by trait and patient


def _values(facts: Facts) -> Values:
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for trait in facts.traits:
        if trait.kind == "identity" and trait.patient_id in facts.labels:
            found[trait.name][trait.patient_id].add(trait.value)
    return {name: {p: frozenset(values) for p, values in by.items()} for name, by in found.items()}


def _groups(values: Mapping[str, frozenset[str]]) -> list[frozenset[str]]:
    """The patients of each value that several have."""
    return shared((value, patient) for patient, own in values.items() for value in own)


def _pairs(values: Mapping[str, frozenset[str]]) -> set[Pair]:
    """The pairs of patients who share a value; one that more than half of them have tells nobody apart."""
    telling = (group for group in _groups(values) if len(group) <= max(2, len(values) / 2))
    return {frozenset(two) for group in telling for two in combinations(sorted(group), 2)}


def poisson_tail(seen: int, expected: float) -> float:
    """The chance of at least so many of rare things of which `expected` are to be expected."""
    from scipy.stats import poisson

    return float(poisson.sf(seen - 1, expected))


def _persons(values: Values) -> dict[Pair, set[str]]:
    """The pairs who agree in two traits more often than unrelated traits would, and in which."""
    agreeing = {name: _pairs(by) for name, by in values.items() if name in (*STRONG, *WEAK)}
    found: dict[Pair, set[str]] = defaultdict(set)
    for one, other in combinations(sorted(agreeing, key=[*STRONG, *WEAK].index), 2):
        both = agreeing[one] & agreeing[other]
        everyone = math.comb(len(values[one].keys() & values[other].keys()), 2)
        shares = (max(len(agreeing[name] - both) / max(everyone, 1), BY_CHANCE[name]) for name in (one, other))
        if one in STRONG and both and poisson_tail(len(both), everyone * math.prod(shares)) < CHANCE:
            for pair in both:
                found[pair] |= {one, other}
    return {pair: names for pair, names in found.items() if "study" in names or not _contradicted(pair, values)}


def _contradicted(pair: Pair, values: Values) -> bool:
    """Whether two patients were born on different days."""
    one, other = (values.get("birth_date", {}).get(patient, frozenset()) for patient in sorted(pair))
    return bool(one) and bool(other) and not one & other


def grouped(pairs: Iterable[Pair]) -> list[frozenset[str]]:
    """Who is connected by any chain of pairs."""
    groups: list[frozenset[str]] = []
    for pair in pairs:
        joined = [group for group in groups if group & pair]
        groups = [group for group in groups if not group & pair]
        groups.append(pair.union(*joined))
    return sorted(groups, key=sorted)


def two_ids(facts: Facts) -> tuple[Finding, ...]:
    """Patients who share what no two persons share; and those who share their birth dates, where that is striking."""
    check, values = "two-ids", _values(facts)
    if not facts.folds:
        return (tell(check, "unknown", NO_FOLDS),)
    if not any(len(values.get(name, ())) > 1 for name in STRONG):
        return (tell(check, "unknown", f"{IDENTITY}: neither birth dates nor studies or frames of reference"),)
    persons = _persons(values)
    groups = grouped(persons)
    sure = [group for group in groups if len(group) <= FEW]
    many = [group for group in groups if len(group) > FEW]
    names = [name for name in (*STRONG, *WEAK) if any(name in agreeing for agreeing in persons.values())]
    what = " and ".join(name.replace("_", " ") for name in names)
    mend = f"look who they are: {MERGE}"
    findings = list(told_of_persons(check, facts, sure, what, mend)) if sure else []
    if many:
        findings.append(told(check, facts, many, f"{what} (or anonymisation made them alike)", mend, False))
    findings += [*_born_alike(facts, values, persons), *_hollow(facts, values, frozenset().union(*groups))]
    return tuple(findings) or (_nobody(facts, values),)


def _hollow(facts: Facts, values: Values, named: Collection[str]) -> list[Finding]:
    """Names and birth dates that are placeholders, where no other birth date tells those who share them apart."""
    found: dict[frozenset[str], str] = {}
    for name in ("birth_date", "name"):
        groups = (group for group in _groups(values.get(name, {})) if not group <= set(named))
        for group in placeholders(groups, facts):
            if len(_days(group, values)) < len(group) / 2:
                found.setdefault(group, name)
    what = " or ".join(name.replace("_", " ") for name in sorted(set(found.values())))
    mend = "ask whoever anonymised the images whether one person may have two ids"
    return [told("two-ids", facts, sorted(found, key=sorted), f"a {what}", mend, False, WHY)] if found else []


def _days(group: Collection[str], values: Values) -> set[str]:
    born = values.get("birth_date", {})
    return {day for patient in group for day in born.get(patient, ())}


def _born_alike(facts: Facts, values: Values, persons: Collection[Pair]) -> list[Finding]:
    born = values.get("birth_date", {})
    agreeing, everyone = _pairs(born), math.comb(len(born), 2)
    alone, expected = agreeing - set(persons), everyone / BIRTH_DATES
    if not alone or _is_coarse(born) or poisson_tail(len(alone), expected) >= ALONE:
        return []
    what = (
        f"a birth date ({count(len(alone), 'pair')}, where {expected:.2g} would be expected by chance among "
        f"{count(len(born), 'patient')})"
    )
    mend = f"look whether they are one person: if so, {MERGE}"
    groups = grouped(sorted(alone, key=sorted))
    hollow = placeholders(groups, facts)  # of these `_hollow` tells
    left = [group for group in groups if group not in hollow]
    return [told("two-ids", facts, left, what, mend, False)] if left else []


def _is_coarse(born: Mapping[str, frozenset[str]]) -> bool:
    """Whether birth dates are months or years: then three share one about as often as the agreeing pairs let expect.

    Persons who were scanned twice agree two by two instead. Of n patients with D dates C(n, 2) / D pairs agree, and
    C(n, 3) / D^2 threes.
    """
    sizes = [len(group) for group in _groups(born)]
    pairs, threes = (sum(math.comb(size, k) for size in sizes) for k in (2, 3))
    everyone = math.comb(len(born), 2)
    expected = math.comb(len(born), 3) * (pairs / everyone) ** 2 if everyone else 0.0
    return expected >= 1 and threes >= expected / 2


def _nobody(facts: Facts, values: Values) -> Finding:
    known = some([f"{name.replace('_', ' ')} ({len(values[name])})" for name in (*STRONG, *WEAK) if name in values], 6)
    sentence = f"no two of {count(len(facts.labels), 'patient')} look like one person, by what headers tell: {known}"
    return tell("two-ids", "clean", sentence)


def header_id(facts: Facts) -> tuple[Finding, ...]:
    """A PatientID of the headers that several patients have, and whose birth dates do not tell them apart."""
    check, values = "header-id", _values(facts)
    if not facts.folds:
        return (tell(check, "unknown", NO_FOLDS),)
    if "header_id" not in values:
        return (tell(check, "unknown", "no PatientIDs of headers are known (traits.csv)"),)
    groups = _groups(values["header_id"])
    hollow = {group for group in placeholders(groups, facts) if len(_days(group, values)) < len(group) / 2}
    pairs = {pair for pair in _pairs(values["header_id"]) if not _contradicted(pair, values)} - set(_persons(values))
    persons = grouped(sorted((p for p in pairs if not any(p <= group for group in hollow)), key=sorted))
    mend = f"look whether clinics number from 1 or whether it is one person: if so, {MERGE}"
    return told_of_persons(check, facts, [*persons, *sorted(hollow, key=sorted)], "a header's PatientID", mend, False)


def mixed_patient(facts: Facts) -> Finding:
    """Patients whose series name several PatientIDs, names or birth dates."""
    check, values = "mixed-patient", _values(facts)
    fields = {"header_id": "PatientIDs", "name": "names", "birth_date": "birth dates"}
    known = [name for name in fields if name in values]
    if not known:
        return tell(check, "unknown", IDENTITY)
    mixed = {name: sorted(p for p, own in values[name].items() if len(own) > 1) for name in known}
    telling = {n: who for n, who in mixed.items() if who and len(who) <= max(FEW, MIXED * len(values[n]))}
    if not telling:
        return tell(check, "clean", _of_one(facts, mixed, fields))
    who = sorted({patient for patients in telling.values() for patient in patients})
    what = " and ".join(fields[name] for name in telling)
    sentence = f"the series of {count(len(who), 'patient')} ({some(who)}) name several {what}"
    mend = "look whether another person's series lies in the folder, and move it out; or whether the id was changed"
    return tell(check, "suspected", sentence, mend, who)


def _of_one(facts: Facts, mixed: Mapping[str, Sequence[str]], fields: Mapping[str, str]) -> str:
    every = [name for name, who in mixed.items() if who]
    if every:
        return f"{fields[every[0]]} differ from series to series in most patients, and tell nobody apart"
    return f"each of {count(len(facts.labels), 'patient')} has series of one person, by the {fields[next(iter(mixed))]}"
