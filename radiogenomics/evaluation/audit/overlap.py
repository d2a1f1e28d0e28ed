"""The same thing on both sides of a split: a patient, a study, a series, an image, or its pixels."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import combinations

from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.sides import SPLITS, Apart, apart, shared
from radiogenomics.evaluation.audit.tell import NAMED, count, some, tell
from radiogenomics.records import Finding, PreparedSlice

NO_FOLDS = "no folds are known, so that there are no sides"
NO_SLICES = "the prepared slices are not known (slices.csv)"
MERGE = "give both the same id, or leave one out"
EVERYONE = 0.5  # share of the patients from which on a thing says nothing of who they are
FEATURELESS = 1 / 32  # share of the perceptual hash's bits that an image without anything on it has set, at most


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
    check: str, facts: Facts, groups: Iterable[frozenset[str]], what: str, mend: str, sure: bool = True
) -> Finding:
    """The finding of patients who have something in common that no two persons have.

    Args:
        check: Its name.
        facts: Their folds and labels; those who take no part do not count.
        groups: Who has it in common with whom.
        what: What they have in common, such as "a study".
        mend: What to do about it.
        sure: Whether nothing else than one person explains it.
    """
    if not facts.folds:
        return tell(check, "unknown", NO_FOLDS)
    groups = [part for group in groups if len(part := group & facts.labels.keys()) > 1]
    if not groups:
        return tell(check, "clean", f"no two of {count(len(facts.labels), 'patient')} share {what}")
    torn = apart(facts.folds, groups)
    who = sorted({patient for group in groups for patient in group})
    if not torn:
        names = some([" and ".join(sorted(group)) for group in groups])
        sentence = f"{len(who)} patients share {what} with another one ({names}), but lie on one side in every fold"
        return tell(check, "suspected", f"{sentence}: a person who counts twice is no leak", mend, who)
    telling = len(who) <= max(NAMED, EVERYONE * len(facts.labels))
    sentence = f"{len(who)} patients share {what} with another one, across the sides of a split: {_where(torn)}"
    if not telling:
        sentence += "; of so many it may be that anonymisation made them alike"
    return tell(check, "found" if sure and telling else "suspected", sentence, mend, who)


def _where(torn: Sequence[Apart]) -> str:
    return some([one.sentence for one in torn], 2)


def digests(facts: Facts, name: str) -> list[tuple[str, str]]:
    """(digest, patient) of each identity trait of that name."""
    return [(trait.value, trait.patient_id) for trait in facts.traits if (trait.kind, trait.name) == ("identity", name)]


def same_study(facts: Facts) -> Finding:
    """A StudyInstanceUID that two patients have."""
    studies = digests(facts, "study")
    if not studies:
        return tell("same-study", "unknown", "no headers say to which study images belong (traits.csv)")
    return told("same-study", facts, shared(studies), "a study", f"one study is of one person: {MERGE}")


def _of_slices(check: str, facts: Facts, key: Callable[[PreparedSlice], Hashable], what: str, mend: str) -> Finding:
    if not facts.slices:
        return tell(check, "unknown", NO_SLICES)
    return told(check, facts, shared((key(s), s.patient_id) for s in facts.slices), what, mend)


def same_series(facts: Facts) -> Finding:
    """A SeriesInstanceUID that two patients have."""
    mend = f"one series is of one person: {MERGE}"
    return _of_slices("same-series", facts, lambda s: s.series_uid, "a series", mend)


def same_image(facts: Facts) -> Finding:
    """A SOPInstanceUID that two patients have."""
    mend = f"one image is of one person: {MERGE}"
    return _of_slices("same-instance", facts, lambda s: s.sop_uid, "an image (SOPInstanceUID)", mend)


def is_featureless(row: PreparedSlice) -> bool:
    """Whether a slice shows nothing: of equal pixels all frequencies but the lowest are 0, but for rounding."""
    digits = row.perceptual_hash
    return not digits or int(digits, 16).bit_count() <= FEATURELESS * 4 * len(digits)


def showing(slices: Iterable[PreparedSlice]) -> list[PreparedSlice]:
    """The slices that show something, and something that few patients have: a test pattern is nobody's."""
    rows = [row for row in slices if row.pixel_hash and not is_featureless(row)]
    having = Counter(pixels for pixels, _ in {(row.pixel_hash, row.patient_id) for row in rows})
    most = max(NAMED, EVERYONE * len({row.patient_id for row in rows}))
    return [row for row in rows if having[row.pixel_hash] <= most]


def same_pixels(facts: Facts) -> Finding:
    """Slices of two patients whose decoded pixels are the same, voxel by voxel."""
    check = "same-pixels"
    if not facts.slices:
        return tell(check, "unknown", NO_SLICES)
    groups = shared((row.pixel_hash, row.patient_id) for row in showing(facts.slices))
    return told(check, facts, groups, "slices of the same pixels", f"one of them is a copy: {MERGE}")
