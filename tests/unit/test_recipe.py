import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.errors import RecipeError
from radiogenomics.overrides import override
from radiogenomics.recipe import parse, parse_json
from radiogenomics.recipes import find
from radiogenomics.recipes.mgmt import RECIPE

MGMT = find("mgmt")


def changed(**parts: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(RECIPE))
    for path, value in parts.items():
        place = data
        *steps, last = path.split("__")
        for step in steps:
            place = place[int(step)] if isinstance(place, list) else place[step]  # type: ignore[index]
        place[last] = value
    return data


def test_a_recipe_survives_its_json() -> None:
    assert parse_json(MGMT.to_json(), "copy") == MGMT


def test_all_faults_are_told_at_once_each_with_its_path() -> None:
    data = changed(
        model__backbone="resnet5", image__sise=4, training__phases__1__epochs=0, modalities=["t1w", "xyz", "t1w"]
    )
    with pytest.raises(RecipeError) as caught:
        parse(data, "mine.json")
    message = str(caught.value)
    assert message.startswith("recipe mine.json: 4 faults")
    assert "model.backbone: unknown backbone 'resnet5': did you mean 'resnet50'?" in message
    assert "unknown field 'image.sise': did you mean 'image.size'?" in message
    assert "training.phases.1.epochs: Input should be greater than or equal to 1 (it is 0)" in message
    assert "modalities: unknown modality 'xyz': Known: ct, dose, flair, t1w, t1wce, t2w" in message
    assert "'t1w' stands twice" in message


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("image.siz=96", "unknown field of image 'siz': did you mean 'size'?"),
        ("image.size", "write PATH=VALUE"),
        ("training.phases.2.epochs=1", "training.phases has the indices 0 to 1, not '2'"),
        ("training.phases.first.epochs=1", "training.phases has the indices 0 to 1, not 'first'"),
        ("sources=3", "sources follow the values by themselves"),
        ("image.size.0.x=1", "image.size.0 is 300 and has no fields: set it as a whole"),
        ("training.phases.0.learning_rate=fast", "training.phases.0.learning_rate: "),
        ("training.phases.0.learning_rate=Infinity", "training.phases.0.learning_rate: "),
        ("evaluation.threshold=NaN", "evaluation.threshold: nan is no threshold"),
        ("evaluation.threshold=youdn", "evaluation.threshold: 'youdn' is no threshold: give a number between 0 and 1"),
        ("evaluation.threshold=1", "evaluation.threshold: 1 is no threshold"),
        ("evaluation.threshold=true", "evaluation.threshold: True is no threshold"),
        ("evaluation.threshold=sensitivity>=90", "evaluation.threshold: 'sensitivity>=90' is no threshold"),
        ("evaluation.threshold=specificity>=0.0", "evaluation.threshold: 'specificity>=0.0' is no threshold"),
        ("training.phases.0.early_stopping.patiense=3", "unknown field of training.phases.0.early_stopping 'patiense'"),
        ("augmentation.zoom=[1.2, 0.8]", "needs 0 < low <= high, and is 1.2 to 0.8"),
        ("augmentation.zoom=[0.8, Infinity]", "augmentation.zoom"),
        ("model.backbone=vgg-19", "did you mean 'vgg19'?"),
        ("evaluation.aggregator=avg", "unknown aggregator 'avg'"),
    ],
)
def test_a_wrong_override_says_what_to_mend(assignment: str, sentence: str) -> None:
    with pytest.raises(RecipeError) as caught:
        override(MGMT, [assignment])
    assert sentence in str(caught.value)


def test_all_wrong_overrides_are_told_at_once() -> None:
    with pytest.raises(RecipeError) as caught:
        override(MGMT, ["image.siz=96", "seed=3", "model.weights"])
    message = str(caught.value)
    assert "3 faults" in message
    assert "'siz'" in message
    assert "'seed'" in message
    assert "PATH=VALUE" in message


def test_a_part_that_is_not_there_is_set_as_a_whole() -> None:
    without = override(MGMT, ["training.phases.0.early_stopping=null"])
    with pytest.raises(RecipeError, match=r"early_stopping is not set.*early_stopping=\{\.\.\.\}"):
        override(without, ["training.phases.0.early_stopping.patience=3"])
    stopping = override(without, ['training.phases.0.early_stopping={"patience": 3}']).training.phases[0].early_stopping
    assert stopping is not None
    assert stopping.patience == 3


def test_overrides_reach_lists_and_are_named_as_the_source() -> None:
    recipe = override(MGMT, ["training.phases.1.epochs=5", "image.size=96", "model.weights=none"])
    assert (recipe.training.phases[1].epochs, recipe.image.size, recipe.model.weights) == (5, (96, 96), "none")
    assert recipe.sources["image.size"] == "set on the command line"
    assert recipe.sources["image.normalisation"] == MGMT.sources["image.normalisation"]


def test_setting_a_whole_part_forgets_the_sources_of_its_fields() -> None:
    recipe = override(MGMT, ['split={"test": 0.2, "validation": 0.2}'], source="the lab's habit")
    assert {path: said for path, said in recipe.sources.items() if path.startswith("split")} == {
        "split": "the lab's habit"
    }


