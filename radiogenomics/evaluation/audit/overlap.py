"""The same thing on both sides of a split: a patient, a study, a series, an image, or its pixels."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.near import is_featureless
from radiogenomics.evaluation.audit.placeholders import WHY, placeholders
from radiogenomics.evaluation.audit.sides import SPLITS, Apart, apart, shared
from radiogenomics.evaluation.audit.tell import count, some, tell
from radiogenomics.records import Finding, PreparedSlice

NO_FOLDS = "no folds are known, so that there are no sides"
NO_SLICES = "the prepared slices are not known (slices.csv)"
MERGE = "give both the same id, or leave one out"
COPIED = 0.5  # share of the shorter series' images from which on it is a copy of the other
MANY = 100  # series of one image; of so many not all pairs are looked at

_Place = tuple[str, str]  # patient and series
_Two = tuple[_Place, _Place]


def same_patient(facts: Facts) -> Finding:
    """A patient in two splits of one fold."""
    check = "same-patient"
    if not facts.folds:
        return tell(check, "unknown", NO_FOLDS)
    torn: dict[str, str] = {}
    for fold in facts.folds:
        for one, other in combinations(SPLITS, 2):
            for patient in set(getattr(fold, one)) & set(getattr(fold, other)):
                torn.setdefault(patient, f"{patient} ({one} and {other} of fold {fold.index})")
    if torn:
        where = some([torn[patient] for patient in sorted(torn)])
        sentence = f"{count(len(torn), 'patient lies', 'patients lie')} in two splits of one fold: {where}"
        return tell(check, "found", sentence, "place every patient once in each fold of --splits", torn)
    placed = {patient for fold in facts.folds for split in SPLITS for patient in getattr(fold, split)}
    folds = count(len(facts.folds), "fold")
    return tell(check, "clean", f"each of {count(len(placed), 'patient')} lies in one split of each of {folds}")


def told(
    check: str,
    facts: Facts,
    groups: Iterable[frozenset[str]],
    what: str,
    mend: str,
    sure: bool = True,
    doubt: str = "",
) -> Finding:
    """The finding of patients who have something in common that no two persons have, however many these are.

    Args:
        check: Its name.
        facts: Their folds and labels; those who take no part do not count.
        groups: Who has it in common with whom.
        what: What they have in common, such as "a study".
        mend: What to do about it.
        sure: Whether nothing else than one person explains it.
        doubt: What else may explain it, where it is not sure.
    """
    if not facts.folds:
        return tell(check, "unknown", NO_FOLDS)
    groups = _taking_part(groups, facts)
    if not groups:
        return tell(check, "clean", f"no two of {count(len(facts.labels), 'patient')} share {what}")
    torn = apart(facts.folds, groups)
    who = sorted({patient for group in groups for patient in group})
    tail = f"; {doubt}" if doubt else ""
    if not torn:
        names = some([some(sorted(group)).replace(", ", " and ", 1) for group in groups])
        sentence = f"{len(who)} patients share {what} with another one ({names}), but lie on one side in every fold"
        return tell(check, "suspected", f"{sentence}: a person who counts twice is no leak{tail}", mend, who)
    sentence = f"{len(who)} patients share {what} with another one, across the sides of a split: {_where(torn)}{tail}"
    return tell(check, "found" if sure else "suspected", sentence, mend, who)


def told_of_persons(
    check: str, facts: Facts, groups: Iterable[frozenset[str]], what: str, mend: str, sure: bool = True
) -> tuple[Finding, ...]:
    """The findings of a UID or a digest: persons who have it in common, and groups for whom it is a placeholder."""
    groups = _taking_part(groups, facts)
    hollow = placeholders(groups, facts)
    persons = [group for group in groups if group not in hollow]
    found = [told(check, facts, persons, what, mend, sure)] if persons or not hollow else []
    if hollow:
        found.append(told(check, facts, sorted(hollow, key=sorted), what, mend, False, WHY))
    return tuple(found)


def _taking_part(groups: Iterable[frozenset[str]], facts: Facts) -> list[frozenset[str]]:
    parts = (group & frozenset(facts.labels) for group in groups)
    return [part for part in parts if len(part) > 1]


def _where(torn: Sequence[Apart]) -> str:
    return some([one.sentence for one in torn], 2)


def digests(facts: Facts, name: str) -> list[tuple[str, str]]:
    """(digest, patient) of each identity trait of that name."""
    return [(trait.value, trait.patient_id) for trait in facts.traits if (trait.kind, trait.name) == ("identity", name)]


def same_study(facts: Facts) -> tuple[Finding, ...]:
    """A StudyInstanceUID that two patients have."""
    studies = digests(facts, "study")
    if not studies:
        return (tell("same-study", "unknown", "no headers say to which study images belong (traits.csv)"),)
    return told_of_persons("same-study", facts, shared(studies), "a study", f"one study is of one person: {MERGE}")


def _of_slices(check: str, facts: Facts, pairs: Iterable[tuple[str, str]], what: str, mend: str) -> tuple[Finding, ...]:
    if not facts.slices:
        return (tell(check, "unknown", NO_SLICES),)
    return told_of_persons(check, facts, shared(pairs), what, mend)


def same_series(facts: Facts) -> tuple[Finding, ...]:
    """A SeriesInstanceUID that two patients have."""
    mend = f"one series is of one person: {MERGE}"
    return _of_slices("same-series", facts, ((s.series_uid, s.patient_id) for s in facts.slices), "a series", mend)


def same_image(facts: Facts) -> tuple[Finding, ...]:
    """A SOPInstanceUID that two patients have."""
    mend, what = f"one image is of one person: {MERGE}", "an image (SOPInstanceUID)"
    return _of_slices("same-instance", facts, ((s.sop_uid, s.patient_id) for s in facts.slices), what, mend)


def showing(slices: Iterable[PreparedSlice]) -> list[PreparedSlice]:
    """The slices that show something: of equal pixels all frequencies but the lowest are 0, but for rounding."""
    return [row for row in slices if row.pixel_hash and not is_featureless(row.perceptual_hash)]


def copied_series(slices: Iterable[PreparedSlice]) -> tuple[set[_Two], set[_Two]]:
    """The pairs of series of two patients that are copies, and those that only have a few equal slices.

    Of a copy most different images of the shorter series are in the other, pixel by pixel. A single one is no proof: it
    may show nothing but the edge of a field of view.

    Returns:
        (patient, series) twice, copies first.
    """
    images = defaultdict[_Place, set[str]](set)
    owners = defaultdict[str, set[_Place]](set)
    for row in slices:
        place = (row.patient_id, row.series_uid)
        images[place].add(row.pixel_hash)
        owners[row.pixel_hash].add(place)
    equal = Counter(two for places in owners.values() for two in _twos(sorted(places)))
    copies = {two for two, number in equal.items() if number > COPIED * min(len(images[place]) for place in two)}
    return copies, set(equal) - copies


def _twos(places: Sequence[_Place]) -> Iterable[_Two]:
    """All pairs of different patients; of very many places each with the first alone, which names them all."""
    pairs = combinations(places, 2) if len(places) <= MANY else ((places[0], other) for other in places[1:])
    return ((one, other) for one, other in pairs if one[0] != other[0])


def _patients(pairs: Iterable[_Two]) -> list[frozenset[str]]:
    return sorted({frozenset({one[0], other[0]}) for one, other in pairs}, key=sorted)


def same_pixels(facts: Facts) -> tuple[Finding, ...]:
    """Slices of two patients whose decoded pixels are the same, voxel by voxel."""
    check, mend = "same-pixels", f"one of them is a copy: {MERGE}"
    if not facts.slices:
        return (tell(check, "unknown", NO_SLICES),)
    copies, single = (_patients(pairs) for pairs in copied_series(showing(facts.slices)))
    found = [told(check, facts, copies, "most slices pixel by pixel", mend)] if copies or not single else []
    if single := [two for two in single if two not in copies]:
        mend = f"look at them (slices.csv names their pixel_hash): if they show anatomy, {MERGE}"
        doubt = "they may show nothing but the edge of a field of view, or a test pattern"
        found.append(told(check, facts, single, "a few slices of the same pixels", mend, False, doubt))
    return tuple(found)
