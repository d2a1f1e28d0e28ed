"""What speaks for and against a run's AUC: the audit, and the tests of signal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.wording import LEAKS
from radiogenomics.records import Finding
from radiogenomics.tables.checks import CHECKS

SIGNAL = {"signal": "Signal", "none": "No evidence of signal", "shortcut": "Shortcut suspected"}
TONES: dict[str, Literal["good", "doubt", "bad"]] = {"signal": "good", "none": "doubt", "shortcut": "bad"}
TOLD = 3  # findings in the summary; the chapter has them all


@dataclass(frozen=True, slots=True)
class Box:
    """One answer of the summary: a word for it, its sentences, and where the rest stands."""

    title: str
    answer: str
    tone: Literal["good", "doubt", "bad", "open"]
    sentences: tuple[str, ...]
    anchor: str
    command: str = ""  # what gives the answer, where there is none yet


def check_title(name: str) -> str:
    """What a check looks for, in words; its name where this version knows none."""
    return CHECKS[name].title if name in CHECKS else name


def allowed(evidence: Evidence) -> list[str]:
    """The leaks that --allow-leak let pass, in words."""
    return [check_title(str(name)) for name in evidence.selection.get(LEAKS) or ()]


def found(evidence: Evidence, kind: str, *statuses: str) -> list[Finding]:
    """The findings of a kind, those found before those suspected."""
    return [one for status in statuses for one in evidence.audit if (one.kind, one.status) == (kind, status)]


def _said(findings: Sequence[Finding]) -> str:
    """Sentences of findings, each ended."""
    sentences = [one.sentence.strip() for one in findings[:TOLD]]
    others = len(findings) - TOLD
    more = [f"{others} more in the audit below."] if others > 0 else []
    return " ".join([*(text if text.endswith((".", "!", "?")) else f"{text}." for text in sentences), *more])


def unusable(evidence: Evidence) -> str:
    """Why the AUC can't be used at all; "" where no leak was found."""
    if leaks := found(evidence, "leak", "found"):
        return f"This AUC can't be used: the audit found {_leaks(len(leaks))}. {_said(leaks)}"
    if names := allowed(evidence):
        return f"This AUC can't be used: {_leaks(len(names))} was let pass by --allow-leak ({'; '.join(names)})."
    return ""


def _leaks(count: int) -> str:
    return "a leak" if count == 1 else f"{count} leaks"


def objections(evidence: Evidence, low: float, high: float) -> list[str]:
    """What must follow a sentence on chance at once, for it says otherwise or explains it away.

    Args:
        evidence: Of the run.
        low: Of the AUC's 95% interval.
        high: Of the same.
    """
    sentences = []
    shortcuts = found(evidence, "shortcut", "found", "suspected")
    if shortcuts:
        sure = "found" if shortcuts[0].status == "found" else "suspects"
        sentences.append(f"But the audit {sure} a shortcut, by which no tumour need be seen: {_said(shortcuts)}")
    verdict, said = evidence.signal.get("verdict"), str(evidence.signal.get("sentence", "")).strip()
    if verdict == "shortcut":
        sentences.append(f"{'And' if shortcuts else 'But'} the tests of signal suspect a shortcut: {said}")
    elif verdict == "none" and low > 0.5:
        sentences.append(f"But the tests of signal found none, and this AUC stands alone: {said}")
    elif verdict == "signal" and low <= 0.5 <= high:
        sentences.append(f"Yet the tests of signal found some, which this run's models make no use of: {said}")
    return sentences


def _audit_box(evidence: Evidence) -> Box:
    if not evidence.audit:
        asked = (
            "Whether a patient stands on both sides of a split, or a scanner gives the label away, was not asked.",
        )
        return Box("Audit", "Not asked yet", "open", asked, "audit", "radiogen audit RUN")
    leaks, shortcuts = found(evidence, "leak", "found"), found(evidence, "shortcut", "found")
    protocol = found(evidence, "protocol", "found")
    suspected = [one for one in evidence.audit if one.status == "suspected"]
    answer, tone = "Nothing found", "good"
    if suspected or protocol:
        answer, tone = ("To be looked at" if suspected else "Protocol not kept"), "doubt"
    if shortcuts:
        answer, tone = "Shortcut found", "bad"
    if leaks:
        answer, tone = ("Leak found" if len(leaks) == 1 else f"{len(leaks)} leaks found"), "bad"
    counts = {status: sum(one.status == status for one in evidence.audit) for status in ("clean", "unknown")}
    tally = f"{len(evidence.audit)} checks: {counts['clean']} clean, {counts['unknown']} that this run can't tell"
    worst = [*leaks, *shortcuts, *protocol, *suspected]
    sentences = (*((_said(worst),) if worst else ()), f"{tally}.")
    return Box("Audit", answer, tone, sentences, "audit")  # type: ignore[arg-type]


def _signal_box(evidence: Evidence) -> Box:
    verdict = str(evidence.signal.get("verdict", ""))
    if verdict not in SIGNAL:
        asked = (
            "Whether the AUC beats permuted labels, header fields, age and sex, or simple intensities, was not asked.",
        )
        return Box("Is there signal?", "Not asked yet", "open", asked, "signal", "radiogen signal RUN")
    said = (str(evidence.signal.get("sentence", "")),)
    return Box("Is there signal?", SIGNAL[verdict], TONES[verdict], said, "signal")


def boxes(evidence: Evidence) -> tuple[Box, ...]:
    """What the audit and the tests of signal answer; of an outside cohort they are not asked."""
    return () if evidence.outside else (_audit_box(evidence), _signal_box(evidence))
