"""All tests of one cohort: from features, labels and folds to what signal.json holds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiogenomics.evaluation.linear import FoldPlaces, first_repeat
from radiogenomics.evaluation.permutation import RESAMPLES, PermutationTest, permutation_test, those_tested
from radiogenomics.evaluation.signal.control import DRAWS, TARGETS, planted_control
from radiogenomics.evaluation.signal.smallest import smallest_auc
from radiogenomics.evaluation.signal.verdict import SIMPLER, SURE, Grounds, as_good, judge
from radiogenomics.records import SILENT, Estimate, Finding, Progress

Array = NDArray[np.floating[Any]]
BASELINES = {
    "metadata": "how and where the images were made: scanner, sequence, site, date; no pixel",
    "clinical": "what else is known of the patient: sex, age and the like; no image",
    "intensity": "brightness of the model's input: mean, spread, percentiles, entropy; no network",
    "shape": "outline of what the model's input shows: area, width, height, roundness; no network",
    "lesion": "size of the lesions, no network",
}
DIGITS = 4  # of what chance gave: enough to draw it


@dataclass(frozen=True, slots=True)
class Material:
    """What is known of a cohort; rows are patients, in one order throughout."""

    labels: NDArray[np.int64]  # 0 or 1; [n]
    folds: FoldPlaces
    plain: Array  # frozen features of the images; [n, F]
    planted: Array  # of the images with a faint mark in all of them; [n, F]
    hidden: Array | None = None  # of the images with the lesions blanked; [n, F]
    baselines: Mapping[str, Array] = field(default_factory=dict)  # by key of BASELINES; what is not known is left out
    model: Estimate | None = None  # the trained model's AUC
    classes: tuple[str, str] = ("negative", "positive")
    whole: bool = False  # whether the images are whole slices
    findings: Sequence[Finding] = ()  # the audit's
    note: str = ""  # what every figure of the run carries
    base: str = ""  # a sentence: of what the features are


def study(
    material: Material,
    resamples: int = RESAMPLES,
    targets: Sequence[float] = TARGETS,
    draws: int = DRAWS,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Do every test, and judge; the same material gives the same answer to the last digit.

    Args:
        material: Of the cohort.
        resamples: Permutations of the labels, of each test; so many that one of them alone makes p less than SURE.
        targets: AUCs that the control plants; none leaves the control out.
        draws: How often each is planted.
        progress: Hears of tests done and signals planted.

    Returns:
        signal.json: see `experiment.signal`.

    Raises:
        ValueError: There are so few permutations that no shortcut could be sure.
    """
    if 1 / (1 + resamples) >= SURE:
        raise ValueError(f"of {resamples} permutations no p is below {SURE}: take at least {round(1 / SURE)}")
    hidden = {} if material.hidden is None else {"hidden": material.hidden}
    sets = {"head": material.plain, **material.baselines, **hidden}
    tests = _tests(sets, material, resamples, progress)
    control = _control(material, targets, draws, progress)
    smallest = smallest_auc(*_counts(material))
    verdict = judge(_grounds(material, tests, smallest, control))
    return {
        "verdict": verdict.kind,
        "sentence": verdict.sentence,
        "reasons": verdict.reasons,
        "cautions": verdict.cautions,
        **_context(material),
        "resamples": resamples,
        "head": _figure(tests["head"], sets["head"]) | {"null": [round(value, DIGITS) for value in tests["head"].null]},
        "model": None if material.model is None else {"auc": material.model},
        "hidden": _figure(tests["hidden"], sets["hidden"]) if "hidden" in tests else None,
        "baselines": {
            name: _figure(tests[name], sets[name]) | {"sentence": title}
            for name, title in BASELINES.items()
            if name in tests
        },
        "control": control,
        "smallest_auc": smallest,
        "smallest_auc_of_head": smallest_auc(*_counts(material), bound=tests["head"].chance[1]),
    }


def _tests(
    sets: Mapping[str, Array], material: Material, resamples: int, progress: Progress
) -> dict[str, PermutationTest]:
    tests = {}
    for number, (name, features) in enumerate(sets.items(), 1):
        tests[name] = permutation_test(features, material.labels, material.folds, resamples)
        progress.update("permutation tests", number, len(sets))
    return tests


def _control(material: Material, targets: Sequence[float], draws: int, progress: Progress) -> list[Mapping[str, Any]]:
    """What became of planted signals; none can be planted where a class is not tested."""
    planted = targets if all(_counts(material)) else ()
    features = material.plain, material.planted
    found = planted_control(*features, material.labels, material.folds, planted, draws, progress=progress)
    return [asdict(one) for one in found]


def _grounds(
    material: Material, tests: Mapping[str, PermutationTest], smallest: float, control: Sequence[Mapping[str, Any]]
) -> Grounds:
    return Grounds(
        material.classes,
        tests["head"],
        material.model,
        tests.get("metadata"),
        tests.get("shape") if material.whole else None,
        tests.get("hidden"),
        material.findings,
        material.note,
        smallest,
        {name: tests[name] for name in SIMPLER if name in tests},
        control,
    )


def _counts(material: Material) -> tuple[int, int]:
    """How many positives and negatives are tested."""
    own = material.labels[those_tested(first_repeat(material.folds))]
    return int(own.sum()), int(len(own) - own.sum())


def _context(material: Material) -> dict[str, Any]:
    positives, negatives = _counts(material)
    return {
        "note": material.note,
        "classes": material.classes,
        "positives": positives,
        "negatives": negatives,
        "folds": len(first_repeat(material.folds)),
        "whole_slices": material.whole,
        "base": material.base,
    }


def _figure(test: PermutationTest, features: Array) -> dict[str, Any]:
    mean, bound = test.chance
    return {
        "auc": test.auc,
        "p": test.p,
        "as_good": as_good(test),
        "chance_mean": mean,
        "chance_95": bound,
        "features": int(features.shape[1]),
    }
