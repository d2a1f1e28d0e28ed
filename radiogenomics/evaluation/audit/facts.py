"""What the audit goes by: records, whether a training is about to begin or long over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from radiogenomics.recipe import Recipe
from radiogenomics.records import Exclusion, Fold, Prediction, PreparedSlice, SlicePrediction, Trait


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a check may look at; what is not known (yet) is empty."""

    recipe: Recipe
    labels: Mapping[str, int]
    folds: Sequence[Fold]
    slices: Sequence[PreparedSlice]
    series: Sequence[Mapping[str, str]] = ()  # rows of cohort.csv
    exclusions: Sequence[Exclusion] = ()
    traits: Sequence[Trait] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    selection: Mapping[str, Any] = field(default_factory=dict)  # from here on: only after training
    predictions: Sequence[Prediction] = ()
    scored: Sequence[SlicePrediction] = ()
