"""A finished run is explained: whom, by which model, how much of the heat is lesion; and what stops it."""

import csv
import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest
import toy_models

from radiogenomics.errors import CohortError, ExistsError, MissingPathError, UnknownNameError
from radiogenomics.evaluation.chapters.explained import chapter
from radiogenomics.evaluation.heat import GRAD_CAM, MOST_SLICES, NAMED, OCCLUSION, SUREST
from radiogenomics.experiment.anew import laid_out_again
from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.cross_validate import laid_out
from radiogenomics.experiment.environment import samples_hash
from radiogenomics.experiment.evaluate import evaluate
from radiogenomics.experiment.explain import Wanted, explain
from radiogenomics.experiment.lesion_cover import Drawn, lesion_cover
from radiogenomics.experiment.pictures import MOST_BYTES, explanation_pictures
from radiogenomics.experiment.plan import make_plan
from radiogenomics.experiment.report import read_evidence
from radiogenomics.files import write_text
from radiogenomics.imaging.cuts import cuts
from radiogenomics.overrides import override
from radiogenomics.phantom.cohort import write_cohort
from radiogenomics.pipeline.dataset import scoring_batches
from radiogenomics.records import SILENT, PreparedSlice, SlicePrediction
from radiogenomics.rundir.rows import write_records
from radiogenomics.rundir.run import Run, read_folds, read_json, write_folds, write_json
from radiogenomics.store import Store
from radiogenomics.training.predict import predict

BOTH = (GRAD_CAM, OCCLUSION)
PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Eight patients, and the store of all tests here."""
    folder = tmp_path_factory.mktemp("explain")
    return write_cohort(folder, patients=8, slices=10, size=32, seed=1, modalities=("flair",)), Store(folder / "store")


def write_run(folder, cohort, *assignments, lesions=""):
    """A finished run of two folds, whose models were never trained; the second one's finds no evidence anywhere."""
    data, store = cohort
    settings = ["split.folds=2", 'modalities=["flair"]', "model.weights=none", 'model.head={"kind": "gap-linear"}']
    recipe = override(toy_models.recipe(*settings), assignments)
    run, request = Run(folder), Request(str(data.data), str(data.labels), lesions=lesions)
    plan, prepared = laid_out(make_plan(request, recipe, store), store, 0, SILENT)
    write_text(run.recipe, recipe.to_json())
    write_json(run.environment, {"request": asdict(request), "hashes": {"samples": samples_hash(prepared.samples)}})
    write_json(run.selection, {"protocol": "nested"})
    write_folds(run, plan.folds, plan.labels)
    write_records(run.slices, PreparedSlice, prepared.slices)
    run.model(0).parent.mkdir(parents=True)
    rows = []
    for fold in plan.folds:
        model = toy_models.awaken(toy_models.tiny_build(recipe, None, 3, seed=fold.index))
        kernel, bias = model.layers[-1].get_weights()
        model.layers[-1].set_weights([-np.abs(kernel) if fold.index else kernel, bias])
        model.save(run.model(fold.index))
        own = [s for s in prepared.samples if s.patient_id in fold.test]
        for s, p in zip(own, predict(model, scoring_batches(store, own, 8)), strict=True):
            where = (s.patient_id, s.lesion_id, s.series_uid, s.slice, fold.index, 2, "test", s.label)
            rows.append(SlicePrediction(*where, float(p)))
    write_records(run.slice_predictions, SlicePrediction, rows)
    evaluate(run)
    return run


@pytest.fixture(scope="module")
def cut(cohort, tmp_path_factory):
    """A run that was cut to lesions."""
    settings = ['slices={"policy": "lesion-extent"}', 'region={"policy": "box", "margin_mm": 4}']
    return write_run(tmp_path_factory.mktemp("cut") / "run", cohort, *settings, lesions=str(cohort[0].lesions))


@pytest.fixture(scope="module")
def whole(cohort, tmp_path_factory):
    """A run on whole slices."""
    return write_run(tmp_path_factory.mktemp("whole") / "run", cohort, "slices.fraction=0.6")


@pytest.fixture
def fresh(tmp_path):
    """Gives a copy of a run that nobody has explained."""

    def copy(run):
        return Run(shutil.copytree(run.root, tmp_path / "run"))

    return copy


@pytest.fixture
def undrawn(monkeypatch):
    """Sheets without their pictures, which take the time."""
    monkeypatch.setattr("radiogenomics.explain.sheet.draw_sheet", lambda *_: PNG)


