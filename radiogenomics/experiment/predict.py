"""Score a DICOM folder with a trained model, wherever the model lies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from radiogenomics import recipes
from radiogenomics.errors import CohortError, MissingPathError, RunError
from radiogenomics.evaluation.aggregate import aggregate
from radiogenomics.evaluation.wording import OUTSIDE
from radiogenomics.experiment.cases import Request, find_cases, without_others
from radiogenomics.experiment.evaluate import deployed_recipe, read_people, read_thresholds
from radiogenomics.experiment.prepare import prepare, without_unreadable
from radiogenomics.experiment.quality import write_quality
from radiogenomics.experiment.volumes import Brought
from radiogenomics.files import must_be_new, must_exist
from radiogenomics.recipe import CHOSEN, Recipe
from radiogenomics.records import (
    SILENT,
    Case,
    Cohort,
    Exclusion,
    Prediction,
    PreparedSlice,
    Progress,
    Sample,
    SlicePrediction,
)
from radiogenomics.rundir.rows import write_csv, write_records
from radiogenomics.rundir.run import Run, open_run, read_json, write_series
from radiogenomics.serving.card import read_card
from radiogenomics.serving.predictors import is_url, open_predictor
from radiogenomics.store import Store

if TYPE_CHECKING:
    import keras

BATCH_SIZE = 32


@dataclass(frozen=True, slots=True)
class Scorer:
    """A trained model: prepared images [n, H, W, C] in [0, 1] to probabilities [n]."""

    recipe: Recipe
    threshold: float
    probabilities: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Scored:
    """What scoring a folder gave."""

    scorer: Scorer
    cohort: Cohort  # every exclusion in it
    cases: tuple[Case, ...]  # those that were scored
    slices: tuple[SlicePrediction, ...]  # fold 0, last phase, split "test"; labels as the cases carry them
    patients: tuple[Prediction, ...]
    prepared: tuple[PreparedSlice, ...]  # what was read, with the hashes of its pixels
    volumes: Brought | None  # what the recipe's preparation gave, where it has one


def run_threshold(run: Run) -> float:
    """The decision threshold of a run: the mean of its folds' thresholds after the last phase."""
    thresholds = read_thresholds(run)
    last = max(threshold.phase for threshold in thresholds)
    return float(np.mean([threshold.value for threshold in thresholds if threshold.phase == last]))


def load_models(run: Run) -> list["keras.Model"]:
    """The trained models of a run, one a fold.

    Raises:
        RunError: The folder holds the scores of an outside cohort, and no model.
    """
    folds, _ = read_people(run)
    if not folds:
        itself = read_json(run.selection)[OUTSIDE].get("run", "")
        said = f"{run.root} holds the scores of an outside cohort, not a model: name the run that made them, {itself}"
        raise RunError(said.rstrip(", "))
    from radiogenomics.training.predict import load_model  # loads TensorFlow

    return [load_model(run.model(fold.index)) for fold in folds]


def _of_run(run: Run) -> Scorer:
    models = load_models(run)
    from radiogenomics.training.predict import mean_probability  # loads TensorFlow

    return Scorer(deployed_recipe(run), run_threshold(run), mean_probability(models))


def _of_export(model: str, recipe: str | None) -> Scorer:
    predictor = open_predictor(model, "prepared")
    if is_url(model):
        if recipe is None:
            raise MissingPathError(f"{model} does not tell its recipe: give --recipe NAME or the exported recipe.json")
        found, threshold = recipes.find(recipe), None
        if found.evaluation.aggregator == CHOSEN:
            raise MissingPathError(
                f"{model} does not tell its aggregator, which each run chose: give the exported recipe.json"
            )
    else:
        card = read_card(Path(model))
        found, threshold = card.recipe, card.threshold
    fixed = found.evaluation.fixed_threshold
    default = 0.5 if fixed is None else fixed
    return Scorer(found, default if threshold is None else threshold, predictor.predict)


def open_scorer(model: str, recipe: str | None = None) -> Scorer:
    """The scorer behind a run folder, a SavedModel folder, or the URL of a model on TF Serving.

    Args:
        model: A run, saved_models/NAME or saved_models/NAME/<version>, or http://host:port/v1/models/NAME.
        recipe: For a URL, whose server does not tell it: the recipe's name or file.

    Raises:
        MissingPathError: It is none of these.
    """
    if not is_url(model) and Run(must_exist(Path(model), "model")).recipe.is_file():
        return _of_run(open_run(Path(model)))
    return _of_export(model, recipe)


