"""Train and score one fold, in whatever process the engine runs it."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from radiogenomics.errors import StoreError
from radiogenomics.files import explained
from radiogenomics.imaging.sample import channels
from radiogenomics.models.build import build_model
from radiogenomics.pipeline.dataset import scoring_batches, training_stream
from radiogenomics.recipe import Phase, Recipe
from radiogenomics.records import EpochRow, Fold, Progress, Sample, SlicePrediction
from radiogenomics.rundir.rows import read_history, read_records, write_history, write_records
from radiogenomics.rundir.run import Run, read_json, write_json
from radiogenomics.store import Store
from radiogenomics.training.device import configure
from radiogenomics.training.fit import fit_phase
from radiogenomics.training.predict import predict


@dataclass(frozen=True, slots=True)
class FoldJob:
    """All that one fold needs; travels between processes."""

    run: Run
    recipe: Recipe
    fold: Fold
    samples: tuple[Sample, ...]  # of the fold's patients
    store: Store
    weights: Path | None
    pretrained: bool


@dataclass(frozen=True, slots=True)
class FoldOutcome:
    """What one fold gave."""

    fold: int
    predictions: tuple[SlicePrediction, ...]
    history: tuple[EpochRow, ...]
    epochs: tuple[int, ...]  # the epoch chosen, a phase each
    device: str


def fold_seed(seed: int, fold: int) -> int:
    """The seed of a fold's model: another for each fold, and a function of nothing else."""
    return int(np.random.SeedSequence([seed, fold]).generate_state(1)[0] >> 1)


def _folder(job: FoldJob) -> Path:
    return job.run.checkpoints / f"fold-{job.fold.index}"


def _keep(folder: Path, outcome: FoldOutcome) -> None:
    write_records(folder / "slice_predictions.csv", SlicePrediction, outcome.predictions)
    write_history(folder / "history.csv", outcome.history)
    # Last, for its presence says that the fold is finished.
    write_json(folder / "outcome.json", {"epochs": outcome.epochs, "device": outcome.device})


def finished(run: Run, fold: int) -> FoldOutcome | None:
    """What a fold gave, where it was finished before."""
    folder = run.checkpoints / f"fold-{fold}"
    if not (folder / "outcome.json").is_file() or not run.model(fold).is_file():
        return None
    facts = read_json(folder / "outcome.json")
    return FoldOutcome(
        fold,
        tuple(read_records(folder / "slice_predictions.csv", SlicePrediction)),
        tuple(read_history(folder / "history.csv")),
        tuple(facts["epochs"]),
        facts["device"],
    )


def _scored(
    model: keras.Model, job: FoldJob, samples: Sequence[Sample], phase: int, split: str, batch_size: int
) -> list[SlicePrediction]:
    probabilities = predict(model, scoring_batches(job.store, samples, batch_size))
    return [
        SlicePrediction(
            s.patient_id, s.lesion_id, s.series_uid, s.slice, job.fold.index, phase, split, s.label, float(p)
        )
        for s, p in zip(samples, probabilities, strict=True)
    ]


def _save(model: keras.Model, path: Path) -> None:
    part = path.with_name(f".{path.stem}.part.keras")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            model.save(part, include_optimizer=False)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _store_explained() -> Iterator[None]:
    """TensorFlow wraps what a dataset's own code raises; a damaged store must still say so, and how to mend it."""
    try:
        yield
    except tf.errors.OpError as error:
        name = f"{StoreError.__name__}: "
        if name not in str(error):
            raise
        raise StoreError(str(error).partition(name)[2].splitlines()[0]) from error


@_store_explained()
def train_fold(job: FoldJob, progress: Progress) -> FoldOutcome:
    """Train all phases of one fold and score validation and test after each.

    Goes on from the last finished epoch where an earlier process was stopped, to the same result.
    """
    device = configure(job.recipe.training)
    seed = fold_seed(job.recipe.training.seed, job.fold.index)
    train, validation, test = (
        tuple(s for s in job.samples if s.patient_id in set(getattr(job.fold, split)))
        for split in ("train", "validation", "test")
    )
    model = build_model(job.recipe, job.weights, channels(job.recipe), seed)
    predictions: list[SlicePrediction] = []
    history: list[EpochRow] = []
    epochs = []
    for number, phase in enumerate(job.recipe.training.phases, 1):

        def stream(first_epoch: int, phase: Phase = phase, number: int = number) -> tuple[tf.data.Dataset, int]:
            return training_stream(
                job.store, train, job.recipe, phase, seed=fold_seed(seed, number), first_epoch=first_epoch
            )

        result = fit_phase(
            model,
            phase,
            number,
            job.recipe.training,
            stream,
            scoring_batches(job.store, validation, phase.batch_size),
            fold=job.fold.index,
            state=_folder(job) / f"phase-{number}.npz",
            pretrained=job.pretrained,
            device=device,
            progress=progress,
        )
        history += result.history
        epochs.append(result.best_epoch)
        for split, samples in (("validation", validation), ("test", test)):
            predictions += _scored(model, job, samples, number, split, phase.batch_size)
    _save(model, job.run.model(job.fold.index))
    outcome = FoldOutcome(job.fold.index, tuple(predictions), tuple(history), tuple(epochs), device.sentence)
    _keep(_folder(job), outcome)
    return outcome
