"""The verdict: signal, no evidence of signal, or shortcut suspected; and the sentence that says why."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from radiogenomics.evaluation.normal import Z_99, Z
from radiogenomics.evaluation.permutation import SLACK, PermutationTest
from radiogenomics.evaluation.signal.smallest import could_find
from radiogenomics.evaluation.wording import number, with_interval
from radiogenomics.records import Estimate, Finding

LEVEL = 0.05  # of the head's test: one cohort in twenty without signal is called one with it
SURE = 0.01  # of a shortcut's, of which several are looked for
CLOSE = 0.05  # by how much less a shortcut's AUC may be and still explain the images'
STRICT = Z_99 / Z  # from a 95% to a 99% interval: the trained model is a second chance
WORDS = {"signal": "Signal", "none": "No evidence of signal", "shortcut": "Shortcut suspected"}

# What a tumour, or who has it, may change: where it does as well that is told, and is no reason to suspect a shortcut.
SIMPLER = {
    "intensity": "brightness alone reaches an AUC of {}: no network is needed, and whether it is the tumour's "
    "brightness or the scanner's this can't tell",
    "clinical": "sex, age and the like alone reach an AUC of {}: no image is needed",
    "lesion": "the size of the lesions alone reaches an AUC of {}: no network is needed",
}

COUNTS = (
    "Against the verdict counts what needs no tumour: how and where the images were made, the outline of whole slices, "
    "the images with the lesion hidden. Brightness and the size of lesions may be the tumour's doing, and sex and age "
    "go with some tumours: where these do as well, no network is needed, but no shortcut is shown."
)

Kind = Literal["signal", "none", "shortcut"]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the verdict goes by."""

    classes: tuple[str, str]  # the names of the negative and the positive class
    head: PermutationTest
    model: Estimate | None = None  # the trained model's AUC; None where there is none
    metadata: PermutationTest | None = None
    shape: PermutationTest | None = None  # of whole slices only: there it is no tumour's
    hidden: PermutationTest | None = None
    findings: Sequence[Finding] = ()  # the audit's
    note: str = ""  # what every figure of the run carries
    smallest: float = math.nan
    simpler: Mapping[str, PermutationTest] = field(default_factory=dict)  # by key of SIMPLER
    control: Sequence[Mapping[str, Any]] = ()  # the planted marks: `auc`, `found`, `draws`


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, in a word and in a few sentences."""

    kind: Kind
    sentence: str
    reasons: tuple[str, ...]  # what speaks for a shortcut
    cautions: tuple[str, ...] = ()  # what else tells as much, and may yet be the tumour's


def judge(grounds: Grounds) -> Verdict:
    """The verdict on a cohort.

    There is signal where the head's p is below .05, or where the 99% interval of the trained model's AUC lies above
    .5; the latter counts only where nothing was chosen on the reported patients and no leak was let pass. A shortcut is
    suspected only where there is signal: what nothing can predict needs no explanation.

    Brightness never makes a shortcut, not even of whole slices: a scanner's gain changes it, but so does a tumour, for
    its voxels are among those counted, and where each slice is normalised by its own extremes they move all others.
    Nothing here tells the two apart. That brightness does as well is said in a sentence that every verdict carries.
    """
    if grounds.head.p < LEVEL:
        found, told = grounds.head.auc, _by_head(grounds)
    elif grounds.model is not None and not grounds.note and strict_limit(grounds.model) > 0.5:
        found, told = grounds.model, _by_model(grounds, grounds.model)
    else:
        return Verdict("none", _noted(_none(grounds), grounds.note), ())
    reasons, cautions = tuple(_reasons(grounds, found.value)), tuple(_cautions(grounds, found.value))
    kind: Kind = "shortcut" if reasons else "signal"
    told += f" But {'; '.join(reasons)}." if reasons else ""
    told += f" Yet {'; '.join(cautions)}." if cautions else ""
    return Verdict(kind, _noted(f"{WORDS[kind]}: {told}", grounds.note), reasons, cautions)


def strict_limit(auc: Estimate) -> float:
    """The lower limit of an AUC's 99% interval, from that of 95%: on the logit scale, where it was computed."""
    if not 0 < auc.low <= auc.value < 1:
        return auc.value - STRICT * (auc.value - auc.low)
    centre, low = (math.log(value / (1 - value)) for value in (auc.value, auc.low))
    return 1 / (1 + math.exp(STRICT * (centre - low) - centre))


def as_good(grounds: PermutationTest) -> int:
    """How many random labellings did as well as the real one."""
    return sum(value >= grounds.auc.value - SLACK for value in grounds.null)


def explains(other: PermutationTest | None, auc: float) -> bool:
    """Whether something else tells the classes apart about as well as the images do, and surely."""
    return other is not None and other.p < SURE and other.auc.value >= auc - CLOSE


def _cautions(grounds: Grounds, auc: float) -> list[str]:
    """What is simpler than a network, or needs no image, and tells as much."""
    known = ((told, grounds.simpler[name]) for name, told in SIMPLER.items() if name in grounds.simpler)
    return [told.format(with_interval(other.auc)) for told, other in known if explains(other, auc)]


def _reasons(grounds: Grounds, auc: float) -> list[str]:
    found = []
    if grounds.metadata is not None and explains(grounds.metadata, auc):
        figure = with_interval(grounds.metadata.auc)
        found.append(f"how and where the images were made tells as much without any pixel, with an AUC of {figure}")
    if grounds.shape is not None and explains(grounds.shape, auc):
        figure = with_interval(grounds.shape.auc)
        found.append(
            f"size and outline of the whole picture tell as much, with an AUC of {figure}: no tumour is needed"
        )
    if grounds.hidden is not None and explains(grounds.hidden, auc):
        figure = with_interval(grounds.hidden.auc)
        found.append(f"with the lesion hidden the images tell as much, with an AUC of {figure}")
    if "LEAK" in grounds.note:
        found.append("a leak was let pass, by which patients may be known again")
    audited = [one for one in grounds.findings if one.kind in {"leak", "shortcut"} and one.status == "found"]
    return found + [f"the audit found: {one.sentence.rstrip('.')}" for one in audited]


def _by_head(grounds: Grounds) -> str:
    head, (negative, positive) = grounds.head, grounds.classes
    count = as_good(head)
    chance = f"{count or 'none'} of {len(head.null):,} random labellings did as well (p = {head.p:.3f})"
    return (
        f"a linear head on frozen features of the images tells {positive} from {negative} with an AUC of "
        f"{with_interval(head.auc, '95% interval ')}, and {chance}."
    )


def _by_model(grounds: Grounds, model: Estimate) -> str:
    negative, positive = grounds.classes
    return (
        f"the trained model tells {positive} from {negative} with an AUC of "
        f"{with_interval(model, '95% interval ')}, and its 99% interval too lies above 0.5; a linear head on "
        f"frozen features does not (AUC {number(grounds.head.auc.value)}, p = {grounds.head.p:.3f})."
    )


def _none(grounds: Grounds) -> str:
    head = grounds.head
    if math.isnan(head.p):
        return f"{WORDS['none']}: no AUC can be given, for the tested patients are all of one class."
    said = (
        f"{WORDS['none']}: a linear head on frozen features of the images reached an AUC of "
        f"{with_interval(head.auc, '95% interval ')}, and {as_good(head):,} of {len(head.null):,} random labellings "
        f"did as well (p = {head.p:.3f})"
    )
    return f"{said}. {could_find(grounds.smallest, grounds.control)}"


def _noted(sentence: str, note: str) -> str:
    return f"{sentence} ({note})" if note else sentence
