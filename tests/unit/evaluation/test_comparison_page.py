import base64
import re

import pytest
from browser import browser, needs_browser

from radiogenomics import recipes
from radiogenomics.evaluation.comparison import Part, compare_pairs
from radiogenomics.evaluation.comparison_page import render
from radiogenomics.evaluation.comparison_verdict import verdict
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.estimate import estimate
from radiogenomics.evaluation.side_by_side import (
    Comparison,
    Made,
    RunRow,
    caution_warnings,
    class_warnings,
    differences,
)
from radiogenomics.evaluation.wording import TITLES, with_interval
from radiogenomics.overrides import override

HOSTILE = "<script>window.hurt = 1</script>"
SORTED, MIXED = [i / 40 for i in range(40)], [(i * 17 % 40) / 40 for i in range(40)]
MOSTLY = [p if i % 5 else 0.5 for i, p in enumerate(SORTED)]


def patients(probabilities, first=0):
    return [Scored(f"{i + first:03d}", int(i >= 20), p, 0.5) for i, p in enumerate(probabilities)]


def row(name, units, note="", protocol="nested"):
    figures = estimate(units, "patient")
    about = ("mgmt", "flair", "efficientnetb0", "imagenet", protocol, note, len(units))
    return RunRow(name, *about, figures, figures["accuracy"])


def comparison(*runs, parts=None, made=()):
    """Of (name, units) or (name, units, note)."""
    rows = tuple(row(name, units, *note) for name, units, *note in runs)
    pairs = compare_pairs([(name, units) for name, units, *_ in runs], parts)
    return Comparison(
        rows, pairs, sum(pair.p == pair.p for pair in pairs), units=tuple(tuple(units) for _, units, *_ in runs),
        differences=differences(made), warnings=class_warnings(made),
    )  # fmt: skip


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_the_verdict_names_who_differs_and_that_the_best_was_picked_by_its_test_patients():
    first, *_, last = verdict(comparison(("good", patients(SORTED)), ("chance", patients(MIXED))))
    assert "one pair of runs tested it differs beyond chance" in first
    assert "good ranks better than chance (AUC 0." in first
    assert last.startswith("The highest AUC is 1.00")
    assert "of good. It was picked out of 2 by looking at its test patients, so it is optimistic" in last


def test_the_better_of_a_pair_is_named_first_whichever_way_round_it_was_given():
    (first, *_) = verdict(comparison(("chance", patients(MIXED)), ("good", patients(SORTED))))
    low, high = re.search(
        r"good ranks better than chance \(AUC [\d.]+ higher, 95% interval (\S+) to (\S+),", first
    ).groups()
    assert 0 < float(low) < float(high)


def test_runs_that_do_not_differ_are_not_called_alike():
    (first, *_) = verdict(comparison(("a", patients(MIXED)), ("b", patients(MIXED))))
    assert "none differs beyond chance" in first
    assert "nor that they are alike" in first


def test_runs_of_other_patients_are_not_ranked_by_a_test():
    found = comparison(("a", patients(SORTED)), ("b", patients(MIXED, first=5)))
    assert "could be tested against each other" in verdict(found)[0]
    assert "35 in common" in text(render(found, "1"))


def test_what_the_other_family_of_tests_says_stands_beside():
    parts = {
        name: [Part(fold, ("p",), 30, area + fold / 100) for fold in range(6)]
        for name, area in (("a", 0.9), ("b", 0.5))
    }
    same = comparison(("a", patients(SORTED)), ("b", patients(MIXED)), parts={"a": parts["a"], "b": parts["a"]})
    assert "Over folds" in verdict(same)[1]
    assert "none differs beyond chance" in verdict(same)[1]
    areas = [0.03, -0.02, 0.01, 0.02, -0.01, 0.0]
    parts["b"] = [Part(part.fold, part.test, part.train, part.auc - 0.4 + areas[part.fold]) for part in parts["b"]]
    parts["b"] = [Part(p.fold, p.test, p.train, 0.5 + areas[p.fold]) for p in parts["b"]]
    assert (
        "a ranks better than b" in verdict(comparison(("a", patients(SORTED)), ("b", patients(MIXED)), parts=parts))[1]
    )


def test_every_metric_of_every_run_is_on_the_page_with_its_interval():
    few = [("a", patients(SORTED)), ("b", patients(MIXED)), ("c", patients(MOSTLY))]
    for runs in (few, [(f"{name}{i}", units) for i in range(3) for name, units in few]):
        found = comparison(*runs)
        page = render(found, "1")
        cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
        for one in found.rows:
            assert all(with_interval(figure) in cells for figure in one.figures.values())
        assert all(title in page for metric, title in TITLES.items() if metric in found.rows[0].figures)


NOTE = "LEAK ALLOWED (pixels)"


