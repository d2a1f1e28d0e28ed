from itertools import pairwise

from fakerun import fake_recipe

from radiogenomics.evaluation.chapters.acquisition import MOST_GROUPS, acquisition_table, commonest, spread
from radiogenomics.evaluation.chapters.cohort import chapter, flow
from radiogenomics.evaluation.decide import Threshold
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.records import Exclusion, Prediction, Trait


def row(patient, status="used", scanner="A", matrix="64x64"):
    known = {"patient_id": patient, "modality": "flair", "n_files": "10", "n_slices": "20", "field_strength": "3"}
    return known | {"status": status, "reason": "", "scanner": scanner, "matrix": matrix}


def evidence(series, exclusions=(), labels=("a", "b", "c"), tested=("a", "b", "c"), traits=()):
    known = {patient: place % 2 for place, patient in enumerate(labels)}
    predictions = [Prediction(p, 0, 2, "test", known[p], 0.4) for p in tested]
    return Evidence(
        "run", fake_recipe(), predictions, [Threshold(0, 2, 0.5, "x")], [], series=series, exclusions=exclusions,
        labels=known, traits=traits,
    )  # fmt: skip


def test_the_flow_goes_from_files_to_tested_patients_and_everyone_leaves_once():
    series = [row(p) for p in "abc"] + [row(p, "unused") for p in "aux"]
    exclusions = [Exclusion("a", f"a/{place}.dcm", "localizer") for place in (1, 2)]
    exclusions += [Exclusion("b", "b/1.dcm", "no pixels: 1"), Exclusion("u", "", "no label in l.csv")]
    exclusions += [Exclusion("x", "", "no flair series"), Exclusion("z", "", "no series under DATA")]
    steps = flow(evidence(series, exclusions, tested=("a", "b")))
    assert [(step.count, step.what.partition(",")[0]) for step in steps] == [
        (63, "files found"), (6, "series found"), (5, "patients with series"), (4, "of them with a label"),
        (3, "take part"), (2, "tested"),
    ]  # fmt: skip
    assert steps[0].left_out == ((2, "localizer"), (1, "no pixels"))
    assert steps[2].left_out == ((1, "no label in l.csv"),)
    assert steps[3].left_out == ((1, "no flair series"),)
    assert steps[4].left_out == ((1, "never in a test split"),)
    for step, after in pairwise(steps[2:]):
        assert step.count - sum(count for count, _ in step.left_out) == after.count


def test_rare_reasons_stand_together_and_those_never_found_are_told_apart():
    exclusions = [Exclusion("a", f"{i}.dcm", f"reason {i}") for i in range(9)]
    exclusions += [Exclusion(p, "", "no series under DATA") for p in ("y", "z")]
    known = evidence([row("a")], exclusions)
    assert flow(known)[0].left_out[-1] == (4, "for 4 other reasons, in the table below")
    assert "2 more in the labels file have no series under DATA" in chapter(known).sections[0].note


def test_an_outside_cohort_without_labels_or_series_still_says_who_was_tested():
    steps = flow(evidence([], labels=("a", "b")[:2], tested=("a", "b")))
    assert steps[-1].count == 2
    assert steps[-1].what.startswith("tested, 1 of them")


def test_acquisition_stands_by_modality_scanner_and_field_with_ranges():
    series = [row("a"), row("b"), row("c", scanner="B", matrix="512x512"), row("d", "unused", scanner="C")]
    times = {"a": "90", "b": "110", "c": "80"}
    traits = [Trait(p, "flair", "acquisition", "echo_time", value) for p, value in times.items()]
    table = acquisition_table(evidence(series, traits=traits))
    assert table.header == ("Modality", "Scanner", "Field (T)", "Series", "TE (ms)", "Matrix", "Slices")
    assert table.rows == (
        ("flair", "A", "3", "2", "100 (90 to 110)", "64x64", "20"),
        ("flair", "B", "3", "1", "80", "512x512", "20"),
    )


def test_many_scanners_make_a_table_of_some_rows():
    series = [row(str(place), scanner=f"scanner {place}") for place in range(100)]
    table = acquisition_table(evidence(series))
    assert len(table.rows) == MOST_GROUPS + 1
    assert table.rows[-1][:4] == ("any", "70 rarer ones", "any", "70")


def test_values_are_told_shortly():
    assert spread(["90", "110", "x", "", "inf"]) == "100 (90 to 110)"
    assert spread([""]) == ""
    assert commonest(["a", "a", ""]) == "a"
    assert commonest(["a", "b", "b", "c", "d", "e"]) == "b (2), a (1), c (1), 2 others"
