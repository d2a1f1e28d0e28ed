"""What the audit goes by: planned, or read from a run; and a plan whose folds are sites."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakerun import write_fake_run
from toy_cases import RECIPE, make_series

from radiogenomics.cohort.clinical import NOTHING, sites_of
from radiogenomics.cohort.traits import read_traits
from radiogenomics.errors import CohortError
from radiogenomics.evaluation.sites import site_of_fold, sites_of_patients
from radiogenomics.evaluation.subgroups import known
from radiogenomics.experiment.cases import Request, check_paths
from radiogenomics.experiment.facts import plan_traits, planned_facts, read_facts
from radiogenomics.experiment.layout import laid_out
from radiogenomics.experiment.plan import Plan, make_plan
from radiogenomics.overrides import override
from radiogenomics.phantom.dicom import write_image
from radiogenomics.records import SILENT, Case, PreparedSlice, Trait
from radiogenomics.rundir.rows import write_records
from radiogenomics.rundir.run import Run, write_cohort, write_folds
from radiogenomics.store import Store

BY_SITE = override(RECIPE, ['modalities=["flair"]', "split.by=site", "slices.fraction=0.5"])
BY_PATIENT = override(BY_SITE, ["split.by=patient"])
PEOPLE = [f"p{k:02d}" for k in range(20)]
HOSPITALS = ("Saint Elsewhere", "General")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty patients of two hospitals, every second positive; three have a word in common that the others lack."""
    root = tmp_path_factory.mktemp("facts") / "data"
    for k, patient in enumerate(PEOPLE):
        for number in (1, 2, 3, 4):
            pixels = np.random.default_rng((k, number)).integers(0, 4096, (16, 16)).astype(np.uint16)
            path = root / patient / "FLAIR" / f"{number}.dcm"
            attributes = {"InstitutionName": HOSPITALS[k >= 8], "StudyDescription": "mutant" if k < 3 else "brain"}
            write_image(path, pixels, patient=patient, series="FLAIR", number=number, **attributes)
    return root


def planned(data: Path, header: str, row: str, recipe=BY_SITE) -> Plan:
    labels = data.parent / "labels.csv"
    rows = (row.format(patient=p, label=k % 2, half=k // 10, k=k) for k, p in enumerate(PEOPLE))
    labels.write_text("\n".join([header, *rows]) + "\n")
    return make_plan(Request(str(data), str(labels)), recipe, Store(data.parent / "store"))


def test_each_hospital_of_the_headers_is_a_fold_and_the_notes_say_which(data: Path) -> None:
    plan = planned(data, "patient_id,label", "{patient},{label}")
    assert [fold.test for fold in plan.folds] == [tuple(PEOPLE[:8]), tuple(PEOPLE[8:])]
    assert any("fold 0 tests site-1 (8 patients), fold 1 tests site-2 (12 patients)" in note for note in plan.notes)
    assert site_of_fold(plan.folds, plan_traits(plan), "flair") == {0: "site-1", 1: "site-2"}
    assert not any(hospital in note for note in plan.notes for hospital in HOSPITALS)


def test_a_column_of_sites_wins_over_the_headers(data: Path) -> None:
    plan = planned(data, "patient_id,label,site", "{patient},{label},S{half}")
    assert [fold.test for fold in plan.folds] == [tuple(PEOPLE[:10]), tuple(PEOPLE[10:])]
    assert site_of_fold(plan.folds, plan_traits(plan), "flair") == {0: "S0", 1: "S1"}


def test_one_site_alone_is_told_with_what_would_do(data: Path) -> None:
    with pytest.raises(
        CohortError, match="all 20 patients whose site is known are of S: give the labels file a column"
    ):
        planned(data, "patient_id,label,site", "{patient},{label},S")


def test_folds_of_a_file_and_folds_of_sites_are_not_both_to_be_had(data: Path) -> None:
    splits = data.parent / "splits.csv"
    splits.write_text("patient_id,fold\n")
    with pytest.raises(CohortError, match="--splits gives the folds, and the recipe splits by site"):
        check_paths(Request(str(data), splits=str(splits)), BY_SITE)


def test_when_preparation_loses_patients_the_folds_are_still_sites(data: Path) -> None:
    plan = planned(data, "patient_id,label", "{patient},{label}")
    first, *others = plan.cases
    gone = tuple(replace(s, path="gone.dcm") for s in first.series[0].slices)
    lost = replace(first, series=(replace(first.series[0], slices=gone),))
    after, _ = laid_out(replace(plan, cases=(lost, *others)), Store(data.parent / "store"), 0, SILENT)
    assert [fold.test for fold in after.folds] == [tuple(PEOPLE[1:8]), tuple(PEOPLE[8:])]


def test_planned_facts_are_what_the_run_will_say(data: Path, tmp_path: Path) -> None:
    plan = planned(data, "patient_id,label,age", "{patient},{label},{k}", BY_PATIENT)
    plan, prepared = laid_out(plan, Store(data.parent / "store"), 0, SILENT)
    facts = planned_facts(plan, prepared, plan_traits(plan), {"seed": 0})
    assert {t.value for t in facts.traits if t.name == "StudyDescription"} == {"mutant", "brain"}
    assert {t.patient_id: t.value for t in facts.traits if t.name == "age"}["p07"] == "7"
    run = Run(tmp_path / "run")
    run.root.mkdir()
    run.recipe.write_text(plan.recipe.to_json())
    write_cohort(run.root, plan.cohort)
    write_folds(run, plan.folds, plan.labels)
    write_records(run.slices, PreparedSlice, prepared.slices)
    write_records(run.traits, Trait, facts.traits)
    read = read_facts(run)
    for name in ("recipe", "labels", "folds", "series", "exclusions", "traits", "slices"):
        ours, theirs = getattr(facts, name), getattr(read, name)
        assert theirs == ours or list(theirs) == list(ours), name
    assert (read.environment, read.selection, read.predictions, read.scored) == ({}, {}, (), ())


def test_a_finished_run_tells_its_predictions_and_a_bare_one_only_its_recipe(tmp_path: Path) -> None:
    run = write_fake_run(tmp_path / "run")
    facts = read_facts(run)
    assert facts.predictions
    assert facts.scored
    assert facts.selection["threshold"]
    assert facts.traits == ()
    bare = Run(tmp_path / "bare")
    bare.root.mkdir()
    bare.recipe.write_text(run.recipe.read_text())
    assert read_facts(bare).folds == ()
    assert read_facts(bare).labels == {}


@pytest.mark.parametrize(
    "lesions",
    [[], ["region.drawn_on=t1w"], ["region.drawn_on=t1w", "region.policy=box"]],
)
def test_the_site_of_the_split_is_the_site_that_the_report_tells(tmp_path: Path, lesions: list[str]) -> None:
    recipe = override(RECIPE, ['modalities=["flair", "t1w"]', *lesions])
    cases = []
    for patient, sites in {"a": ("site-1", "site-2"), "b": ("site-2", "site-1"), "c": ("site-1", "site-1")}.items():
        series = tuple(
            replace(make_series(tmp_path, patient, modality), site=site)
            for modality, site in zip(recipe.modalities, sites, strict=True)
        )
        cases.append(Case(patient, 0, series, drawn_on=series[1] if recipe.needs_lesions else None))
    told = read_traits(tmp_path, cases)
    split = sites_of(cases, NOTHING)
    assert sites_of_patients(told, recipe.chosen_on) == split
    assert known(told, "site", recipe.chosen_on) == split
    assert split["a"] == ("site-2" if recipe.needs_lesions else "site-1")
