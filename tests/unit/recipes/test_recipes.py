import json
from pathlib import Path
from typing import Any

import pytest

from radiogenomics.errors import MissingPathError, RecipeError
from radiogenomics.recipe import Recipe
from radiogenomics.recipes import find, names

# What a recipe is, not what it does: these need no source.
PROSE = {"name", "title", "citation", "positive", "negative", "published", "demo", "sources"}


def leaves(value: Any, path: str = "") -> list[str]:
    """The dotted paths of all values; a list that holds no parts is one value."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, f"{path}.{key}" if path else key)]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [leaf for number, inner in enumerate(value) for leaf in leaves(inner, f"{path}.{number}")]
    return [path]


def values(recipe: Recipe) -> list[str]:
    """What the recipe's file states; all else is off, or this project's own."""
    return leaves(recipe.model_dump(mode="json", exclude=PROSE, exclude_unset=True))


@pytest.mark.parametrize("name", names())
def test_a_recipe_is_found_by_name_and_by_file(name: str, tmp_path: Path) -> None:
    recipe = find(name)
    assert recipe.name == name
    (tmp_path / "copy.json").write_text(recipe.to_json())
    assert find(str(tmp_path / "copy.json")) == recipe


@pytest.mark.parametrize("name", names())
def test_every_value_of_a_recipe_says_where_it_comes_from(name: str) -> None:
    recipe = find(name)
    silent = [path for path in values(recipe) if not any(f"{path}.".startswith(f"{p}.") for p in recipe.sources)]
    assert silent == []
    assert all(recipe.sources.values())


@pytest.mark.parametrize("name", names())
def test_every_source_is_of_a_value_that_there_is(name: str) -> None:
    recipe = find(name)
    known = leaves(recipe.model_dump(mode="json", exclude=PROSE))
    stale = [path for path in recipe.sources if not any(f"{leaf}.".startswith(f"{path}.") for leaf in known)]
    assert stale == []


def test_mgmt_is_the_papers_pipeline() -> None:
    recipe = find("mgmt")
    frozen, tuned = recipe.training.phases
    assert (recipe.slices.fraction, recipe.image.size, recipe.model.backbone) == (0.2, (300, 300), "efficientnetb0")
    assert (recipe.split.test, recipe.split.validation) == (0.1, 0.15)
    assert (recipe.model.head.dropout, recipe.model.head.units) == (0.4, 32)
    assert (frozen.freeze, frozen.learning_rate, frozen.batch_size, frozen.epochs) == ("base", 1e-4, 128, 20)
    assert (tuned.freeze, tuned.batch_size, tuned.epochs) == ("batchnorm", 64, 10)
    assert "not stated; assumed" in recipe.sources["training.phases.1.learning_rate"]


def test_a_wrong_name_lists_the_known_ones_and_the_closest() -> None:
    with pytest.raises(MissingPathError, match=r"unknown recipe 'mgtm': did you mean 'mgmt'\?"):
        find("mgtm")
    with pytest.raises(MissingPathError, match="nor is there a file"):
        find("x" * 5000)


def test_a_file_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(RecipeError, match=r"model\.keras is not JSON"):
        find(str(tmp_path / "model.keras"))


def test_an_edited_copy_cites_the_paper_only_for_what_was_left_as_it_was(tmp_path):
    data = json.loads(find("mgmt").to_json())
    data["image"]["size"] = [96, 96]
    data["training"]["phases"][1]["epochs"] = 3
    data["sources"]["split.test"] = "our ethics board"
    data["split"]["test"] = 0.3
    (tmp_path / "mine.json").write_text(json.dumps(data))
    sources = find(str(tmp_path / "mine.json")).sources
    assert sources["image.size"] == sources["training.phases.1.epochs"] == "set in mine.json"
    assert sources["split.test"] == "our ethics board"
    assert sources["augmentation.zoom"] == find("mgmt").sources["augmentation.zoom"]
    (tmp_path / "same.json").write_text(find("mgmt").to_json())
    assert find(str(tmp_path / "same.json")) == find("mgmt")


@pytest.mark.parametrize("name", ["egfr", "lung-subtype"])
def test_what_the_paper_does_not_say_is_not_laid_to_it(name: str) -> None:
    recipe = find(name)
    assert recipe.sources["image.scope"] == "not stated; assumed"
    assert "as far as the paper tells" in recipe.caution.lower()
