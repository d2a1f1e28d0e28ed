"""Words, ids and acquisition: the checks that ask whether the label goes with something else."""

from dataclasses import replace

import numpy as np
import pytest
from audit_cohorts import ids_of, made_up, of_check

from radiogenomics.cohort.split import make_folds
from radiogenomics.records import Prediction, Trait


def with_trait(facts, name, tell, kind="acquisition", modality="flair"):
    """The facts with one trait more, told of label and place; "" gives none."""
    told = [
        Trait(patient, modality, kind, name, value)
        for place, (patient, label) in enumerate(facts.labels.items())
        if (value := tell(label, place))
    ]
    rest = [t for t in facts.traits if (t.name, t.modality) != (name, modality)]
    return replace(facts, traits=[*rest, *told])


@pytest.mark.parametrize(
    ("check", "name", "positive", "negative"),
    [
        ("site", "site", "a", "b"), ("scanner", "field_strength", "1.5", "3"),
        ("matrix", "matrix", "256x256", "512x512"),
        ("sequence", "kernel", "soft", "sharp"), ("scanner", "software", "VE11", "VB17"),
    ],
)  # fmt: skip
def test_a_trait_that_splits_the_classes_is_found_by_its_check(check, name, positive, negative):
    facts = with_trait(made_up(61), name, lambda label, place: positive if label != (place < 4) else negative)
    finding = of_check(facts, check)
    assert finding.status == "found"
    assert f"{name.replace('_', ' ')} of flair" in finding.sentence
    assert f"{positive}: " in finding.sentence
    assert finding.figure is not None
    assert finding.figure.value > 0.85
    assert finding.mend


def test_the_classifier_of_headers_finds_a_trait_among_many_and_says_its_auc():
    facts = with_trait(made_up(61), "site", lambda label, _: "ab"[label])
    finding = of_check(facts, "metadata")
    assert finding.status == "found"
    assert finding.figure is not None
    assert f"an AUC of {finding.figure.value:.2f}" in finding.sentence
    assert finding.figure.n == 40
    assert of_check(made_up(61), "metadata").status == "clean"


def test_a_single_small_split_is_still_judged_on_most_patients():
    facts = with_trait(made_up(61), "site", lambda label, _: "ab"[label])
    finding = of_check(replace(facts, folds=facts.folds[:1]), "metadata")
    assert finding.status == "found"
    assert finding.figure is not None
    assert finding.figure.n == 40


@pytest.mark.parametrize(("folds", "own"), [(5, True), (1, False)])
def test_the_classifier_of_headers_says_on_whom_it_was_tested(folds, own):
    facts = with_trait(made_up(61), "site", lambda label, _: "ab"[label])
    facts = replace(facts, folds=facts.folds[:folds])
    tested = sorted({p for fold in facts.folds for p in fold.test})
    rows = [Prediction(p, 0, 1, "test", facts.labels[p], float(facts.labels[p])) for p in tested]
    before, after = (of_check(f, "metadata").sentence for f in (facts, replace(facts, predictions=rows)))
    for sentence in (before, after):
        assert ("on the test folds" in sentence) == own
        assert ("in five folds dealt anew over all 40 patients" in sentence) != own
    assert ("and the model's is 1.00" in after) == own
    assert (f"(the model's, over its {len(tested)} test patients, is 1.00)" in after) != own


def test_the_models_auc_stands_beside():
    facts = with_trait(made_up(61), "site", lambda label, _: str(label))
    rows = [
        Prediction(p, 0, phase, "test", y, y if phase == 2 else 0.5)
        for p, y in facts.labels.items()
        for phase in (1, 2)
    ]
    for check in ("site", "metadata"):
        assert "the model's is 1.00" in of_check(replace(facts, predictions=rows), check).sentence


def test_numbers_and_what_is_missing_count_too():
    later = with_trait(made_up(62), "day", lambda label, place: str(1000 * label + 7 * place))
    assert of_check(later, "date").status == "found"
    given = with_trait(made_up(62), "inversion_time", lambda label, place: str(2500 + place) if label else "")
    assert "whether there is a value of inversion time of flair" in of_check(given, "sequence").sentence


def test_one_patient_of_two_values_leaves_a_number_a_number():
    random = np.random.default_rng(5)
    facts = with_trait(made_up(73), "echo_time", lambda label, _: f"{80 + 15 * label + random.normal(0, 4):.1f}")
    patient = next(iter(facts.labels))
    twice = replace(facts, traits=[*facts.traits, Trait(patient, "flair", "acquisition", "echo_time", "85.5")])
    finding = of_check(twice, "sequence")
    assert finding.status == "found"
    assert "echo time of flair (median " in finding.sentence


