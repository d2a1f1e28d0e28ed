"""`radiogen train --leave-one-site-out`."""

import pytest
import typer
from typer.testing import CliRunner

from radiogen.app import app
from radiogen.commands import train
from radiogenomics.errors import RecipeError


def asked(*arguments: str):
    """The recipe that train's options name."""
    command_line = typer.Typer()
    train.register(command_line)
    return train.asked(typer.main.get_command(command_line).make_context("train", list(arguments)).params)[1]


@pytest.mark.parametrize("recipe", ["mgmt", "egfr", "glioma"])
def test_each_site_is_a_fold_whatever_the_recipe_splits_into(recipe: str) -> None:
    split = asked("--leave-one-site-out", "--recipe", recipe).split
    assert (split.by, split.folds, split.repeats) == ("site", 1, 1)
    assert asked("--recipe", recipe).split.by == "patient"


def test_it_goes_with_the_published_protocol() -> None:
    assert asked("--leave-one-site-out", "--protocol", "published").split.protocol == "published"


@pytest.mark.parametrize("others", [["--folds", "3"], ["--repeats", "2"], ["--splits", "splits.csv"]])
def test_other_ways_to_say_the_folds_are_wrong_usage(tmp_path, others: list[str]) -> None:
    done = CliRunner().invoke(app, ["train", "--leave-one-site-out", "--run", str(tmp_path / "run"), *others])
    assert done.exit_code == 2
    assert others[0] in done.output


def test_folds_set_beside_sites_are_a_fault_of_the_recipe() -> None:
    with pytest.raises(RecipeError, match=r"split\.by: .*set split\.folds=1 and split\.repeats=1"):
        asked("--set", "split.by=site", "--recipe", "egfr")
