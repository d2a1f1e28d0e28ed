"""signal.html: what it says first, and what it never does."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from radiogenomics.evaluation.chapters.signal import signal_table
from radiogenomics.evaluation.signal.page import HEIGHT, WIDTH, comparison_table, histogram, render
from radiogenomics.evaluation.signal.study import Material, study
from radiogenomics.records import Estimate
from radiogenomics.rundir.run import read_json, write_json


def signal(tmp_path, resamples=120, **changes):
    random = np.random.Generator(np.random.Philox(3))
    labels = (np.arange(40) % 2).astype(np.int64)
    folds = [(np.arange(20, 40), np.arange(20)), (np.arange(20), np.arange(20, 40))]
    plain = random.normal(size=(40, 6)) + labels[:, None]
    material = Material(labels, folds, plain, plain + 1, baselines={"metadata": random.normal(size=(40, 2))})
    write_json(tmp_path / "signal.json", study(replace(material, **changes), resamples, draws=2))
    return read_json(tmp_path / "signal.json")


def test_the_verdict_comes_first_and_every_test_has_a_row(tmp_path):
    page = render(signal(tmp_path, model=Estimate(0.9, 0.8, 0.95, 40)), "my-run", "1.0")
    assert (
        page.index("<b>Signal</b>") < page.index("Could it be chance?") < page.index("Would a signal have been found?")
    )
    for title in ("Linear head on frozen", "This run&#39;s trained model", "how and where they were made"):
        assert title in page
    assert "give --lesions or --masks" in page


def test_each_auc_stands_beside_the_number_of_patients_it_was_counted_on(tmp_path):
    """Of a single split with repeats the head is tested once, the model on everybody whom any repeat tests."""
    known = signal(tmp_path, model=Estimate(0.9, 0.8, 0.95, 57))
    for table in (comparison_table(known), signal_table(known)):
        place = table.header.index("Patients")
        assert [row[place] for row in table.rows] == ["57", "40", "40"]


def test_how_often_a_mark_was_found_is_told_as_it_was_counted(tmp_path):
    known = signal(tmp_path)
    known["control"] = [
        {"auc": area, "found": found, "draws": 7, "reached": 0.6} for area, found in ((0.75, 3), (1, 5))
    ]
    page = render(known, "my-run", "1.0")
    assert "a signal of AUC 0.75 among so many patients in 3 of 7 draws" in page
    assert "found even a perfect mark (AUC 1.00) in only 5 of 7 draws" in page
    assert page.index("a perfect mark") < page.index("A classifier whose own AUC is below")


def test_every_table_picture_and_verdict_carries_what_it_must_not_be_seen_without(tmp_path):
    note = "LEAK ALLOWED (same patient)"
    page = render(signal(tmp_path, note=note), "my-run", "1.0")
    places = re.findall(r"<(?:caption|figcaption)>(.*?)</(?:caption|figcaption)>", page, re.DOTALL)
    places += re.findall(r'<svg[^>]* aria-label="([^"]*)"', page)
    places += re.findall(r'<section class="verdict.*?</section>', page, re.DOTALL)
    assert page.count("<table") == page.count("<caption>") == 2
    assert len(places) == 5
    assert [place for place in places if note not in place] == []
    assert "Shortcut suspected" in page


def test_brightness_that_does_as_well_is_said_and_the_verdict_is_not_all_green(tmp_path):
    truth = (np.arange(40) % 2)[:, None] + 0.0
    known = signal(tmp_path, baselines={"intensity": truth}, whole=True)
    page = render(known, "my-run", "1.0")
    assert known["verdict"] == "signal"
    assert "Brightness alone reaches an AUC of 1.00 (" in page
    assert 'class="verdict signal cautious"' in page
    assert 'class="verdict signal"' in render(signal(tmp_path), "my-run", "1.0")


def test_letters_that_turn_a_text_around_are_left_out_and_tables_can_be_reached(tmp_path):
    page = render(signal(tmp_path, classes=("\u202eback", "b")), "\u2066run", "1.0")
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)
    assert page.count('tabindex="0"') == page.count('role="region" aria-label=') == 2


def test_one_split_is_not_called_several_folds(tmp_path):
    labels = (np.arange(40) % 2).astype(np.int64)
    page = render(signal(tmp_path, labels=labels, folds=[(np.arange(20), np.arange(20, 40))]), "run", "1")
    assert "fold" not in re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)
    assert "over folds" in render(signal(tmp_path), "run", "1")


def test_names_from_files_are_escaped_and_nothing_is_loaded(tmp_path):
    page = render(signal(tmp_path, classes=("<script>alert(1)</script>", "b")), "<img src=x>", "1.0")
    assert "<script>" not in page
    assert "<img" not in page
    assert "http:" not in page
    assert "https:" not in page


def test_one_class_leaves_a_page(tmp_path):
    found = signal(tmp_path, labels=np.zeros(40, np.int64))
    page = render(json.loads(json.dumps(found)), "run", "1")
    assert "all of one class" in page


def test_bars_hold_every_labelling_and_lines_stand_where_their_values_do():
    drawn = histogram([0.4, 0.5, 0.5, 0.6], observed=0.8, bound=0.6)
    heights = {round(height) for *_, height in drawn.bars}
    assert len(drawn.bars) == 3
    assert max(heights) == 2 * min(heights)
    assert 0 < drawn.bound < drawn.observed <= WIDTH
    assert all(y + height <= HEIGHT for _, y, _, height in drawn.bars)
    assert drawn.observed == pytest.approx(WIDTH * (0.8 - 0.3) / 0.5)
