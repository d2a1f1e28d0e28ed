"""Shortcuts in words: the label in a path, a header's text, or the patients' ids."""

import re
from collections import defaultdict

from radiogenomics.evaluation.audit.acquisition import FEW
from radiogenomics.evaluation.audit.candidates import Candidate, candidates, is_testable, judged, tested
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.tell import tell
from radiogenomics.records import Finding
from radiogenomics.tables.words import CLASS_WORDS, DIGESTED, PATH

ORDER_ALPHA = 0.001  # p of an id's order or numbers
DIGITS = re.compile(r"\d+")
RENAME = "rename folders and blank the field, and make sure that no pixel carries it"
ROWS = "the rows of kind word in traits.csv say whose it is"  # of a word that is kept as a digest
LETTERS = re.compile(r"[^\W\d_]{3,}")  # of a class's name


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
        (word, Candidate(_titled(word, field), "", _presence(who, facts), False))
        for (word, field), who in sorted(shared.items(), key=lambda one: _order(one[1], *one[0]))
        if len(who) < len(facts.labels)
    ]
    if not found:
        return tell(check, "clean", f"no word of a path or header ({len(shared)} in all) tells patients apart")
    rows = tested([candidate for _, candidate in found], facts)
    classes = CLASS_WORDS.union(LETTERS.findall(f"{facts.recipe.positive} {facts.recipe.negative}".casefold()))
    # Of the few words that name a class nobody need ask whether they are the best of hundreds.
    own = tested([candidate for word, candidate in found if word in classes], facts)
    strongest = min(own, key=lambda row: row.strength, default=None)
    if strongest and strongest.association.auc.value == 1:
        return judged(check, facts, own, own, RENAME, what="word")
    _, nearest = min(zip(rows, (word for word, _ in found), strict=True), key=lambda row: row[0].strength)
    mend = f"{RENAME}; {ROWS}" if nearest.startswith(DIGESTED) else RENAME
    return judged(check, facts, rows, rows, mend, what="word")


def _order(who: set[str], word: str, field: str) -> tuple[bool, str, str, list[str]]:
    """Words in clear first, for they say most; of digests, which no two audits have alike, never the digest decides."""
    hidden = word.startswith(DIGESTED)
    return hidden, "" if hidden else word, field, sorted(who)


def _titled(word: str, field: str) -> str:
    """A word in clear, or where to look for one that is kept as a digest, as it may be somebody's name."""
    if not word.startswith(DIGESTED):
        return f"the word '{word}' in {field}"
    within, _, place = field.partition(" ")
    if within != PATH:
        return f"a word of {field} (look there)"
    kind, _, level = place.partition(" ")
    return "a part of the path, " + (f"at folder level {level}" if kind == "folder" else "in the file's name")


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
