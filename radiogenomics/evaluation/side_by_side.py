"""What runs side by side are: a row each, the tests between them, and where their settings differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from radiogenomics.evaluation.comparison import NONE, Optimism, Pair
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.published import Beside
from radiogenomics.evaluation.tables import flatten, recipe_values
from radiogenomics.recipe import Recipe
from radiogenomics.records import Estimate, Prediction

# What of environment.json can move a figure; the rest (command, folder, platform) is told in each run's own report.
MADE_WITH = ("radiogen", "packages", "device", "threads", "weights", "hashes")
MISSING = "-"


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the table: what it was, its patient-level test figures, and the paper's beside them."""

    run: str
    recipe: str
    modality: str
    backbone: str
    weights: str
    protocol: str  # nested, published or outside
    note: str  # of every figure in the row
    n: int  # test patients
    figures: dict[str, Estimate]  # by metric, after the last phase
    accuracy_first_phase: Estimate
    beside: tuple[Beside, ...] = ()  # what the paper prints of these modalities, backbone and aggregator

    @property
    def auc(self) -> Estimate:
        """The AUC of the test patients."""
        return self.figures.get("auc", NONE)


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting in which runs differ, with each run's value in the order of the runs."""

    setting: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `compare` found."""

    rows: tuple[RunRow, ...]
    pairs: tuple[Pair, ...]
    tests: int  # paired DeLong tests made: what Holm's correction counts
    optimism: tuple[Optimism, ...] = ()
    fused: tuple[Prediction, ...] = ()  # test patients of the fused row, which is the last
    units: tuple[tuple[Scored, ...], ...] = ()  # the pooled test patients of each row
    differences: tuple[Difference, ...] = ()  # of the runs themselves, a fused row left out
    warnings: tuple[str, ...] = ()  # one sentence each

    @property
    def resampled_tests(self) -> int:
        """How many corrected resampled t tests were made: the other family of Holm's correction."""
        return sum(pair.p_resampled == pair.p_resampled for pair in self.pairs)


@dataclass(frozen=True, slots=True)
class Made:
    """How one run was made."""

    run: str
    recipe: Recipe
    environment: Mapping[str, Any] = field(default_factory=dict)

    def values(self) -> dict[str, str]:
        """Every setting by dotted path: the recipe's, the names of the classes, and what it was made with."""
        classes = {"positive": self.recipe.positive, "negative": self.recipe.negative}
        known = {name: self.environment[name] for name in MADE_WITH if name in self.environment}
        return classes | recipe_values(self.recipe) | dict(flatten(known))


def differences(made: Sequence[Made]) -> tuple[Difference, ...]:
    """Every setting in which at least two runs differ."""
    values = [run.values() for run in made]
    paths = dict.fromkeys(path for own in values for path in own)
    rows = (Difference(path, tuple(own.get(path, MISSING) for own in values)) for path in paths)
    return tuple(row for row in rows if len(set(row.values)) > 1)


def notes(rows: Sequence[RunRow]) -> str:
    """What figures must not be seen without, and of which runs; "" where all can be."""
    of: dict[str, list[str]] = {}
    for row in rows:
        if row.note:
            of.setdefault(row.note, []).append(row.run)
    whose = {note: "all runs" if len(runs) == len(rows) > 1 else ", ".join(runs) for note, runs in of.items()}
    return "; ".join(f"{runs}: {note}" for note, runs in whose.items())


def caution_warnings(made: Sequence[Made]) -> tuple[str, ...]:
    """What every reader of a result should know of its task, with the runs it holds for."""
    of: dict[str, list[str]] = {}
    for run in made:
        if run.recipe.caution:
            of.setdefault(run.recipe.caution, []).append(run.run)
    whose = ((caution, "All runs" if len(runs) == len(made) > 1 else ", ".join(runs)) for caution, runs in of.items())
    return tuple(f"{runs}: {caution}" for caution, runs in whose)


def class_warnings(made: Sequence[Made]) -> tuple[str, ...]:
    """A sentence for runs that call their classes otherwise than the first one does."""
    first, warnings = made[0] if made else None, []
    for run in made[1:]:
        names = [(one.recipe.positive, one.recipe.negative) for one in (first, run) if one]
        if len(set(names)) > 1:
            (positive, negative), (other_positive, other_negative) = names
            warnings.append(
                f"{made[0].run} tells {positive} from {negative}, and {run.run} {other_positive} from "
                f"{other_negative}: if these are not the same classes under two names, the figures say nothing of "
                "each other."
            )
    return tuple(dict.fromkeys(warnings))
