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


@dataclass(frozen=True, slots=True)
class HeatShare:
    """Means over patients, each the mean of its slices, with 95% intervals by a bootstrap of patients."""

    outcome: str  # one of OUTCOMES, or "all"
    method: str
    heat: Estimate  # share of the heat that lies in the lesion
    area: Estimate  # share of the picture that the lesion covers
    others: Estimate  # share of other patients' mean heat: what a liking for the middle of the picture gives
    gain: Estimate  # heat less others, or less area where there are no others


def heat_shares(rows: Sequence[Mapping[str, str]]) -> tuple[HeatShare, ...]:
    """The shares by method, of all patients and then by outcome; empty where no slice has a lesion and heat.

    Args:
        rows: Of explanations.csv, as text. Rows without a share are of no account.
    """
    return tuple(_shares(rows))


def _shares(rows: Sequence[Mapping[str, str]]) -> Iterator[HeatShare]:
    known = [row for row in rows if row["heat_share_in_lesion"]]
    for method in dict.fromkeys(row["method"] for row in known):
        for outcome in (ALL, *OUTCOMES):
            own = [row for row in known if row["method"] == method and outcome in (ALL, row["outcome"])]
            if own:
                yield _share(outcome, method, own)


def _share(outcome: str, method: str, rows: Sequence[Mapping[str, str]]) -> HeatShare:
    heat, area, others = (
        _by_patient(rows, f"{name}_lesion") for name in ("heat_share_in", "area_share_of", "others_heat_share_in")
    )
    gain = heat - (area if np.isnan(others).any() else others)
    return HeatShare(outcome, method, *map(_mean, (heat, area, others, gain)))


def _by_patient(rows: Sequence[Mapping[str, str]], column: str) -> npt.NDArray[np.float64]:
    """The mean over each patient's slices, patients in the order of their ids."""
    values: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        values[row["patient_id"]].append(float(row[column]) if row[column] else math.nan)
    return np.array([np.mean(values[patient]) for patient in sorted(values)])


def _mean(values: npt.NDArray[np.float64]) -> Estimate:
    """The mean with the percentile interval of its bootstrap; of fewer than LEAST patients there is none."""
    n, mean = len(values), float(values.mean())
    if n < LEAST or math.isnan(mean):
        return Estimate(mean, math.nan, math.nan, n)
    drawn = np.random.Generator(np.random.Philox(SEED)).integers(0, n, (RESAMPLES, n))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return Estimate(mean, float(low), float(high), n)


def in_words(share: HeatShare) -> str:
    """One sentence, as report and console say it."""
    everyone = "test patients with a lesion in sight" if share.method == GRAD_CAM else "patients shown"
    whose = everyone if share.outcome == ALL else f"{share.outcome}s"
    said = (
        f"{in_percent(share.heat)} of the heat ({share.method}, {share.heat.n} {whose}) lies in the lesion, which "
        f"covers {in_percent(share.area)} of the picture"
    )
    if math.isnan(share.others.value):
        return f"{said}."
    return f"{said}; of the other patients' mean heat {in_percent(share.others)} would lie there."


def in_percent(figure: Estimate) -> str:
    """A share in percent, with its interval where it has one; "" where it is unknown."""
    if math.isnan(figure.value):
        return ""
    return f"{figure.value:.0%}" + ("" if math.isnan(figure.low) else f" ({figure.low:.0%} to {figure.high:.0%})")
