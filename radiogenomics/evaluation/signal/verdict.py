"""The verdict: signal, no evidence of signal, or shortcut suspected; and the sentence that says why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from radiogenomics.evaluation.permutation import SLACK, PermutationTest
from radiogenomics.evaluation.wording import number, with_interval
from radiogenomics.records import Estimate, Finding

LEVEL = 0.05  # of the head's test: one cohort in twenty without signal is called one with it
SURE = 0.01  # of a shortcut's, of which several are looked for
CLOSE = 0.05  # by how much less a shortcut's AUC may be and still explain the images'
STRICT = 2.5758293035489004 / 1.959963984540054  # from a 95% to a 99% interval: the trained model is a second chance
WORDS = {"signal": "Signal", "none": "No evidence of signal", "shortcut": "Shortcut suspected"}

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, in a word and in a sentence."""

    kind: Kind
    sentence: str
    reasons: tuple[str, ...]  # what speaks for a shortcut


def judge(grounds: Grounds) -> Verdict:
    """The verdict on a cohort.

    There is signal where the head's p is below .05, or where the 99% interval of the trained model's AUC lies above
    .5; the latter counts only where nothing was chosen on the reported patients and no leak was let pass. A shortcut is
    suspected only where there is signal: what nothing can predict needs no explanation.
    """
    if grounds.head.p < LEVEL:
        found, told = grounds.head.auc, _by_head(grounds)
    elif grounds.model is not None and not grounds.note and strict_limit(grounds.model) > 0.5:
        found, told = grounds.model, _by_model(grounds, grounds.model)
    else:
        return Verdict("none", _noted(_none(grounds), grounds.note), ())
    reasons = tuple(_reasons(grounds, found.value))
    if reasons:
        return Verdict(
            "shortcut", _noted(f"{WORDS['shortcut']}: {told} But {'; '.join(reasons)}.", grounds.note), reasons
        )
    return Verdict("signal", _noted(f"{WORDS['signal']}: {told}", grounds.note), ())


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
        f"frozen features does not (AUC {number(grounds.head.auc.value)}, p = {grounds.head.p:.2f})."
    )


def _none(grounds: Grounds) -> str:
    head = grounds.head
    if math.isnan(head.p):
        return f"{WORDS['none']}: no AUC can be given, for the tested patients are all of one class."
    said = (
        f"{WORDS['none']}: a linear head on frozen features of the images reached an AUC of "
        f"{with_interval(head.auc, '95% interval ')}, and {as_good(head):,} of {len(head.null):,} random labellings "
        f"did as well (p = {head.p:.2f})"
    )
    if math.isnan(grounds.smallest):
        return f"{said}; so few patients could have shown no AUC at all."
    return f"{said}; an AUC below {number(grounds.smallest)} may well have been missed in so few patients."


def _noted(sentence: str, note: str) -> str:
    return f"{sentence} ({note})" if note else sentence
