"""The paper's figures beside ours: which of its rows speaks of a recipe's channels, backbone and aggregator."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from radiogenomics import recipes
from radiogenomics.recipe import Recipe
from radiogenomics.records import Estimate

Row = Mapping[str, str | float]
ABOUT = ("modality", "backbone", "aggregator", "split")  # what a row is of; its other columns are figures
SPREAD = " sd"  # ends the column of a figure's standard deviation
AFTER_PHASE = " after phase "
PREFERRED = ("test", "", "validation")  # of one figure printed for several splits


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure as the paper prints it."""

    value: float
    sd: float = math.nan  # over folds; nan where none is printed
    split: str = ""  # whose it is, where the paper says so: validation or test

    def __str__(self) -> str:
        spread = "" if math.isnan(self.sd) else f" ± {_digits(self.sd)}"
        return f"{_digits(self.value)}{spread}" + (" (validation)" if self.split == "validation" else "")


def _digits(value: float) -> str:
    """Two digits, or three where the paper prints three."""
    return f"{value:.3f}".removesuffix("0")


def modalities_of(row: Row) -> frozenset[str]:
    """The channels that a row is of; their order tells nothing."""
    return frozenset(str(row.get("modality", "")).split(","))


def printed(row: Row) -> dict[str, Printed]:
    """The figures of one row by column, each with its standard deviation where one stands beside it."""
    numbers = {name: value for name, value in row.items() if name not in ABOUT and isinstance(value, float | int)}
    return {
        name: Printed(value, numbers.get(name + SPREAD, math.nan), str(row.get("split", "")))
        for name, value in numbers.items()
        if not name.endswith(SPREAD)
    }


def published_figures(recipe: Recipe, aggregator: str = "", of_backbones: bool = False) -> dict[str, Printed]:
    """What the paper prints of the recipe's modalities, backbone and aggregator, by column; {} where it prints nothing.

    A row that names no backbone speaks of the paper's own, and is not set beside another one; of two that fit, it
    is taken, for it is of the paper's main experiment and the other of its table of backbones. A row that names an
    aggregator is set beside that one only. What is printed for validation and test is taken of the test.

    Args:
        recipe: Of the run.
        aggregator: In place of the recipe's own.
        of_backbones: Take the row of the table of backbones instead, for backbones are being compared.
    """
    own = recipes.find(recipe.name).model.backbone if recipe.name in recipes.names() else recipe.model.backbone
    name = aggregator or recipe.evaluation.aggregator
    fitting = [
        row
        for row in recipe.published
        if modalities_of(row) == frozenset(recipe.modalities)
        and row.get("backbone", own) == recipe.model.backbone
        and row.get("aggregator", name) == name
    ]
    wanted = [row for row in fitting if ("backbone" in row) == of_backbones] or fitting
    found: dict[str, Printed] = {}
    for split in PREFERRED:
        for row in wanted:
            if row.get("split", "") == split:
                found = printed(row) | found
    return found


def metric_of(column: str) -> tuple[str, int | None]:
    """Our name of a printed figure, and the phase after which it is (None: the last): "AUC after phase 1" is auc, 1."""
    metric, _, phase = column.partition(AFTER_PHASE)
    return metric.strip().lower().replace(" ", "_"), int(phase) if phase.isdigit() else None


@dataclass(frozen=True, slots=True)
class Beside:
    """One figure of ours, and the paper's."""

    name: str  # as printed
    ours: Estimate
    paper: Printed
