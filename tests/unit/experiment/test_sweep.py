"""The cells of a sweep, and what it refuses."""

import json
from dataclasses import asdict

import pytest

from radiogenomics import recipes
from radiogenomics.errors import ExistsError, RecipeError, UnknownNameError
from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.environment import environment
from radiogenomics.experiment.plan import make_plan
from radiogenomics.experiment.prepare import prepare
from radiogenomics.experiment.sweep import (
    backbone_cells,
    channel_cells,
    input_cells,
    paper_of,
    printed,
    sweep,
)
from radiogenomics.files import write_text
from radiogenomics.models.weights import resolve
from radiogenomics.overrides import override
from radiogenomics.phantom.cohort import write_cohort
from radiogenomics.rundir.run import Run, write_folds, write_json
from radiogenomics.store import Store

SARCOMA, LUNG, MGMT = (recipes.find(name) for name in ("sarcoma-metastasis", "lung-subtype", "mgmt"))


def test_channels_make_every_combination_that_the_paper_prints():
    cells = channel_cells(SARCOMA, 3)
    assert len(cells) == len({cell.name for cell in cells}) == 10
    assert {frozenset(cell.recipe.modalities) for cell in cells} == {frozenset(row) for row in printed(SARCOMA)}
    assert [cell.name for cell in channel_cells(SARCOMA, 2, ["t1w", "ct", "dose"])] == ["t1w+ct", "t1w+dose", "ct+dose"]


def test_lesions_stay_where_they_were_drawn_whatever_the_channels():
    assert {cell.recipe.drawn_on for cell in channel_cells(SARCOMA, 3)} == {"ct"}
    assert {cell.recipe.drawn_on for cell in input_cells(LUNG, ["flair", "t2w", "all"])} == {"t1wce"}


def test_all_stacks_the_inputs_named_in_the_recipes_order():
    cells = input_cells(LUNG, ["t2w", "t1wce", "all", "flair+t2w"])
    assert [cell.recipe.modalities for cell in cells] == [("t2w",), ("t1wce",), (LUNG.modalities), ("flair", "t2w")]
    assert input_cells(LUNG, ["all"])[0].recipe.modalities == LUNG.modalities


def test_backbones_default_to_the_papers_table():
    assert [cell.name for cell in backbone_cells(MGMT, ["all"])] == [
        "alexnet", "mobilenet", "resnet10", "resnet50", "efficientnetb0", "efficientnetb3",
    ]  # fmt: skip
    assert backbone_cells(MGMT, ["vgg19"])[0].recipe.sources["model.backbone"] == "swept"


def test_a_backbone_without_imagenet_weights_starts_from_random_ones_and_says_so():
    cells = {cell.name: cell for cell in backbone_cells(MGMT, ["all"])}
    assert {name: cell.recipe.model.weights for name, cell in cells.items()} == {
        "alexnet": "none", "resnet10": "none",
        "mobilenet": "imagenet", "resnet50": "imagenet", "efficientnetb0": "imagenet", "efficientnetb3": "imagenet",
    }  # fmt: skip
    assert [name for name, cell in cells.items() if cell.note] == ["alexnet", "resnet10"]
    assert "alexnet has no ImageNet weights" in cells["alexnet"].note
    given = backbone_cells(override(MGMT, ["model.weights=/w.h5"]), ["alexnet"])[0]
    assert (given.recipe.model.weights, given.note) == ("/w.h5", "")


def test_each_kind_of_sweep_knows_whose_table_it_is():
    assert paper_of(channels=3) == "sarcoma-metastasis"
    assert paper_of(inputs=True) == "lung-subtype"
    assert paper_of(backbones=True) == "mgmt"
    with pytest.raises(RecipeError, match="name the recipe with --recipe"):
        paper_of(channels=5)


