"""What a contributor adds in one place works in every place: issue 3, Show 4."""

from pathlib import Path

import pytest

from radiogenomics import recipes
from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.cross_validate import cross_validate, new_run
from radiogenomics.experiment.export import export
from radiogenomics.experiment.start import resolve_recipe, start
from radiogenomics.phantom.cohort import PhantomCohort, write_cohort
from radiogenomics.rundir.run import Run, read_recipe
from radiogenomics.serving.predictors import open_predictor
from radiogenomics.store import Store
from radiogenomics.tables.aggregators import AGGREGATORS
from radiogenomics.tables.backbones import BACKBONES, Backbone
from radiogenomics.tables.normalisations import NORMALISATIONS

QUICK = (
    "model.backbone=mobilenet-0.25", "model.weights=none", "image.size=32", "split.test=0.3", "modalities=[\"t1w\"]",
    "training.phases.0.epochs=1", "training.phases.1.epochs=1", "training.phases.0.batch_size=8",
    "training.phases.1.batch_size=8",
)  # fmt: skip


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> PhantomCohort:
    return write_cohort(tmp_path_factory.mktemp("made-up"), patients=12, slices=6, size=32, seed=3, modalities=["t1w"])


def trained(cohort: PhantomCohort, folder: Path, recipe: str, *assignments: str) -> Run:
    request = Request(str(cohort.data), str(cohort.labels))
    resolved = resolve_recipe(recipe, {}, [*QUICK, *assignments], request)
    store = Store(folder / "store")
    run = new_run(folder / "run", force=False)
    cross_validate(start(request, resolved, store), run, store, workers=0)
    assert run.metrics.is_file()
    assert run.report.is_file()
    return run


def test_a_recipe_is_one_file(cohort: PhantomCohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = Path(recipes.__path__[0], "mgmt.py").read_text().replace('"name": "mgmt"', '"name": "made-up-paper"')
    (tmp_path / "made_up_paper.py").write_text(text)
    monkeypatch.setattr(recipes, "__path__", [*recipes.__path__, str(tmp_path)])
    assert "made-up-paper" in recipes.names()
    run = trained(cohort, tmp_path, "made-up-paper")
    assert read_recipe(run).name == "made-up-paper"
    assert "made-up-paper" in run.report.read_text()


def test_a_backbone_is_one_row_and_its_function(
    cohort: PhantomCohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BACKBONES, "made-up", Backbone("made_up:backbone", "0..1", 64, 16, (1.0, 2.0)))
    run = trained(cohort, tmp_path, "mgmt", "model.backbone=made-up")
    saved = export(run, tmp_path / "saved")
    assert open_predictor(str(saved), "prepared") is not None


def test_an_aggregator_is_one_row_and_its_function(
    cohort: PhantomCohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AGGREGATORS, "second-largest", "made_up:second_largest")
    run = trained(cohort, tmp_path, "mgmt", "evaluation.aggregator=second-largest")
    assert "second-largest" in run.report.read_text()


def test_a_normalisation_is_one_row_and_its_function(
    cohort: PhantomCohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NORMALISATIONS, "half", "made_up:percentiles")
    run = trained(cohort, tmp_path, "mgmt", "image.normalisation=half")
    export(run, tmp_path / "saved")  # the same function, in the graph
