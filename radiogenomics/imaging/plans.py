"""Which treatment plan an RT dose belongs to and which of its beams it covers; and what a plan itself consists of."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from radiogenomics.imaging.elements import integer, tag, text
from radiogenomics.imaging.kinds import DOSE, PLAN

WHOLE, SEVERAL, GROUP = "PLAN", "MULTI_PLAN", "FRACTION"  # DoseSummationType; see PS3.3, C.8.8.3
PARTS = ("BEAM", "BRACHY")  # each for its entire delivery, so that all of a plan's add up to the plan's dose

_PLANS, _GROUPS = tag("ReferencedRTPlanSequence"), tag("FractionGroupSequence")
_BEAMS = (tag("BeamSequence"), tag("IonBeamSequence"))
TAGS = (_PLANS, _GROUPS, *_BEAMS)
_OF_DOSE = tag("ReferencedFractionGroupSequence")
_UID, _OWN_UID = tag("ReferencedSOPInstanceUID"), tag("SOPInstanceUID")
_SUMMATION, _TYPE = tag("DoseSummationType"), tag("DoseType")
_NUMBERED = {  # what a fraction group refers to: the sequence, the number in it, and the words for one
    "beam": (tag("ReferencedBeamSequence"), tag("ReferencedBeamNumber")),
    "brachytherapy setup": (
        tag("ReferencedBrachyApplicationSetupSequence"),
        tag("ReferencedBrachyApplicationSetupNumber"),
    ),
}
_UNTREATED = {"SETUP", "OPEN_PORTFILM", "VERIFICATION"}  # TreatmentDeliveryType of beams without a share in the dose


class Share(NamedTuple):
    """What an RT dose covers, or what an RT plan consists of."""

    kind: str  # DoseSummationType, PLAN where it is blank; of a plan, "RTPLAN"
    plans: tuple[str, ...]  # SOPInstanceUIDs
    parts: tuple[str, ...] = ()  # "beam 2", "brachytherapy setup 1", "fraction group 1"; () where it is not stated
    quantity: str = ""  # DoseType, such as "PHYSICAL"


def share_of(dataset: Dataset, what: str) -> Share | None:
    """What an object of kind `what` says of its plan; None for what is neither dose nor plan.

    Args:
        dataset: Read with TAGS.
        what: As `object_kind` gives it.
    """
    if what == PLAN:
        groups = _items(dataset, _GROUPS)
        treated = [part for part in _numbered(groups, tag("FractionGroupNumber")) if part not in _untreated(dataset)]
        named = _unique([*treated, *_named(groups, tag("FractionGroupNumber"))])
        return Share(PLAN, _unique([text(dataset, _OWN_UID)]), named)
    if what != DOSE:
        return None
    kind, plans = text(dataset, _SUMMATION).upper() or WHOLE, _items(dataset, _PLANS)
    groups = [group for plan in plans for group in _items(plan, _OF_DOSE)]
    number = tag("ReferencedFractionGroupNumber")
    parts = _named(groups, number) if kind == GROUP else _numbered(groups, number) if kind in PARTS else []
    return Share(kind, _unique(text(plan, _UID) for plan in plans), _unique(parts), text(dataset, _TYPE).upper())


def _items(dataset: Dataset, sequence: BaseTag) -> Sequence[Dataset]:
    return list(dataset[sequence].value or ()) if sequence in dataset else []


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, words)))


def _named(groups: Sequence[Dataset], number: BaseTag) -> list[str]:
    return [f"fraction group {integer(group, number) or 1}" for group in groups]


def _numbered(groups: Sequence[Dataset], number: BaseTag) -> list[str]:
    """The beams and setups of fraction groups, in words; one may be in several groups, and counts in each."""
    found = []
    for group in groups:
        of = integer(group, number) or 1
        for word, (sequence, own) in _NUMBERED.items():
            stated = (integer(item, own) for item in _items(group, sequence))
            found += [_words(word, one, of) for one in stated if one is not None]
    return found


def _words(word: str, number: int, group: int) -> str:
    return f"{word} {number}" + ("" if group == 1 else f" of fraction group {group}")


def _untreated(plan: Dataset) -> set[str]:
    """The beams of a plan that only serve to place the patient, in each of its fraction groups."""
    delivery, own = tag("TreatmentDeliveryType"), tag("BeamNumber")
    beams = [beam for sequence in _BEAMS for beam in _items(plan, sequence)]
    numbers = [integer(beam, own) or 0 for beam in beams if text(beam, delivery) in _UNTREATED]
    groups = [integer(group, tag("FractionGroupNumber")) or 1 for group in _items(plan, _GROUPS)]
    return {_words("beam", number, group) for number in numbers for group in groups}
