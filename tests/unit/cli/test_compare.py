import re
import shutil
from pathlib import Path

import pytest
from fakerun import fake_recipe, write_fake_run
from typer.testing import CliRunner

from radiogen import console
from radiogen.app import app

WORDS = "selected on the reported fold"


def shown(*arguments: object, code: int = 0) -> str:
    """What the command prints, its tables' lines and line breaks left out."""
    done = CliRunner().invoke(app, ["compare", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return re.sub(r"[\s│┃]+", " ", done.output)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.out, "width", 250)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("runs")
    return [
        write_fake_run(root / protocol, recipe=fake_recipe(f"split.protocol={protocol}")).root
        for protocol in ("nested", "published")
    ]


def test_both_protocols_stand_side_by_side_with_the_optimism_between_them(both):
    page = shown(*both)
    assert f"published: {WORDS}" in page
    assert f"AUC, published ({WORDS})" in page
    assert "mean of 1" in page
    assert "paired DeLong p" in page
    assert "over 3 folds" in page
    assert "corrected resampled t p" in page


def copies(run: Path, folder: Path, number: int) -> list[Path]:
    """Runs alike in everything but their names."""
    return [Path(shutil.copytree(run, folder / f"copy-{place}")) for place in range(number)]


def test_a_run_is_not_compared_with_itself(both, monkeypatch):
    monkeypatch.chdir(both[0].parent)
    assert "nested is given twice" in shown(both[0], both[1], "nested", code=2)


def test_paired_tests_of_many_runs_are_shown_on_request_only(both, tmp_path):
    many = copies(both[0], tmp_path, 13)
    assert "--tests" in shown(*many)
    assert "paired DeLong" not in shown(*many)
    assert "paired DeLong" in shown(*many, "--tests")
    assert "paired DeLong" not in shown(*both, "--no-tests")


def test_fusing_adds_a_row_and_writes_its_predictions(both, tmp_path):
    runs = copies(both[0], tmp_path, 2)
    page = shown("--fuse", *runs, "--out", tmp_path / "table.csv")
    assert "fused by mean" in page
    assert (tmp_path / "table.fused.csv").is_file()
    assert "lack a class" in shown("--fuse-by", "stack", *runs, code=1)
    assert "split otherwise" in shown("--fuse", *both, code=1)


def test_a_page_is_written_on_request_and_not_over_another(both, tmp_path):
    page = tmp_path / "compare.html"
    assert "compare.html" in shown(*both, "--html", page)
    assert "selected on the reported fold" in page.read_text()
    shown(*both, "--html", page, code=1)
    shown(*both, "--html", page, "--force")
    shown("--fuse", *copies(both[0], tmp_path, 2), "--html", page, "--force")
    assert "fused by mean" in page.read_text()


def test_classes_of_other_names_are_warned_of(both, tmp_path):
    other = write_fake_run(tmp_path / "other", recipe=fake_recipe('positive="mutated"')).root
    assert "methylated from unmethylated, and other mutated from unmethylated" in shown(both[0], other)
