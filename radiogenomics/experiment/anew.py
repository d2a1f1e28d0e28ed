"""The samples of a finished run, laid out again: for what looks at its images once more."""

from typing import Any

from radiogenomics.engine import here
from radiogenomics.errors import RunError
from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.environment import data_hash, samples_hash
from radiogenomics.experiment.layout import laid_out
from radiogenomics.experiment.plan import Plan, make_plan
from radiogenomics.experiment.prepare import Prepared
from radiogenomics.records import SILENT, PreparedSlice, Progress
from radiogenomics.rundir.rows import read_records
from radiogenomics.rundir.run import Run, read_folds, read_json, read_recipe
from radiogenomics.store import Store


def laid_out_again(
    run: Run, store: Store, workers: int | str = 1, progress: Progress = SILENT
) -> tuple[Plan, Prepared]:
    """The plan and the samples that a run was trained on; what the store no longer holds is prepared anew.

    Args:
        run: Begun by `cross_validate`, whether finished or not.
        store: Where prepared slices lie or go.
        workers: Patients at once, see `prepare`.
        progress: Hears of the scan and of patients prepared.

    Raises:
        MissingPathError: The run lacks a file, or its data or labels are gone.
        RunError: A file is damaged; or patients, labels, folds or images are no longer those of the run.
        CohortError: Data and labels no longer give a cohort.
    """
    begun = read_json(run.environment)
    plan = make_plan(_request(run, begun), read_recipe(run), store, here(workers), progress)
    plan, prepared = laid_out(plan, store, workers, progress)
    changed = _changed(run, begun, plan, prepared)
    if changed:
        raise RunError(
            f"the images of {run.root} can't be laid out again: {' and '.join(changed)} under {plan.request.data} "
            "changed since it was begun. Restore them, or train a new run"
        )
    return plan, prepared


def _request(run: Run, begun: dict[str, Any]) -> Request:
    try:
        return Request(**begun["request"])
    except (KeyError, TypeError):
        raise RunError(
            f"{run.environment} does not say what data the run was made of: name a run that `radiogen train` made"
        ) from None


def _changed(run: Run, begun: dict[str, Any], plan: Plan, prepared: Prepared) -> list[str]:
    """What is no longer as the run's files say, in words."""
    changed = []
    if read_folds(run) != (plan.folds, plan.labels):
        changed.append("the patients, their labels or their folds")
    same = data_hash(read_records(run.slices, PreparedSlice)) == data_hash(prepared.slices)
    if not same or begun.get("hashes", {}).get("samples") not in {None, samples_hash(prepared.samples)}:
        changed.append("the images, lesions or brain masks")
    return changed
