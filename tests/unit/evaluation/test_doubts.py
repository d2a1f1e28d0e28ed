from dataclasses import replace

import pytest
from fakerun import fake_folds, fake_recipe

from radiogenomics.evaluation.decide import Threshold
from radiogenomics.evaluation.doubts import boxes, objections, said_of_signal, unusable
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.score import ScoreRow
from radiogenomics.evaluation.verdict import verdict
from radiogenomics.records import Finding, Prediction

LEAK = Finding("same-pixels", "leak", "found", "2 patients share pixels")
SITE = Finding("site", "shortcut", "found", "the label goes with the site")
CLEAN = Finding("epoch", "protocol", "clean", "epochs are chosen on validation patients")
BEYOND = "beyond chance"


def evidence(low=0.7, high=0.9, audit=(), **signal):
    """Twenty test patients whose AUC has the given interval."""
    labels = {f"p{i:02d}": i % 2 for i in range(20)}
    rows = [ScoreRow("patient", 2, "test", "all", "auc", (low + high) / 2, low, high, 20)]
    predictions = [Prediction(p, 0, 2, "test", label, (i % 7) / 7) for i, (p, label) in enumerate(labels.items())]
    return Evidence(
        "run", fake_recipe("caution="), predictions, [Threshold(0, 2, 0.5, "x")], rows, labels=labels, audit=audit,
        signal=signal, folds=fake_folds(labels, 2, 1),
    )  # fmt: skip


def test_without_objection_the_sentence_on_chance_stands_alone():
    sentences = verdict(evidence(audit=[CLEAN], verdict="signal", sentence="Signal: it tells."))
    assert BEYOND in sentences[1]
    assert not any(sentence.startswith(("But", "And", "Yet")) for sentence in sentences)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"audit": [SITE]}, "But the audit found a shortcut, by which no tumour need be seen. The label goes"),
        ({"audit": [replace(SITE, status="suspected")]}, "But the audit suspects a shortcut"),
        ({"verdict": "shortcut", "sentence": "Shortcut suspected: a head. But size tells.", "reasons": ["size tells"]},
         "But the tests of signal suspect a shortcut: size tells."),
        ({"verdict": "none", "sentence": "No evidence of signal: p = 0.4."}, "But the tests of signal found none"),
    ],
    ids=["found", "suspected", "signal", "none"],
)  # fmt: skip
def test_beyond_chance_is_followed_at_once_by_what_speaks_against_it(given, words):
    sentences = verdict(evidence(**given))
    after = sentences[[BEYOND in sentence for sentence in sentences].index(True) + 1]
    assert after.startswith(words)


def test_both_objections_stand_and_what_the_audit_found_is_said_once():
    reasons = ["the outline tells as much", "the audit found: the label goes with the site"]
    given = {
        "verdict": "shortcut",
        "sentence": f"Shortcut suspected: a head. But {'; '.join(reasons)}.",
        "reasons": reasons,
    }
    first, second = objections(evidence(audit=[SITE], **given), 0.7, 0.9)
    assert "goes with the site" in first
    assert second == "And the tests of signal suspect a shortcut: the outline tells as much."
    assert said_of_signal(given) == "A head. But the outline tells as much; the audit found what no tumour explains."


def test_signal_where_the_model_shows_none_is_said():
    sentences = verdict(evidence(0.4, 0.8, verdict="signal", sentence="Signal: p = 0.001."))
    assert "Yet the tests of signal found some: P = 0.001." in sentences
    assert objections(evidence(0.4, 0.8, verdict="none", sentence="x"), 0.4, 0.8) == []


def test_the_auc_of_a_run_with_a_leak_is_called_unusable_and_nothing_is_judged_by_it():
    sentences = verdict(evidence(audit=[LEAK, SITE]))
    assert sentences[0] == "This AUC can't be used: the audit found a leak. 2 patients share pixels."
    assert not any(BEYOND in sentence or "had not seen" in sentence for sentence in sentences)
    allowed = replace(evidence(), selection={"leaks_allowed": ["same-pixels"]})
    assert unusable(allowed).startswith("This AUC can't be used: a leak was let pass by --allow-leak (the same pixels")
    assert unusable(evidence(audit=[replace(LEAK, status="suspected")])) == ""


@pytest.mark.parametrize(
    ("audit", "answer"),
    [
        ([], "Not asked yet"),
        ([CLEAN], "Nothing found"),
        ([CLEAN, replace(CLEAN, status="found")], "Protocol not kept"),
        ([CLEAN, replace(SITE, status="suspected")], "To be looked at"),
        ([SITE, replace(CLEAN, status="found")], "Shortcut found"),
        ([SITE, SITE, LEAK], "Leak found"),
        ([LEAK, LEAK], "2 leaks found"),
    ],
)
def test_the_audit_is_answered_by_the_worst_that_it_found(audit, answer):
    assert boxes(evidence(audit=audit))[0].answer == answer


def test_several_leaks_were_let_pass_and_what_they_did_is_not_guessed():
    allowed = replace(evidence(), selection={"leaks_allowed": ["normalisation", "scored-twice"]})
    assert "2 leaks were let pass" in unusable(allowed)
    told = " ".join(verdict(allowed))
    assert "know some" not in told
    assert "which the leak named above has spoilt" in told


@pytest.mark.parametrize("audit", [[], [CLEAN], [SITE]])
def test_a_leak_that_was_let_pass_stands_in_the_box_whatever_the_audit_finds_today(audit):
    box = boxes(replace(evidence(audit=audit), selection={"leaks_allowed": ["same-pixels"]}))[0]
    assert (box.answer, box.tone) == ("Leak allowed", "bad")
    assert "--allow-leak let it pass" in box.sentences[0]


def test_brightness_that_does_as_well_is_said_in_the_box_and_right_after_chance():
    told = "brightness alone reaches an AUC of 1.00 (0.86 to 1.00): no network is needed"
    given = evidence(verdict="signal", sentence=f"Signal: it tells. Yet {told}.", cautions=[told], reasons=[])
    sentences = verdict(given)
    after = sentences[[BEYOND in sentence for sentence in sentences].index(True) + 1]
    assert after == f"But {told}."
    box = boxes(given)[1]
    assert (box.answer, box.tone) == ("Signal", "doubt")
    assert told in box.sentences[0]
    plain = boxes(evidence(verdict="signal", sentence="Signal: it tells."))[1]
    assert plain.tone == "good"


def test_what_was_not_asked_names_the_command_and_an_outside_cohort_is_not_asked():
    assert [box.command for box in boxes(evidence())] == ["radiogen audit RUN", "radiogen signal RUN"]
    assert boxes(replace(evidence(), selection={"protocol": "outside"})) == ()
    assert boxes(evidence(verdict="none", sentence="No evidence of signal: p = 0.4."))[1].sentences == ("P = 0.4.",)
