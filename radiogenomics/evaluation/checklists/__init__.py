"""checklists.md: the reporting checklists CLAIM 2024 and TRIPOD+AI, filled where the run knows the answer."""

from itertools import groupby

from radiogenomics.evaluation.checklists.claim import CLAIM
from radiogenomics.evaluation.checklists.items import AUTHOR, FILLED, Answer, Checklist, answers
from radiogenomics.evaluation.checklists.tripod import TRIPOD
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.markdown import ANEW, escape, table
from radiogenomics.evaluation.tables import Table

ABOUT = (
    f'Items are told in our own short words: read each in its source before you hand it in. "{FILLED}" stands where '
    f'the files of this run answer it, word for word from them; what they leave open follows. "{AUTHOR}" stands where '
    "they can't. Check every answer: the run knows what it did, not what you meant by it."
)


def _section(title: str, found: list[Answer]) -> str:
    rows = tuple((one.item.number, one.item.topic, one.status, one.text) for one in found)
    return f"### {escape(title)}\n\n{table(Table(('No.', 'Item', 'Status', 'Answer'), rows))}"


def _checklist(checklist: Checklist, evidence: Evidence) -> str:
    found = answers(checklist, evidence)
    filled = sum(one.status == FILLED for one in found)
    sections = [_section(title, list(group)) for title, group in groupby(found, lambda one: one.item.section)]
    head = f"## {checklist.title}\n\n{escape(checklist.source)}\n\n{filled} of {len(found)} entries {FILLED}."
    return "\n\n".join([head, *sections])


def checklists(evidence: Evidence, version: str) -> str:
    """Both checklists as Markdown.

    Args:
        evidence: Of a run, or of an outside evaluation.
        version: Of radiogen.
    """
    note = f"\n\n**Every figure here is: {escape(evidence.note)}.**" if evidence.note else ""
    head = f"# Reporting checklists of {escape(evidence.name)}\n\n{ABOUT}{note}"
    foot = f"Made by radiogen {escape(version)} from the files of this run. Research use only. {ANEW}"
    return "\n\n".join([head, _checklist(CLAIM, evidence), _checklist(TRIPOD, evidence), foot]) + "\n"
