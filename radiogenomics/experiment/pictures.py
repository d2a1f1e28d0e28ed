"""The pictures that lie ready in a run for its report; no TensorFlow is needed."""

from pathlib import Path

from radiogenomics.evaluation.evidence import Picture
from radiogenomics.evaluation.outcomes import OUTCOMES
from radiogenomics.rundir.run import Run

MOST_BYTES = 500_000  # of one sheet: the page shall stay small enough to be mailed
TITLES = {
    "true positive": "Explained: true positives",
    "false positive": "Explained: false positives",
    "false negative": "Explained: false negatives",
    "true negative": "Explained: true negatives",
}
CAPTION = (
    "Brighter: more of the evidence for the positive class, whatever was decided; dashed: half of the greatest heat; "
    "solid blue: the lesion, where one is known. Heat shows where a model looks, not that it is right. "
    "Research use only."
)


def sheet(run: Run, outcome: str) -> Path:
    """Where the sheet of an outcome lies, or would."""
    return run.figures / f"explain-{outcome.replace(' ', '-')}.png"


def explanation_pictures(run: Run) -> tuple[Picture, ...]:
    """The sheets of `radiogen explain`, in the order of OUTCOMES; those that the run lacks are left out."""
    paths = ((outcome, sheet(run, outcome)) for outcome in OUTCOMES)
    return tuple(
        Picture(path.name, TITLES[outcome], f"Heat over slices of {outcome} patients.", CAPTION, "image/png", content)
        for outcome, path in paths
        if path.is_file() and len(content := path.read_bytes()) <= MOST_BYTES
    )
