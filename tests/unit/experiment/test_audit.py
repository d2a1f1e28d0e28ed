import math
from dataclasses import replace

import pytest
from fakerun import fake_recipe, write_fake_run

from radiogenomics.errors import LeakError, RunError
from radiogenomics.evaluation.audit.audit import verdict
from radiogenomics.experiment.audit import audit_run, read_findings, require_clean, with_origin, write_findings
from radiogenomics.experiment.facts import read_facts
from radiogenomics.files import write_text
from radiogenomics.overrides import override
from radiogenomics.records import Estimate, Finding
from radiogenomics.rundir.run import Run, read_json

LEAK = Finding("same-pixels", "leak", "found", "P1 and P2 share slices.", "leave one out", ("P1", "P2"))
SHORTCUT = Finding("site", "shortcut", "found", "Sites differ.", "match", (), Estimate(0.9, 0.8, math.nan, 40))
TWICE = Finding("same-patient", "leak", "found", "P1 lies in two splits.", "place it once", ("P1",))


def test_findings_come_back_as_they_were_written(tmp_path):
    run = Run(tmp_path)
    write_findings(run.audit, [LEAK, SHORTCUT])
    back = read_findings(run)
    assert back[0] == LEAK
    assert back[1].figure is not None
    assert math.isnan(back[1].figure.high)
    assert replace(back[1], figure=None) == replace(SHORTCUT, figure=None)
    assert read_json(run.audit)["verdict"] == verdict([LEAK, SHORTCUT])


def test_a_run_that_was_never_audited_has_no_findings(tmp_path):
    assert read_findings(Run(tmp_path)) == ()


@pytest.mark.parametrize(
    "text", ['{"findings": [{}]}', '{"findings": 3}', "{}", '{"findings": [{"check": "x"}]}', "[", "[1]"]
)
def test_a_damaged_audit_names_the_file_and_the_mend(tmp_path, text):
    write_text(tmp_path / "audit.json", text)
    with pytest.raises(RunError, match=r"audit\.json is damaged.* with `radiogen audit "):
        read_findings(Run(tmp_path))


def test_leaks_stop_a_training_unless_they_are_allowed():
    with pytest.raises(LeakError) as stopped:
        require_clean([LEAK, SHORTCUT, TWICE], allow_leak=False)
    for words in (
        "P1 and P2 share slices.",
        "leave one out",
        "P1 lies in two splits.",
        "place it once",
        "--allow-leak",
    ):
        assert words in str(stopped.value)
    assert "Sites differ" not in str(stopped.value)
    assert isinstance(stopped.value, ValueError)
    assert require_clean([LEAK, SHORTCUT, TWICE, LEAK], allow_leak=True) == ["same-pixels", "same-patient"]
    assert require_clean([SHORTCUT, replace(LEAK, status="suspected")], allow_leak=False) == []


def test_a_run_is_audited_from_its_files_alone(tmp_path):
    run = write_fake_run(tmp_path / "run")
    findings = audit_run(run)
    assert read_findings(run) == findings
    status = {finding.check: finding.status for finding in findings}
    assert status["same-patient"] == status["scored-twice"] == status["epoch"] == "clean"
    assert status["same-pixels"] == status["words"] == "unknown"  # there is no slices.csv, no traits.csv
    run.selection.unlink()
    run.cohort.unlink()
    assert audit_run(run)


def test_a_published_run_is_told_that_it_chose_on_what_it_reports(tmp_path):
    run = write_fake_run(tmp_path / "run", recipe=fake_recipe("split.protocol=published"))
    found = [f.check for f in audit_run(run) if f.status == "found"]
    assert found[0] == "epoch"
    assert {f.kind for f in audit_run(run) if f.status == "found"} == {"protocol"}


def test_starting_weights_are_traced_to_those_who_trained_them(tmp_path):
    first = write_fake_run(tmp_path / "first")
    facts = read_facts(first)
    fold = facts.folds[0]
    from_fold = replace(facts, recipe=override(facts.recipe, [f'model.weights="{first.model(0)}"']))
    known = with_origin(from_fold).environment["weights"]
    assert known["trained_on"]["run"] == "first"
    assert known["trained_on"]["patients"] == sorted({*fold.train, *fold.validation})
    assert set(known["trained_on"]) == {"run", "patients", "series", "pixels"}
    assert known["source"] == "none"  # what was known before is kept
    refitted = replace(facts, recipe=override(facts.recipe, [f'model.weights="{first.root}/models/all.keras"']))
    assert with_origin(refitted).environment["weights"]["trained_on"]["patients"] == sorted(facts.labels)
    elsewhere = replace(facts, recipe=override(facts.recipe, ['model.weights="/nowhere/models/fold-0.keras"']))
    assert with_origin(elsewhere) is elsewhere
    write_text(first.folds, "damaged")
    assert with_origin(from_fold) is from_fold
