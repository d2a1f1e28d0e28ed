import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from fakerun import fake_recipe, write_fake_run
from fullrun import write_full_run

from radiogenomics.errors import MissingPathError, RunError
from radiogenomics.evaluation.decide import Threshold
from radiogenomics.evaluation.score import score
from radiogenomics.experiment.evaluate import evaluate, read_thresholds, write_scores
from radiogenomics.experiment.report import overrides, write_report
from radiogenomics.records import Figure, PatientQuality, SlicePrediction, StepRecord
from radiogenomics.rundir.rows import read_records, write_records
from radiogenomics.rundir.run import Run, read_metrics, read_recipe, write_json
from radiogenomics.rundir.steps import write_steps

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    recipe = fake_recipe("split.repeats=2", f'positive="{HOSTILE}"')
    folder = tmp_path_factory.mktemp("runs") / "made-up"
    made = write_fake_run(folder, recipe=recipe, names=(f'{HOSTILE}"',), description=HOSTILE)
    write_report(made)
    return made


def test_the_page_leads_with_the_auc_its_interval_and_its_limits(run):
    page = run.report.read_text()
    auc = read_metrics(run)["auc"]
    sentence = f"AUC is {auc.value:.2f} (95% interval {auc.low:.2f} to {auc.high:.2f}) over 24 test patients"
    assert sentence in page
    assert "does not cover the variance of training" in page
    assert page.index("Research use only") < page.index(sentence) < page.index("Figures of merit")


def test_what_headers_and_recipes_hold_is_escaped(run):
    page = run.report.read_text()
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


def test_the_page_needs_nothing_from_outside(run):
    page = run.report.read_text()
    links = re.findall(r"""(?:src|href)=["']?([^"'>\s]+)""", page)
    assert all(link.startswith(("data:", "#")) for link in links)
    assert "<script" not in page
    assert "url(" not in page
    assert len(page) < 2_000_000


def test_every_part_of_the_run_is_told(run):
    page = run.report.read_text()
    for told in (
        "mean ± sd", "6 folds", "2 repeats", "localizer", "no label", "not asked for by the recipe",
        "0.642", "as printed", "lowest val_loss on the fold&#39;s validation patients", "fixed by the recipe",
        "Spoorthy et al., preprocessing", "weights.source", "model.backbone", "efficientnetb0",
    ):  # fmt: skip
        assert told in page, told
    figures = {path.name for path in run.figures.iterdir()}
    assert figures >= {"roc.svg", "precision-recall.svg", "confusion.svg", "probabilities.svg", "learning-curves.svg"}
    assert all(alt for alt in re.findall(r'<img [^>]*alt="([^"]*)"', page))


def test_the_same_files_make_the_same_page(run):
    before = run.report.read_bytes()
    write_report(run)
    assert run.report.read_bytes() == before


def test_a_run_without_its_optional_files_still_reports(tmp_path):
    bare = write_fake_run(tmp_path / "run")
    for path in (bare.environment, bare.history, bare.cohort, bare.exclusions, bare.slices):
        path.unlink(missing_ok=True)
    assert "AUC" in write_report(bare).read_text()


def test_an_interval_with_a_half_inside_is_called_no_evidence(tmp_path):
    page = write_report(write_fake_run(tmp_path / "run", signal=0.0)).read_text()
    assert "no evidence that the classes can be told apart" in page


def test_one_split_drawn_again_and_again_is_told_as_repeats(tmp_path):
    recipe = fake_recipe("split.folds=1", "split.repeats=3", "evaluation.threshold=youden")
    made = write_fake_run(tmp_path / "run", recipe=recipe)
    page = write_report(made).read_text()
    assert "The 3 repeats&#39; models are 3 models" in page
    assert "Splitting and training anew 3 times" in page
    assert "Repeat by repeat" in page
    shown = [re.split(r"</?t[hd][^>]*>", line)[1::2] for line in page.splitlines() if ">repeat 1</th>" in line]
    assert shown[-1][2] == "5, 5"
    assert shown[-1][3] == f"{next(t.value for t in read_thresholds(made) if (t.fold, t.phase) == (1, 2)):.2f}"
    for wrong in ("fold 1<", "folds&#39;", "of folds", "--repeats", "Fold by fold", "single folds"):
        assert wrong not in page, wrong


def outside_page(folder, labels=(0, 1), **outside):
    rows = [
        SlicePrediction(str(i), "", "s", n, 0, 2, "test", labels[i % 2], (i + n) / 20)
        for i in range(12)
        for n in (1, 2)
    ]
    recipe = fake_recipe()
    write_scores(folder, score(rows, recipe, [Threshold(0, 2, 0.4, "mean of the folds")]), recipe, outside=outside)
    return write_report(Run(folder)).read_text()


