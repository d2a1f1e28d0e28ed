"""What statistics.json, the tables and the figures say of calibration, read from a run's evidence."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from fakerun import fake_recipe, write_fake_run

from radiogenomics.evaluation import judgement_tables
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.judgement import calibrated
from radiogenomics.evaluation.judgement_figures import decision_curve, reliability
from radiogenomics.evaluation.judgement_tables import calibration_sentences, calibration_table
from radiogenomics.evaluation.statistics import statistics
from radiogenomics.evaluation.temperature import LEAST, MOST, Temperature
from radiogenomics.evaluation.wording import LEAKS
from radiogenomics.experiment.report import read_evidence
from radiogenomics.records import Trait
from radiogenomics.rundir.run import write_json


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    found = read_evidence(write_fake_run(tmp_path_factory.mktemp("judged") / "run", patients=60, signal=1.5))
    return replace(found, traits=[Trait(p, "", "clinical", "sex", "FM"[i % 2]) for i, p in enumerate(found.labels)])


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    recipe = fake_recipe("split.protocol=published")
    return read_evidence(write_fake_run(tmp_path_factory.mktemp("published") / "run", recipe=recipe))


def test_statistics_survive_json_and_name_all_their_parts(evidence, tmp_path):
    write_json(tmp_path / "statistics.json", statistics(evidence))
    found = json.loads((tmp_path / "statistics.json").read_text())
    parts = {"auc", "calibration", "temperature", "decision_curve", "operating_points", "subgroups"}
    assert parts | {"note", "phase", "n", "auc_note"} == set(found)
    assert set(found["auc"]) == {"logit-DeLong", "DeLong", "bootstrap"}
    assert set(found["calibration"]["slope"]) == {"value", "low", "high", "n"}
    assert len(found["temperature"]["folds"]) == 3
    assert len(found["decision_curve"]["model"]) == 99
    assert [group["trait"] for group in found["subgroups"]["groupings"] if group["groups"]] == ["sex"]


def test_the_same_records_give_the_same_statistics_whatever_their_order(evidence):
    turned = replace(evidence, predictions=list(evidence.predictions)[::-1], traits=list(evidence.traits)[::-1])
    assert json.dumps(statistics(turned), default=str) == json.dumps(statistics(evidence), default=str)


def test_nothing_of_it_changes_a_prediction_or_a_decision(evidence):
    before = evidence.tested(evidence.last)
    found = calibrated(evidence)
    assert list(found.units) == before == evidence.tested(evidence.last)
    assert found.scaled != found.units


def test_test_patients_change_no_temperature(evidence):
    changed = [replace(p, probability=0.99, label=0) if p.split == "test" else p for p in evidence.predictions]
    assert calibrated(replace(evidence, predictions=changed)).temperatures == calibrated(evidence).temperatures


@pytest.mark.parametrize("protocol", ["nested", "outside", "published"])
def test_where_nobody_validates_no_temperature_is_fitted_and_it_says_so(evidence, published, protocol):
    known = {"nested": evidence, "published": published}.get(protocol)
    known = known or replace(evidence, selection={"protocol": "outside"})
    scaled_too = protocol == "nested"
    assert len(calibration_table(known).header) == 2 + scaled_too
    assert ("No temperature is fitted" in " ".join(calibration_sentences(known))) != scaled_too
    assert (statistics(known)["temperature"]["calibration"] is not None) == scaled_too
    assert ("after temperature scaling" in _words(reliability(known))) == scaled_too


@pytest.mark.parametrize(("bounds", "said"), [((LEAST, 2.0), "1 of 2 folds stand at the least"),
                                               ((MOST,), "It stands at the most"), ((2.0, 3.0), "")])  # fmt: skip
def test_a_temperature_that_stopped_at_the_limit_of_its_search_is_told(evidence, monkeypatch, bounds, said):
    known = calibrated(evidence)
    rows = tuple(Temperature(fold, 2, value, 9, "x") for fold, value in enumerate(bounds))
    monkeypatch.setattr(judgement_tables, "calibrated", lambda _: replace(known, temperatures=rows))
    told = " ".join(calibration_sentences(evidence))
    assert said in told
    assert ("that is allowed" in told) == bool(said)


def _words(svg):
    """Matplotlib draws letters as paths, and leaves the words beside them as comments."""
    return " ".join(re.findall(r"<!-- (.*?) -->", svg))


@pytest.mark.parametrize("draw", [reliability, decision_curve])
def test_figures_are_well_formed_the_same_each_time_and_carry_what_speaks_against_them(evidence, draw):
    first = draw(evidence)
    ElementTree.fromstring(first)
    assert first == draw(evidence)
    leaky = replace(evidence, selection={LEAKS: ["same-patient"]})
    assert "LEAK ALLOWED (same-patient)" in _words(draw(leaky))
    assert "LEAK" not in _words(first)


@pytest.mark.parametrize("draw", [reliability, decision_curve])
def test_a_run_of_one_class_is_drawn_all_the_same(evidence, draw):
    one = replace(evidence, predictions=[p for p in evidence.predictions if p.label == 0])
    ElementTree.fromstring(draw(one))


def test_of_nobody_nothing_is_told():
    nobody = Evidence("run", fake_recipe(), (), (), ())
    assert reliability(nobody) == decision_curve(nobody) == ""
    assert calibration_table(nobody).rows == ()
    assert calibration_sentences(nobody) == []
    assert statistics(nobody)["n"] == 0


def test_the_table_says_why_a_figure_is_undefined(evidence):
    one = replace(evidence, predictions=[p for p in evidence.predictions if p.label == 0])
    slope = calibration_table(one).rows[1]
    assert slope[1] == "undefined: all patients are of one class"
