import math
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from radiogenomics.cohort.split import GivenFolds, make_folds, read_folds
from radiogenomics.errors import CohortError
from radiogenomics.recipe import SplitPart
from radiogenomics.records import Exclusion, Fold

PAPER = SplitPart(test=0.1, validation=0.15)
SPLITS = ("train", "validation", "test")

shares = st.floats(0.05, 0.6)
plans = st.builds(SplitPart, test=shares, validation=shares, folds=st.integers(1, 7), repeats=st.integers(1, 3))


def cohort(negatives: int, positives: int) -> dict[str, int]:
    return {f"p{number:03d}": int(number < positives) for number in range(negatives + positives)}


def count(fold: Fold, split: str, labels: Mapping[str, int], label: int) -> int:
    return sum(labels[patient] == label for patient in getattr(fold, split))


@given(st.integers(1, 60), st.integers(1, 60), plans, st.integers(0, 2**31 - 1))
def test_folds_never_share_a_patient_and_hold_both_classes_in_proportion(
    negatives: int, positives: int, plan: SplitPart, seed: int
) -> None:
    labels = cohort(negatives, positives)
    try:
        folds = make_folds(labels, plan, seed)
    except CohortError:
        # Refused only where it must be: in every fold some of each class test, choose and train.
        least = min(negatives, positives)
        assert least < 3 if plan.folds == 1 else least < plan.folds or least - math.ceil(least / plan.folds) < 2
        return
    assert [fold.index for fold in folds] == list(range(plan.folds * plan.repeats))
    for fold in folds:
        assert sorted((*fold.train, *fold.validation, *fold.test)) == sorted(labels)
        for label, size in ((0, negatives), (1, positives)):
            tested, choosing, training = (
                count(fold, split, labels, label) for split in ("test", "validation", "train")
            )
            assert min(tested, choosing, training) >= 1
            assert abs(tested - size * (plan.test if plan.folds == 1 else 1 / plan.folds)) <= 1
            assert abs(choosing - (size - tested) * plan.validation) <= 1
    if plan.folds > 1:
        for repeat in range(plan.repeats):
            tested_ids = [p for fold in folds[repeat * plan.folds :][: plan.folds] for p in fold.test]
            assert sorted(tested_ids) == sorted(labels)
        sizes = [len(fold.test) for fold in folds]
        assert max(sizes) - min(sizes) <= 1


@given(st.randoms(use_true_random=False), plans, st.integers(0, 1000))
def test_folds_do_not_depend_on_the_order_of_the_labels(random: object, plan: SplitPart, seed: int) -> None:
    labels = cohort(30, 20)
    shuffled = list(labels.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assume(plan.folds > 1 or plan.test < 0.5)
    assert make_folds(labels, plan, seed) == make_folds(dict(shuffled), plan, seed)


def test_the_papers_split_of_its_cohort_is_10_85_15() -> None:
    labels = cohort(278, 307)  # RSNA-MICCAI's 585
    (fold,) = make_folds(labels, PAPER, 0)
    assert [len(getattr(fold, split)) for split in SPLITS] == [447, 79, 59]


def test_another_seed_or_repeat_tests_other_patients() -> None:
    labels = cohort(40, 40)
    plan = SplitPart(test=0.1, validation=0.15, folds=5, repeats=2)
    first, second = make_folds(labels, plan, 0)[::5]
    assert first.test != second.test
    assert first.test != make_folds(labels, plan, 1)[0].test


def test_the_split_is_the_same_on_every_machine_and_version() -> None:
    (fold,) = make_folds(cohort(6, 6), PAPER, 7)
    assert (fold.validation, fold.test) == (("p004", "p008"), ("p005", "p006"))


def test_too_few_patients_say_how_many_are_needed_and_what_would_do() -> None:
    plan = SplitPart(test=0.1, validation=0.15, folds=5)
    with pytest.raises(
        CohortError, match=r"5 folds .* at least 5 patients of each class.* 3 positive and 20 negative.*--folds 3"
    ):
        make_folds(cohort(20, 3), plan, 0)
    with pytest.raises(CohortError, match=r"at least 3 patients .* 2 positive and 9 negative: add patients$"):
        make_folds(cohort(9, 2), PAPER, 0)


def read(folder: Path, text: str, labels: Mapping[str, int]) -> GivenFolds:
    path = folder / "splits.csv"
    path.write_text(text)
    return read_folds(path, labels, PAPER, 0)


def table(header: str, rows: list[tuple[object, ...]]) -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)])


