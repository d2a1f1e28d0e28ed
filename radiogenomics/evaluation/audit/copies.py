"""Copies across patients: of files, and of the patients themselves, as their ids tell."""

import re
from collections import Counter, defaultdict

from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.overlap import MERGE, NO_FOLDS, told
from radiogenomics.evaluation.audit.tell import count, tell
from radiogenomics.records import Finding

ACROSS = re.compile(r"duplicate across patients: .* of patient (?P<owner>.*)", re.DOTALL)  # as cohort.copies writes it
SLIP = 2  # files that a slip of the hand may have put into another's folder; more are a series
_PLAIN = "copy|copied|kopie|duplicate|clone|augmented|flipped|mirrored|rotated|noisy|smote|synthetic|oversampled"
_SHORT = "dup|aug|flip|mirror|rot|noise|synth"  # August and Rotterdam too
_AGAIN = (
    "visit|ses|session|scan|timepoint|tp|baseline|followup|follow[-_ ]up|pre|post|preop|postop|repeat|rescan|retest"
)
COPIED = re.compile(
    rf"(?P<base>.+?)[\s_.\-]*\(?(?<![a-z])(?:{_PLAIN}|{_SHORT})[\s_.\-]*\d*\)?", re.IGNORECASE
)  # fmt: skip
# Where the original is no patient: a number that follows a short word at once is of no day and of no patient.
LOOSE = re.compile(
    rf"(?P<base>.+?)[\s_.\-]*\(?(?<![a-z])(?:(?:{_PLAIN})[\s_.\-]*\d*|(?:{_SHORT})[1-9]\d*)\)?", re.IGNORECASE
)  # fmt: skip
NUMBERED = re.compile(r"(?P<base>.+?)\s*\(\d{1,3}\)")
AGAIN = re.compile(rf"(?P<base>.+?)[\s_.\-]+(?:{_AGAIN})[\s_.\-]*\d*", re.IGNORECASE)
MOST = 12  # ids, and a third of all: "site1_scan_001" and a hundred like it are no repeats of "site1"


def copied_files(facts: Facts) -> Finding:
    """Files that another patient has too, as the scan found; the copies themselves were left out."""
    check = "copied-files"
    if not facts.folds:
        return tell(check, "unknown", NO_FOLDS)
    files = Counter[frozenset[str]]()
    for exclusion in facts.exclusions:
        if known := ACROSS.fullmatch(exclusion.reason):
            files[frozenset({exclusion.patient_id, known["owner"]})] += 1
    both = {two: number for two, number in files.items() if two <= facts.labels.keys()}
    if not both:
        left = f": of {count(len(files), 'pair')} who did one takes no part" if files else ""
        return tell(check, "clean", f"no two patients who take part shared files{left}")
    slips = max(both.values()) <= SLIP
    what = f"files ({sum(both.values())}, of which the copies were left out)"
    mend = f"see exclusions.csv: one person under two ids, or files in the wrong folder; {MERGE}, or move the files"
    return told(check, facts, sorted(both, key=sorted), what, mend, sure=not slips)


def copied_ids(facts: Facts) -> Finding:
    """Patients whose ids say that they are one another's copies, or one another on another day.

    Sure is only a copy whose original is a patient too: "P7" and "P7_copy".
    """
    check, what = "copied-ids", "an id but for a word such as 'copy'"
    ids, mend = sorted(facts.labels), f"augment and repeat training patients alone, after the split; {MERGE}"
    if copied := [group for base, group in _related(ids, [COPIED, NUMBERED]) if base]:
        return told(check, facts, copied, what, mend)
    if loose := [group for base, group in _related(ids, [LOOSE, NUMBERED]) if not base]:
        return told(check, facts, loose, what, mend, False, "none of them is the original")
    again = [group for _, group in _related(ids, [AGAIN])]
    return told(check, facts, again, "an id but for a word such as 'visit'", f"one person has one id: {MERGE}", False)


def _related(ids: list[str], patterns: list[re.Pattern[str]]) -> list[tuple[bool, frozenset[str]]]:
    """Who shares an id but for what the patterns take off, and whether what is left is an id too.

    If it is none it must hold a number.
    """
    known, owners = {name.casefold(): name for name in ids}, defaultdict[str, set[str]](set)
    for name in ids:
        if found := next((match for pattern in patterns if (match := pattern.fullmatch(name))), None):
            owners[found["base"].casefold()].add(name)
    groups = []
    for base, names in owners.items():
        if base in known:
            groups.append((True, frozenset({*names, known[base]})))
        elif re.search(r"\d", base) and 1 < len(names) <= min(MOST, len(ids) / 3):
            groups.append((False, frozenset(names)))
    return sorted(groups, key=lambda one: sorted(one[1]))
