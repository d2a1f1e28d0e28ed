"""What a report is made from: a run's records, whoever read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from radiogenomics.evaluation.decide import Scored, Threshold, pool
from radiogenomics.evaluation.score import ScoreRow, estimates
from radiogenomics.evaluation.wording import OUTSIDE, carried
from radiogenomics.recipe import CHOSEN, Recipe
from radiogenomics.records import EpochRow, Estimate, Exclusion, Finding, Fold, Prediction, Trait


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is already drawn."""

    name: str  # of its file
    title: str
    alt: str
    caption: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Override:
    """A value of the run's recipe that is not the named recipe's."""

    path: str
    value: str
    recipe_value: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a report says something about; what a run lacks is empty."""

    name: str
    recipe: Recipe
    predictions: Sequence[Prediction]
    thresholds: Sequence[Threshold]
    rows: Sequence[ScoreRow]
    history: Sequence[EpochRow] = ()
    series: Sequence[Mapping[str, str]] = ()  # rows of cohort.csv
    exclusions: Sequence[Exclusion] = ()
    preparation: Sequence[Mapping[str, str]] = ()  # rows of preparation.csv
    folds: Sequence[Fold] = ()  # none for an outside cohort
    labels: Mapping[str, int] = field(default_factory=dict)
    selection: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    overrides: Sequence[Override] = ()
    pictures: Sequence[Picture] = ()
    traits: Sequence[Trait] = ()
    audit: Sequence[Finding] = ()
    signal: Mapping[str, Any] = field(default_factory=dict)  # signal.json
    explanations: Sequence[Mapping[str, str]] = ()  # rows of explanations.csv

    @property
    def outside(self) -> bool:
        """Whether these are a run's scores of a cohort that was no part of it."""
        return bool(self.selection.get("protocol") == OUTSIDE)

    @property
    def note(self) -> str:
        """What every figure carries: that it was selected on the reported fold, that a leak was let pass."""
        return carried(self.recipe, self.selection)

    @property
    def selected(self) -> bool:
        """Whether anything was chosen on the patients that are reported."""
        return self.recipe.split.protocol == "published" and not self.outside

    @property
    def aggregators(self) -> dict[tuple[int, int], str]:
        """The aggregator that each (fold, phase) chose; {} where the recipe fixed one."""
        known = self.selection.get("aggregator")
        values = known.get("values", ()) if isinstance(known, Mapping) else ()
        return {(row["fold"], row["phase"]): str(row["aggregator"]) for row in values}

    @property
    def aggregated(self) -> str:
        """How a lesion's slices become one probability, in words."""
        name = self.recipe.evaluation.aggregator
        choosing = "test" if self.selected else "validation"
        whose = f"each {self.part}'s" if len(self.folds) != 1 else "the"
        return f"chosen on {whose} {choosing} patients" if name == CHOSEN else name

    @property
    def splits_given(self) -> bool:
        """Whether the folds came from the user's own file."""
        request = self.environment.get("request")
        return bool(request.get("splits")) if isinstance(request, Mapping) else False

    @property
    def patients_seen(self) -> int | None:
        """How many patients of an outside cohort the run was made with after all; None where it is not recorded."""
        known = self.selection.get(OUTSIDE)
        seen = known.get("patients_seen") if isinstance(known, Mapping) else None
        return seen if isinstance(seen, int) else None

    @property
    def part(self) -> str:
        """What one trained model is of: a "fold", or a "repeat" where one split was drawn again and again."""
        names = {row.fold for row in self.rows}
        return "repeat" if "repeat 0" in names and "0" not in names else "fold"

    @property
    def phases(self) -> list[int]:
        """The phases that were scored on test patients."""
        return sorted({row.phase for row in self.predictions if row.split == "test"})

    @property
    def last(self) -> int:
        """The phase that counts."""
        return max(self.phases, default=len(self.recipe.training.phases))

    @property
    def classes(self) -> tuple[str, str]:
        """The names of the negative and the positive class."""
        return self.recipe.negative, self.recipe.positive

    def phase_name(self, phase: int) -> str:
        """What the recipe calls a phase."""
        return self.recipe.training.phases[phase - 1].name

    def tested(self, phase: int, fold: int | None = None) -> list[Scored]:
        """The test patients after a phase: of one fold, or pooled."""
        chosen = [p for p in self.predictions if p.split == "test" and p.phase == phase and fold in (None, p.fold)]
        return pool(chosen, self.thresholds)

    def figures(self, level: str, phase: int, split: str = "test", fold: str = "all") -> dict[str, Estimate]:
        """The estimates of one cell of scores.csv, by metric."""
        return estimates(self.rows, level, phase, split, fold)
