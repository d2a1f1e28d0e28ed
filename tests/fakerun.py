"""A complete run folder from made-up probabilities: for tests of what reads runs, without training."""

from itertools import product
from pathlib import Path

import numpy as np

from radiogenomics import recipes
from radiogenomics.evaluation.wording import SELECTED
from radiogenomics.experiment.evaluate import evaluate
from radiogenomics.files import write_text
from radiogenomics.overrides import override
from radiogenomics.recipe import Recipe
from radiogenomics.records import Cohort, EpochRow, Exclusion, Fold, Series, Slice, SlicePrediction
from radiogenomics.rundir.rows import write_history, write_records
from radiogenomics.rundir.run import Run, write_cohort, write_folds, write_json


def fake_recipe(*assignments: str) -> Recipe:
    settings = ["split.folds=3", "model.backbone=mobilenet-0.25", "image.size=64", 'modalities=["flair"]']
    return override(recipes.find("mgmt"), [*settings, *assignments])


def fake_series(patient: str, modality: str = "flair", status="used", reason="", description="") -> Series:
    planes = tuple(Slice(f"{patient}/{i}.dcm", f"{patient}.{i}", None, i, float(i), 1, 1) for i in range(1, 11))
    return Series(
        patient, f"{patient}.study", f"{patient}.{modality}", modality, "folder", "axial", planes, 10, 64, 64,
        (1.0, 1.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), "", description, "Phantom", 3.0, "site-1", "", status, reason,
    )  # fmt: skip


def fake_folds(labels: dict[str, int], folds: int, repeats: int, protocol: str = "nested") -> tuple[Fold, ...]:
    patients, step = sorted(labels), folds if folds > 1 else 3  # a single split tests every third
    found = []
    for index in range(folds * repeats):
        turned = patients[index // folds :] + patients[: index // folds]
        test = turned[index % folds :: step]
        validation = turned[(index + 1) % step :: step][::2] if protocol == "nested" else []
        train = [p for p in patients if p not in {*test, *validation}]
        found.append(Fold(index, tuple(train), tuple(sorted(validation)), tuple(sorted(test))))
    return tuple(found)


def fake_slices(labels, folds, *, signal: float, seed: int, slices: int = 4, lesions=("",)) -> list[SlicePrediction]:
    """Probabilities of two phases; `signal` is the distance of the classes on the logit scale, halved in phase 1."""
    random = np.random.default_rng(seed)
    rows = []
    for fold in folds:
        for phase in (1, 2):
            for split in ("validation", "test"):
                for patient in getattr(fold, split):
                    centre = (labels[patient] - 0.5) * signal * phase / 2 + random.normal()
                    for lesion, number in product(lesions, range(1, slices + 1)):
                        logit = centre + 0.5 * random.normal()
                        probability = float(1 / (1 + np.exp(-logit)))
                        where = (patient, lesion, f"{patient}.flair", number, fold.index, phase, split, labels[patient])
                        rows.append(SlicePrediction(*where, probability))
    return rows


def fake_history(recipe: Recipe, folds) -> list[EpochRow]:
    rows = []
    for fold in folds:
        for number, phase in enumerate(recipe.training.phases, 1):
            for epoch in range(1, min(phase.epochs, 8) + 1):
                t = epoch + 8 * (number - 1) + fold.index / 3
                metrics = {"loss": 0.8 * 0.93**t, "val_loss": 0.6 + 0.2 * 0.9**t, "accuracy": 1 - 0.5 * 0.93**t}
                rows.append(EpochRow(fold.index, number, epoch, metrics | {"val_accuracy": 0.7 - 0.2 * 0.9**t}))
    return rows


def write_fake_run(
    root: Path,
    *,
    patients: int = 24,
    signal: float = 3.0,
    seed: int = 0,
    recipe: Recipe | None = None,
    names: tuple[str, ...] = (),
    labels: dict[str, int] | None = None,
    description: str = "",
    evaluated: bool = True,
) -> Run:
    """A finished run with every file of the contract but models, log, figures and (until reported) the report.

    Args:
        names: Patient ids to use for the first patients, whatever they hold.
        labels: In place of these ids, and of every fourth being positive.
    """
    recipe = recipe or fake_recipe()
    run = Run(root)
    ids = list(labels or [*names, *(f"{i:05d}" for i in range(len(names), patients))])
    labels = labels or {patient: int(i % 4 == 0) for i, patient in enumerate(ids)}
    folds = fake_folds(labels, recipe.split.folds, recipe.split.repeats, recipe.split.protocol)
    write_text(run.recipe, recipe.to_json())
    series = [fake_series(p, description=description) for p in ids]
    series += [fake_series(p, "t1w", "unused", "not asked for by the recipe") for p in ids]
    series += [
        fake_series(p, "flair", "unused", "patient left out: no label in labels.csv") for p in ("90001", "90002")
    ]
    exclusions = [
        Exclusion(ids[0], f"{ids[0]}/scout.dcm", "localizer"),
        Exclusion("90001", "", "no label in labels.csv"),
        Exclusion("90002", "", "no label in labels.csv"),
    ]
    write_cohort(run.root, Cohort("data", 20 * len(ids) + 21, tuple(series), tuple(exclusions)))
    write_folds(run, folds, labels)
    write_history(run.history, fake_history(recipe, folds), SELECTED if recipe.split.protocol == "published" else "")
    slices = fake_slices(labels, folds, signal=signal, seed=seed)
    write_records(run.slice_predictions, SlicePrediction, slices)
    by = "lowest val_loss on the fold's validation patients" if recipe.split.protocol == "nested" else "the fold itself"
    chosen = [{"fold": f.index, "phase": phase, "epoch": 5, "by": by} for f in folds for phase in (1, 2)]
    write_json(run.selection, {"protocol": recipe.split.protocol, "epoch": chosen})
    write_json(
        run.environment,
        {"radiogen": "0", "packages": {"tensorflow": "2"}, "weights": {"source": "none", "pretrained": False}},
    )
    if evaluated:
        evaluate(run)
    return run
