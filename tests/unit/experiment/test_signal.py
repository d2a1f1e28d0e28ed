"""A finished run is asked for signal: from its images once, and from what is kept of them ever after."""

import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest
import toy_models

from radiogenomics.errors import RunError
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.experiment import signal as experiment
from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.environment import samples_hash
from radiogenomics.experiment.frozen import MOST, _chosen, patient_features
from radiogenomics.experiment.layout import laid_out
from radiogenomics.experiment.lesion_cover import Drawn
from radiogenomics.experiment.plan import make_plan
from radiogenomics.experiment.signal import baselines_of, kept_features, signal
from radiogenomics.files import write_text
from radiogenomics.phantom.cohort import write_cohort
from radiogenomics.records import SILENT, PreparedSlice, Sample, Trait
from radiogenomics.rundir.features import PatientFeatures, read_features
from radiogenomics.rundir.rows import write_records
from radiogenomics.rundir.run import Run, read_json, write_folds, write_json
from radiogenomics.store import Store

PATIENTS = 12


def begun(folder, cohort, name, *assignments, **asked):
    """What a run says of its samples before any training."""
    settings = ["split.folds=2", 'modalities=["t1wce", "flair"]', "preparation.steps=[]", "model.weights=none"]
    recipe = toy_models.recipe(*settings, *assignments)
    run, store = Run(folder / name), Store(folder / "store")
    request = Request(str(cohort.data), str(cohort.labels), **asked)
    plan, prepared = laid_out(make_plan(request, recipe, store), store, 0, SILENT)
    write_text(run.recipe, recipe.to_json())
    facts = {"request": asdict(request), "hashes": {"samples": samples_hash(prepared.samples)}}
    write_json(run.environment, facts | {"weights": {"sha256": ""}})
    write_folds(run, plan.folds, plan.labels)
    write_records(run.slices, PreparedSlice, prepared.slices)
    return run, store


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signal")
    return folder, write_cohort(folder, patients=PATIENTS, slices=6, size=48, seed=1, modalities=("t1wce", "flair"))


@pytest.fixture(scope="module")
def whole(cohort):
    """A run on whole slices."""
    return begun(*cohort, "whole", "slices.fraction=0.6")


@pytest.fixture
def tiny(monkeypatch):
    """A base that is quick to build."""

    def build(recipe, weights, channels, seed):
        import keras

        from radiogenomics.models.heads import attach_head

        image = keras.Input((32, 32, channels))
        drawn = keras.initializers.GlorotUniform(seed)
        x = keras.layers.Conv2D(6, 5, strides=3, activation="relu", kernel_initializer=drawn)(image)
        return keras.Model(image, attach_head(x, recipe.model.head, seed))

    monkeypatch.setattr("radiogenomics.models.build.build_model", build)


@pytest.mark.usefixtures("tiny")
def test_features_know_the_mark_and_the_lesions_that_were_drawn(whole, cohort):
    run, store = whole
    plain = patient_features(run, store, workers=0)
    assert len(plain.patients) == PATIENTS
    assert plain.plain.shape == plain.planted.shape == (PATIENTS, 6)
    assert (plain.plain != plain.planted).any(axis=1).all()
    assert plain.hidden is None
    assert "random projections" in plain.base
    assert plain.names[-1] == "shape: roundness"
    drawn = patient_features(run, store, Drawn(lesions=str(cohort[1].lesions)), workers=0)
    np.testing.assert_array_equal(drawn.plain, plain.plain)
    assert (drawn.hidden != drawn.plain).any(axis=1).all()
    assert drawn.names[-2:] == ("lesion: largest share of an image", "lesion: mean share of an image")
    assert len(drawn.remarks) == 1
    assert (drawn.radiomics[:, -2] > 0).all()
    assert (drawn.radiomics[:, -2] < 0.5).all()


@pytest.mark.usefixtures("tiny")
def test_a_run_cut_to_lesions_hides_its_own_and_knows_their_size(cohort):
    settings = ("region.policy=box", "region.margin_mm=10", 'slices={"policy": "lesion-centre", "reach": 1}')
    run, store = begun(*cohort, "crops", *settings, lesions=str(cohort[1].lesions))
    features = patient_features(run, store, workers=0)
    assert (features.hidden != features.plain).any(axis=1).all()
    sizes = features.radiomics[:, [name == "lesion: longest side (mm)" for name in features.names]]
    assert (sizes > 2).all()


