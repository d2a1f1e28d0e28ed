"""The calibration of a run's test patients, as it is and at temperatures that validation patients chose."""

from dataclasses import dataclass

from radiogenomics.evaluation.calibration import Calibration, calibration
from radiogenomics.evaluation.decide import Scored, pool
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.temperature import Temperature, choose_temperatures, scaled

WHY_NOT = {
    "published": "No temperature is fitted: by the published protocol nobody validates, and one fitted on the reported "
    "patients would flatter them.",
    "outside": "No temperature is fitted: an outside cohort has no validation patients.",
    "nobody": "No temperature is fitted: no patients were scored for validation.",
}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Pooled test patients before and after temperature scaling, and how well calibrated they are."""

    units: tuple[Scored, ...]
    before: Calibration
    temperatures: tuple[Temperature, ...] = ()  # one a fold
    scaled: tuple[Scored, ...] = ()
    after: Calibration | None = None  # None where no temperature is fitted
    why_not: str = ""


def _why_not(evidence: Evidence) -> str:
    if evidence.outside:
        return WHY_NOT["outside"]
    if evidence.selected:
        return WHY_NOT["published"]
    validated = any(row.split == "validation" and row.phase == evidence.last for row in evidence.predictions)
    return "" if validated else WHY_NOT["nobody"]


def calibrated(evidence: Evidence) -> Calibrated:
    """How well calibrated the test patients' probabilities of the last phase are; none of it changes a prediction.

    A temperature is fitted for each fold on its validation patients only, and applied to its test patients; where a
    patient was tested in several repeats, the mean is taken after scaling.
    """
    units = tuple(evidence.tested(evidence.last))
    before = calibration(units)
    if why_not := _why_not(evidence):
        return Calibrated(units, before, why_not=why_not)
    temperatures = choose_temperatures(evidence.predictions, evidence.last)
    after = tuple(pool(scaled(evidence.predictions, temperatures), evidence.thresholds))
    return Calibrated(units, before, temperatures, after, calibration(after))
