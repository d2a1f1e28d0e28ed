import csv
import math

import pytest
from fakerun import fake_recipe, write_fake_run

from radiogenomics.evaluation.wording import LEAKS
from radiogenomics.experiment.compare import compare, sweep_table
from radiogenomics.experiment.comparison_files import write_comparison
from radiogenomics.experiment.evaluate import evaluate
from radiogenomics.rundir.run import read_json, read_metrics, write_json


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


def with_published(*rows, settings=()):
    return fake_recipe(*settings).model_copy(update={"published": rows})


def test_what_the_paper_prints_stands_beside_ours_of_the_same_name(tmp_path):
    paper = {
        "modality": "flair",
        "backbone": "mobilenet-0.25",
        "accuracy after phase 1": 0.5,
        "AUC": 0.91,
        "AUC sd": 0.07,
    }
    run = write_fake_run(tmp_path / "run", recipe=with_published(paper))
    found = compare([run])
    (row,) = found.rows
    assert [(figure.name, str(figure.paper)) for figure in row.beside] == [
        ("accuracy after phase 1", "0.50"),
        ("AUC", "0.91 ± 0.07"),
    ]
    assert [figure.ours for figure in row.beside] == [row.accuracy_first_phase, row.figures["auc"]]
    write_comparison(found, tmp_path / "table.csv")
    (cells,) = csv.DictReader((tmp_path / "table.csv").read_text().splitlines())
    assert (cells["published_auc"], cells["published_auc_sd"]) == ("0.91", "0.07")
    assert cells["published_accuracy_after_phase_1"] == "0.5"


def test_where_backbones_are_compared_the_papers_table_of_backbones_is_taken(tmp_path):
    main, table = {"modality": "flair", "accuracy": 0.719}, {"modality": "flair", "accuracy": 0.7, "precision": 0.71}
    recipes = [
        with_published(main, {**table, "backbone": "efficientnetb0"}, settings=[f"model.backbone={backbone}"])
        for backbone in ("efficientnetb0", "resnet50")
    ]
    runs = [write_fake_run(tmp_path / str(n), recipe=recipe) for n, recipe in enumerate(recipes)]
    assert [str(figure.paper) for figure in compare(runs[:1]).rows[0].beside] == ["0.719"]
    assert [[str(figure.paper) for figure in row.beside] for row in compare(runs).rows] == [["0.70", "0.71"], []]


def test_a_sweeps_table_keeps_its_order_and_says_how_many_comparisons_were_made(runs):
    found, sentence = sweep_table(runs[1::-1])
    assert [row.run for row in found.rows] == ["weak", "strong"]
    assert "2 runs were set side by side, and 1 paired tests made" in sentence
    assert "same patients" not in sentence


def test_a_sweep_whose_cells_have_other_patients_says_so(runs):
    _, sentence = sweep_table(runs)
    assert "The cells were not tested on the same patients in the same folds (30 to 40 patients)" in sentence


COINS = [{f"{i:05d}": int(i % 4 == coin) for i in range(24)} for coin in range(3)]


@pytest.fixture(scope="module")
def coins(tmp_path_factory):
    """Each coin by both protocols, as `train --label-column coin_0 --protocol ...` leaves them behind."""
    root = tmp_path_factory.mktemp("coins")
    return [
        write_fake_run(root / f"{protocol}-{number}", signal=signal, seed=number, labels=labels, recipe=fake_recipe(
            f"split.protocol={protocol}", f'title="coin_{number}"', f'positive="coin_{number} = 1"',
        ))
        for number, labels in enumerate(COINS)
        for protocol, signal in (("nested", 0.0), ("published", 2.0))
    ]  # fmt: skip


def test_runs_that_differ_in_nothing_but_the_protocol_are_paired_with_their_optimism(coins, runs, tmp_path):
    found = compare([*coins[::-1], runs[0]])
    assert [(pair.nested, pair.published) for pair in found.optimism] == [
        (f"nested-{n}", f"published-{n}") for n in (2, 1, 0)
    ]
    first, figures = found.optimism[0], [read_metrics(run)["auc"].value for run in coins[4:]]
    assert first.of("auc") == pytest.approx(figures[1] - figures[0])
    assert [row.protocol for row in found.rows] == ["published", "nested"] * 3 + ["nested"]
    assert {row.note for row in found.rows if row.protocol == "published"} == {"selected on the reported fold"}
    assert all(
        "selected on the reported fold" in pair.note for pair in found.pairs if "published" in pair.first + pair.second
    )
    written = write_comparison(found, tmp_path / "table.csv")
    with open(next(path for path in written if path.name == "table.protocols.csv")) as table:
        rows = list(csv.DictReader(table))
    assert [row["nested"] for row in rows] == ["nested-2", "nested-1", "nested-0", "mean"]
    each = [float(row["auc_optimism"]) for row in rows]
    assert each[-1] == pytest.approx(sum(each[:-1]) / 3)
    assert {row["note"] for row in rows} == {
        "published: selected on the reported fold, and trained on the validation patients too"
    }


