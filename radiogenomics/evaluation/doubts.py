"""What speaks for and against a run's AUC: the audit, and the tests of signal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.signal.verdict import WORDS
from radiogenomics.evaluation.wording import LEAKS
from radiogenomics.records import Finding
from radiogenomics.tables.checks import CHECKS

Tone = Literal["good", "doubt", "bad", "open"]
TONES: dict[str, Tone] = {"signal": "good", "none": "doubt", "shortcut": "bad"}
TOLD = 3  # findings in the summary; the chapter has them all


@dataclass(frozen=True, slots=True)
class Box:
    """One answer of the summary: a word for it, its sentences, and where the rest stands."""

    title: str
    answer: str
    tone: Tone
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
    verdict = evidence.signal.get("verdict")
    if verdict == "shortcut":
        reasons = [str(one) for one in evidence.signal.get("reasons") or ()]
        # What the audit found is told already.
        new = [one for one in reasons if not (shortcuts and one.startswith("the audit found"))]
        if new or not shortcuts:
            said = f"{'; '.join(new)}." if new else _signal_said(evidence)
            sentences.append(f"{'And' if shortcuts else 'But'} the tests of signal suspect a shortcut: {said}")
    elif verdict == "none" and low > 0.5:
        sentences.append(f"But the tests of signal found none, so that this AUC stands alone: {_signal_said(evidence)}")
    elif verdict == "signal" and low <= 0.5 <= high:
        sentences.append(f"Yet the tests of signal found some: {_signal_said(evidence)}")
    return sentences


def _signal_said(evidence: Evidence) -> str:
    """The sentence of signal.json without the word it begins with, which stands beside it."""
    word = f"{WORDS.get(str(evidence.signal.get('verdict')), '')}: "
    return str(evidence.signal.get("sentence", "")).strip().removeprefix(word)


def _audit_box(evidence: Evidence) -> Box:
    if not evidence.audit:
        asked = (
            "Whether a patient stands on both sides of a split, or a scanner gives the label away, was not asked.",
        )
        return Box("Audit", "Not asked yet", "open", asked, "audit", "radiogen audit RUN")
    worst = [one for kind in ("leak", "shortcut", "protocol") for one in found(evidence, kind, "found")]
    suspected = [one for one in evidence.audit if one.status == "suspected"]
    answer, tone = _answer(worst, suspected)
    clean, unknown = (len({one.check for one in evidence.audit if one.status == s}) for s in ("clean", "unknown"))
    checks = len({one.check for one in evidence.audit})
    tally = f"{checks} checks: {clean} clean, {unknown} that could not tell."
    said = _said([*worst, *suspected])
    return Box("Audit", answer, tone, (said, tally) if said else (tally,), "audit")


def _answer(worst: Sequence[Finding], suspected: Sequence[Finding]) -> tuple[str, Tone]:
    """The word for the audit, by the worst that it found."""
    if worst and worst[0].kind == "protocol":
        return "Protocol not kept", "doubt"
    if worst:
        same = sum(one.kind == worst[0].kind for one in worst)
        return (f"{worst[0].kind.capitalize()} found" if same == 1 else f"{same} {worst[0].kind}s found"), "bad"
    return ("To be looked at", "doubt") if suspected else ("Nothing found", "good")


def _signal_box(evidence: Evidence) -> Box:
    verdict = str(evidence.signal.get("verdict", ""))
    if verdict not in WORDS:
        asked = (
            "Whether the AUC beats permuted labels, header fields, age and sex, or simple intensities, was not asked.",
        )
        return Box("Is there signal?", "Not asked yet", "open", asked, "signal", "radiogen signal RUN")
    return Box("Is there signal?", WORDS[verdict], TONES[verdict], (_signal_said(evidence),), "signal")


def boxes(evidence: Evidence) -> tuple[Box, ...]:
    """What the audit and the tests of signal answer; of an outside cohort they are not asked."""
    return () if evidence.outside else (_audit_box(evidence), _signal_box(evidence))