def rows_of(run):
    with open(run.explanations, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("undrawn")
def test_each_patient_is_explained_by_the_model_that_tested_it(cut, cohort, fresh):
    run = fresh(cut)
    done = explain(run, Wanted(each=2, methods=BOTH), cohort[1], workers=0)
    rows = rows_of(run)
    with open(run.predictions, newline="") as file:
        tested = {row["patient_id"]: row["fold"] for row in csv.DictReader(file) if row["split"] == "test"}
    assert {row["patient_id"]: row["fold"] for row in rows} == tested
    # The second fold's model weighs every channel below 0: nothing speaks for the positive class.
    by_cam = [row for row in rows if row["method"] == GRAD_CAM]
    assert {bool(row["heat_share_in_lesion"]) for row in by_cam if row["fold"] == "1"} == {False}
    assert any(row["heat_share_in_lesion"] for row in by_cam if row["fold"] == "0")
    assert {row["sheet"] for row in rows if row["sheet"]} == {path.name for path in done.sheets}
    assert {row["method"] for row in rows if row["sheet"]} == set(BOTH)
    assert done.cells == (8, 8)


@pytest.mark.usefixtures("undrawn")
def test_of_a_patient_the_slice_of_the_highest_probability_is_shown(whole, cohort, fresh):
    run = fresh(whole)
    explain(run, Wanted(each=1), cohort[1], workers=0)
    shown = rows_of(run)  # without lesions nothing else is looked at
    assert all(row["sheet"] for row in shown)
    assert len(shown) == len({row["outcome"] for row in shown})
    with open(run.slice_predictions, newline="") as file:
        said = list(csv.DictReader(file))
    for row in shown:
        own = [one for one in said if one["patient_id"] == row["patient_id"]]
        assert len(own) <= MOST_SLICES
        assert float(row["probability"]) == max(float(one["probability"]) for one in own)


def test_the_sheets_are_pictures_for_the_report(whole, cohort, fresh):
    run = fresh(whole)
    assert explanation_pictures(run) == ()
    done = explain(run, Wanted(methods=BOTH), cohort[1], workers=0)
    pictures = explanation_pictures(run)
    assert [picture.name for picture in pictures] == [path.name for path in done.sheets]
    assert all(picture.content.startswith(PNG) and len(picture.content) < MOST_BYTES for picture in pictures)
    rows = rows_of(run)
    for picture in pictures:  # whoever does not see the sheet is told what is on it
        own = [row for row in rows if row["sheet"] == picture.name]
        assert all(
            f"patient {row['patient_id']}, slice {row['slice']}, by {row['method']}: " in picture.alt for row in own
        )
        assert picture.alt.count("no heat") == sum(not row["hottest"] for row in own)
        assert "farthest from the threshold" in picture.caption
    assert {row["chosen"] for row in rows} == {SUREST}
    assert {(row["method"], row["cells"]) for row in rows} == {(GRAD_CAM, "8x8"), (OCCLUSION, "")}
    before = [picture.content for picture in pictures]
    explain(run, Wanted(methods=BOTH), cohort[1], workers=0, force=True)
    assert [picture.content for picture in explanation_pictures(run)] == before


def test_a_slice_has_its_own_probability_over_it_and_the_patients_beside(whole, cohort, fresh, monkeypatch):
    drawn = []
    monkeypatch.setattr("radiogenomics.explain.sheet.draw_sheet", lambda panels, *_: drawn.extend(panels) or PNG)
    run = fresh(whole)
    explain(run, Wanted(each=1), cohort[1], workers=0)
    with open(run.predictions, newline="") as file:
        patients = {row["patient_id"]: float(row["probability"]) for row in csv.DictReader(file) if row["phase"] == "2"}
    rows = {row["patient_id"]: row for row in rows_of(run)}
    assert len(drawn) == len(rows)
    for panel in drawn:
        patient, of_slice, of_patient, *_ = panel.title.split("\n")
        row = rows[patient]
        assert of_slice == f"flair slice {row['slice']}: p {float(row['probability']):.2f}"
        assert of_patient.startswith(f"patient: p {patients[patient]:.2f} (")


def test_an_allowed_leak_stands_in_the_heading_of_every_sheet(whole, cohort, fresh, monkeypatch):
    said = []
    monkeypatch.setattr(
        "matplotlib.figure.Figure.suptitle", lambda _, words, **how: said.append((words, how["weight"]))
    )
    run = fresh(whole)
    write_json(run.selection, {**read_json(run.selection), "leaks_allowed": ["patient-overlap"]})
    done = explain(run, Wanted(each=1), cohort[1], workers=0)
    assert len(said) == len(done.sheets)
    assert all(words.endswith("\nLEAK ALLOWED (patient-overlap)") and weight == "bold" for words, weight in said)


@pytest.mark.usefixtures("undrawn")
def test_a_sheet_that_is_gone_or_broken_is_told_on_the_page(whole, cohort, fresh):
    run = fresh(whole)
    done = explain(run, Wanted(each=1), cohort[1], workers=0)
    done.sheets[0].unlink()
    (shown, _) = chapter(read_evidence(run)).sections
    assert len(shown.pictures) == len(done.sheets) - 1
    assert "Not shown here" in shown.note
    assert done.sheets[0].name in shown.note
    for path in done.sheets[1:]:
        path.unlink()
    (none,) = chapter(read_evidence(run)).present
    assert none.command == "radiogen explain RUN --force"


@pytest.mark.usefixtures("undrawn")
def test_named_patients_take_the_place_of_all_others(whole, cohort, fresh):
    run = fresh(whole)
    explain(run, Wanted(), cohort[1], workers=0)
    patient = rows_of(run)[0]["patient_id"]
    done = explain(run, Wanted(patients=(patient,)), cohort[1], workers=0, force=True)
    assert {row["patient_id"] for row in rows_of(run)} == {patient}
    assert len(rows_of(run)) == 3  # slices
    assert {row["chosen"] for row in rows_of(run)} == {NAMED}
    assert NAMED in explanation_pictures(run)[0].caption
    assert sorted(run.figures.glob("explain-*")) == sorted(done.sheets)
    assert len(done.sheets) == 1


@pytest.mark.usefixtures("undrawn")
def test_lesions_drawn_for_a_run_on_whole_slices_tell_the_share_of_the_cohort(whole, cohort, fresh):
    run, (data, store) = fresh(whole), cohort
    by_masks = explain(run, Wanted(each=1, drawn=Drawn(masks=str(data.masks))), store, workers=0)
    (everyone, *_) = by_masks.shares
    assert (everyone.outcome, everyone.method) == ("all", GRAD_CAM)
    assert everyone.heat.n >= 3
    assert 0 < everyone.area.value < 0.5
    assert {row["patient_id"] for row in rows_of(run)} == {f"{n:05d}" for n in range(8)}
    by_boxes = explain(run, Wanted(each=1, drawn=Drawn(str(data.lesions))), store, workers=0, force=True)
    assert by_boxes.shares[0].area.value > everyone.area.value  # a box holds its mask


def test_the_lesion_lies_in_a_crop_where_the_crop_was_made_for_it(cut, cohort):
    plan, prepared = laid_out_again(cut, cohort[1], 0)
    cover = lesion_cover(plan, prepared, Drawn())
    cases = {case.patient_id: case for case in plan.cases}
    for sample in prepared.samples:
        case = cases[sample.patient_id]
        chosen = cuts(case.reference, case.lesions, plan.recipe.slices, plan.recipe.region)
        x0, y0, x1, y1 = next(one.box for one in chosen if one.slice.number == sample.slice)
        (area,) = [o.area for lesion in case.lesions for o in lesion.outlines if o.slice == sample.slice]
        assert cover(sample).mean() == pytest.approx(area / ((x1 - x0) * (y1 - y0)), rel=0.1)


def refused(error, words, run, wanted, store):
    with pytest.raises(error, match=words):
        explain(run, wanted, store, workers=0)


def test_who_took_part_and_was_never_tested_is_told_so(whole, cohort, fresh):
    run = fresh(whole)
    folds, labels = read_folds(run)
    alone = folds[0].train[0]
    folds = [replace(fold, test=tuple(p for p in fold.test if p != alone)) for fold in folds]
    write_folds(run, folds, labels)
    for path in (run.predictions, run.slice_predictions):
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith(f"{alone},")))
    refused(UnknownNameError, f"'{alone}' took part, but was never tested", run, Wanted(patients=(alone,)), cohort[1])


