"""Sheets stay small, are the same each time, and take any name."""

import cv2
import numpy as np
import pytest

from radiogenomics.explain import sheet
from radiogenomics.explain.sheet import Panel, draw_sheet

Y, X = np.mgrid[:32, :32]
BLOB = np.exp(-((Y - 10) ** 2 + (X - 20) ** 2) / 60).astype(np.float32)
FOOT = "What must be read with it. " * 8


def panel(title="00001\nslice 3", heat=BLOB, lesion=None, picture=BLOB):
    return Panel(title, picture, {"grad-cam": heat, "occlusion": heat - 0.5}, lesion)


def decoded(content):
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def test_a_sheet_is_the_same_each_time_and_shows_its_lesion():
    plain = draw_sheet([panel(), panel()], "True positives", FOOT, 500_000)
    assert draw_sheet([panel(), panel()], "True positives", FOOT, 500_000) == plain
    lesion = np.zeros((32, 32), np.float32)
    lesion[20:28, 4:12] = 1
    outlined = decoded(draw_sheet([panel(lesion=lesion), panel()], "True positives", FOOT, 500_000))
    blue = np.array([0xE9, 0xB4, 0x56])  # of the outline, as OpenCV has it
    near = [(np.abs(picture.astype(int) - blue).max(axis=-1) < 8).sum() for picture in (decoded(plain), outlined)]
    assert near[0] == 0
    assert near[1] > 100


def test_a_sheet_of_noise_is_shrunk_until_it_is_small_enough():
    noise = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    most = 120_000
    fine = draw_sheet([panel(heat=noise, picture=noise)], "x", "y", 10_000_000)
    small = draw_sheet([panel(heat=noise, picture=noise)], "x", "y", most)
    assert len(small) <= most < len(fine)
    assert decoded(small).shape < decoded(fine).shape


def test_slices_without_heat_are_said_to_have_none(monkeypatch):
    said = []
    monkeypatch.setattr("matplotlib.axes.Axes.text", lambda self, x, y, words, **_: said.append(words))
    draw_sheet([panel(heat=np.zeros((32, 32), np.float32))], "x", "y", 500_000)
    assert said == [sheet.COLD["grad-cam"], sheet.COLD["occlusion"]]


@pytest.mark.parametrize("title", ["$x_1$ <b>\n{}", "患者一号\nslice 1"])
def test_names_are_letters_and_no_markup(title):
    assert draw_sheet([panel(title)], title, title, 500_000).startswith(b"\x89PNG")


def test_what_speaks_against_the_figures_stands_in_the_heading_in_bold(monkeypatch):
    said = []
    monkeypatch.setattr(
        "matplotlib.figure.Figure.suptitle", lambda _, words, **how: said.append((words, how["weight"]))
    )
    note = "LEAK ALLOWED (" + ", ".join(["patient-overlap", "series-overlap", "near-duplicates", "label-in-path"]) + ")"
    draw_sheet([panel()], "False negatives, 3 of 9", FOOT, 10_000_000, note)
    draw_sheet([panel()], "False negatives, 3 of 9", FOOT, 10_000_000)
    (noted, bold), (plain, normal) = said
    assert noted.startswith("False negatives, 3 of 9\nLEAK ALLOWED (patient-overlap,")
    assert noted.replace("\n", " ").endswith(note)  # whole, wrapped
    assert max(map(len, noted.split("\n"))) < 70  # beside a single slice
    assert (bold, plain, normal) == ("bold", "False negatives, 3 of 9", "normal")


def test_a_slice_without_heat_is_not_said_to_speak_for_nothing():
    assert "speaks" not in sheet.COLD["grad-cam"]
    assert "nowhere above 0" in sheet.COLD["grad-cam"]
