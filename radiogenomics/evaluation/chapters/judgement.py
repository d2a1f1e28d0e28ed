"""Whether the probabilities can be taken at their word, and for whom."""

from radiogenomics.evaluation.chapters import results
from radiogenomics.evaluation.chapters.section import Chapter
from radiogenomics.evaluation.evidence import Evidence


def chapter(evidence: Evidence) -> Chapter:
    """Calibration, decisions and subgroups."""
    return Chapter("decisions", "Probabilities and decisions", results.deciding(evidence))
