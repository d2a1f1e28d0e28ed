"""Write what goes with a run's figures into a paper or onto a model hub: the model card, and reporting checklists."""

from pathlib import Path

import radiogenomics
from radiogenomics.evaluation.card import card
from radiogenomics.evaluation.checklists import checklists
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.files import write_text
from radiogenomics.rundir.run import Run


def write_papers(run: Run, evidence: Evidence) -> tuple[Path, ...]:
    """Write model_card.md and checklists.md of a run; of an outside evaluation, whose model is the run's, the latter.

    Args:
        run: Where to.
        evidence: Of the same run, from `read_evidence`.

    Returns:
        The files written.
    """
    write_text(run.checklists, checklists(evidence, radiogenomics.__version__))
    if evidence.outside:
        return (run.checklists,)
    write_text(run.card, card(evidence, radiogenomics.__version__))
    return run.card, run.checklists
