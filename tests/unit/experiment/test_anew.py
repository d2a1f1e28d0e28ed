"""A finished run's samples are found again, or what changed is told."""

import json
from dataclasses import asdict

import pytest
import toy_models

from radiogenomics.errors import MissingPathError, RunError
from radiogenomics.experiment.anew import laid_out_again
from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.environment import samples_hash
from radiogenomics.experiment.layout import laid_out
from radiogenomics.experiment.plan import make_plan
from radiogenomics.files import write_text
from radiogenomics.phantom.cohort import write_cohort
from radiogenomics.records import SILENT, PreparedSlice
from radiogenomics.rundir.rows import write_records
from radiogenomics.rundir.run import Run, write_folds, write_json
from radiogenomics.store import Store


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """What a finished run says of its samples, and those samples; nothing was trained."""
    folder = tmp_path_factory.mktemp("anew")
    cohort = write_cohort(folder, patients=8, slices=4, size=32, seed=1, modalities=("flair",))
    recipe = toy_models.recipe("split.folds=2", 'modalities=["flair"]', "preparation.steps=[]", "model.weights=none")
    run, store = Run(folder / "run"), Store(folder / "store")
    request = Request(str(cohort.data), str(cohort.labels))
    plan, prepared = laid_out(make_plan(request, recipe, store), store, 0, SILENT)
    write_text(run.recipe, recipe.to_json())
    write_json(run.environment, {"request": asdict(request), "hashes": {"samples": samples_hash(prepared.samples)}})
    write_folds(run, plan.folds, plan.labels)
    write_records(run.slices, PreparedSlice, prepared.slices)
    write_json(run.metrics, {})
    return run, store, prepared.samples


def changed(finished, tmp_path, name, change):
    """The run with one file changed."""
    run = Run(tmp_path / "run")
    run.root.mkdir()
    for path in finished[0].root.iterdir():
        (run / path.name).write_bytes(path.read_bytes())
    (run / name).write_text(change((run / name).read_text()))
    return run


def test_the_samples_of_a_finished_run_are_found_again_also_by_an_empty_store(finished, tmp_path):
    run, store, samples = finished
    plan, prepared = laid_out_again(run, store, 0)
    assert prepared.samples == samples
    assert prepared.n_built == 0
    assert len(plan.labels) == 8
    assert laid_out_again(run, Store(tmp_path / "other"), 0)[1].samples == samples


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("folds.csv", lambda text: text.replace(",1\n", ",0\n"), "the patients, their labels or their folds under"),
        ("slices.csv", lambda text: text[: text.rindex("\n", 0, -1) + 1], "the images, lesions or brain masks under"),
        ("environment.json", lambda text: text.replace('"samples": "', '"samples": "0'), "the images, lesions"),
    ],
)
def test_what_changed_is_told(finished, tmp_path, name, change, told):
    with pytest.raises(RunError, match=f"{told}.*changed since it was begun"):
        laid_out_again(changed(finished, tmp_path, name, change), finished[1], 0)


def test_a_folder_that_does_not_say_what_it_is_of_is_told(finished, tmp_path):
    run = changed(finished, tmp_path, "environment.json", lambda text: json.dumps({"hashes": {}}))
    with pytest.raises(RunError, match="does not say what data"):
        laid_out_again(run, finished[1], 0)
    run.environment.unlink()
    with pytest.raises(MissingPathError):
        laid_out_again(run, finished[1], 0)
