"""Shortcuts in words: the label in a path, a header's text, or the patients' ids."""

import re
from collections import defaultdict

from radiogenomics.evaluation.audit.acquisition import FEW
from radiogenomics.evaluation.audit.candidates import Candidate, candidates, is_testable, judged, tested
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.tell import tell
from radiogenomics.records import Finding

CLASS_WORDS = frozenset(
    {"pos", "positive", "neg", "negative", "methylated", "unmethylated", "meth", "unmeth", "mutant", "mutated", "mut",
     "wildtype", "wt", "case", "cases", "control", "controls", "malignant", "benign", "responder", "nonresponder",
     "codel", "noncodel", "idh", "mgmt", "egfr", "label", "class", "true", "false"}
)  # fmt: skip
ORDER_ALPHA = 0.001  # p of an id's order or numbers
DIGITS = re.compile(r"\d+")
RENAME = "rename folders and blank the field, and make sure that no pixel carries it"


def words(facts: Facts) -> Finding:
    """Words of paths and headers that patients of one class share."""
    check = "words"
    shared: dict[tuple[str, str], set[str]] = defaultdict(set)
    for trait in facts.traits:
        if trait.kind == "word" and trait.patient_id in facts.labels:
            shared[trait.value, trait.name].add(trait.patient_id)
    if not facts.traits:
        return tell(check, "unknown", "the words of paths and headers are not known (traits.csv)")
    if not is_testable(facts):
        return tell(check, "unknown", FEW)
    found = [
        Candidate(f"the word '{word}' in {field}", "", _presence(who, facts), False)
        for (word, field), who in sorted(shared.items())
        if len(who) < len(facts.labels)
    ]
    if not found:
        return tell(check, "clean", f"no word of a path or header ({len(shared)} in all) tells patients apart")
    rows = tested(found, facts)
    named = [row for row in rows if row.candidate.name.split("'")[1] in CLASS_WORDS]
    # Of the few words that name a class nobody need ask whether they are the best of hundreds.
    own = tested([row.candidate for row in named], facts)
    strongest = min(own, key=lambda row: row.strength, default=None)
    if strongest and strongest.association.auc.value == 1:
        return judged(check, facts, own, own, RENAME, what="word")
    return judged(check, facts, rows, rows, RENAME, what="word")


def _presence(who: set[str], facts: Facts) -> dict[str, str]:
    return {patient: "there" if patient in who else "missing" for patient in facts.labels}


def _naturally(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts P2 before P10."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part) for part in parts)


def _numbers(facts: Facts) -> list[Candidate]:
    """The numbers of ids that all have as many, one candidate a place; and whether the last one is even."""
    numbers = {patient: DIGITS.findall(patient) for patient in facts.labels}
    found = []
    if len({len(own) for own in numbers.values()}) == 1:
        for place in range(len(next(iter(numbers.values())))):
            values = {patient: str(int(own[place])) for patient, own in numbers.items()}
            found += candidates(f"the number at place {place + 1} of the id", "", values, facts)
    if all(numbers.values()):
        parity = {patient: ("even", "odd")[int(own[-1]) % 2] for patient, own in numbers.items()}
        found += candidates("whether the id's last number is even", "", parity, facts)
    return found


def id_order(facts: Facts) -> Finding:
    """Ids whose order, numbers or letters tell the label."""
    check = "id-order"
    if not is_testable(facts):
        return tell(check, "unknown", FEW)
    places = {patient: str(place) for place, patient in enumerate(sorted(facts.labels, key=_naturally))}
    letters = {patient: DIGITS.sub("#", patient.casefold()) for patient in facts.labels}
    found = [*candidates("the id's place in alphabetical order", "", places, facts), *_numbers(facts)]
    if len(set(letters.values())) <= len(letters) / 2:
        found += candidates("the letters of the id", "", letters, facts)
    rows = tested(found, facts)
    mend = "draw the ids anew, without a look at the label, and sort nothing by them"
    return judged(check, facts, rows, rows, mend, ORDER_ALPHA)