@pytest.mark.parametrize("count", [2, 9])
def test_every_table_picture_and_alternative_says_which_runs_carry_a_leak(count):
    others = [(f"b{i}", patients(MIXED)) for i in range(count - 1)]
    made = [Made("a", recipes.find("mgmt")), Made("b0", override(recipes.find("mgmt"), ["training.seed=5"]))]
    page = render(comparison(("a", patients(SORTED), NOTE), *others, made=made), "1")
    captions = re.findall(r"<(?:caption|figcaption)>(.*?)</", page)
    alts = re.findall(r'<img[^>]* alt="([^"]*)"', page)
    assert page.count("<table") == page.count("<caption>") == page.count('role="region"') >= 4
    assert len(alts) == 4
    assert [place for place in captions + alts if f"a: {NOTE}" not in place] == []
    assert f"Not all figures here are what they seem. a: {NOTE}." in text(page)


def test_runs_that_all_carry_the_same_are_not_named_one_by_one_and_clean_ones_carry_nothing():
    page = render(comparison(*((f"run-{i}", patients(MIXED), NOTE) for i in range(9))), "1")
    assert "all runs: LEAK ALLOWED" in page
    assert f"run-3: {NOTE}" not in page
    assert "LEAK" not in render(comparison(("a", patients(SORTED)), ("b", patients(MIXED))), "1")


def test_a_best_run_is_named_only_among_runs_of_one_task_and_same_patients_only_where_they_are():
    base = recipes.find("mgmt")
    made = [Made("a", base), Made("b", override(base, ["positive=tumour"]))]
    other = comparison(("a", patients(SORTED)), ("b", patients(MIXED, first=50)), made=made)
    assert not any("highest AUC" in sentence for sentence in verdict(other))
    assert "scored the same patients" not in render(other, "1")
    partly = comparison(("a", patients(SORTED)), ("b", patients(MIXED, first=5)))
    (best,) = (sentence for sentence in verdict(partly) if "highest AUC" in sentence)
    assert "not all were tested on the same patients" in best
    same = comparison(("a", patients(SORTED)), ("b", patients(MIXED)))
    assert "scored the same patients" in render(same, "1")
    assert "not all were tested" not in " ".join(verdict(same))


def test_what_recipes_caution_against_stands_once_with_the_warnings():
    base = override(recipes.find("mgmt"), ["caution=Synthetic patients."])
    assert caution_warnings([Made("a", base), Made("b", base)]) == ("All runs: Synthetic patients.",)
    other = override(base, ["caution="])
    assert caution_warnings([Made("a", base), Made("b", other)]) == ("a: Synthetic patients.",)
    assert caution_warnings([Made("b", other)]) == ()


def test_letters_that_turn_a_text_around_are_left_out():
    page = render(comparison(("\u202ea", patients(SORTED)), ("b\u2066", patients(MIXED))), "1", "\u202etitle")
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)
    drawn = "".join(base64.b64decode(code).decode() for code in re.findall(r"base64,([^\"]+)", page))
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", drawn)


def test_settings_and_class_names_that_differ_are_told():
    base = recipes.find("mgmt")
    made = [Made("a", base), Made("b", override(base, ["training.seed=5", f'positive="{HOSTILE}"']))]
    page = text(render(comparison(("a", patients(SORTED)), ("b", patients(MIXED)), made=made), "1"))
    assert "training.seed 0 5" in page
    assert "if these are not the same classes under two names" in page


def test_a_sweep_of_which_one_cell_was_left_has_a_page_too():
    assert "There is one run here" in text(render(comparison(("a", patients(SORTED))), "1"))


def test_a_page_of_runs_without_anything_to_draw_still_opens():
    one_class = [Scored("a", 1, 0.5, 0.5)]
    assert "undefined" in render(comparison(("a", one_class), ("b", one_class)), "1")


def test_the_page_needs_nothing_from_outside_and_is_the_same_each_time():
    found = comparison((HOSTILE, patients(SORTED), HOSTILE), ("b", patients(MIXED)))
    page = render(found, "1", HOSTILE, [HOSTILE])
    assert HOSTILE not in page
    assert "<script" not in page
    assert all(link.startswith(("data:", "#")) for link in re.findall(r"""(?:src|href)=["']?([^"'>\s]+)""", page))
    assert page == render(found, "1", HOSTILE, [HOSTILE])


@needs_browser
def test_in_a_browser_every_figure_is_drawn_and_nothing_is_refused(tmp_path):
    runs = [(f"{HOSTILE}{i}", patients(units), HOSTILE) for i, units in enumerate((SORTED, MIXED, MOSTLY) * 4)]
    (tmp_path / "compare.html").write_text(render(comparison(*runs), "1"))
    with browser(tmp_path) as opened:
        opened.open(tmp_path / "compare.html")
        widths = opened.run("[...document.images].map(image => image.naturalWidth)")
        assert len(widths) == 4
        assert min(widths) > 100
        assert opened.run("window.hurt") is None
        assert opened.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert not [e for e in opened.heard if e.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")]


@pytest.mark.parametrize("count", [2, 9])
def test_the_runs_stand_in_the_order_given(count):
    runs = [(f"run-{9 - i}", patients(MIXED)) for i in range(count)]
    page = render(comparison(*runs), "1")
    places = [page.index(f">{name}</th>") for name, _ in runs]
    assert places == sorted(places)
