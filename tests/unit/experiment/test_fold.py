"""One fold, from samples in the store to its predictions: on images and on frozen features, nested and published."""

import dataclasses
import shutil

import keras
import numpy as np
import pytest
import toy_models

from radiogenomics.experiment import features, fold
from radiogenomics.experiment.fold import FoldJob, train_fold
from radiogenomics.models.applications import build
from radiogenomics.pipeline.dataset import scoring_batches
from radiogenomics.records import SILENT, Fold, Plane, Sample
from radiogenomics.rundir.run import Run
from radiogenomics.store import Store, StoredSlice
from radiogenomics.training.predict import load_model, predict

PATIENTS, SLICES, SIZE = 12, 3, 32
STILL = 'augmentation={"zoom": [1, 1]}'
FOLD = Fold(0, ("p00", "p01", "p02", "p03", "p06", "p07"), ("p04", "p05"), ("p08", "p09", "p10", "p11"))
SHORT = [
    *(f"training.phases.{n}.{field}" for n in (0, 1) for field in ("epochs=2", "batch_size=4", "learning_rate=0.01")),
    "image.size=32",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A store of twelve patients with three slices each, positives with a bright square; and weights of MobileNet."""
    root = tmp_path_factory.mktemp("fold")
    model = build((SIZE, SIZE, 3), None, 7, application="MobileNet", alpha=0.25)
    toy_models.awaken(model).save_weights(root / "base.weights.h5")
    pixels = toy_models.images(PATIENTS * SLICES)[0][..., 0]
    planes = (pixels * 65535).astype(np.uint16)
    store = Store(root / "store")
    for patient in range(PATIENTS):
        # Of its images those with the patient's label: even places are negative, odd ones positive.
        own = planes[patient % 2 :: 2][patient // 2 * SLICES :][:SLICES]
        store.write(f"{patient:064x}", (SIZE, SIZE), SLICES, [(StoredSlice(str(k), k), p) for k, p in enumerate(own)])
    return store, root / "base.weights.h5"


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(fold, "build_model", toy_models.tiny_build)


SAMPLES = tuple(
    Sample(f"p{patient:02d}", "", f"s{patient}", k, patient % 2, (Plane(f"{patient:064x}", k),))
    for patient in range(PATIENTS)
    for k in range(SLICES)
)


def job_of(place, folder, *assignments, fold=FOLD):
    recipe = toy_models.recipe(*SHORT, *assignments)
    return FoldJob(Run(folder), recipe, fold, SAMPLES, place[0], place[1], True)


def same(one, other, tolerance=1e-4):
    np.testing.assert_allclose(
        [p.probability for p in one.predictions], [p.probability for p in other.predictions], atol=tolerance
    )
    assert one.epochs == other.epochs
    for mine, theirs in zip(one.history, other.history, strict=True):
        assert mine.metrics == pytest.approx(theirs.metrics, abs=1e-3)


HEADS = {
    "gap-bn-dropout-dense": "model.head.units=8",
    "vgg-dense": 'model.head={"kind": "vgg-dense", "units": [6], "dropout": 0.3}',
    "gap-linear": 'model.head={"kind": "gap-linear"}',
}


@pytest.mark.parametrize(
    ("base", "head"),
    [
        ("tiny", "gap-bn-dropout-dense"),
        ("tiny", "vgg-dense"),
        pytest.param("mobilenet-0.25", "gap-linear", marks=pytest.mark.slow),
    ],
)
def test_a_frozen_base_is_computed_once_with_the_same_result(place, tmp_path, monkeypatch, base, head):
    if base == "tiny":
        monkeypatch.setattr(fold, "build_model", toy_models.tiny_build)
    settings = [HEADS[head], STILL, 'training.balance="oversample-slices"', "training.phases.1.freeze=base"]
    by_features = train_fold(job_of(place, tmp_path / "features", *settings), SILENT)
    monkeypatch.setattr(fold, "is_constant", lambda model: False)
    monkeypatch.setattr(fold, "compute_features", lambda *_, **__: pytest.fail("not asked for"))
    by_images = train_fold(job_of(place, tmp_path / "images", *settings), SILENT)
    same(by_features, by_images)
    assert np.ptp([p.probability for p in by_features.predictions]) > 0.01
    # What is saved is the whole model, and it says of images what its head said of features.
    saved = load_model(Run(tmp_path / "features").model(0))
    test = [sample for sample in SAMPLES if sample.patient_id in FOLD.test]
    last = [p.probability for p in by_features.predictions if (p.phase, p.split) == (2, "test")]
    np.testing.assert_allclose(predict(saved, scoring_batches(place[0], test, 4)), last, atol=1e-5)


@pytest.mark.usefixtures("quick")
def test_features_are_shared_by_folds_and_a_damaged_file_is_made_anew(place, tmp_path, monkeypatch):
    computed = []
    outputs = features.outputs
    monkeypatch.setattr(features, "outputs", lambda *args: computed.append(1) or outputs(*args))
    settings = [STILL, HEADS["gap-linear"], "training.phases.1.freeze=base", "training.seed=5"]

    def run(name, fold=FOLD):
        return train_fold(job_of(place, tmp_path / name, *settings, fold=fold), SILENT)

    shutil.rmtree(place[0].root / "features", ignore_errors=True)
    first = run("first")
    assert len(computed) == PATIENTS  # phase 2 and each split find what phase 1 has made
    run("other", dataclasses.replace(FOLD, index=1, train=FOLD.test, test=FOLD.train))
    assert len(computed) == PATIENTS
    file = next((place[0].root / "features").rglob("*.npz"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    again = run("again")
    assert len(computed) == PATIENTS + 1
    assert again.predictions == first.predictions


@pytest.mark.usefixtures("quick")
def test_what_changes_the_base_changes_its_features(place, tmp_path):
    # Phase 1 trains the base's last block, so that in phase 2 it is another base than the file's.
    settings = [STILL, "training.phases.0.freeze=blocks", "training.phases.0.blocks=1", "training.phases.1.freeze=base"]
    before = len(list((place[0].root / "features").rglob("*.npz")))
    train_fold(job_of(place, tmp_path, *settings), SILENT)
    assert len(list((place[0].root / "features").rglob("*.npz"))) == before + PATIENTS


class Dies:
    """A Progress that ends its process in the second epoch of a phase."""

    def __init__(self, phase):
        self.words = f"phase {phase}"

    def update(self, task, done, total, note=""):
        if self.words in task and "epoch 2/2" in task and done == 2:
            raise KeyboardInterrupt

    def say(self, message):
        pass


@pytest.mark.usefixtures("quick")
def test_a_killed_fold_goes_on_to_the_same_bits_on_features_and_images(place, tmp_path):
    settings = [STILL, "training.phases.1.freeze=blocks", "training.phases.1.blocks=2", "training.phases.1.anchor=0.1"]
    whole = train_fold(job_of(place, tmp_path / "whole", *settings), SILENT)
    for phase in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            train_fold(job_of(place, tmp_path / "killed", *settings), Dies(phase))
        for path in (place[0].root / "features").rglob("*0.npz"):
            path.unlink()
    killed = train_fold(job_of(place, tmp_path / "killed", *settings), SILENT)
    assert killed == whole
    one, other = (load_model(Run(tmp_path / name).model(0)) for name in ("whole", "killed"))
    for mine, theirs in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


@pytest.mark.usefixtures("quick")
def test_the_published_protocol_chooses_on_the_test_fold_and_scores_nobody_else(place, tmp_path):
    settings = ["split.protocol=published", "training.monitor=val_accuracy", STILL, HEADS["gap-linear"]]
    everyone = dataclasses.replace(FOLD, train=(*FOLD.train, *FOLD.validation), validation=())
    outcome = train_fold(job_of(place, tmp_path, *settings, fold=everyone), SILENT)
    assert {(p.split, p.patient_id) for p in outcome.predictions} == {("test", patient) for patient in FOLD.test}
    for phase in (1, 2):
        said = [p for p in outcome.predictions if p.phase == phase]
        accuracy = np.mean([(p.probability > 0.5) == p.label for p in said])
        chosen = next(row for row in outcome.history if (row.phase, row.epoch) == (phase, outcome.epochs[phase - 1]))
        assert chosen.metrics["val_accuracy"] == pytest.approx(accuracy)
        assert accuracy == pytest.approx(max(r.metrics["val_accuracy"] for r in outcome.history if r.phase == phase))


@pytest.mark.usefixtures("quick")
def test_scores_are_the_mean_over_augmented_copies_where_asked(place, tmp_path):
    settings = ["evaluation.test_time=2", "training.phases.0.epochs=1", "training.phases.1.epochs=1"]
    job = job_of(place, tmp_path, *settings)
    outcome = train_fold(job, SILENT)
    model = load_model(Run(tmp_path).model(0))
    test = [sample for sample in SAMPLES if sample.patient_id in FOLD.test]
    copies = [predict(model, scoring_batches(place[0], test, 5, job.recipe, copy, 0)) for copy in range(3)]
    last = [p.probability for p in outcome.predictions if (p.phase, p.split) == (2, "test")]
    np.testing.assert_allclose(last, np.mean(copies, axis=0), atol=1e-5)
    assert np.abs(np.array(last) - copies[0]).max() > 1e-4


@pytest.mark.usefixtures("quick")
def test_a_saved_model_needs_nothing_of_ours_to_be_loaded(place, tmp_path):
    settings = [f"training.phases.{n}.{field}" for n in (0, 1) for field in ("loss=soft-f1", "anchor=0.1", "epochs=1")]
    train_fold(job_of(place, tmp_path, *settings), SILENT)
    assert not keras.models.load_model(Run(tmp_path).model(0), compile=True, safe_mode=True).compiled
