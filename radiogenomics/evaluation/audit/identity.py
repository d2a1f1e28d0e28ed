"""One person under two ids, and two persons under one, as far as digests of what identifies can tell.

Two digests that agree say little by themselves: birth dates coincide, and clinics number their patients from 1. So
evidence is weighed against the agreement that chance gives in a cohort of this size.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations

from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.overlap import MERGE, NO_FOLDS, told
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
FEW = 3  # ids that one person may plausibly have; of more, what they share may be a placeholder
MOST = 0.2  # share of all patients whose headers hold several ids: with more these ids mean something else
ROUNDED = 0.01  # share of all pairs whose birth dates agree: with more the dates are coarse
IDENTITY = "who the headers say that patients are is not known (traits.csv)"

Pair = frozenset[str]
Values = Mapping[str, Mapping[str, frozenset[str]]]  # by trait and patient


def _values(facts: Facts) -> Values:
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for trait in facts.traits:
        if trait.kind == "identity" and trait.patient_id in facts.labels:
            found[trait.name][trait.patient_id].add(trait.value)
    return {name: {p: frozenset(values) for p, values in by.items()} for name, by in found.items()}


def _pairs(values: Mapping[str, frozenset[str]]) -> set[Pair]:
    """The pairs of patients who share a value; one that more than half of them have tells nobody apart."""
    owners: dict[str, list[str]] = defaultdict(list)
    for patient, own in values.items():
        for value in own:
            owners[value].append(patient)
    telling = (patients for patients in owners.values() if len(patients) <= max(2, len(values) / 2))
    return {frozenset(two) for patients in telling for two in combinations(patients, 2)}


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
    sure = [group for group in grouped(persons) if len(group) <= FEW]
    many = [group for group in grouped(persons) if len(group) > FEW]
    names = [name for name in (*STRONG, *WEAK) if any(name in agreeing for agreeing in persons.values())]
    what = " and ".join(name.replace("_", " ") for name in names)
    mend = f"look who they are: {MERGE}"
    findings = []
    if sure:
        findings.append(told(check, facts, sure, what, mend))
    if many:
        findings.append(told(check, facts, many, f"{what} (or anonymisation made them alike)", mend, False))
    return (*findings, *_born_alike(facts, values, persons)) or (_nobody(facts, values),)


def _born_alike(facts: Facts, values: Values, persons: Collection[Pair]) -> list[Finding]:
    born = values.get("birth_date", {})
    agreeing, everyone = _pairs(born), math.comb(len(born), 2)
    alone, expected = agreeing - set(persons), everyone / BIRTH_DATES
    coarse = len(agreeing) > FEW - 1 and len(agreeing) > ROUNDED * everyone
    if not alone or coarse or poisson_tail(len(alone), expected) >= ALONE:
        return []
    what = (
        f"a birth date ({count(len(alone), 'pair')}, where {expected:.2g} would be expected by chance among "
        f"{count(len(born), 'patient')})"
    )
    mend = f"look whether they are one person: if so, {MERGE}"
    return [told("two-ids", facts, grouped(sorted(alone, key=sorted)), what, mend, False)]


def _nobody(facts: Facts, values: Values) -> Finding:
    known = some([f"{name.replace('_', ' ')} ({len(values[name])})" for name in (*STRONG, *WEAK) if name in values], 6)
    sentence = f"no two of {count(len(facts.labels), 'patient')} look like one person, by what headers tell: {known}"
    return tell("two-ids", "clean", sentence)


def header_id(facts: Facts) -> Finding:
    """A PatientID of the headers that several patients have, and whose birth dates do not tell them apart."""
    check, values = "header-id", _values(facts)
    if not facts.folds:
        return tell(check, "unknown", NO_FOLDS)
    if "header_id" not in values:
        return tell(check, "unknown", "no PatientIDs of headers are known (traits.csv)")
    pairs = {pair for pair in _pairs(values["header_id"]) if not _contradicted(pair, values)} - set(_persons(values))
    mend = f"look whether clinics number from 1 or whether it is one person: if so, {MERGE}"
    return told(check, facts, grouped(sorted(pairs, key=sorted)), "a header's PatientID", mend, False)


def mixed_patient(facts: Facts) -> Finding:
    """Patients whose series name several PatientIDs, names or birth dates."""
    check, values = "mixed-patient", _values(facts)
    fields = {"header_id": "PatientIDs", "name": "names", "birth_date": "birth dates"}
    known = [name for name in fields if name in values]
    if not known:
        return tell(check, "unknown", IDENTITY)
    mixed = {name: sorted(p for p, own in values[name].items() if len(own) > 1) for name in known}
    telling = {n: who for n, who in mixed.items() if who and len(who) <= max(FEW, MOST * len(values[n]))}
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
