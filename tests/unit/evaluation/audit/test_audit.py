import inspect
from dataclasses import replace

from audit_cohorts import RECIPE, accused, made_up
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.evaluation.audit.audit import audit, leaks, verdict
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.records import Finding, Fold, PreparedSlice, Trait
from radiogenomics.registry import load
from radiogenomics.tables.checks import CHECKS


def finding(check, status):
    return Finding(check, CHECKS[check].kind, status, "It is so.")


def test_every_row_names_a_function_of_facts():
    for name, row in CHECKS.items():
        assert list(inspect.signature(load(row.function)).parameters) == ["facts"], name
        assert row.title


def test_every_check_answers_in_the_order_of_the_table():
    assert list(dict.fromkeys(f.check for f in audit(made_up(1)))) == list(CHECKS)


def test_nothing_known_is_unknown_and_never_an_accusation():
    findings = audit(Facts(RECIPE, {}, (), ()))
    assert {f.check for f in findings} == set(CHECKS)
    assert accused(findings) == []
    clean = {f.check for f in findings if f.status == "clean"}
    assert not clean & {name for name, row in CHECKS.items() if row.kind == "shortcut"}


def test_only_leaks_that_were_found_stop_a_training():
    found = [finding("same-pixels", "found"), finding("site", "found"), finding("two-ids", "suspected")]
    assert [f.check for f in leaks(found)] == ["same-pixels"]


def test_the_verdict_is_one_sentence_that_names_every_check_that_says_something():
    found = [
        *(finding("same-pixels", "found"), finding("site", "found"), finding("epoch", "found")),
        *(finding("two-ids", "suspected"), finding("date", "unknown"), finding("words", "clean")),
    ]
    assert verdict(found) == (
        "1 leak found (same-pixels); 1 shortcut found (site); 1 choice made on what is reported found (epoch); "
        "1 suspected (two-ids); 1 check could not tell (date)."
    )
    assert verdict([finding("words", "clean")]) == "Nothing found by 1 check."


def test_what_has_not_happened_yet_is_no_check_that_found_nothing():
    findings = audit(Facts(RECIPE, {}, (), ()))
    later = [f.check for f in findings if f.sentence.startswith("not yet: ")]
    assert {"scored-twice", "combination"} <= set(later)
    clean = {f.check for f in findings if f.status == "clean"} - set(later)
    assert verdict(findings).startswith(f"Nothing found by {len(clean)} checks;")
    assert verdict(findings).endswith(f"; not yet told: {', '.join(later)}.")


TEXT = st.text(max_size=8)
PATIENTS = st.lists(st.text(min_size=1, max_size=6), min_size=2, max_size=10, unique=True)


@settings(max_examples=25, deadline=None)
@given(PATIENTS, st.data())
def test_whatever_headers_hold_the_audit_answers(patients, data):
    draw = data.draw
    labels = {patient: draw(st.integers(0, 1)) for patient in patients}
    test = tuple(sorted(patient for patient in patients if draw(st.booleans())))
    kinds = [
        ("acquisition", "scanner"),
        ("acquisition", "day"),
        ("identity", "birth_date"),
        ("identity", "name"),
        ("word", "path"),
    ]
    traits = [
        Trait(patient, draw(st.sampled_from(["", "t1w"])), *draw(st.sampled_from(kinds)), draw(TEXT))
        for patient in patients
        for _ in range(3)
    ]
    slices = [
        PreparedSlice(p, draw(TEXT), draw(TEXT), 1, draw(st.sampled_from(["a", "b"])), "0f" * 32) for p in patients
    ]
    fold = Fold(0, tuple(sorted(set(patients) - set(test))), (), test)
    findings = audit(Facts(RECIPE, labels, (fold,), slices, traits=traits))
    assert {f.check for f in findings} == set(CHECKS)
    assert all(f.sentence and f.patients == tuple(sorted(f.patients)) for f in findings)
    assert all(f.mend for f in findings if f.status in {"found", "suspected"})


def test_the_same_facts_give_the_same_findings():
    facts = made_up(2)
    turned = replace(
        facts, traits=facts.traits[::-1], slices=facts.slices[::-1], labels=dict(reversed(facts.labels.items()))
    )
    assert audit(facts) == audit(turned)
