"""The chapter on heat says first what its maps can't show, and nowhere says where a model looks if they can't."""

from dataclasses import replace

import pytest
from fakerun import fake_recipe

from radiogenomics.evaluation.chapters.explained import OUTSIDE, chapter
from radiogenomics.evaluation.decide import Threshold
from radiogenomics.evaluation.evidence import Evidence, Picture
from radiogenomics.evaluation.statements.results import explained
from radiogenomics.evaluation.wording import LEAKS
from radiogenomics.records import Prediction

NAME = "explain-true-positive.png"


def row(patient, heat, cells, method="grad-cam"):
    known = {"heat_share_in_lesion": heat, "area_share_of_lesion": "0.1", "others_heat_share_in_lesion": "0.2"}
    return known | {
        "patient_id": str(patient), "outcome": "true positive", "method": method, "cells": cells, "sheet": NAME,
    }  # fmt: skip


def evidence(cells, *, leaks=()):
    rows = [row(patient, "0.5", cells) for patient in range(6)] + [row("cold", "", cells)]
    return Evidence(
        "run", fake_recipe(), [Prediction("a", 0, 2, "test", 1, 0.4)], [Threshold(0, 2, 0.5, "x")], [],
        selection={LEAKS: list(leaks)}, explanations=rows, pictures=(Picture(NAME, "", "", "", "image/png", b"x"),),
    )  # fmt: skip


@pytest.mark.parametrize("cells", ["2x2", "9x3"])
def test_of_coarse_cells_the_warning_stands_before_shares_and_sheets_and_nothing_is_concluded(cells):
    looks, inside = chapter(evidence(cells)).sections
    for note in (looks.note, inside.note, explained(evidence(cells))):
        assert "cells of these images, and says little about where" in note
        assert "--method occlusion" in note
    assert inside.note.index("says little about where") < inside.note.index("of the heat (grad-cam")
    told = explained(evidence(cells))
    assert told.index("says little about where") < told.index("of the heat (grad-cam")
    assert OUTSIDE not in looks.note
    for note in (inside.note, told):
        assert "does not say where the model looks" in note
        assert "never looked for the lesion" not in note


def test_who_has_occlusion_is_not_sent_to_make_it():
    known = evidence("2x2")
    both = replace(known, explanations=[*known.explanations, row(1, "0.5", "", "occlusion")])
    looks, inside = chapter(both).sections
    for note in (looks.note, inside.note, explained(both)):
        assert "says little about where" in note
        assert "--method occlusion" not in note


def test_of_fine_cells_shares_are_judged_and_the_cold_counted():
    looks, inside = chapter(evidence("7x7")).sections
    assert "says little about where" not in looks.note + inside.note
    assert OUTSIDE in looks.note
    assert "6 of 7 test patients with a lesion in sight; in 1 it finds no heat" in inside.note
    assert "both intervals lie above 0" in inside.note
    (everyone, _) = inside.table.rows
    assert dict(zip(inside.table.header, everyone, strict=True)) == {
        "Outcome": "all", "Method": "grad-cam", "Patients with heat": "6", "Without heat": "1",
        "Heat in the lesion": "50% (50% to 50%)", "Lesion's share of the picture": "10% (10% to 10%)",
        "Other patients' mean heat, laid there": "20% (20% to 20%)",
        "Heat more than picture, points": "+40.0 (+40.0 to +40.0)",
        "Heat more than others', points": "+30.0 (+30.0 to +30.0)",
    }  # fmt: skip


def test_an_allowed_leak_is_told_with_the_shares():
    assert "LEAK ALLOWED (patient-overlap)" in explained(evidence("7x7", leaks=["patient-overlap"]))
    assert "LEAK" not in explained(evidence("7x7"))


def test_occlusion_of_those_shown_speaks_for_nobody_else():
    known = evidence("7x7")
    rows = [row(patient, "0.5", "", "occlusion") | {"others_heat_share_in_lesion": ""} for patient in range(6)]
    note = chapter(replace(known, explanations=rows)).sections[1].note
    assert "who stand for nobody else" in note
    both = replace(known, explanations=[*known.explanations, *rows[:2]])
    assert explained(both).startswith("Maps by grad-cam of 7 patients, occlusion of 2 patients (explanations.csv).")
    assert "of the other patients' mean heat" not in note
    assert "the interval lies above 0" in note
