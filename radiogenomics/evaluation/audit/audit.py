"""All checks on one run or cohort, and what they come to."""

from collections.abc import Sequence

from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.tell import NOT_YET, count
from radiogenomics.records import Finding
from radiogenomics.registry import load
from radiogenomics.tables.checks import CHECKS


def audit(facts: Facts) -> tuple[Finding, ...]:
    """What each check of the table says, in its order."""
    said: dict[str, tuple[Finding, ...]] = {}
    for row in CHECKS.values():
        if row.function not in said:
            findings = load(row.function)(facts)
            said[row.function] = (findings,) if isinstance(findings, Finding) else findings
    return tuple(f for name, row in CHECKS.items() for f in said[row.function] if f.check == name)


def leaks(findings: Sequence[Finding]) -> list[Finding]:
    """What stops a training."""
    return [finding for finding in findings if (finding.kind, finding.status) == ("leak", "found")]


def _named(findings: Sequence[Finding], status: str, kind: str = "") -> list[str]:
    return list(dict.fromkeys(f.check for f in findings if f.status == status and kind in {"", f.kind}))


def verdict(findings: Sequence[Finding]) -> str:
    """One sentence: what was found, what is suspected, what could not be told."""
    parts = []
    for kind, one, many in (
        ("leak", "leak", "leaks"),
        ("shortcut", "shortcut", "shortcuts"),
        ("protocol", "choice made on what is reported", "choices made on what is reported"),
    ):
        if names := _named(findings, "found", kind):
            parts.append(f"{count(len(names), one, many)} found ({', '.join(names)})")
    if names := _named(findings, "suspected"):
        parts.append(f"{len(names)} suspected ({', '.join(names)})")
    unknown = _named(findings, "unknown")
    checks = list(dict.fromkeys(finding.check for finding in findings))
    waiting = list(dict.fromkeys(f.check for f in findings if f.sentence.startswith(NOT_YET)))
    clean = len(checks) - len(unknown) - len(waiting)
    said = "; ".join(parts) or f"nothing found by {count(clean, 'check')}"
    lacking = f"; {count(len(unknown), 'check')} could not tell ({', '.join(unknown)})" if unknown else ""
    later = f"; not yet told: {', '.join(waiting)}" if waiting else ""
    return f"{said[0].upper()}{said[1:]}{lacking}{later}."
