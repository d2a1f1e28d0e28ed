"""What speaks for and against a run's AUC: the audit, and the tests of signal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.signal.verdict import WORDS
from radiogenomics.evaluation.wording import LEAKS
from radiogenomics.records import Finding
from radiogenomics.tables.checks import CHECKS

Tone = Literal["good", "doubt", "bad", "open"]
TONES: dict[str, Tone] = {"signal": "good", "none": "doubt", "shortcut": "bad"}
TOLD = 4  # checks named in the summary; the chapter has them all
BY_AUDIT = "the audit found"  # how reasons of signal.json begin that come from there


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


def capital(text: str) -> str:
    """The text begun with a capital letter; the others stay as they are."""
    return f"{text[:1].upper()}{text[1:]}"


def sentence(text: str) -> str:
    """A text as a sentence: begun with a capital letter, and ended."""
    text = capital(text.strip())
    return text + ("" if text.endswith((".", "!", "?")) else ".")


def _worst(findings: Sequence[Finding]) -> str:
    """The sentence of the first finding, and how many follow it."""
    others = len(findings) - 1
    return sentence(findings[0].sentence) + (f" {others} more in the audit below." if others else "")


def unusable(evidence: Evidence) -> str:
    """Why the AUC can't be used at all; "" where no leak was found."""
    if leaks := found(evidence, "leak", "found"):
        return f"This AUC can't be used: the audit found {_count(len(leaks), 'leak')}. {_worst(leaks)}"
    if names := allowed(evidence):
        were = f"{_count(len(names), 'leak')} {'was' if len(names) == 1 else 'were'}"
        return f"This AUC can't be used: {were} let pass by --allow-leak ({'; '.join(names)})."
    return ""


def _count(number: int, noun: str) -> str:
    return f"a {noun}" if number == 1 else f"{number} {noun}s"


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
        said = f"{_count(len(shortcuts), 'shortcut')}, by which no tumour need be seen. {_worst(shortcuts)}"
        sentences.append(f"But the audit {sure} {said}")
    verdict = evidence.signal.get("verdict")
    if verdict == "shortcut":
        audit_told = bool(shortcuts or unusable(evidence))
        reasons = reasons_told(evidence.signal, audit_told)
        if reasons or not audit_told:
            said = f"{'; '.join(reasons)}." if reasons else said_of_signal(evidence.signal)
            sentences.append(f"{'And' if audit_told else 'But'} the tests of signal suspect a shortcut: {said}")
    elif verdict == "none" and low > 0.5:
        said = said_of_signal(evidence.signal)
        sentences.append(f"But the tests of signal found none, so that this AUC stands alone: {said}")
    elif verdict == "signal" and low <= 0.5 <= high:
        sentences.append(f"Yet the tests of signal found some: {said_of_signal(evidence.signal)}")
    elif verdict == "signal" and cautions(evidence.signal):
        sentences.append(f"But {cautions(evidence.signal)}.")
    return sentences


def reasons_told(signal: Mapping[str, Any], audit_told: bool) -> list[str]:
    """What speaks for a shortcut; what the audit found, which is told at length elsewhere, in one word.

    Args:
        signal: signal.json.
        audit_told: Whether even that word is too many.
    """
    reasons = [str(one) for one in signal.get("reasons") or ()]
    own = [one for one in reasons if not one.startswith(BY_AUDIT)]
    others = len(reasons) - len(own)
    return own + (["the audit found what no tumour explains"] if others and not audit_told else [])


def cautions(signal: Mapping[str, Any]) -> str:
    """What is simpler than a network and tells as much, in one clause; "" where nothing does, or nobody asked."""
    return "; ".join(str(one) for one in signal.get("cautions") or ())


def said_of_signal(signal: Mapping[str, Any]) -> str:
    """The sentence of signal.json, without the word it begins with and without repeating the audit."""
    told = str(signal.get("sentence", "")).strip().removeprefix(f"{WORDS.get(str(signal.get('verdict')), '')}: ")
    if signal.get("reasons"):
        told = f"{told.partition(' But ')[0]} But {'; '.join(reasons_told(signal, audit_told=False))}."
        told += f" Yet {cautions(signal)}." if cautions(signal) else ""
    return sentence(told) if told else ""


def _allowed_box(evidence: Evidence, leaks: Sequence[str]) -> Box:
    """Whatever an audit of today finds: the run was trained with them."""
    answer = "Leak allowed" if len(leaks) == 1 else f"{len(leaks)} leaks allowed"
    said = f"Before training the audit found: {'; '.join(leaks)}. --allow-leak let it pass."
    return Box("Audit", answer, "bad", (said,), "audit", "" if evidence.audit else "radiogen audit RUN")


def _audit_box(evidence: Evidence) -> Box:
    leaks = allowed(evidence)
    if leaks and not found(evidence, "leak", "found"):
        return _allowed_box(evidence, leaks)
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
    titles = list(dict.fromkeys(check_title(one.check) for one in [*worst, *suspected]))
    others = [f"{len(titles) - TOLD} more"] if len(titles) > TOLD else []
    said = (sentence("; ".join([*titles[:TOLD], *others])),) if titles else ()
    return Box("Audit", answer, tone, (*said, tally), "audit")


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
    tone = "doubt" if verdict == "signal" and cautions(evidence.signal) else TONES[verdict]
    return Box("Is there signal?", WORDS[verdict], tone, (said_of_signal(evidence.signal),), "signal")


def boxes(evidence: Evidence) -> tuple[Box, ...]:
    """What the audit and the tests of signal answer; of an outside cohort they are not asked."""
    return () if evidence.outside else (_audit_box(evidence), _signal_box(evidence))
