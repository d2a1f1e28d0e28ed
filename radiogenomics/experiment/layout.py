"""A plan's images laid out: prepared, and the plan of those who have any."""

from dataclasses import replace
from pathlib import Path

from radiogenomics.engine import here
from radiogenomics.errors import CohortError
from radiogenomics.experiment.cases import without_others
from radiogenomics.experiment.plan import Plan, split_cases
from radiogenomics.experiment.prepare import Prepared, prepare, without_unreadable
from radiogenomics.records import Progress
from radiogenomics.store import Store


def laid_out(plan: Plan, store: Store, workers: int | str, progress: Progress) -> tuple[Plan, Prepared]:
    """The images prepared, and the plan of those who have any; it raises CohortError where nobody has."""
    side_by_side = workers if isinstance(workers, str) else here(workers)
    prepared = prepare(Path(plan.request.data), plan.cases, plan.recipe, store, side_by_side, progress)
    if not prepared.samples:
        reasons = "; ".join(sorted({exclusion.reason for exclusion in prepared.exclusions})[:3])
        raise CohortError(f"no slice under {plan.request.data} could be read: {reasons}")
    return _readable(replace(plan, cohort=without_unreadable(plan.cohort, prepared)), prepared), prepared


def _readable(plan: Plan, prepared: Prepared) -> Plan:
    """The plan without patients that preparation lost, its folds drawn anew so that they stay stratified."""
    readable = {sample.patient_id for sample in prepared.samples}
    if readable >= plan.labels.keys():
        return plan
    labels = {patient: label for patient, label in plan.labels.items() if patient in readable}
    folds, outside, notes = split_cases(plan.request, plan.recipe, labels, plan.sites)
    placed = {patient for fold in folds for patient in (*fold.train, *fold.validation, *fold.test)}
    cohort = without_others(plan.cohort, outside, placed)
    cases = tuple(case for case in plan.cases if case.patient_id in placed)
    gone = f"{len(plan.cases) - len(cases)} patients were left out when their images were prepared"
    lost = f"{gone} (exclusions.csv says why): the folds were drawn anew without them"
    return replace(plan, cohort=cohort, cases=cases, folds=folds, notes=(*plan.notes, *notes, lost))