def test_what_is_asked_amiss_is_told_before_anything_is_written(whole, cut, cohort, fresh, tmp_path):
    run, (data, store) = fresh(whole), cohort
    refused(UnknownNameError, "'0003' was tested: the closest are 00003", run, Wanted(patients=("0003",)), store)
    refused(UnknownNameError, "'3' was tested: the closest are 00003, ", run, Wanted(patients=("3",)), store)
    refused(MissingPathError, "masks folder", run, Wanted(drawn=Drawn(masks=str(tmp_path / "none"))), store)
    both = Drawn(str(data.lesions), str(data.masks))
    refused(CohortError, "given twice", run, Wanted(drawn=both), store)
    refused(CohortError, "lesions of its own", cut, Wanted(drawn=Drawn(masks=str(data.masks))), store)
    write_text(run.explanations, "earlier")
    refused(ExistsError, "--force", run, Wanted(), store)
    assert run.explanations.read_text() == "earlier"
    run.explanations.unlink()
    run.model(1).unlink()
    refused(MissingPathError, "fold-1.keras", run, Wanted(), store)


@pytest.mark.usefixtures("undrawn")
def test_patients_are_told_whose_lesions_do_not_fit(whole, cohort, fresh, tmp_path):
    lines = cohort[0].lesions.read_text().splitlines()
    wide = [line if n != 1 else ",".join([*line.split(",")[:5], "99", "99"]) for n, line in enumerate(lines)]
    boxes = tmp_path / "lesions.csv"
    boxes.write_text("\n".join(wide) + "\n")
    run, said = fresh(whole), []
    ear = type("Ear", (), {"update": lambda *_: None, "say": lambda _, words: said.append(words)})()
    explain(run, Wanted(drawn=Drawn(str(boxes))), cohort[1], workers=0, progress=ear)
    patient = lines[1].split(",")[0]
    assert any(f"such as {patient}" in words and "beyond the 32 x 32 pixels" in words for words in said)
    assert not any(row["area_share_of_lesion"] for row in rows_of(run) if row["patient_id"] == patient)
