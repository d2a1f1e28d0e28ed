"""The audit's findings as a table."""

from typing import TYPE_CHECKING

from radiogen import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from radiogenomics.records import Finding

GRAVEST_FIRST = ("found", "suspected", "unknown", "clean")


def show_findings(findings: "Sequence[Finding]") -> None:
    """Every check with what it says, gravest first; what to do where something was found; the verdict last."""
    from radiogenomics.evaluation.audit.audit import verdict
    from radiogenomics.tables.checks import CHECKS

    rows = sorted(findings, key=lambda finding: GRAVEST_FIRST.index(finding.status))
    console.table(
        ("check", "looks for", "status", "what it says"),
        ((row.check, f"{CHECKS[row.check].title} ({row.kind})", row.status, row.sentence) for row in rows),
        numeric=4,
    )
    for row in rows:
        if row.mend and row.status in {"found", "suspected"}:
            console.say(f"{row.check}: {row.mend}")
    console.say(verdict(findings), style="bold")
