import math

import pytest
from fakerun import fake_recipe
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.evaluation.decide import Threshold, choose_threshold, choose_thresholds, chooser, pool
from radiogenomics.records import Prediction


def validation(*pairs, fold=0, split="validation"):
    return [Prediction(f"{split}{i}", fold, 1, split, label, p) for i, (label, p) in enumerate(pairs)]


def test_the_threshold_lies_halfway_where_the_classes_part():
    assert choose_threshold(validation((0, 0.1), (0, 0.2), (1, 0.6), (1, 0.9))) == pytest.approx(0.4)


def test_of_equal_thresholds_the_one_nearest_a_half_is_taken():
    # 0.15 and 0.5 both have J = 0.5.
    assert choose_threshold(validation((0, 0.1), (1, 0.2), (0, 0.3), (1, 0.7))) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 19)), max_size=30))
def test_no_threshold_has_a_greater_youden_index(rows):
    rows = [(label, p / 20) for label, p in rows]

    def youden(cut):
        positives, negatives = ([p for label, p in rows if label == c] for c in (1, 0))
        return sum(p >= cut for p in positives) / len(positives) - sum(p >= cut for p in negatives) / len(negatives)

    chosen = choose_threshold(validation(*rows))
    if len({label for label, _ in rows}) < 2:
        assert math.isnan(chosen)
        return
    best = max(youden(cut / 40) for cut in range(42))
    assert (youden(chosen) == pytest.approx(best)) if best > 1e-9 else math.isnan(chosen)


def test_only_validation_patients_choose():
    known = validation((0, 0.1), (1, 0.3))
    loud = validation((1, 0.05), (0, 0.95), (1, 0.01), split="test")
    (chosen,) = choose_thresholds([*known, *loud], "youden")
    assert chosen.value == pytest.approx(0.2)
    assert "validation" in chosen.by


def test_by_the_published_protocol_the_reported_fold_chooses_and_the_words_say_so():
    known = validation((0, 0.1), (1, 0.3), split="test")
    (chosen,) = choose_thresholds(known, "youden", chooser(fake_recipe("split.protocol=published").split))
    assert chosen.value == pytest.approx(0.2)
    assert "selected on the reported fold" in chosen.by


def test_a_validation_split_that_tells_nothing_falls_back_to_a_half_and_says_so():
    (chosen,) = choose_thresholds(validation((1, 0.1), (1, 0.3)), "youden")
    assert chosen.value == 0.5
    assert "2 validation patients" in chosen.by


def test_each_fold_decides_at_its_own_threshold():
    rows = [Prediction("a", 0, 1, "test", 1, 0.3), Prediction("b", 1, 1, "test", 1, 0.3)]
    pooled = pool(rows, [Threshold(0, 1, 0.2, ""), Threshold(1, 1, 0.4, "")])
    assert [unit.decision for unit in pooled] == [1, 0]


def test_repeats_are_averaged_by_patient_probability_and_threshold_alike():
    rows = [Prediction("a", 0, 1, "test", 1, 0.2), Prediction("a", 3, 1, "test", 1, 0.6)]
    thresholds = [Threshold(0, 1, 0.3, ""), Threshold(3, 1, 0.5, "")]
    (unit,) = pool(rows, thresholds)
    assert (unit.probability, unit.threshold) == pytest.approx((0.4, 0.4))


FLOORS = st.sampled_from(["sensitivity>=0.9", "sensitivity>=0.6", "specificity>=0.9", "specificity>=.5"])


def rates(rows, cut):
    of = {c: [p >= cut for label, p in rows if label == c] for c in (1, 0)}
    return {"sensitivity": sum(of[1]) / len(of[1]), "specificity": 1 - sum(of[0]) / len(of[0])}


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 19)), max_size=30), FLOORS)
def test_no_threshold_that_holds_the_floor_has_a_greater_other_rate(rows, policy):
    rows = [(label, p / 20) for label, p in rows]
    chosen = choose_threshold(validation(*rows), policy)
    if len({label for label, _ in rows}) < 2:
        assert math.isnan(chosen)
        return
    name, least = policy.split(">=")
    other = "specificity" if name == "sensitivity" else "sensitivity"
    held = [found[other] for cut in range(42) if (found := rates(rows, cut / 40))[name] >= float(least) - 1e-9]
    # Calling all alike holds any floor, and tells nobody apart.
    assert math.isnan(chosen) == (max(held) < 1e-9)
    if not math.isnan(chosen):
        assert rates(rows, chosen)[other] == pytest.approx(max(held))
        assert rates(rows, chosen)[name] >= float(least) - 1e-9


def test_a_floor_that_only_calling_everyone_positive_holds_falls_back_to_a_half_and_says_so():
    known = validation((1, 0.1), (0, 0.2), (1, 0.6), (0, 0.3))
    (chosen,) = choose_thresholds(known, "sensitivity>=0.9")
    assert chosen.value == 0.5
    assert "sensitivity of at least 0.9 on the fold's 4 validation patients" in chosen.by


def test_a_threshold_with_a_floor_says_what_chose_it():
    known = validation((0, 0.1), (1, 0.2), (0, 0.4), (1, 0.6))
    (chosen,) = choose_thresholds(known, "sensitivity>=0.9")
    assert chosen.value == pytest.approx(0.15)
    assert chosen.by == ("the greatest specificity at a sensitivity of at least 0.9 on the fold's validation patients")
