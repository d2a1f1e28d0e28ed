import csv
import re

import pytest
from fakerun import fake_recipe, fake_slices, write_fake_run
from fullrun import write_full_run
from markdown_it import MarkdownIt

from radiogenomics.evaluation.checklists.claim import CLAIM
from radiogenomics.evaluation.checklists.items import AUTHOR, FILLED
from radiogenomics.evaluation.checklists.tripod import TRIPOD
from radiogenomics.evaluation.decide import Threshold
from radiogenomics.evaluation.score import score
from radiogenomics.evaluation.wording import LEAKS, TITLES, with_interval
from radiogenomics.experiment.audit import write_findings
from radiogenomics.experiment.evaluate import evaluate, write_scores
from radiogenomics.experiment.papers import write_papers
from radiogenomics.experiment.report import read_evidence, write_report
from radiogenomics.records import Finding, Fold, Trait
from radiogenomics.rundir.rows import write_records
from radiogenomics.rundir.run import Run, read_json, read_metrics, write_json

HOSTILE = "<img src=x onerror=alert(1)> | `a` [b](https://bad.example)"
TAGS = {*("h1", "h2", "h3", "p", "strong", "ul", "li", "pre", "code"), *("table", "thead", "tbody", "tr", "th", "td")}
READER = MarkdownIt("commonmark").enable("table")
FACTS = {
    "radiogen": "9.8",
    "python": "3.11",
    "packages": {"tensorflow": "2.21"},
    "weights": {"source": "imagenet weights", "sha256": "f00d", "pretrained": True},
    "hashes": {"labels": "abc", "code": "def"},
    "device": ["CPU, 2 threads"],
    "command": ["radiogen", "train", "--data", "my scans"],
}


def rows(page: str) -> list[list[str]]:
    """The cells of all tables of a page, as they are read."""
    text = READER.render(page)
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)
    ]


def written(run: Run) -> tuple[str, str]:
    write_papers(run, read_evidence(run))
    return run.card.read_text(), run.checklists.read_text()


