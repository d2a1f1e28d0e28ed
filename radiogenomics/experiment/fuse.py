"""Fuse runs over different modalities that were split alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from radiogenomics.errors import RunError, raise_faults
from radiogenomics.evaluation.decide import Threshold, choose_thresholds, chooser
from radiogenomics.evaluation.fusion import Way, fuse_predictions
from radiogenomics.evaluation.wording import LEAKS, carried
from radiogenomics.experiment.evaluate import read_people
from radiogenomics.recipe import Recipe
from radiogenomics.records import Fold, Prediction
from radiogenomics.rundir.rows import read_records
from radiogenomics.rundir.run import Run, read_json, read_recipe

MEND = "split them alike: the same patients, --folds and --seed, or one --splits file"


@dataclass(frozen=True, slots=True)
class Fused:
    """What several runs say together."""

    predictions: tuple[Prediction, ...]  # of validation and test patients
    thresholds: tuple[Threshold, ...]
    note: str  # of every figure


def last_predictions(run: Run) -> list[Prediction]:
    """The patients' predictions after the last phase, of all splits."""
    predictions = read_records(run.predictions, Prediction)
    last = max((row.phase for row in predictions), default=0)
    return [row for row in predictions if row.phase == last]


def _split_fault(name: str, first: str, folds: Sequence[Fold], expected: Sequence[Fold]) -> list[str]:
    """The first place where the folds of a run are not those of the first one."""
    if len(folds) != len(expected):
        return [f"{first} has {len(expected)} folds and {name} has {len(folds)}: {MEND}"]
    for fold, other in zip(folds, expected, strict=True):
        for split in ("test", "validation", "train"):
            differing = sorted(set(getattr(fold, split)) ^ set(getattr(other, split)))
            if differing:
                return [
                    f"{name} is split otherwise than {first}: in fold {fold.index} {len(differing)} patients (such as "
                    f"{differing[0]}) are in {split} in one of them only; {MEND}"
                ]
    return []


def _label_fault(name: str, first: str, labels: dict[str, int], expected: dict[str, int]) -> list[str]:
    differing = sorted(patient for patient in labels.keys() & expected.keys() if labels[patient] != expected[patient])
    if not differing:
        return []
    return [f"{len(differing)} patients (such as {differing[0]}) have another label in {name} than in {first}"]


def _unscored(names: Sequence[str], scored: Sequence[Sequence[Prediction]]) -> list[str]:
    """A fault for each run that lacks a prediction another run has."""
    keys = [{(row.fold, row.split, row.patient_id) for row in rows} for rows in scored]
    everyone = set().union(*keys)
    faults = []
    for name, own in zip(names, keys, strict=True):
        for fold, split, patient in sorted(everyone - own)[:1]:
            faults.append(
                f"{name} has no score of {len(everyone - own)} that another run scored (such as patient {patient}, "
                f"{split} of fold {fold}): leave them out of --splits"
            )
    return faults


def _stack_faults(
    names: Sequence[str], recipes: Sequence[Recipe], folds: Sequence[Fold], labels: dict[str, int]
) -> list[str]:
    faults = [
        f"{name} follows the published protocol and has no validation patients, on whom alone runs are stacked: fuse "
        "by mean"
        for name, recipe in zip(names, recipes, strict=True)
        if recipe.split.protocol == "published"
    ]
    one_sided = [fold.index for fold in folds if len({labels[patient] for patient in fold.validation}) < 2]
    if one_sided and not faults:
        faults.append(f"the validation patients of fold {one_sided[0]} lack a class to be fitted to: fuse by mean")
    return faults


def _leaks(runs: Sequence[Run]) -> list[str]:
    """The checks whose leaks any of the runs let pass: what is fused of them carries all."""
    selections = [read_json(run.selection) for run in runs if run.selection.is_file()]
    return list(dict.fromkeys(str(leak) for selection in selections for leak in selection.get(LEAKS, ())))


def _note(recipes: Sequence[Recipe], leaks: Sequence[str], policy: float | str) -> str:
    """What every fused figure carries."""
    own = sorted({str(recipe.evaluation.threshold) for recipe in recipes})
    unused = f"decided at {policy}, not at the recipes' own {', '.join(own)}" if own != [str(policy)] else ""
    return "; ".join(filter(None, [carried(recipes[0], {LEAKS: leaks}), unused]))


def fuse(runs: Sequence[Run], names: Sequence[str], way: Way) -> Fused:
    """Average the runs' probabilities, or stack them on the validation patients of each fold.

    The threshold is 0.5, or where every run's recipe chooses it in the same way, such as "youden", chosen anew by it,
    fold by fold. The note tells where a recipe has another.

    Args:
        runs: Evaluated runs over the same patients, split alike.
        names: What to call them.
        way: As `fuse_predictions` takes it.

    Raises:
        RunError: They are not split alike, or can't be stacked; every fault is listed.
    """
    recipes, people = [read_recipe(run) for run in runs], [read_people(run) for run in runs]
    (folds, labels), first = people[0], names[0]
    known = list(zip(names, people, strict=True))
    faults = [f"{name} scored an outside cohort: fuse the runs themselves" for name, (own, _) in known if not own]
    for name, (own, marked) in known[1:] if not faults else ():
        faults += _label_fault(name, first, marked, labels) + _split_fault(name, first, own, folds)
    if way == "stack":
        faults += _stack_faults(names, recipes, folds, labels)
    scored = [last_predictions(run) for run in runs]
    raise_faults(RunError, faults or _unscored(names, scored), "fusing")
    policies = {recipe.evaluation.threshold for recipe in recipes}
    shared = next(iter(policies)) if len(policies) == 1 else 0.5
    policy = shared if isinstance(shared, str) else 0.5
    fused = fuse_predictions(scored, way)
    thresholds = choose_thresholds(fused, policy, chooser(recipes[0].split))
    return Fused(tuple(fused), thresholds, _note(recipes, _leaks(runs), policy))
