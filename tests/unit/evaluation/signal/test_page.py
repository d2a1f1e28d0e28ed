"""signal.html: what it says first, and what it never does."""

import json
from dataclasses import replace

import numpy as np
import pytest

from radiogenomics.evaluation.signal.page import HEIGHT, WIDTH, histogram, render
from radiogenomics.evaluation.signal.study import Material, study
from radiogenomics.records import Estimate
from radiogenomics.rundir.run import read_json, write_json


def signal(tmp_path, **changes):
    random = np.random.Generator(np.random.Philox(3))
    labels = (np.arange(40) % 2).astype(np.int64)
    folds = [(np.arange(20, 40), np.arange(20)), (np.arange(20), np.arange(20, 40))]
    plain = random.normal(size=(40, 6)) + labels[:, None]
    material = Material(labels, folds, plain, plain + 1, baselines={"metadata": random.normal(size=(40, 2))})
    write_json(tmp_path / "signal.json", study(replace(material, **changes), resamples=50, draws=2))
    return read_json(tmp_path / "signal.json")


def test_the_verdict_comes_first_and_every_test_has_a_row(tmp_path):
    page = render(signal(tmp_path, model=Estimate(0.9, 0.8, 0.95, 40)), "my-run", "1.0")
    assert (
        page.index("<b>Signal</b>") < page.index("Could it be chance?") < page.index("Would a signal have been found?")
    )
    for title in ("Linear head on frozen", "This run&#39;s trained model", "how and where they were made"):
        assert title in page
    assert "give --lesions or --masks" in page
    assert "in 2 of 2 draws" in page or "in 1 of 2 draws" in page or "in 0 of 2 draws" in page


def test_what_figures_must_not_be_seen_without_stands_with_them(tmp_path):
    page = render(signal(tmp_path, note="LEAK ALLOWED (same patient)"), "my-run", "1.0")
    assert page.count("LEAK ALLOWED (same patient)") >= 3
    assert "Shortcut suspected" in page


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