def test_an_outside_folder_gets_a_page_too_and_no_talk_of_folds(tmp_path):
    page = outside_page(tmp_path, run="runs/a", patients_seen=0)
    assert "none of whom the model had seen" in page
    assert "run: runs/a; patients seen: 0" in page
    for wrong in ("pooled out of fold", "each fold&#39;s threshold", "--repeats", "not an outside evaluation"):
        assert wrong not in page


def test_patients_whom_the_model_was_trained_on_are_said_first_and_the_page_judges_nothing(tmp_path):
    page = outside_page(tmp_path / "seen", run="runs/a", patients_seen=3)
    warning = "not an outside evaluation: 3 of these 12 patients took part in the run (to train, to choose or "
    warning += "to be tested)"
    assert page.index(warning) < page.index("the patient-level AUC is")
    assert "3 of whom took part in the run" in page  # the run's own test patients count too, whom no model has seen
    assert "of whom the model had seen" not in page
    assert "beyond chance" not in page
    assert warning in outside_page(tmp_path / "one class", labels=(0, 0), run="runs/a", patients_seen=3)


def test_nobody_is_called_unseen_where_nothing_was_recorded(tmp_path):
    page = outside_page(tmp_path)
    assert "none of whom the model had seen" not in page
    assert "whether the model had seen any of them is not recorded" in page


def test_a_trained_run_that_lost_its_folds_is_not_reported_as_an_outside_cohort(tmp_path):
    run = write_fake_run(tmp_path / "run")
    run.folds.unlink()
    with pytest.raises(RunError, match=r"folds\.csv is missing.*restore it"):
        write_report(run)


def test_one_class_only_is_said_and_not_drawn(tmp_path):
    rows = [SlicePrediction(str(i), "", "s", 1, 0, 2, "test", 0, i / 20) for i in range(5)]
    recipe = fake_recipe()
    write_scores(tmp_path / "outside", score(rows, recipe, [Threshold(0, 2, 0.5, "x")]), recipe)
    page = write_report(Run(tmp_path / "outside")).read_text()
    assert "No AUC can be given" in page
    assert "ROC curve" not in page


def test_an_unevaluated_run_names_the_file_it_lacks(tmp_path):
    bare = write_fake_run(tmp_path / "run", evaluated=False)
    with pytest.raises(MissingPathError, match=r"predictions\.csv"):
        write_report(bare)


def test_overrides_are_what_differs_from_the_shipped_recipe(run):
    found = {override.path: override for override in overrides(read_recipe(run))}
    assert found.keys() == {"modalities", "image.size", "split.folds", "split.repeats", "model.backbone"}
    assert (found["split.folds"].value, found["split.folds"].recipe_value) == ("3", "1")


def test_evaluate_report_and_compare_need_no_tensorflow(run, tmp_path):
    for name in ("tensorflow", "keras"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('not here')")
    code = (
        "import sys; from pathlib import Path\n"
        "from radiogenomics.rundir.run import Run\n"
        "from radiogenomics.experiment import compare, evaluate, report\n"
        "run = Run(Path(sys.argv[1])); evaluate.evaluate(run); report.write_report(run); compare.compare([run, run])"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code, str(run.root)], env=environment, check=True)


