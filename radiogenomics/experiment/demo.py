"""The main job on a synthetic cohort, offline: data, training, report, export."""

from dataclasses import dataclass
from pathlib import Path

from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.cross_validate import cross_validate, new_run
from radiogenomics.experiment.export import export
from radiogenomics.experiment.start import resolve_recipe, start
from radiogenomics.files import must_be_new
from radiogenomics.phantom.cohort import write_cohort
from radiogenomics.records import SILENT, Estimate, Progress
from radiogenomics.rundir.run import Run
from radiogenomics.store import Store

# What makes the demo quick on two CPU cores. No weights ship with radiogen and none can be fetched offline.
OVERRIDES = (
    "model.backbone=mobilenet-0.25",
    "model.weights=none",
    "image.size=64",
    "slices.fraction=0.4",
    "split.test=0.3",
    "training.phases.0.epochs=8",
    "training.phases.0.batch_size=32",
    "training.phases.0.learning_rate=0.001",
    # From random weights the first epochs are worse than none: the validation loss falls late.
    "training.phases.0.early_stopping=null",
    "training.phases.1.epochs=12",
    "training.phases.1.batch_size=32",
    "training.phases.1.learning_rate=0.001",
    "training.phases.1.early_stopping=null",
)

TITLE = "Demo on synthetic patients"
CAUTION = (
    "This is the demo: its patients are synthetic and their signal was planted. It shows that the pipeline finds what "
    "is there to find, and says nothing of tumours. Its settings were chosen with this AUC in view: it is optimistic."
)


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo left what it made."""

    data: Path
    run: Run
    saved_model: Path
    metrics: dict[str, Estimate]


def demo(recipe: str, out: Path, *, workers: int = 1, force: bool = False, progress: Progress = SILENT) -> Demo:
    """Write a synthetic cohort with a planted signal under `out` and run the main job on it.

    The planted signal is far stronger than anything known of MGMT: the demo shows that the pipeline learns what is
    there to learn, and nothing about tumours.
    """
    must_be_new(out, "demo folder", force)
    cohort = write_cohort(out / "data", patients=100, slices=24, size=96, seed=0, progress=progress)
    request = Request(data=str(cohort.data.absolute()), labels=str(cohort.labels.absolute()))
    resolved = resolve_recipe(recipe, {"title": TITLE, "caution": CAUTION}, OVERRIDES, request)
    store = Store((out / "store").absolute())
    ready = start(request, resolved, store, workers, progress)
    run = new_run(out / "run", force)
    metrics = cross_validate(ready, run, store, workers=workers, progress=progress)
    return Demo(cohort.data, run, export(run, out / "saved_models" / resolved.name), metrics)
