"""The main job on a synthetic cohort, offline: data, training, signal, explanations, report, export."""

import json
from dataclasses import dataclass
from pathlib import Path

from radiogenomics import recipes
from radiogenomics.errors import RecipeError
from radiogenomics.evaluation.heat import GRAD_CAM, OCCLUSION
from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.cross_validate import cross_validate, new_run
from radiogenomics.experiment.explain import Wanted, explain
from radiogenomics.experiment.export import export
from radiogenomics.experiment.report import write_report
from radiogenomics.experiment.signal import signal
from radiogenomics.experiment.start import start
from radiogenomics.files import must_be_new
from radiogenomics.overrides import override
from radiogenomics.phantom.cohort import PhantomCohort, write_cohort
from radiogenomics.recipe import DemoPart, Recipe
from radiogenomics.records import SILENT, Estimate, Progress
from radiogenomics.rundir.run import Run
from radiogenomics.store import Store

SEED = 11  # of the synthetic patients; the demos' settings were chosen on those of other seeds
CAUTION = (
    "This is the demo: its patients are synthetic and their signal was planted. It shows that the pipeline finds what "
    "is there to find, and says nothing of tumours."
)


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo left what it made."""

    request: Request
    run: Run
    saved_model: Path
    metrics: dict[str, Estimate]
    verdict: str  # of signal.json, a sentence


def demo_part(recipe: Recipe, raw: bool = False) -> DemoPart:
    """How the recipe's demo is made, of raw series or of prepared ones.

    Raises:
        RecipeError: The recipe does not say.
    """
    part = recipe.demo
    if part is None:
        raise RecipeError(f"the recipe {recipe.name} has no demo: give it one (docs/recipes.md), or train on your data")
    if not raw:
        return (
            part.model_copy(update={"set": ("preparation.steps=[]", *part.set)}) if recipe.preparation.steps else part
        )
    if part.raw is None:
        raise RecipeError(
            f"the recipe {recipe.name} has no demo of raw series: leave out --raw, or take another recipe"
        )
    own = {name: getattr(part.raw, name) for name in ("patients", "slices", "size")}
    return part.model_copy(update={**own, "set": (*part.set, *part.raw.set)})


def demo(
    recipe: str,
    out: Path,
    *,
    raw: bool = False,
    seed: int = SEED,
    workers: int = 1,
    force: bool = False,
    progress: Progress = SILENT,
) -> Demo:
    """Write a synthetic cohort with a planted signal under `out` and run the main job on it.

    With `raw` the cohort is as the scanners leave it, and the recipe's preparation comes first; qc.html shows it.

    The planted signal is far stronger than anything known of tumours: the demo shows that the pipeline learns what is
    there to learn.

    Raises:
        RecipeError: There is no such recipe, or it has no such demo.
        ExistsError: `out` is in use and `force` was not given.
    """
    found = recipes.find(recipe)
    part = demo_part(found, raw)
    must_be_new(out, "demo folder", force)
    said = {"title": f"{found.title}: demo on synthetic patients", "caution": CAUTION}
    assignments = [*part.set, *(f"{path}={json.dumps(text)}" for path, text in said.items())]
    resolved = override(found, assignments, "set by the demo")
    cohort = write_cohort(
        out / "data",
        kind=part.kind,
        patients=part.patients,
        slices=part.slices,
        size=part.size,
        seed=seed,
        modalities=resolved.needed if raw else (),
        two_lesions=part.two_lesions,
        raw=raw,
        progress=progress,
    )
    request = _request(cohort, part)
    store = Store((out / "store").absolute())
    ready = start(request, resolved, store, workers, progress)
    run = new_run(out / "run", force)
    metrics = cross_validate(ready, run, store, workers=workers, progress=progress)
    told = signal(run, store, progress=progress)
    explain(run, Wanted(methods=(GRAD_CAM, OCCLUSION)), store, progress=progress)
    write_report(run)
    return Demo(request, run, export(run, out / "saved_models" / resolved.name), metrics, told["sentence"])


def _request(cohort: PhantomCohort, part: DemoPart) -> Request:
    def absolute(path: Path | None, wanted: bool = True) -> str:
        return str(path.absolute()) if path and wanted else ""

    return Request(
        data=absolute(cohort.data),
        labels=absolute(cohort.labels),
        lesions=absolute(cohort.lesions, part.lesions == "boxes"),
        masks=absolute(cohort.masks, part.lesions == "masks"),
    )
