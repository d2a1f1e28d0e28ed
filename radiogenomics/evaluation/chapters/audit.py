"""What the audit found: every check, the worst first."""

from collections.abc import Sequence

from radiogenomics.evaluation.chapters.section import Chapter, Section
from radiogenomics.evaluation.doubts import capital, check_title, sentence
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.tables import Table
from radiogenomics.records import Finding

ORDER = ("found", "suspected", "unknown", "clean")
KINDS = ("leak", "shortcut", "protocol")
NAMED = 8  # patients, of those whom a finding is about


def ranked(findings: Sequence[Finding]) -> list[Finding]:
    """The worst first: by what was found, then leaks before shortcuts before protocol."""
    return sorted(findings, key=lambda one: (ORDER.index(one.status), KINDS.index(one.kind)))


def _about(finding: Finding) -> str:
    """The sentence, and whom it is about."""
    said, some = sentence(finding.sentence), ", ".join(finding.patients[:NAMED])
    others = len(finding.patients) - NAMED
    if not some or some in said:
        return said
    return f"{said} Patients: {some}{f' and {others} others, in audit.json' if others > 0 else ''}."


def audit_table(evidence: Evidence) -> Table:
    """A row a check: what it looks for, what it says, and what to do."""
    findings = ranked(evidence.audit)
    rows = tuple(
        (
            capital(check_title(one.check)),
            one.status,
            one.kind,
            _about(one),
            sentence(one.mend) if one.mend else "-",
        )
        for one in findings
    )
    marked = frozenset(place for place, one in enumerate(findings) if one.status in ORDER[:2])
    header = ("Looked for", "Status", "Kind", "What was seen", "What to do")
    return Table(header, rows, marked, "Checks of the audit, the worst first", states=1)


def chapter(evidence: Evidence) -> Chapter:
    """The audit, or the command that makes one."""
    note = (
        "A leak gives the model what it is tested on; a shortcut lets it tell the classes apart by something that "
        "is no tumour; protocol is what was chosen on whom. Unknown: the run lacks what the check needs, so that it "
        "says nothing."
    )
    asked = "" if evidence.audit or evidence.outside else "radiogen audit RUN"
    return Chapter(
        "audit", "Audit", (Section("Leaks, shortcuts and protocol", note, audit_table(evidence), command=asked),)
    )