def test_a_site_column_of_the_labels_file_wins_over_the_headers():
    facts = with_trait(made_up(63), "site", lambda label, _: f"header {label}")
    facts = with_trait(facts, "site", lambda label, _: f"header {label}", modality="t1w")
    assert of_check(facts, "site").status == "found"
    column = with_trait(facts, "site", lambda _, place: str(place % 3), "clinical", "")
    assert of_check(column, "site").status == "clean"


def test_series_that_one_class_lacks():
    facts = made_up(64)
    rows = [
        {"patient_id": p, "modality": m, "status": "used"}
        for p, y in facts.labels.items()
        for m in ("flair", "t2w")[: 1 + y]
    ]
    finding = of_check(replace(facts, series=rows), "extent")
    assert finding.status == "found"
    assert "series" in finding.sentence


def test_a_run_without_traits_is_judged_by_its_series():
    facts = made_up(65)
    rows = [
        {"patient_id": p, "modality": "flair", "status": "used", "site": f"site-{y}"} for p, y in facts.labels.items()
    ]
    assert of_check(replace(facts, traits=(), series=rows), "site").status == "found"
    assert of_check(replace(facts, traits=(), series=()), "site").status == "unknown"


def test_a_weak_confounder_of_a_large_cohort_is_suspected():
    facts = with_trait(made_up(66, 600), "site", lambda label, place: "a" if place % 10 < 4 + 2 * label else "b")
    finding = of_check(facts, "site")
    assert finding.status == "suspected"
    assert finding.figure is not None
    assert finding.figure.value < 0.65


def test_too_few_patients_are_unknown():
    facts = made_up(67, 20)
    one = dict.fromkeys(facts.labels, 0) | {next(iter(facts.labels)): 1}
    for check in ("site", "words", "id-order", "metadata"):
        assert of_check(replace(facts, labels=one), check).status == "unknown"


@pytest.mark.parametrize(("field", "word"), [("path", "methylated"), ("PatientComments", "idh"), ("StudyID", "zebra")])
def test_a_word_that_only_positives_have_is_found_whatever_it_means(field, word):
    tell = lambda label, _: word if label else ""  # noqa: E731
    finding = of_check(with_trait(made_up(68), field, tell, "word", ""), "words")
    assert finding.status == "found"
    assert f"'{word}' in {field}" in finding.sentence


def test_a_class_word_is_found_in_few_patients_among_hundreds_of_words():
    facts = made_up(69, 12)
    random = np.random.default_rng(69)
    noise = [Trait(p, "", "word", "path", f"w{k}") for k in range(300) for p in facts.labels if random.random() < 0.5]
    facts = replace(facts, traits=[*facts.traits, *noise])
    finding = of_check(with_trait(facts, "StudyDescription", lambda y, _: "mutant" if y else "", "word", ""), "words")
    assert finding.status == "found"
    assert "mutant" in finding.sentence


def reordered(facts, ids):
    """The facts with these ids in place of the patients', in the order of (label, old id)."""
    old = sorted(facts.labels, key=lambda p: (facts.labels[p], p))
    new = dict(zip(old, ids, strict=True))
    labels = {new[p]: y for p, y in facts.labels.items()}
    return replace(facts, labels=labels, folds=make_folds(labels, facts.recipe.split, 0), slices=(), traits=())


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (ids_of(40), "order"),
        ([f"S{k % 7}_{k}" for k in range(40)], "number at place 2"),
        ([f"S{2 * k + (k >= 20)}" for k in range(40)], ""),
        ([f"{'NP'[k >= 20]}{k * 37 % 101}" for k in range(40)], "letters"),
        ([str(2 * (k * 37 % 101) + (k >= 20)) for k in range(40)], "even"),
    ],
)
def test_ids_that_tell_the_label(ids, says):
    finding = of_check(reordered(made_up(70), ids), "id-order")
    assert finding.status == "found"
    assert says in finding.sentence


def test_ids_of_any_kind_are_clean_where_labels_are_dealt():
    random = np.random.default_rng(71)
    for make in (
        lambda k: f"TCGA_{'AB'[k % 2]}_{k}",
        lambda k: f"x{'y' * k}",
        lambda k: f"π{k}²",
        lambda k: f"{k}.{k % 3}",
    ):
        facts = reordered(made_up(71), [make(int(k)) for k in random.permutation(40)])
        assert of_check(facts, "id-order").status == "clean"
