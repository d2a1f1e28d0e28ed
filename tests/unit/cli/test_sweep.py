import pytest
from fakerun import fake_recipe, write_fake_run
from typer.testing import CliRunner

from radiogen.app import app
from radiogenomics.experiment import sweep as conductor


def test_a_sweep_leaves_a_page_of_its_runs_beside_the_table(tmp_path, monkeypatch: pytest.MonkeyPatch):
    runs = tuple(
        write_fake_run(tmp_path / name, recipe=fake_recipe(f'modalities=["{name}"]'), seed=seed)
        for seed, name in enumerate(("flair", "t1w"))
    )
    monkeypatch.setattr(conductor, "sweep", lambda *_, **__: conductor.Swept(runs, ()))
    command = ["sweep", "--inputs", "flair,t1w", "--recipe", "mgmt", "--data", ".", "--labels", "labels.csv"]
    done = CliRunner().invoke(app, [*command, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "compare.html" in done.output.replace("\n", "")
    page = (tmp_path / "compare.html").read_text()
    assert "Sweep of the recipe mgmt" in page
    assert "2 runs were set side by side, and 1 paired tests made" in page
    assert (tmp_path / "sweep.csv").is_file()
