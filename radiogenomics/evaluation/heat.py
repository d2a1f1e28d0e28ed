"""How much of the heat of a run's explanations lies in the lesion, beside what chance would put there."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radiogenomics.evaluation.outcomes import OUTCOMES
from radiogenomics.records import Estimate

RESAMPLES = 2000
SEED = 20220317
LEAST = 5  # patients of whom an interval is told
ALL = "all"
GRAD_CAM, OCCLUSION = "grad-cam", "occlusion"
SUREST, NAMED = "surest of its outcome", "named by the user"  # why a patient is shown
MOST_SLICES = 8  # looked at of a patient, evenly spread over its samples: what bounds the cost of large cohorts
SLICES_NAMED = 3  # shown of a patient that the user named; else the one of the highest probability
COARSE = 4  # cells a side of the feature map, below which Grad-CAM says little about where


@dataclass(frozen=True, slots=True)
class Explanation:
    """A row of explanations.csv: the heat of one slice, by one method."""

    patient_id: str
    fold: int  # whose model, which never saw the patient in training, is explained
    outcome: str  # of the patient; one of OUTCOMES
    lesion_id: str  # "" for whole slices
    series_uid: str
    slice: int
    probability: float  # of the slice
    method: str  # GRAD_CAM or OCCLUSION
    heat_share_in_lesion: float  # 0 to 1; nan where the slice has no heat, or shows no lesion
    area_share_of_lesion: float  # of the picture, 0 to 1: what heat without a look at the image would have
    others_heat_share_in_lesion: float  # of the mean heat of all other patients, laid on this slice
    sheet: str  # the file in figures/ that shows it; "" for none
    chosen: str = ""  # why it is shown: SUREST or NAMED; "" where it is only measured
    cells: str = ""  # rows and columns that a map of Grad-CAM is made of, such as 7x7; "" for occlusion
    hottest: str = ""  # where in the picture the heat is greatest, such as "lower right"; "" without heat


@dataclass(frozen=True, slots=True)
class HeatShare:
    """Means over patients, each the mean of its slices with heat, with 95% intervals by a bootstrap of patients.

    A patient in whose slices with a lesion no heat is found has no share, and is counted apart.
    """

    outcome: str  # one of OUTCOMES, or "all"
    method: str
    heat: Estimate  # share of the heat that lies in the lesion
    area: Estimate  # share of the picture that the lesion covers
    others: Estimate  # share of other patients' mean heat: what a liking for the middle of the picture gives
    over_area: Estimate  # heat less area, patient by patient
    over_others: Estimate  # heat less others, patient by patient; nan where there are no others
    cold: int  # patients with a lesion in sight, and no heat

    @property
    def excesses(self) -> tuple[Estimate, ...]:
        """What the heat has over each of the two that need no look at the lesion, as far as they are known."""
        return tuple(known for known in (self.over_area, self.over_others) if not math.isnan(known.value))


def heat_shares(rows: Sequence[Mapping[str, str]]) -> tuple[HeatShare, ...]:
    """The shares by method, of all patients and then by outcome; empty where no slice shows a lesion.

    Args:
        rows: Of explanations.csv, as text. Rows that show no lesion are of no account.
    """
    return tuple(_shares(rows))


def _shares(rows: Sequence[Mapping[str, str]]) -> Iterator[HeatShare]:
    known = [row for row in rows if row["heat_share_in_lesion"] or float(row["area_share_of_lesion"] or 0) > 0]
    for method in dict.fromkeys(row["method"] for row in known):
        for outcome in (ALL, *OUTCOMES):
            own = [row for row in known if row["method"] == method and outcome in (ALL, row["outcome"])]
            if own:
                yield _share(outcome, method, own)


def _share(outcome: str, method: str, rows: Sequence[Mapping[str, str]]) -> HeatShare:
    warm = [row for row in rows if row["heat_share_in_lesion"]]
    heat, area, others = (
        _by_patient(warm, f"{name}_lesion") for name in ("heat_share_in", "area_share_of", "others_heat_share_in")
    )
    cold = len({row["patient_id"] for row in rows} - {row["patient_id"] for row in warm})
    over_area, over_others = _mean(heat - area), _mean(heat - others)
    return HeatShare(outcome, method, _mean(heat), _mean(area), _mean(others), over_area, over_others, cold)


def _by_patient(rows: Sequence[Mapping[str, str]], column: str) -> npt.NDArray[np.float64]:
    """The mean over each patient's slices, patients in the order of their ids."""
    values: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        values[row["patient_id"]].append(float(row[column]) if row[column] else math.nan)
    return np.array([np.mean(values[patient]) for patient in sorted(values)])


def _mean(values: npt.NDArray[np.float64]) -> Estimate:
    """The mean with the percentile interval of its bootstrap; of fewer than LEAST patients there is none."""
    n, mean = len(values), float(values.mean()) if len(values) else math.nan
    if n < LEAST or math.isnan(mean):
        return Estimate(mean, math.nan, math.nan, n)
    drawn = np.random.Generator(np.random.Philox(SEED)).integers(0, n, (RESAMPLES, n))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return Estimate(mean, float(low), float(high), n)