@pytest.mark.parametrize("side", [62, 16])
def test_an_image_below_what_the_backbone_can_take_is_refused(side: int) -> None:
    with pytest.raises(RecipeError, match="below 63, the least that alexnet takes"):
        override(MGMT, ["model.backbone=alexnet", f"image.size={side}"])


@pytest.mark.parametrize("text", ["", "{", "name: mgmt", "[]", "3", '"mgmt"'])
def test_what_is_no_recipe_is_one_sentence(text: str) -> None:
    with pytest.raises(RecipeError, match=r"recipe mine\.json"):
        parse_json(text, "mine.json")


def test_a_large_wrong_value_does_not_fill_the_screen() -> None:
    with pytest.raises(RecipeError) as caught:
        parse(changed(image__normalisation=["minmax"] * 10_000), "mine.json")
    assert len(str(caught.value)) < 300


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@given(st.sampled_from(sorted(MGMT.sources)), values)
def test_any_value_anywhere_gives_a_recipe_or_a_recipe_error(path: str, value: object) -> None:
    try:
        recipe = override(MGMT, [f"{path}={json.dumps(value)}"])
    except RecipeError:
        return
    assert parse_json(recipe.to_json(), "copy") == recipe


def test_a_fault_inside_a_union_is_told_by_the_users_own_path() -> None:
    data = changed(training__phases__0__blocks=3, model__head={"kind": "gap-linear", "units": 4})
    data["slices"] = {"policy": "lesion-centre", "reech": 1}
    with pytest.raises(RecipeError) as caught:
        parse(data, "mine.json")
    message = str(caught.value)
    assert "unknown field 'slices.reech': did you mean 'slices.reach'?" in message
    assert "slices.reach: Field required" in message
    assert "unknown field 'model.head.units'" in message
    assert 'training.phases.0.blocks: goes with freeze="blocks"' in message


def test_faults_between_fields_are_told_with_all_others() -> None:
    data: dict[str, Any] = json.loads(find("egfr").to_json())
    data["image"]["size"] = 16
    data["model"]["channel_orders"] = "all"
    data["region"] |= {"drawn_on": "ct1", "roi": "(GTV"}
    data["training"]["phases"][0] |= {"blocks": 3, "optimizer": "adam", "epochs": 0}
    data["demo"]["set"] = ["image.size=64", "image.siz=64", "split.folds", "training.phases.0.epochs=1", "sources=1"]
    with pytest.raises(RecipeError) as caught:
        parse(data, "mine.json")
    heading, *faults = str(caught.value).splitlines()
    assert heading == "recipe mine.json: 10 faults"
    for sentence in (
        "image.size: (16, 16) is below 32, the least that resnet50 takes",
        'model.channel_orders: "all" takes 2 to 4 modalities, and there are 1',
        "region.drawn_on: unknown modality 'ct1'",
        "region.roi: '(GTV' is no regular expression: missing )",
        'training.phases.0.blocks: goes with freeze="blocks", and only with it',
        "training.phases.0.momentum: is sgd's, and the optimizer is adam",
        "training.phases.0.epochs: Input should be",
        "demo.set.1: unknown field 'image.siz': did you mean 'image.size'?",
        "demo.set.2: write PATH=VALUE",
        "demo.set.4: sources follow the values by themselves",
    ):
        assert sum(fault.partition(". ")[2].startswith(sentence) for fault in faults) == 1, sentence


@pytest.mark.parametrize("path", ["training.0.phases", "image.size.width", "slices.policy.x", "training.phases.x", ""])
def test_a_demo_sets_only_what_a_recipe_has(path: str) -> None:
    with pytest.raises(RecipeError, match=rf"demo\.set\.0: unknown field '{re.escape(path)}'"):
        parse(changed(demo={"kind": "brain", "set": [f"{path}=1"]}), "mine.json")


def test_blocks_are_asked_for_where_blocks_are_trained() -> None:
    with pytest.raises(RecipeError, match=r"phases\.1\.blocks: goes with freeze"):
        parse(changed(training__phases__1__freeze="blocks"), "mine.json")


def test_an_unknown_policy_lists_the_known_ones() -> None:
    with pytest.raises(RecipeError, match=r"slices\.policy: unknown .* did you mean 'lesion-centre'"):
        parse(changed(slices={"policy": "lesion-center"}), "mine.json")


def test_a_fault_in_a_phase_does_not_call_the_phases_too_few() -> None:
    with pytest.raises(RecipeError) as caught:
        parse(changed(training__phases__1__epochs=0), "mine.json")
    assert str(caught.value).count("training.phases") == 1


def test_lesions_are_needed_where_a_slice_or_a_region_follows_them() -> None:
    whole = parse(changed(), "mine.json")
    assert (whole.needs_lesions, whole.drawn_on) == (False, "t1w")
    boxed = parse(changed(region={"policy": "box", "drawn_on": "t1wce"}), "mine.json")
    assert (boxed.needs_lesions, boxed.drawn_on) == (True, "t1wce")
    with pytest.raises(RecipeError, match=r"region\.drawn_on: unknown modality 'ct1'"):
        parse(changed(region={"policy": "box", "drawn_on": "ct1"}), "mine.json")