@pytest.mark.usefixtures("tiny")
def test_what_is_kept_is_used_again_without_data_and_made_anew_when_it_must(whole, cohort, tmp_path, monkeypatch):
    run = Run(tmp_path / "run")
    shutil.copytree(whole[0].root, run.root)
    first = signal(run, whole[1], resamples=199, workers=0)
    page = run.signal_page.read_text()
    assert first["verdict"] in {"signal", "none", "shortcut"}
    assert first == read_json(run.signal)
    assert first["sentence"].split(": ", 1)[1][1:40] in page
    assert "How the images were made: not known of this run." in first["left_out"]
    computed = []
    monkeypatch.setattr(
        experiment, "patient_features", lambda *_, **__: computed.append(1) or read_features(run.features)
    )
    assert signal(run, Store(tmp_path / "nowhere"), resamples=199) == first
    assert not computed
    kept_features(run, whole[1], Drawn(lesions=str(cohort[1].lesions)))
    kept_features(run, whole[1], Drawn(), force=True)
    write_json(run.environment, read_json(run.environment) | {"hashes": {"samples": "other"}})
    kept_features(run, whole[1], Drawn())
    assert len(computed) == 3


@pytest.mark.usefixtures("tiny")
def test_whose_lesions_are_hidden_is_said_of_features_that_are_kept_too(whole, cohort, tmp_path):
    run = Run(tmp_path / "run")
    shutil.copytree(whole[0].root, run.root)
    kept_features(run, whole[1], Drawn(lesions=str(cohort[1].lesions)), workers=0)
    again = signal(run, Store(tmp_path / "nowhere"), resamples=199, targets=())
    assert again["hidden"] is not None
    assert f"those that {cohort[1].lesions.name} draws" in " ".join(again["left_out"])
    assert "--force" in " ".join(again["left_out"])


def test_a_folder_without_folds_is_told(tmp_path):
    run = Run(tmp_path)
    write_text(run.recipe, toy_models.recipe().to_json())
    with pytest.raises(RunError, match=r"has no folds\.csv"):
        signal(run, Store(tmp_path / "store"))


def test_few_samples_are_all_taken_and_many_are_spread_evenly():
    samples = [Sample("p", "", "s", k, 0, ()) for k in range(46)]
    assert _chosen(samples[:3]) == samples[:3]
    places = [sample.slice for sample in _chosen(samples)]
    assert len(places) == MOST
    assert (places[0], places[-1]) == (0, 45)
    assert set(np.diff(places)) == {3}


def features_of(patients):
    values = np.arange(2.0 * len(patients), dtype=np.float32).reshape(-1, 2)
    return PatientFeatures(patients, values, values, None, values, ("shape: area", "intensity: mean"), "", (), {})


def test_baselines_are_what_is_known_and_what_is_not_is_said():
    patients = tuple("abcdef")
    traits = [Trait(p, "t1w", "acquisition", "site", f"site-{k % 2}") for k, p in enumerate(patients)]
    traits += [Trait(p, "", "clinical", "site", "one hospital") for p in patients]
    traits += [Trait(p, "t1w", "acquisition", "echo_time", str(k)) for k, p in enumerate(patients)]
    facts = Facts(toy_models.recipe(), {}, (), (), traits=traits)
    found = baselines_of(facts, features_of(patients))
    assert set(found.matrices) == {"metadata", "shape", "intensity"}
    # The labels file knows one hospital: what the headers say of sites does not count.
    assert found.matrices["metadata"].shape == (6, 1)
    assert found.left_out == ("Sex, age and the like: not known of this run.",)
    sexes = [Trait(p, "", "clinical", "sex", "F") for p in patients]
    assert baselines_of(replace(facts, traits=sexes), features_of(patients)).left_out == (
        "How the images were made: not known of this run.",
        "Sex, age and the like: the same for all patients.",
    )
    even = replace(features_of(patients), radiomics=np.tile(np.float32([[1, 2]]), (6, 1)))
    assert "The shape of what the model is shown: the same for all patients." in baselines_of(facts, even).left_out