def test_a_full_report_is_made_anew_from_the_command_line_where_tensorflow_fails(tmp_path):
    made = write_full_run(tmp_path / "a run", patients=24)
    write_report(made)
    before = made.report.read_bytes()
    made.report.unlink()
    for name in ("tensorflow", "keras"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('not here')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "radiogen", "report", str(made.root)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert made.report.read_bytes() == before
    for told in ("Nothing found", "Explained: true positives", "of the heat", "Decision curve", "Baseline: clinical"):
        assert told.encode() in before, told


def test_what_is_not_there_yet_names_the_command_that_makes_it(run):
    page = run.report.read_text()
    for command in ("audit", "signal", "explain"):
        assert f"Not made yet. <code>radiogen {command} RUN</code>" in page


def test_a_leak_that_was_let_pass_stands_on_every_figure_and_above_all(tmp_path):
    made = write_full_run(tmp_path / "run", patients=24, leak=True)
    page = write_report(made).read_text()
    assert page.index("LEAK ALLOWED.") < page.index("<h1>")
    assert page.index("This AUC can&#39;t be used") < page.index("the patient-level AUC is")
    drawn = list(made.figures.glob("*.svg"))
    assert len(drawn) == 7
    for figure in drawn:
        assert "LEAK ALLOWED" in figure.read_text(), figure.name
    assert "beyond chance" not in page


def test_aggregators_stand_side_by_side_and_the_chosen_one_is_named(run, tmp_path):
    page = run.report.read_text()
    table = page[page.index(">Aggregators side by side</h3>") :]
    assert "The recipe&#39;s choice: mean. The others are shown for information, and none was selected" in table
    for name in ("mean", "median", "min", "max"):
        assert re.search(rf'<th scope="row"[^>]*>{name}</th>', table), name
    made = write_fake_run(tmp_path / "run", signal=0.3, seed=6, recipe=fake_recipe("evaluation.aggregator=validation"))
    page = write_report(made).read_text()
    assert "The recipe&#39;s choice: chosen on each fold&#39;s validation patients" in page
    shown = [re.split(r"</?t[hd][^>]*>", line)[1::2] for line in page.splitlines() if ">fold 1</th>" in line]
    assert shown[-1][4] == "median"


def test_by_the_published_protocol_every_part_of_the_page_says_how_it_was_selected(tmp_path):
    words = "selected on the reported fold"
    settings = ("split.protocol=published", "evaluation.threshold=youden")
    made = write_fake_run(tmp_path / "run", recipe=fake_recipe(*settings))
    page = write_report(made).read_text()
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page)
    assert len(captions) > 4
    assert all(words in caption for caption in captions)
    tables = re.findall(r"<table[^>]*>\n<caption>(.*?)</caption>", page)
    assert len(tables) == page.count("<table ") > 4
    assert all(words in caption for caption in tables)
    for figure in made.figures.glob("*.svg"):
        assert words in figure.read_text(), figure.name
    assert "beyond chance" not in page
    assert "had not seen them" not in page
    assert words not in write_report(write_fake_run(tmp_path / "nested")).read_text()


def test_a_model_that_tells_nobody_apart_is_named(tmp_path):
    made = write_fake_run(tmp_path / "run", evaluated=False)
    rows = read_records(made.slice_predictions, SlicePrediction)
    flat = [replace(row, probability=0.5) if row.fold == 1 else row for row in rows]
    write_records(made.slice_predictions, SlicePrediction, flat)
    evaluate(made)
    assert "The model of fold 1 gives every test patient the same probability" in write_report(made).read_text()


def test_repeats_are_not_recommended_where_the_folds_were_given(tmp_path):
    made = write_fake_run(tmp_path / "run")
    assert "--repeats" in write_report(made).read_text()
    write_json(made.environment, {"request": {"splits": "/data/splits.csv"}})
    assert "--repeats" not in write_report(made).read_text()


def test_a_part_that_is_left_out_is_told_once():
    found = {o.path: o.value for o in overrides(fake_recipe("training.phases.0.early_stopping=null"))}
    assert found["training.phases.0.early_stopping.patience"] == "-"
    assert "training.phases.0.early_stopping" not in found


def test_a_task_without_published_figures_has_no_table_of_them(tmp_path):
    made = write_fake_run(tmp_path / "run", recipe=fake_recipe("published=[]"))
    assert "Beside the paper" not in write_report(made).read_text()


def test_the_papers_aggregators_stand_beside_ours(tmp_path):
    rows = [{"modality": "flair", "aggregator": name, "AUC": 0.91, "AUC sd": 0.07} for name in ("median", "max")]
    made = write_fake_run(tmp_path / "run", recipe=fake_recipe().model_copy(update={"published": tuple(rows)}))
    page = write_report(made).read_text()
    table = page[page.index(">Beside the paper</h3>") :].partition("</table>")[0]
    assert table.count("0.91 ± 0.07") == 2
    assert table.count("this run (test patients)") == 2


def test_what_preparation_did_is_told_where_there_was_one(tmp_path):
    run = write_fake_run(tmp_path / "run")
    write_report(run)
    assert "Preparation of the raw series" not in run.report.read_text()
    seen = (Figure("mutual information", 0.5, 0.4, "nats"), Figure("turn", 0.0, 2.0, "degrees"))
    steps = [
        StepRecord("rigid", "flair", {}, 1.0, seen, used, "" if used else "mutual information fell") for used in (1, 0)
    ]
    write_steps(run.preparation, [PatientQuality(f"p{k}", (step,), {}) for k, step in enumerate(steps)])
    write_report(run)
    page = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", run.report.read_text()))
    assert "Preparation of the raw series" in page
    assert "rigid registration flair 2 1 0" in page
