"""statistics.json: a run's AUC by several intervals, its calibration, net benefit, operating points and subgroups."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from radiogenomics.evaluation.calibration import CLIP
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.decision_curve import decision_curve
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.intervals import auc_intervals
from radiogenomics.evaluation.judgement import calibrated
from radiogenomics.evaluation.operating import OperatingPoint, operating_points
from radiogenomics.evaluation.subgroups import many_looks, subgroups
from radiogenomics.evaluation.wording import OF_AUC

ABOUT_AUC = (
    f"By method of the 95% interval. logit-DeLong, which every other page shows, is {OF_AUC}; DeLong is symmetric and "
    "cut to 0 and 1, bootstrap the quantiles of 2,000 resamples of patients, both without limits where no patients are "
    "out of order."
)
ABOUT_ERROR = (
    "The expected calibration error can't fall below 0 and chance alone raises it, the more so the fewer the patients: "
    "expected_error_if_calibrated is what it would be on average at this size were every probability right."
)


def _calibration(evidence: Evidence) -> dict[str, Any]:
    found = calibrated(evidence)
    temperature = {
        "folds": [asdict(row) for row in found.temperatures],
        "note": found.why_not or "fitted on each fold's validation patients only; predictions.csv is as the model said",
        "calibration": asdict(found.after) if found.after else None,
    }
    notes = {"note": ABOUT_ERROR, "clipped_at": CLIP}
    return {"calibration": asdict(found.before) | notes, "temperature": temperature}


def _curve(units: Sequence[Scored]) -> dict[str, Any]:
    if not units:
        return {}
    curve = asdict(decision_curve(units))
    return curve | {"treat_none": 0.0, "note": "net benefit in true positives a patient; no interval is given"}


def _point(point: OperatingPoint) -> dict[str, Any]:
    by = sorted({row.by for row in point.thresholds})
    return asdict(point) | {"by": "; ".join(by), "folds": len(point.thresholds)}


def statistics(evidence: Evidence) -> dict[str, Any]:
    """All that is said of the pooled test patients of the last phase beside metrics.json; as JSON takes it.

    Returns:
        "note" (what every figure carries), "phase", "n", "auc" (by method of its interval), "auc_note", "calibration",
        "temperature", "decision_curve", "operating_points", "subgroups"; estimates are objects of value, low, high and
        n, undefined figures nan.
    """
    units, groupings = evidence.tested(evidence.last), subgroups(evidence)
    areas = auc_intervals([unit.label for unit in units], [unit.probability for unit in units])
    return {
        "note": evidence.note,
        "phase": evidence.last,
        "n": len(units),
        "auc": areas,
        "auc_note": ABOUT_AUC,
        **_calibration(evidence),
        "decision_curve": _curve(units),
        "operating_points": [_point(point) for point in operating_points(evidence)],
        "subgroups": {"note": many_looks(groupings), "groupings": [asdict(grouping) for grouping in groupings]},
    }