def answers(page: str) -> dict[str, dict[str, tuple[str, str]]]:
    """By checklist and number: status and answer."""
    claim, tripod = page.split("## TRIPOD+AI")
    return {
        name: {number: (status, text) for number, _, status, text in rows(part) if number != "No."}
        for name, part in (("claim", claim), ("tripod", tripod))
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = write_fake_run(tmp_path_factory.mktemp("runs") / "made-up", recipe=fake_recipe("split.repeats=2"))
    write_json(made.environment, FACTS)
    traits = [
        Trait(f"{i:05d}", "", "clinical", name, value)
        for i in range(24)
        for name, value in (("sex", "fm"[i % 2]), ("age", str(40 + i)))
    ]
    write_records(made.traits, Trait, traits)
    return made


@pytest.fixture(scope="module")
def papers(run):
    return written(run)


def test_the_cards_figures_are_those_of_metrics_json(run, papers):
    told = {row[0]: row[1:] for row in rows(papers[0])}
    for name, figure in read_metrics(run).items():
        assert told[TITLES[name]] == [with_interval(figure), str(figure.n)]


def test_the_card_has_every_section_of_mitchell_and_says_research_first(papers):
    card = papers[0]
    titles = re.findall(r"^## (.+)$", card, re.MULTILINE)
    assert titles == [
        "Model details", "Intended use", "Factors", "Metrics", "Training and evaluation data", "Quantitative analyses",
        "Ethical considerations", "Caveats and recommendations", "How to reproduce", "Citation",
    ]  # fmt: skip
    assert card.startswith("---\nlibrary_name: keras\n")
    assert card.index("Research use only") < card.index("## Model details")
    assert "does not cover the variance of training" in card
    assert "radiogen train --data 'my scans'" in card
    assert "| labels | abc |" in card
    assert "the mean of the 6 models, which was never scored as such" in card
    assert "Spoorthy" in card
    assert "radiogen audit RUN" in card


def test_what_audit_and_signal_say_stands_in_card_and_checklists(tmp_path):
    run = write_fake_run(tmp_path / "run")
    write_json(run.signal, {"verdict": "none", "sentence": "No evidence of signal: p = 0.50.", "smallest_auc": 0.71})
    leak = Finding("same-pixels", "leak", "found", "a and b are one picture.", patients=("a", "b"))
    write_findings(run.audit, [leak, Finding("site", "shortcut", "unknown", "no site is known")])
    card, checklists = written(run)
    assert "No evidence of signal: p = 0.50." in card
    assert "2 checks: 0 clean, 1 that this run can't tell" in card
    assert "This AUC can't be used: the audit found a leak" in card
    assert "a and b are one picture." in answers(checklists)["claim"]["20"][1]
    assert "A classifier whose own AUC is below 0.71 may well have been missed" in answers(checklists)["claim"]["21"][1]
    assert "Signal: No evidence" not in card


def test_every_item_stands_once_in_order_with_one_of_two_statuses(papers):
    found = answers(papers[1])
    assert list(found["claim"]) == [str(number) for number in range(1, 45)]
    assert list(found["tripod"]) == [item.number for item in TRIPOD.items]
    assert sorted({int(re.match(r"\d+", number)[0]) for number in found["tripod"]}) == list(range(1, 28))
    assert len(found["tripod"]) == 52
    statuses = {status for checklist in found.values() for status, _ in checklist.values()}
    assert statuses == {FILLED, AUTHOR}
    assert all(text for checklist in found.values() for _, text in checklist.values())


@pytest.mark.parametrize("number", ["2", "3", "4", "5", "6", "11", "14", "15", "16", "17", "18", "34", "41", "44"])
def test_what_no_run_can_know_is_left_to_the_author(papers, number):
    assert answers(papers[1])["claim"][number][0] == AUTHOR


@pytest.mark.parametrize(
    ("checklist", "number", "told"),
    [
        ("claim", "9", "minmax"),
        ("claim", "19", "3-fold cross-validation, 2 times over"),
        ("claim", "20", "The patient"),
        ("claim", "22", "mobilenet-0.25"),
        ("claim", "23", "tensorflow 2.21"),
        ("claim", "24", "imagenet weights, SHA-256 f00d"),
        ("claim", "25", "learning rate 0.0001"),
        ("claim", "26", "lowest val_loss on the fold's validation patients"),
        ("claim", "30", "AUC over 2 repeats"),
        ("claim", "35", "Left out: 2 patients"),
        ("claim", "36", "6 tested): 6 female; age 50 (40 to 60) years"),
        ("claim", "39", "true positives"),
        ("tripod", "10", "how the size was arrived at"),
        ("tripod", "15", "Decision threshold 0.5 (fixed by the recipe)"),
        ("tripod", "18f", "SHA-256 def"),
        ("tripod", "21", "24 patients, 6 of them methylated"),
        ("tripod", "23a", "AUC by subgroup. Sex: "),
    ],
)
def test_what_the_run_knows_is_filled_in(papers, checklist, number, told):
    assert told.lower() in answers(papers[1])[checklist][number][1].replace("&quot;", '"').lower()


def test_a_coded_sex_is_not_read_as_a_number(tmp_path):
    run = write_fake_run(tmp_path / "run")
    write_records(run.traits, Trait, [Trait(f"{i:05d}", "", "clinical", "sex", "12"[i % 2]) for i in range(24)])
    card, checklists = written(run)
    for told in (card, answers(checklists)["claim"]["36"][1], answers(checklists)["tripod"]["20b"][1]):
        assert "6 tested): sex 1: 6" in told


def test_the_same_figures_stand_everywhere(run, papers):
    area = with_interval(read_metrics(run)["auc"])
    found = answers(papers[1])
    assert f"AUC {area}" in found["claim"]["37"][1]
    assert f"AUC {area}" in found["tripod"]["23a"][1]


def test_hostile_names_are_shown_and_do_nothing(tmp_path):
    recipe = fake_recipe(f'positive="{HOSTILE}"', f'title="{HOSTILE}"')
    run = write_fake_run(tmp_path / "run", recipe=recipe, names=(HOSTILE,), description=HOSTILE)
    write_json(run.environment, FACTS | {"command": ["radiogen", f"```\n# {HOSTILE}"], "device": [HOSTILE]})
    for page in written(run):
        body = page.split("\n---\n")[-1] if page.startswith("---") else page
        shown = READER.render(body)
        assert not re.search(r"<(img|a|script)\b", shown)
        assert set(re.findall(r"<(\w+)", shown)) <= TAGS
        widths = {len(row) for row in rows(body)}
        assert 1 not in widths
        assert "&lt;img src=x" in shown


def test_a_note_stands_above_and_beside_every_figure(tmp_path):
    run = write_fake_run(tmp_path / "run", recipe=fake_recipe("split.protocol=published"), evaluated=False)
    write_json(run.selection, {**read_json(run.selection), LEAKS: ["same-pixels"]})
    evaluate(run)
    said = "selected on the reported fold; LEAK ALLOWED (same-pixels)"
    card, checklists = written(run)
    for page in (card, checklists):
        assert f"**Every figure here is: {said}.**" in page
    assert f"Test patients (95% interval), {said}" in card
    found = answers(checklists)["claim"]
    assert all(said in found[number][1] for number in ("30", "32", "37", "38", "39"))
    assert "nobody validates" in found["19"][1]


def test_no_table_and_no_answer_shows_a_figure_of_the_run_without_what_speaks_against_it(tmp_path):
    run = write_full_run(tmp_path / "run", leak=True)
    said = "LEAK ALLOWED (same-pixels)"
    signal = read_json(run.signal)
    write_json(run.signal, {**signal, "sentence": "Signal: an AUC of 0.80 (0.70 to 0.90)."})
    card, checklists = written(run)
    with_figures = [lines for lines in card.split("\n\n") if re.search(r"\d\.\d\d \(\d\.\d\d|AUC of|% of", lines)]
    for paragraph in with_figures:
        heads = [paragraph.splitlines()[0]] if paragraph.startswith("|") else paragraph.splitlines()
        numbered = [head for head in heads if paragraph.startswith("|") or re.search(r"\d\.\d\d \(\d\.\d\d", head)]
        assert [head for head in numbered if said not in head] == []
    assert sum(paragraph.startswith("|") for paragraph in with_figures) == 2
    measured = {"claim": ("30", "31", "32", "37", "38", "39", "40"), "tripod": ("23a", "23b", "26")}
    found = answers(checklists)
    for checklist, numbers in measured.items():
        assert [number for number in numbers if said not in found[checklist][number][1]] == []
        loose = {n for n, (_, text) in found[checklist].items() if re.search(r"\d\.\d\d \(\d\.\d\d", text)}
        assert loose <= {*numbers}


def test_of_one_split_nothing_is_told_as_of_several_folds(tmp_path):
    run = write_full_run(tmp_path / "run", recipe=fake_recipe("split.folds=1"))
    write_report(run)
    alike = answers(run.checklists.read_text())["tripod"]["16"][1]
    assert "no model trained on them" in alike
    assert "other folds" not in alike
    shown = re.sub(r"<style.*?</style>|<[^>]+>", " ", run.report.read_text(), flags=re.DOTALL)
    for page in (shown, run.card.read_text(), run.checklists.read_text()):
        for words in (
            "Fold by fold",
            "each fold",
            "single folds",
            "Patients a fold",
            "A fold:",
            "one a fold",
            "other folds",
        ):
            assert words not in page
    several = write_full_run(tmp_path / "several")
    write_report(several)
    assert "Fold by fold" in several.report.read_text()
    assert "other folds train on" in answers(several.checklists.read_text())["tripod"]["16"][1]


def test_a_loss_of_both_phases_is_named_once(tmp_path):
    run = write_fake_run(tmp_path / "run", recipe=fake_recipe(*(f"training.phases.{k}.loss=soft-f1" for k in (0, 1))))
    assert "Loss: soft-f1. " in answers(written(run)[1])["tripod"]["13"][1]


def test_a_run_of_which_little_is_known_leaves_more_to_the_author(tmp_path):
    run = write_fake_run(tmp_path / "run")
    write_json(run.environment, {})
    for path in (run.cohort, run.exclusions, run.history):
        path.unlink()
    card, checklists = written(run)
    found = answers(checklists)["claim"]
    assert [found[number][0] for number in ("8", "12", "13", "23", "24", "36")] == [AUTHOR] * 6
    assert "What was typed is not recorded." in card


def test_an_outside_evaluation_fills_the_item_on_external_data_and_has_no_card_of_its_own(tmp_path):
    labels = {f"{i:02d}": i % 2 for i in range(20)}
    slices = [
        row for row in fake_slices(labels, [Fold(0, (), (), tuple(labels))], signal=3.0, seed=1) if row.phase == 2
    ]
    recipe = fake_recipe()
    scores = score(slices, recipe, [Threshold(0, 2, 0.5, "the run's")])
    write_scores(tmp_path, scores, recipe, outside={"run": "runs/a", "patients_seen": 0})
    run = Run(tmp_path)
    assert write_papers(run, read_evidence(run)) == (run.checklists,)
    assert not run.card.exists()
    found = answers(run.checklists.read_text())["claim"]
    assert found["33"][0] == FILLED
    assert with_interval(read_metrics(run)["auc"]) in found["33"][1]
    assert [found[number][0] for number in ("19", "26", "32")] == [AUTHOR] * 3


def test_the_same_run_gives_the_same_papers(run, papers):
    assert written(run) == papers


def test_the_numbers_of_claim_are_1_to_44():
    assert [item.number for item in CLAIM.items] == [str(number) for number in range(1, 45)]


def test_exclusions_are_told_as_the_run_has_them(run, papers):
    with open(run.exclusions) as file:
        left_out = sum(not row["path"] for row in csv.DictReader(file))
    assert f"Left out: {left_out} patients" in answers(papers[1])["claim"]["35"][1]
