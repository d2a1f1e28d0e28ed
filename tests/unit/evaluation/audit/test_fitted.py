from dataclasses import replace

import pytest
from audit_cohorts import RECIPE, made_up, of_check

from radiogenomics.overrides import override
from radiogenomics.records import Prediction, SlicePrediction


def over(facts, **selection):
    """The facts after training, with these entries of selection.json."""
    return replace(facts, selection={"protocol": "nested", **selection})


def by_recipe(*assignments):
    return replace(made_up(41), recipe=override(RECIPE, assignments))


@pytest.mark.parametrize("check", ["oversampling", "normalisation"])
def test_before_training_the_recipe_answers_and_after_it_the_run_must(check):
    assert of_check(by_recipe("training.balance=oversample-patients"), check).status == "clean"
    assert of_check(over(made_up(41)), check).status == "unknown"


@pytest.mark.parametrize(("on", "status"), [("train", "clean"), ("all", "found"), ("test", "found")])
def test_oversampling_is_of_train_alone(on, status):
    assert (
        of_check(over(made_up(41), oversampling={"on": on, "by": "oversample-slices"}), "oversampling").status == status
    )


@pytest.mark.parametrize(
    ("on", "status"), [("each image", "clean"), ("train", "clean"), ("all", "found"), ("test", "found")]
)
def test_normalisation_is_not_of_everyone(on, status):
    finding = of_check(over(made_up(41), normalisation={"on": on, "by": "zscore"}), "normalisation")
    assert finding.status == status
    assert status == "clean" or "zscore" in finding.sentence


def row(patient, number, fold=0, split="test"):
    return SlicePrediction(patient, "", "1.2", number, fold, 1, split, 1, 0.5)


def test_a_test_slice_counts_once_a_fold():
    facts = made_up(42)
    once = [row("P001", 1), row("P001", 2), row("P001", 1, fold=1), row("P001", 1, split="validation")]
    assert of_check(replace(facts, scored=once), "scored-twice").status == "clean"
    twice = of_check(replace(facts, scored=[*once, row("P001", 2)]), "scored-twice")
    assert (twice.status, twice.patients) == ("found", ("P001",))
    assert (
        of_check(replace(facts, predictions=[Prediction("P001", 0, 1, "test", 1, 0.5)]), "scored-twice").status
        == "unknown"
    )


def weights(path, trained_on=None):
    facts = by_recipe(f"model.weights={path}", "model.backbone=mobilenet-0.25")
    return replace(facts, environment={"weights": {"trained_on": trained_on}} if trained_on else {})


@pytest.mark.parametrize("scope", ["slice", "volume"])
def test_before_training_normalisation_is_told_by_the_recipes_scope(scope):
    assert f"each {scope}" in of_check(by_recipe(f"image.scope={scope}"), "normalisation").sentence


@pytest.mark.parametrize("path", ["imagenet", "none"])
def test_imagenet_and_random_weights_saw_nobody(path):
    assert of_check(weights(path), "pretraining").status == "clean"


def test_the_name_of_imagenets_file_proves_nothing():
    facts = weights("/models/mobilenet_2_5_224_tf_no_top.h5")
    for known in (facts, replace(facts, environment={"weights": {"sha256": "0" * 64}})):
        finding = of_check(known, "pretraining")
        assert finding.status == "unknown"
        assert "come from mobilenet_2_5_224_tf_no_top.h5" in finding.sentence


def test_weights_of_a_file_are_unknown_until_their_patients_are_known():
    assert of_check(weights("/somewhere/own.h5"), "pretraining").status == "unknown"
    strangers = weights("/run/models/fold-0.keras", {"run": "other", "patients": ["X1"]})
    assert of_check(strangers, "pretraining").status == "clean"
    ids = weights("/run/models/fold-0.keras", {"run": "other", "patients": ["P001"]})
    seen = of_check(ids, "pretraining")
    assert (seen.status, seen.patients) == ("suspected", ("P001",))
    assert "other/models/fold-0.keras" in seen.sentence


def trained_on(facts, patients, named=(), **more):
    """Weights that were trained on these patients' images, under the ids of the cohort unless others are given."""
    images = [row for row in facts.slices if row.patient_id in patients]
    known = {"run": "other", "patients": list(named) or patients, "pixels": [row.pixel_hash for row in images]} | more
    return replace(facts, environment={"weights": {"trained_on": known}})


def test_two_hospitals_that_number_alike_are_two_and_a_renamed_patient_is_one():
    facts = weights("/run/models/fold-0.keras")
    namesakes = of_check(trained_on(facts, list(facts.labels), pixels=["f" * 32], series=["9.9"]), "pretraining")
    assert namesakes.status == "clean"
    assert "40 ids are the same" in namesakes.sentence
    renamed = of_check(trained_on(facts, ["P003", "P004"], named=["X1", "X2"]), "pretraining")
    assert (renamed.status, renamed.patients) == ("found", ("P003", "P004"))
    again = of_check(trained_on(facts, [], pixels=["f" * 32], series=["1.2.P007"]), "pretraining")
    assert (again.status, again.patients) == ("found", ("P007",))
