"""Clinical columns of a labels file: what is recognised, what never is."""

from pathlib import Path

import pytest
from fakerun import fake_series

from radiogenomics.cohort.clinical import Clinical, clinical_name, sites_of
from radiogenomics.cohort.labels import clinical, read_labels
from radiogenomics.records import Case, Trait

LGG = Path(__file__).parents[3].parent / "shared/data/tcga-lgg/labels.csv"


def said(folder: Path, text: str, label: str = "label", positive: str | None = None) -> Clinical:
    path = folder / "labels.csv"
    path.write_text(text)
    labels = read_labels(path, id_column=None, label_column=label, positive=positive)
    return clinical(labels, set(labels.labels))


def values(found: Clinical, name: str) -> dict[str, str]:
    return {trait.patient_id: trait.value for trait in found.traits if trait.name == name}


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("age_at_initial_pathologic", "age"),
        ("AgeAtDiagnosis", "age"),
        ("Gender", "sex"),
        ("neoplasm_histologic_grade", "grade"),
        ("histological_type", "histology"),
        ("KPS", "kps"),
        ("ajcc_pathologic_stage", "stage"),
        ("smoking_status", "smoking"),
        ("tumor_location", "location"),
        ("tumor_tissue_site", "location"),
        ("tissue_source_site", "site"),
        ("Hospital", "site"),
        ("centre", "site"),
        ("MGMT_value", ""),
        ("COCCluster", ""),
        ("IDH1_mutation", ""),
        ("death01", ""),
        ("age_at_death", ""),
        ("overall_survival_stage", ""),
        ("image", ""),
        ("percentage", ""),
        ("coin_0", ""),
    ],
)
def test_a_column_is_known_by_the_words_of_its_name(column: str, name: str) -> None:
    assert clinical_name(column) == name


def test_values_are_spelled_in_one_way_and_blanks_are_left_out(tmp_path: Path) -> None:
    found = said(tmp_path, "id,label,age,sex,grade\na,1,67.0,Male,2.0\nb,0,93,f,3\nc,0,,NA,unknown\n")
    assert values(found, "age") == {"a": "67", "b": "90"}
    assert values(found, "sex") == {"a": "M", "b": "F"}
    assert values(found, "grade") == {"a": "2", "b": "3"}
    assert found.named == {"age", "sex", "grade"}


def test_ages_in_days_become_years(tmp_path: Path) -> None:
    found = said(tmp_path, "id,label,age_at_diagnosis\na,1,24477\nb,0,10958\n")
    assert values(found, "age") == {"a": "67", "b": "30"}


def test_of_two_columns_the_plain_name_counts_else_the_first(tmp_path: Path) -> None:
    text = "id,label,age_at_scan,age,tumor_location,tissue_site\na,1,40,50,left,brain\nb,0,41,51,right,brain\n"
    found = said(tmp_path, text)
    assert values(found, "age") == {"a": "50", "b": "51"}
    assert values(found, "location") == {"a": "left", "b": "right"}


def test_what_says_the_label_in_other_words_is_never_kept(tmp_path: Path) -> None:
    found = said(tmp_path, "id,gender,sex,age\na,1,M,50\nb,2,F,60\n", label="gender", positive="2")
    assert {trait.name for trait in found.traits} == {"age"}
    assert "sex" in found.named  # the header's is not to count either


def test_ids_are_matched_as_labels_are(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("BraTS21ID,MGMT_value,age\n0,1,50\n2,0,60\n")
    labels = read_labels(path, id_column=None, label_column=None, positive=None)
    found = clinical(labels, {"00000", "00002"})
    assert values(found, "age") == {"00000": "50", "00002": "60"}


def test_a_site_of_the_file_wins_over_the_headers_and_is_never_mixed_with_them() -> None:
    cases = [Case(patient, 1, (fake_series(patient),)) for patient in ("a", "b")]
    assert sites_of(cases, Clinical()) == {"a": "site-1", "b": "site-1"}
    told = Clinical((Trait("a", "", "clinical", "site", "Basel"),), frozenset({"site"}))
    assert sites_of(cases, told) == {"a": "Basel", "b": ""}


@pytest.mark.skipif(not LGG.exists(), reason="../shared is not here")
def test_of_a_real_table_clinical_columns_are_kept_and_no_genomic_one() -> None:
    labels = read_labels(LGG, id_column="Patient", label_column="COCCluster", positive="2")
    found = clinical(labels, set(labels.labels))
    names = {"age", "sex", "grade", "histology", "laterality", "location", "race", "ethnicity"}
    assert found.named == names
    assert values(found, "age")["TCGA_CS_4941"] == "67"
