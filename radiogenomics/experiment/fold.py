"""Train and score one fold, in whatever process the engine runs it."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from radiogenomics.errors import StoreError
from radiogenomics.evaluation.decide import chooser
from radiogenomics.experiment.features import compute_features
from radiogenomics.files import explained
from radiogenomics.imaging.sample import channels
from radiogenomics.models.build import build_model
from radiogenomics.models.freezing import freeze
from radiogenomics.models.halves import fingerprint, halves, is_constant
from radiogenomics.pipeline.dataset import feature_batches, scoring_batches, training_stream
from radiogenomics.recipe import Phase, Recipe
from radiogenomics.records import EpochRow, Fold, Progress, Sample, SlicePrediction
from radiogenomics.rundir.rows import read_history, read_records, write_history, write_records
from radiogenomics.rundir.run import Run, read_json, write_json
from radiogenomics.store import Store
from radiogenomics.training.device import Device, configure
from radiogenomics.training.fit import fit_phase
from radiogenomics.training.predict import predict

Splits = Mapping[str, tuple[Sample, ...]]  # of a fold: train, validation (empty by the published protocol), test
GOLDEN = 0.618  # multiples of it spread evenly: where each fold begins to compute features


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
    epochs: tuple[int, ...]  # the epoch whose weights were kept, a phase each; see recipe.Phase.keep
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


@dataclass(frozen=True, slots=True)
class _Feed:
    """A model, and what goes into it."""

    model: keras.Model  # the whole one; or its head alone, which shares the whole one's layers
    stream: Callable[[int], tuple[tf.data.Dataset, int]]  # from an epoch (from 0): batches, and the steps of an epoch
    batches: Callable[[str, int], tf.data.Dataset]  # a split, and the number of its augmented copy (0: as it is)


def _images(job: FoldJob, model: keras.Model, splits: Splits, phase: Phase, seed: int) -> _Feed:
    """The whole model on images."""
    recipe, store = job.recipe, job.store

    def stream(first_epoch: int) -> tuple[tf.data.Dataset, int]:
        return training_stream(store, splits["train"], recipe, phase, seed=seed, first_epoch=first_epoch)

    def batches(split: str, copy: int) -> tf.data.Dataset:
        return scoring_batches(store, splits[split], phase.batch_size, recipe, copy, recipe.training.seed)

    return _Feed(model, stream, batches)


def _features(
    job: FoldJob, model: keras.Model, splits: Splits, phase: Phase, seed: int, device: Device, progress: Progress
) -> _Feed:
    """The head alone, on what the base says of images that no epoch changes: computed once, with the same result."""
    recipe, store = job.recipe, job.store
    base, head = halves(model)
    base.jit_compile = device.xla
    features = compute_features(
        base,
        store,
        job.samples,
        "/".join(
            [
                recipe.model.backbone,
                base.layers[-1].name,
                recipe.model.channel_orders,
                fingerprint(base),
                device.sentence,
            ]
        ),
        turn=job.fold.index * GOLDEN % 1,
        task=f"fold {job.fold.index}, features of the frozen base",
        progress=progress,
    )
    place = {sample: number for number, sample in enumerate(job.samples)}
    of = {split: features[[place[sample] for sample in samples]] for split, samples in splits.items()}

    def stream(first_epoch: int) -> tuple[tf.data.Dataset, int]:
        train = splits["train"]
        return training_stream(store, train, recipe, phase, seed=seed, first_epoch=first_epoch, features=of["train"])

    def batches(split: str, copy: int) -> tf.data.Dataset:
        return feature_batches(of[split], splits[split], phase.batch_size)

    return _Feed(head, stream, batches)


def _scored(job: FoldJob, feed: _Feed, splits: Splits, phase: int, split: str) -> Iterator[SlicePrediction]:
    """The probability of each slice of a split: the mean over it and its augmented copies."""
    copies = 0 if job.recipe.augmentation.still else job.recipe.evaluation.test_time
    probabilities = np.mean([predict(feed.model, feed.batches(split, copy)) for copy in range(copies + 1)], axis=0)
    for s, p in zip(splits[split], probabilities, strict=True):
        yield SlicePrediction(
            s.patient_id, s.lesion_id, s.series_uid, s.slice, job.fold.index, phase, split, s.label, float(p)
        )


def _save(model: keras.Model, path: Path) -> None:
    part = path.with_name(f".{path.stem}.part.keras")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Uncompiled: whoever loads it needs neither our losses nor our optimizers.
            keras.Model(model.input, model.output, name=model.name).save(part)
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
    """Train all phases of one fold, and score validation and test after each.

    The epoch is chosen on the validation patients. By the published protocol there are none, and it is chosen on the
    test patients, who alone are scored.
    Goes on from the last state that an earlier process wrote before it was stopped, to the same result.
    """
    recipe, index = job.recipe, job.fold.index
    device = configure(recipe.training)
    seed = fold_seed(recipe.training.seed, index)
    splits = _splits(job)
    chooses = chooser(recipe.split)
    model = build_model(recipe, job.weights, channels(recipe), seed)
    predictions: list[SlicePrediction] = []
    history: list[EpochRow] = []
    epochs = []
    for number, phase in enumerate(recipe.training.phases, 1):
        freeze(model, phase, job.pretrained)
        phase_seed = fold_seed(seed, number)
        if recipe.augmentation.still and is_constant(model):
            feed = _features(job, model, splits, phase, phase_seed, device, progress)
        else:
            feed = _images(job, model, splits, phase, phase_seed)
        result = fit_phase(
            feed.model,
            phase,
            number,
            recipe.training,
            feed.stream,
            feed.batches(chooses, 0),
            fold=index,
            state=_folder(job) / f"phase-{number}.npz",
            device=device,
            progress=progress,
        )
        history += result.history
        epochs.append(result.epoch)
        for split in dict.fromkeys((chooses, "test")):
            predictions += _scored(job, feed, splits, number, split)
    _save(model, job.run.model(index))
    outcome = FoldOutcome(index, tuple(predictions), tuple(history), tuple(epochs), device.sentence)
    _keep(_folder(job), outcome)
    return outcome


def _splits(job: FoldJob) -> Splits:
    members = {split: set(getattr(job.fold, split)) for split in ("train", "validation", "test")}
    return {split: tuple(s for s in job.samples if s.patient_id in ids) for split, ids in members.items()}
