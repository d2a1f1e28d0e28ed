"""The checks of the audit: what each looks for, and whether finding it stops a training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check."""

    title: str  # what it looks for, as a reader of the report is told
    kind: Literal["leak", "shortcut", "protocol"]  # a leak stops training unless --allow-leak
    function: str  # (facts) -> Finding, or several


def _row(title: str, kind: Literal["leak", "shortcut", "protocol"], function: str) -> CheckRow:
    return CheckRow(title, kind, f"radiogenomics.evaluation.audit.{function}")


CHECKS: Mapping[str, CheckRow] = {}
