import math
from dataclasses import replace

import pytest

from radiogenomics.evaluation.permutation import PermutationTest
from radiogenomics.evaluation.signal.verdict import Grounds, judge, strict_limit
from radiogenomics.records import Estimate, Finding

NULL = tuple(0.4 + 0.2 * k / 999 for k in range(1000))


def told(value: float, p: float, width: float = 0.1) -> PermutationTest:
    return PermutationTest(Estimate(value, value - width, min(value + width, 1.0), 60), p, NULL)


SEEN = Grounds(("wild type", "mutant"), told(0.78, 0.002), smallest=0.7)
UNSEEN = replace(SEEN, head=told(0.52, 0.4))


def test_the_three_verdicts_begin_with_their_words():
    assert judge(SEEN).sentence.startswith("Signal: a linear head on frozen features of the images tells mutant from")
    assert judge(UNSEEN).sentence.startswith("No evidence of signal: ")
    assert judge(replace(SEEN, metadata=told(0.8, 0.001))).sentence.startswith("Shortcut suspected: ")
    assert [judge(one).kind for one in (SEEN, UNSEEN)] == ["signal", "none"]


def test_no_signal_says_what_could_have_been_missed():
    assert "400 of 1,000 random labellings did as well" in judge(UNSEEN).sentence
    assert "A classifier whose own AUC is below 0.70 may well have been missed" in judge(UNSEEN).sentence


def test_a_pipeline_that_misses_a_perfect_mark_says_that_its_none_says_nothing():
    control = [{"auc": 0.75, "found": 3, "draws": 100}, {"auc": 1.0, "found": 6, "draws": 100}]
    sentence = judge(replace(UNSEEN, control=control)).sentence
    assert "found even a perfect mark (AUC 1.00) in only 6 of 100 draws" in sentence
    assert sentence.index("a perfect mark") < sentence.index("below 0.70")
    seen = [{"auc": 0.85, "found": 80, "draws": 100}, {"auc": 1.0, "found": 99, "draws": 100}]
    assert "mark" not in judge(replace(UNSEEN, control=seen)).sentence


@pytest.mark.parametrize("name", ["intensity", "clinical", "lesion"])
def test_what_is_simpler_and_does_as_well_is_told_and_is_no_shortcut(name):
    verdict = judge(replace(SEEN, simpler={name: told(0.9, 0.001)}))
    assert verdict.kind == "signal"
    assert len(verdict.cautions) == 1
    assert "alone" in verdict.cautions[0]
    assert "0.90 (0.80 to 1.00)" in verdict.cautions[0]
    assert verdict.cautions[0] in verdict.sentence
    assert not judge(replace(SEEN, simpler={name: told(0.7, 0.001)})).cautions
    assert not judge(replace(UNSEEN, simpler={name: told(0.9, 0.001)})).cautions


def test_brightness_alone_is_told_beside_a_shortcut_too():
    verdict = judge(replace(SEEN, metadata=told(0.8, 0.001), simpler={"intensity": told(0.9, 0.001)}))
    assert verdict.kind == "shortcut"
    assert "no network is needed" in verdict.sentence


@pytest.mark.parametrize("name", ["metadata", "shape", "hidden"])
@pytest.mark.parametrize(
    ("other", "suspected"),
    [
        (told(0.80, 0.001), True),
        (told(0.735, 0.001), True),  # within .05
        (told(0.70, 0.001), False),  # not as good
        (told(0.80, 0.02), False),  # not sure
    ],
)
def test_what_explains_the_auc_as_well_makes_it_a_shortcut(name, other, suspected):
    verdict = judge(replace(SEEN, **{name: other}))
    assert verdict.kind == ("shortcut" if suspected else "signal")
    assert len(verdict.reasons) == suspected


def test_nothing_to_explain_is_no_shortcut():
    assert judge(replace(UNSEEN, metadata=told(0.9, 0.001))).kind == "none"


def test_what_the_audit_found_counts_and_what_it_suspects_does_not():
    finding = Finding("scanner", "shortcut", "found", "The scanner tells the classes apart.")
    verdict = judge(replace(SEEN, findings=(finding,)))
    assert verdict.kind == "shortcut"
    assert "the audit found: The scanner tells the classes apart." in verdict.sentence
    assert judge(replace(SEEN, findings=(replace(finding, status="suspected"),))).kind == "signal"


def test_a_trained_model_counts_where_even_a_stricter_interval_lies_above_chance():
    sure, unsure = Estimate(0.8, 0.68, 0.88, 60), Estimate(0.66, 0.51, 0.78, 60)
    verdict = judge(replace(UNSEEN, model=sure))
    assert verdict.kind == "signal"
    assert "the trained model tells mutant from wild type" in verdict.sentence
    assert judge(replace(UNSEEN, model=unsure)).kind == "none"


def test_a_model_chosen_on_the_reported_patients_is_no_evidence_and_the_words_are_carried():
    chosen = replace(UNSEEN, model=Estimate(0.9, 0.8, 0.95, 60), note="selected on the reported fold")
    assert judge(chosen).kind == "none"
    assert judge(chosen).sentence.endswith("(selected on the reported fold)")


def test_a_leak_let_pass_is_no_signal():
    assert judge(replace(SEEN, note="LEAK ALLOWED (same patient)")).kind == "shortcut"


def test_one_class_gives_no_verdict_of_signal():
    nothing = PermutationTest(Estimate(math.nan, math.nan, math.nan, 9), math.nan, (math.nan,))
    assert "no AUC can be given" in judge(replace(SEEN, head=nothing)).sentence


def test_the_stricter_limit_is_that_of_a_99_percent_interval():
    # logit .75 = 1.0986; with a standard error of .4 the limits are 1.0986 -+ .4 * 1.96 and, at 99%, -+ .4 * 2.5758
    def expit(x):
        return 1 / (1 + math.exp(-x))

    centre = math.log(3)
    auc = Estimate(0.75, expit(centre - 0.4 * 1.959964), expit(centre + 0.4 * 1.959964), 60)
    assert strict_limit(auc) == pytest.approx(expit(centre - 0.4 * 2.575829), abs=1e-6)
    assert strict_limit(Estimate(1.0, 0.9, 1.0, 60)) == pytest.approx(0.8686, abs=1e-3)