def test_a_challenges_folds_name_only_where_each_patient_is_tested(tmp_path: Path) -> None:
    labels = cohort(20, 20)
    rows = [(patient, number % 5 + 1) for number, patient in enumerate(labels)]
    found = read(tmp_path, table("patient_id,fold", rows), labels)
    assert [fold.index for fold in found.folds] == [0, 1, 2, 3, 4]
    for fold in found.folds:
        assert set(fold.test) == {patient for patient, where in rows if where == fold.index + 1}
        assert sorted((*fold.train, *fold.validation, *fold.test)) == sorted(labels)
        assert {labels[patient] for patient in fold.validation} == {0, 1}
    assert any("numbered from 0" in note for note in found.notes)


def test_one_given_split_is_taken_as_it_is(tmp_path: Path) -> None:
    labels = cohort(6, 6)
    words = dict(zip(labels, ["train", "Val", "TEST"] * 4, strict=True))
    (fold,) = read(tmp_path, table("Patient_ID,split", list(words.items())), labels).folds
    for split, word in zip(SPLITS, ["train", "Val", "TEST"], strict=True):
        assert set(getattr(fold, split)) == {patient for patient, own in words.items() if own == word}


def test_the_folds_a_run_wrote_are_read_back(tmp_path: Path) -> None:
    labels = cohort(12, 12)
    folds = make_folds(labels, SplitPart(test=0.1, validation=0.2, folds=3), 5)
    rows = [(p, fold.index, split, labels[p]) for fold in folds for split in SPLITS for p in getattr(fold, split)]
    found = read(tmp_path, table("patient_id,fold,split,label", rows), labels)
    assert found == GivenFolds(folds, (), ())


def test_patients_that_one_side_lacks_are_left_out_and_said(tmp_path: Path) -> None:
    labels = cohort(6, 6)
    rows = [(patient, number % 2) for number, patient in enumerate(labels)]
    found = read(tmp_path, table("patient_id,fold", [*rows, ("stranger", 1)]), {**labels, "late": 1})
    assert found.exclusions == (Exclusion("late", "", "not in splits.csv"),)
    assert any("stranger" in note for note in found.notes)
    assert "late" not in {p for fold in found.folds for split in SPLITS for p in getattr(fold, split)}


def test_faults_of_a_splits_file_are_told_at_once(tmp_path: Path) -> None:
    labels = cohort(3, 3)
    rows = [(patient, 0, split) for patient, split in zip(labels, ["train", "train", "test"] * 2, strict=True)]
    with pytest.raises(CohortError) as caught:
        read(tmp_path, table("patient_id,fold,split", [*rows, ("p000", 0, "test"), ("p000", 1, "train")]), labels)
    message = str(caught.value)
    assert "patient p000 is in train and test of fold 0" in message
    assert "test of fold 1 has no positive and no negative patient" in message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("patient_id,split\np000,holdout\n", "split is train, validation or test, not holdout"),
        ("patient_id,fold\np000,\n", "'fold' is blank on line 2"),
        ("patient_id,group\np000,1\n", "no column is called fold or split"),
        ("patient_id,fold\np000,0\np000,1\n", "patient p000 is tested in folds 0 and 1"),
        ("patient_id,fold\np000,0\np003,0\np001,0\np004,0\n", "train of fold 0 has no positive and no negative"),
        ("patient_id,fold\nother,0\n", "no id in 'patient_id' (other) is a patient of the cohort (p000, p001, p002"),
    ],
)
def test_a_wrong_splits_file_says_what_to_mend(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(CohortError) as caught:
        read(tmp_path, text, cohort(3, 3))
    assert sentence in str(caught.value)


@given(st.integers(3, 40), st.integers(3, 40), plans, st.integers(0, 1000))
def test_by_the_published_protocol_nobody_validates_and_the_same_patients_are_tested(negatives, positives, plan, seed):
    labels = cohort(negatives, positives)
    try:
        nested = make_folds(labels, plan, seed)
    except CohortError:
        assume(False)
    published = make_folds(labels, plan.model_copy(update={"protocol": "published"}), seed)
    assert [fold.test for fold in published] == [fold.test for fold in nested]
    assert all(fold.validation == () for fold in published)
    assert all(set(fold.train) == set(labels) - set(fold.test) for fold in published)


def test_given_validation_patients_train_by_the_published_protocol(tmp_path):
    path = tmp_path / "splits.csv"
    path.write_text(
        "patient_id,split\n" + "".join(f"p{i},{s}\n" for i, s in enumerate(["train", "validation", "test"] * 2))
    )
    labels = {f"p{i}": i // 3 for i in range(6)}
    plan = SplitPart(test=0.1, validation=0.15, protocol="published")
    (fold,) = read_folds(path, labels, plan, 0).folds
    assert (fold.train, fold.validation, fold.test) == (("p0", "p1", "p3", "p4"), (), ("p2", "p5"))
