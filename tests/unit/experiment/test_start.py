"""From what the user typed to a recipe and a reckoned time."""

from pathlib import Path

import pytest

from radiogenomics.experiment.cases import Request, without_others
from radiogenomics.experiment.plan import Plan
from radiogenomics.experiment.start import FOLD_SECONDS, reckon, resolve_recipe
from radiogenomics.records import Case, Cohort, Exclusion, Fold, Series, Slice

REQUEST = Request("data", "labels.csv")


def series(patient: str) -> Series:
    slices = tuple(Slice(f"{patient}/{k}", f"{patient}.{k}", None, k, float(k), 1, 1) for k in range(1, 41))
    facts = (slices, 40, 64, 64, (1.0, 1.0), (), "", "", "", None, "", "")
    return Series(patient, "study", f"uid-{patient}", "t1w", "folder", "axial", *facts)


def minutes(*assignments: str, constant: tuple[bool, ...] = (), folds: int = 1) -> float:
    recipe = resolve_recipe("mgmt", {"model.weights": "none"}, assignments, REQUEST)
    ids = tuple(f"p{k:03d}" for k in range(100))
    cases = tuple(Case(patient, k % 2, (series(patient),)) for k, patient in enumerate(ids))
    fold = Fold(0, ids[:70], ids[70:80], ids[80:])
    plan = Plan(REQUEST, recipe, Cohort("data", 0, (), ()), cases, (fold,) * folds, ())
    said = reckon(plan, False, constant).split()
    amount = next(word for word in said if word.replace(".", "").isdigit())
    return float(amount) * (60 if "hours" in said else 1)


def test_reckoned_time_follows_pixels_epochs_and_backbone():
    base = minutes("image.size=256", "training.phases.0.epochs=20", "training.phases.1.epochs=10")
    # 8 slices of 70 patients, 4 x 128 x 128 pixels each: 20 epochs at 5.9 ms and 10 at 29 ms a slice of 128 pixels.
    by_hand = (20 * 70 * 8 * 4 * 5.9 + 10 * 70 * 8 * 4 * 29.0 + 30 * 10 * 8 * 4 * 5.9) / 60_000
    assert base == pytest.approx(by_hand, rel=0.1)
    assert minutes("image.size=512") == pytest.approx(4 * base, rel=0.1)
    assert minutes("model.backbone=vgg19", "image.size=256") > 2 * base


def test_constant_features_are_reckoned_once_for_all_epochs_and_folds():
    vgg = ("model.backbone=vgg19", "image.size=256", "training.phases.1.freeze=base")
    by_hand = 2 * 100 * 8 * 4 * 55.3 / 60_000  # two phases, 8 slices of 100 patients, 4 x 128 x 128 pixels each
    for folds in (1, 10):
        expected = by_hand + folds * FOLD_SECONDS / 60
        assert minutes(*vgg, constant=(True, True), folds=folds) == pytest.approx(expected, abs=0.6)
    assert minutes(*vgg, constant=(True, False)) > 4 * by_hand


def test_every_order_of_channels_is_reckoned():
    three = ('modalities=["t1w","flair","t2w"]', "image.size=256")
    assert minutes(*three, "model.channel_orders=all") == pytest.approx(6 * minutes(*three), rel=0.1)


def test_a_weights_file_is_kept_by_its_whole_path():
    recipe = resolve_recipe("mgmt", {"model.weights": "weights/base.h5"}, (), REQUEST)
    assert recipe.model.weights == str(Path("weights/base.h5").absolute())


def test_a_label_of_the_users_own_drops_the_papers_names_and_figures():
    request = Request("data", "labels.csv", label_column="IDH", positive="wt")
    recipe = resolve_recipe("mgmt", {"model.weights": "none"}, (), request)
    assert (recipe.positive, recipe.negative) == ("IDH = wt", "IDH other")
    assert not recipe.published
    assert not recipe.caution


def test_a_recipes_own_label_column_keeps_its_caution_and_its_classes():
    kept, other = (
        resolve_recipe(
            "glioma", {"model.weights": "none"}, (), Request("d", "l.csv", label_column=column, positive="2")
        )
        for column in ("COCCluster", "CNCluster")
    )
    assert "optimistic" in kept.caution
    assert kept.positive == "cluster of clusters 2"
    assert (other.caution, other.positive) == ("", "CNCluster = 2")


def test_series_of_patients_left_out_are_not_called_used():
    cohort = Cohort("data", 80, (series("a"), series("b")), ())
    left = without_others(cohort, [Exclusion("b", "", "no label in labels.csv")], {"a"})
    assert [(s.status, s.reason) for s in left.series] == [
        ("used", ""),
        ("unused", "patient left out: no label in labels.csv"),
    ]