def test_another_setting_another_label_or_another_fold_is_no_pair_of_protocols(coins, tmp_path):
    other = write_fake_run(
        tmp_path / "a", recipe=fake_recipe("split.protocol=published", "training.seed=1"), labels=COINS[0]
    )
    assert compare([coins[0], other, coins[3]]).optimism == ()


def test_fused_runs_are_a_row_tested_against_each_member(runs, tmp_path):
    found = compare(runs[:2], "mean")
    fused = found.rows[-1]
    assert (fused.run, fused.n, fused.modality) == ("fused by mean", 40, "flair")
    assert [(pair.first, pair.second) for pair in found.pairs][1:] == [
        ("strong", "fused by mean"),
        ("weak", "fused by mean"),
    ]
    assert found.tests == 3
    assert write_comparison(found, tmp_path / "table.csv")[-1].name == "table.fused.csv"
    with open(tmp_path / "table.fused.csv") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 40
    assert {row["split"] for row in rows} == {"test"}


def test_the_table_is_written_with_its_tests_beside_it(runs, tmp_path):
    _, pairs = write_comparison(compare(runs), tmp_path / "table.csv")
    with open(tmp_path / "table.csv") as table, open(pairs) as tests:
        rows, tested = list(csv.DictReader(table)), list(csv.DictReader(tests))
    assert float(rows[0]["auc"]) == read_metrics(runs[0])["auc"].value
    assert not [name for name in rows[0] if name.startswith("published")]
    assert float(rows[0]["auc_low"]) < float(rows[0]["auc"])
    assert [row["n"] for row in tested] == ["40", "30", "30"]
    assert float(tested[0]["difference_low"]) > 0
    assert tested[1]["p"] == ""
    assert float(tested[0]["p_resampled"]) < 0.2
    assert [row["folds"] for row in tested] == ["3", "0", "0"]
    assert tested[1]["p_resampled"] == ""


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    """A run whose leak was let pass, as `train --allow-leak` leaves it behind."""
    run = write_fake_run(tmp_path_factory.mktemp("leaky") / "leaky", signal=4.0, seed=5, patients=40, evaluated=False)
    write_json(run.selection, {**read_json(run.selection), LEAKS: ["same-pixels"]})
    evaluate(run)
    return run


def test_a_leak_that_was_let_pass_is_told_of_the_row_its_pairs_and_what_is_fused_of_it(runs, leaky, tmp_path):
    found = compare([runs[0], leaky], "mean")
    said = "LEAK ALLOWED (same-pixels)"
    assert [said in row.note for row in found.rows] == [False, True, True]
    assert all(f"leaky: {said}" in pair.note for pair in found.pairs if "leaky" in {pair.first, pair.second})
    table, pairs, *_ = write_comparison(found, tmp_path / "table.csv")
    with open(table) as rows, open(pairs) as tests:
        assert [said in row["note"] for row in csv.DictReader(rows)] == [False, True, True]
        assert all(said in row["note"] for row in csv.DictReader(tests))


def test_a_leak_stands_beside_the_optimism_that_it_spoils(coins, tmp_path):
    spoilt = write_fake_run(
        tmp_path / "spoilt",
        labels=COINS[0],
        recipe=fake_recipe('title="coin_0"', 'positive="coin_0 = 1"'),
        evaluated=False,
    )
    write_json(spoilt.selection, {**read_json(spoilt.selection), LEAKS: ["oversampled"]})
    evaluate(spoilt)
    written = write_comparison(compare([spoilt, coins[1]]), tmp_path / "table.csv")
    with open(next(path for path in written if path.name == "table.protocols.csv")) as table:
        assert all(row["note"].endswith("; LEAK ALLOWED (oversampled)") for row in csv.DictReader(table))


def test_settings_in_which_runs_differ_are_told_and_no_others(runs, tmp_path):
    other = write_fake_run(tmp_path / "other", recipe=fake_recipe("training.seed=7", 'positive="mutated"'), patients=40)
    found = compare([runs[0], other])
    assert {row.setting: row.values for row in found.differences} == {
        "training.seed": ("0", "7"),
        "positive": ("methylated", "mutated"),
    }
    (warning, caution) = found.warnings
    assert caution.startswith("All runs: ")
    assert caution.endswith(fake_recipe().caution)
    assert "methylated" in warning
    assert "mutated" in warning
    assert compare(runs[:2]).warnings == (caution,)
    assert compare(runs[:2]).differences == ()