def test_unknown_names_and_too_few_modalities_are_told_before_anything_runs():
    with pytest.raises(UnknownNameError, match="unknown modality 'pet'"):
        channel_cells(SARCOMA, 2, ["pet", "ct"])
    with pytest.raises(UnknownNameError, match="unknown backbone 'vgg'"):
        backbone_cells(MGMT, ["vgg"])
    with pytest.raises(RecipeError, match="--channels 3 needs as many modalities; --of has ct, dose"):
        channel_cells(SARCOMA, 3, ["ct", "dose"])


def test_a_folder_with_another_recipes_run_is_never_continued(tmp_path):
    cell = input_cells(LUNG, ["flair"])[0]
    run = tmp_path / cell.name
    run.mkdir()
    (run / "recipe.json").write_text(MGMT.to_json())
    (run / "environment.json").write_text(json.dumps({"request": asdict(Request("data", "labels.csv"))}))
    with pytest.raises(ExistsError, match="another recipe, data or labels"):
        sweep([cell], Request("data", "labels.csv"), tmp_path, Store(tmp_path / "store"))


def test_a_folder_that_is_no_run_is_never_removed(tmp_path):
    cells = input_cells(LUNG, ["flair", "t2w"])
    thesis = tmp_path / "t2w" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("precious")
    with pytest.raises(ExistsError, match="t2w is no run of ours"):
        sweep(cells, Request(str(tmp_path / "nowhere"), "labels.csv"), tmp_path, Store(tmp_path / "store"))
    assert thesis.read_text() == "precious"


def test_a_finished_cell_is_kept_until_its_lesions_or_labels_change(tmp_path):
    brains = write_cohort(tmp_path, patients=20, slices=8, size=32, seed=2, modalities=["t1wce", "flair"])
    cell = input_cells(override(LUNG, ["model.weights=none", "preparation.steps=[]"]), ["flair"])[0]
    request = Request(str(brains.data), str(brains.labels), lesions=str(brains.lesions))
    store, run = Store(tmp_path / "store"), Run(tmp_path / "runs" / cell.name)
    plan, weights = make_plan(request, cell.recipe, store), resolve(cell.recipe.model.backbone, "none")
    samples = prepare(brains.data, plan.cases, cell.recipe, store, 0).samples
    write_text(run.recipe, cell.recipe.to_json())
    write_json(run.environment, environment(request, cell.recipe, weights, samples))
    write_folds(run, plan.folds, plan.labels)
    write_json(run.metrics, {})
    assert sweep([cell], request, run.root.parent, store, workers=0).runs == (run,)
    for file, change in ((brains.lesions, _grow_the_first_box), (brains.labels, _swap_the_first_two_classes)):
        before = file.read_text()
        file.write_text(change(before))
        with pytest.raises(
            ExistsError, match=r"finished before the (images, lesions|patients).* changed: restore them"
        ):
            sweep([cell], request, run.root.parent, store, workers=0)
        file.write_text(before)


def _grow_the_first_box(text):
    header, first, *rest = text.splitlines()
    cells = first.split(",")
    cells[header.split(",").index("x_min")] = "0"
    return "\n".join([header, ",".join(cells), *rest]) + "\n"


def _swap_the_first_two_classes(text):
    header, *rows = (row.split(",") for row in text.splitlines())
    place = next(k for k, row in enumerate(rows) if row[1] != rows[0][1])
    rows[0][1], rows[place][1] = rows[place][1], rows[0][1]
    return "\n".join(map(",".join, [header, *rows])) + "\n"


def test_a_cell_that_fails_does_not_stop_the_others(tmp_path):
    cells = input_cells(LUNG, ["flair", "t2w"])
    swept = sweep(cells, Request(str(tmp_path / "nowhere"), "labels.csv"), tmp_path, Store(tmp_path / "store"))
    assert swept.runs == ()
    assert [name for name, _ in swept.failed] == ["flair", "t2w"]
    assert "nowhere" in swept.failed[0][1] or "weights" in swept.failed[0][1]
