"""Raw series to volumes on one grid: how long a step takes, and what a second worker gains.

    python benchmarks/preparation.py [--patients 8] [--recipe lung-subtype]

Heads of 256 x 256 x 60 voxels in three sequences; each count of workers fills a store of its own, one ITK thread a
worker. The error of the registration is against the truth by which the heads were drawn.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from radiogenomics.experiment.cases import Request, find_cases
from radiogenomics.experiment.volumes import Brought, bring
from radiogenomics.overrides import override
from radiogenomics.phantom import raw_brain
from radiogenomics.phantom.cohort import PhantomCohort, write_cohort
from radiogenomics.recipe import Recipe
from radiogenomics.recipes import find
from radiogenomics.store import Store

SIZE, SLICES = 256, 60


def timed(cohort: PhantomCohort, recipe: Recipe, root: Path, workers: int) -> tuple[Brought, float]:
    """What preparation gave, and its seconds."""
    store, request = Store(root), Request(data=str(cohort.data), lesions=str(cohort.lesions))
    _, cases = find_cases(request, recipe, store)
    began = time.perf_counter()
    brought = bring(cohort.data, list(cases.values()), recipe, store, workers)
    return brought, time.perf_counter() - began


def tell_steps(brought: Sequence[Brought]) -> None:
    """Median seconds of a step for one series, beside one another."""
    records = [[record for patient in one.quality for record in patient.steps] for one in brought]
    for step in dict.fromkeys(record.step for record in records[0]):
        seconds = [median(r.seconds for r in some if r.step == step) for some in records]
        print(f"{step:12}" + "".join(f"{taken:10.2f} s" for taken in seconds))


def main() -> None:
    """Print seconds a step and in all for one worker and for two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=8)
    parser.add_argument("--recipe", default="lung-subtype")
    parser.add_argument("--set", action="append", default=[], dest="assignments")
    given = parser.parse_args()
    recipe = override(find(given.recipe), given.assignments)
    # Every sequence as large as the reference, rather than as a scanner would have it.
    raw_brain._MATRIX = dict.fromkeys(raw_brain._MATRIX, (1.0, 1.0))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        cohort = write_cohort(
            root / "raw", patients=given.patients, slices=SLICES, size=SIZE, seed=5, modalities=recipe.needed, raw=True
        )
        results = [timed(cohort, recipe, root / f"store-{workers}", workers) for workers in (1, 2)]
        print(f"{given.patients} patients, {', '.join(recipe.needed)} at {SIZE}x{SIZE}x{SLICES}: 1 worker, 2 workers")
        tell_steps([brought for brought, _ in results])
        (one, alone), (two, together) = results
        print(f"{'in all':12}{alone:10.1f} s{together:10.1f} s, {alone / together:.2f} times as fast")
        print(f"prepared    {len(one.cases)} and {len(two.cases)} of {given.patients}")
        dropped = [(p.patient_id, r.step, r.modality, r.worse) for p in one.quality for r in p.steps if not r.used]
        print(f"left out    {dropped}")


if __name__ == "__main__":
    main()
