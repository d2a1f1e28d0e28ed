import pytest
from fakerun import fake_recipe

from radiogenomics import recipes
from radiogenomics.evaluation.published import metric_of, published_figures

TABLES = (
    {"modality": "t1w", "backbone": "efficientnetb0", "accuracy": 0.7, "precision": 0.71, "recall": 0.7, "F1": 0.69},
    {"modality": "t1w", "backbone": "mobilenet-0.25", "accuracy": 0.52, "precision": 0.5, "recall": 0.4, "F1": 0.51},
    {"modality": "t1w", "accuracy after phase 1": 0.486, "accuracy": 0.719},
    {"modality": "flair", "accuracy": 0.642},
)


def with_tables(backbone, *assignments, rows=TABLES):
    recipe = fake_recipe(f"model.backbone={backbone}", *assignments)
    return recipe.model_copy(update={"published": rows})


def shown(recipe, **asked):
    return {name: str(figure) for name, figure in published_figures(recipe, **asked).items()}


def test_the_papers_figure_stands_beside_its_own_modality_and_backbone_only():
    assert shown(with_tables("efficientnetb0")) == {"accuracy": "0.642"}
    assert shown(with_tables("resnet50")) == {}
    assert shown(with_tables("resnet50", 'modalities=["t1w"]')) == {}
    assert shown(with_tables("mobilenet-0.25", 'modalities=["t1w"]'))["recall"] == "0.40"
    assert shown(fake_recipe("model.backbone=efficientnetb0", 'modalities=["flair","t1w"]')) == {}


def test_of_two_rows_that_of_the_main_experiment_is_taken_unless_backbones_are_compared():
    recipe = with_tables("efficientnetb0", 'modalities=["t1w"]')
    assert shown(recipe) == {"accuracy after phase 1": "0.486", "accuracy": "0.719"}
    assert shown(recipe, of_backbones=True)["precision"] == "0.71"


def test_the_order_of_channels_tells_nothing():
    rows = ({"modality": "ct,dose,t1w", "accuracy": 0.78, "sensitivity": 0.67},)
    recipe = with_tables("efficientnetb0", 'modalities=["t1w","ct","dose"]', rows=rows)
    assert shown(recipe) == {"accuracy": "0.78", "sensitivity": "0.67"}


def test_a_row_of_an_aggregator_stands_beside_that_one():
    rows = tuple(
        {"modality": "flair", "aggregator": n, "AUC": v, "AUC sd": 0.07} for n, v in (("mean", 0.9), ("max", 0.87))
    )
    recipe = with_tables("efficientnetb0", "evaluation.aggregator=max", rows=rows)
    assert shown(recipe) == {"AUC": "0.87 ± 0.07"}
    assert shown(recipe, aggregator="mean") == {"AUC": "0.90 ± 0.07"}


def test_of_validation_and_test_the_test_is_taken_and_validation_alone_is_said():
    rows = (
        {"modality": "flair", "split": "validation", "accuracy": 0.9, "accuracy sd": 0.04, "AUC": 0.81},
        {"modality": "flair", "split": "test", "accuracy": 0.87, "accuracy sd": 0.05},
    )
    found = shown(with_tables("efficientnetb0", rows=rows))
    assert found == {"accuracy": "0.87 ± 0.05", "AUC": "0.81 (validation)"}


@pytest.mark.parametrize("name", recipes.names())
def test_every_shipped_recipe_has_its_papers_figures_beside_it(name):
    recipe = recipes.find(name)
    if recipe.published:
        assert published_figures(recipe)


@pytest.mark.parametrize(
    ("modalities", "auc"),
    [("t1wce,flair,t2w", "0.90 ± 0.05"), ("t1wce", "0.85 ± 0.07"), ("t2w", "0.88 ± 0.09"), ("flair", "0.81 ± 0.07")],
)
def test_grossmans_aucs_are_of_no_split_for_the_paper_names_none(modalities, auc):
    recipe = recipes.find("lung-subtype").model_copy(update={"modalities": tuple(modalities.split(","))})
    assert shown(recipe)["AUC"] == auc
    rows = [row for row in recipe.published if "AUC" in row]
    assert len(rows) == 4
    assert not any("split" in row or "accuracy" in row for row in rows)
    assert {row["split"]: row["accuracy"] for row in recipe.published if "accuracy" in row} == {
        "validation": 0.9,
        "test": 0.87,
    }


def test_a_printed_name_is_one_of_our_metrics_after_a_phase():
    assert metric_of("AUC after phase 1") == ("auc", 1)
    assert metric_of("F1") == ("f1", None)