def _probabilities(scorer: Scorer, store: Store, samples: Sequence[Sample], progress: Progress) -> np.ndarray:
    """The mean over each sample and as many augmented copies of it as the recipe asks for."""
    from radiogenomics.pipeline.dataset import scoring_batches  # loads TensorFlow

    recipe = scorer.recipe
    copies = 1 if recipe.augmentation.still else 1 + recipe.evaluation.test_time
    parts = []
    for copy in range(copies):
        scores: list[np.ndarray] = []
        batches = scoring_batches(store, samples, BATCH_SIZE, recipe, copy, recipe.training.seed)
        for images, _, _ in batches.as_numpy_iterator():
            scores.append(scorer.probabilities(images))
            done = copy * len(samples) + min(len(scores) * BATCH_SIZE, len(samples))
            progress.update("predict", done, copies * len(samples))
        parts.append(np.concatenate(scores))
    mean: np.ndarray = np.mean(parts, axis=0)
    return mean


def score_cases(
    scorer: Scorer, cohort: Cohort, cases: Sequence[Case], store: Store, workers: int, progress: Progress
) -> Scored:
    """Prepare and score the cases; whoever has no readable slice is among the exclusions."""
    prepared = prepare(Path(cohort.root), cases, scorer.recipe, store, workers, progress)
    cohort = without_unreadable(cohort, prepared)
    if not prepared.samples:
        raise CohortError(f"no slice under {cohort.root} could be read, so nothing can be predicted")
    phase = len(scorer.recipe.training.phases)
    slices = tuple(
        SlicePrediction(s.patient_id, s.lesion_id, s.series_uid, s.slice, 0, phase, "test", s.label, float(p))
        for s, p in zip(prepared.samples, _probabilities(scorer, store, prepared.samples, progress), strict=True)
    )
    policy = scorer.recipe.evaluation
    patients = tuple(aggregate(slices, policy.aggregator, policy.lesions))
    scored = {p.patient_id for p in patients}
    kept = tuple(case for case in cases if case.patient_id in scored)
    cohort = without_others(cohort, (), scored)
    return Scored(scorer, cohort, kept, slices, patients, prepared.slices, prepared.volumes)


def predict(
    model: str,
    request: Request,
    out: Path,
    store: Store,
    *,
    recipe: str | None = None,
    workers: int = 0,
    force: bool = False,
    progress: Progress = SILENT,
) -> Scored:
    """Predict every patient under the request's data; writes `out`, and beside it what was left out and why.

    `out` has patient_id, probability (of the positive class), decision (1 at or above the threshold) and one column
    a modality with its series' UID. `<out's stem>.exclusions.csv` and `<out's stem>.cohort.csv` (every series found,
    used or not, and why) beside it account for every file; where the recipe prepares raw series,
    `<out's stem>.qc.html` and `<out's stem>.preparation.csv` tell what was done to each patient.

    Raises:
        MissingPathError: The model or the data is not there.
        ExistsError: `out` exists and `force` was not given.
        CohortError: Nobody has the series that the model needs.
    """
    must_be_new(out, "output", force)
    scorer = open_scorer(model, recipe)
    cohort, cases = find_cases(request, scorer.recipe, store, workers, progress)
    for note in cohort.notes:
        progress.say(note)
    scored = score_cases(scorer, cohort, list(cases.values()), store, workers, progress)
    series = {case.patient_id: [s.series_uid for s in case.series] for case in scored.cases}
    rows = (
        (p.patient_id, p.probability, int(p.probability >= scorer.threshold), *series[p.patient_id])
        for p in scored.patients
    )
    uids = (f"{modality}_series_uid" for modality in scorer.recipe.modalities)
    write_csv(out, ["patient_id", "probability", "decision", *uids], rows)
    write_records(out.with_suffix(".exclusions.csv"), Exclusion, scored.cohort.exclusions)
    write_series(out.with_suffix(".cohort.csv"), scored.cohort)
    if scored.volumes:
        page, sheet = out.with_suffix(".qc.html"), out.with_suffix(".preparation.csv")
        write_quality(page, sheet, scorer.recipe, scored.volumes, scored.cohort.exclusions, store, progress)
    return scored
