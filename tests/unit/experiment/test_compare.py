import csv
import math

import pytest
from fakerun import fake_recipe, write_fake_run

from radiogenomics.experiment.compare import compare, published_row, write_comparison
from radiogenomics.rundir.run import read_metrics


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    return [
        write_fake_run(root / "strong", signal=5.0, patients=40),
        write_fake_run(root / "weak", signal=0.0, seed=3, patients=40),
        write_fake_run(root / "other", signal=3.0, patients=30),
    ]


def test_rows_are_the_runs_own_figures_in_the_order_given(runs):
    found = compare(runs)
    assert [row.run for row in found.rows] == ["strong", "weak", "other"]
    for row, run in zip(found.rows, runs, strict=True):
        assert row.figures == read_metrics(run)
        assert (row.modality, row.backbone, row.n) == ("flair", "mobilenet-0.25", row.figures["auc"].n)
        assert row.accuracy_first_phase.n == row.n


def test_only_runs_on_the_same_patients_are_tested_and_corrected(runs):
    found = compare(runs)
    tested, *untested = found.pairs
    assert (tested.first, tested.second, tested.n) == ("strong", "weak", 40)
    assert tested.p == tested.p_holm < 0.01
    assert tested.difference.low > 0
    assert found.tests == 1
    assert [pair.n for pair in untested] == [30, 30]
    assert all(math.isnan(pair.p) and "30 in common" in pair.note for pair in untested)


TABLES = (
    {"modality": "t1w", "backbone": "efficientnetb0", "accuracy": 0.7, "precision": 0.71, "recall": 0.7, "F1": 0.69},
    {"modality": "t1w", "backbone": "mobilenet-0.25", "accuracy": 0.52, "precision": 0.5, "recall": 0.4, "F1": 0.51},
    {"modality": "t1w", "accuracy after phase 1": 0.486, "accuracy": 0.719},
    {"modality": "flair", "accuracy": 0.642},
)


def with_tables(backbone, *assignments):
    recipe = fake_recipe(f"model.backbone={backbone}", *assignments)
    return recipe.model_copy(update={"published": TABLES})


def test_the_papers_figure_stands_beside_its_own_modality_and_backbone_only():
    assert published_row(with_tables("efficientnetb0"))["accuracy"] == 0.642
    assert published_row(with_tables("resnet50")) == {}
    assert published_row(with_tables("resnet50", 'modalities=["t1w"]')) == {}
    assert published_row(with_tables("mobilenet-0.25", 'modalities=["t1w"]'))["recall"] == 0.4
    assert published_row(fake_recipe("model.backbone=efficientnetb0", 'modalities=["flair","t1w"]')) == {}


def test_of_two_rows_the_papers_own_backbone_takes_the_one_of_its_own_experiment():
    assert published_row(with_tables("efficientnetb0", 'modalities=["t1w"]'))["accuracy"] == 0.719


def test_what_the_paper_prints_of_a_backbone_is_in_the_table(tmp_path):
    run = write_fake_run(tmp_path / "run", recipe=with_tables("mobilenet-0.25", 'modalities=["t1w"]'))
    write_comparison(compare([run]), tmp_path / "table.csv")
    (row,) = csv.DictReader((tmp_path / "table.csv").read_text().splitlines())
    printed = {name: row[f"published_{name}"] for name in ("accuracy", "precision", "recall", "f1")}
    assert printed == {"accuracy": "0.52", "precision": "0.5", "recall": "0.4", "f1": "0.51"}
    assert row["published_accuracy_first_phase"] == ""


def test_the_table_is_written_with_its_tests_beside_it(runs, tmp_path):
    pairs = write_comparison(compare(runs), tmp_path / "table.csv")
    with open(tmp_path / "table.csv") as table, open(pairs) as tests:
        rows, tested = list(csv.DictReader(table)), list(csv.DictReader(tests))
    assert float(rows[0]["auc"]) == read_metrics(runs[0])["auc"].value
    assert rows[0]["published_accuracy"] == ""
    assert float(rows[0]["auc_low"]) < float(rows[0]["auc"])
    assert [row["n"] for row in tested] == ["40", "30", "30"]
    assert float(tested[0]["difference_low"]) > 0
    assert tested[1]["p"] == ""
