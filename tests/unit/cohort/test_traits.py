"""traits.csv: what is kept of patients, and that nothing of who they are can be read in it."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audit_cohorts import RECIPE
from toy_cases import make_case

from radiogenomics.cohort.choose import choose_series
from radiogenomics.cohort.clinical import Clinical
from radiogenomics.cohort.scan import scan
from radiogenomics.cohort.split import make_folds
from radiogenomics.cohort.traits import read_traits
from radiogenomics.evaluation.audit.audit import audit
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.experiment.audit import write_findings
from radiogenomics.phantom.dicom import write_image
from radiogenomics.records import Case, Trait
from radiogenomics.rundir.rows import write_records

# Written on purpose: pydicom warns of what is out of the standard.
pytestmark = pytest.mark.filterwarnings("ignore:.*[Ii]nvalid value")
PIXELS = np.arange(64, dtype=np.uint16).reshape(8, 8)


def cohort(root: Path, people: Mapping[str, Mapping[str, Any]], folder: str = "{}/FLAIR") -> list[Case]:
    """One FLAIR series of two slices a patient, with these attributes."""
    for patient, attributes in people.items():
        for number in (1, 2):
            path = root / folder.format(patient) / f"Image-{number}.dcm"
            given = {"EchoTime": "90", **attributes}
            write_image(path, PIXELS + number, patient=patient, series="FLAIR", number=number, **given)
    _, chosen = choose_series(scan(root, patient_from="header"), ["flair"], "most-slices", "any")
    return [Case(patient, -1, series) for patient, series in chosen.items()]


def of(traits: tuple[Trait, ...], name: str, kind: str = "") -> dict[str, str]:
    return {t.patient_id: t.value for t in traits if t.name == name and kind in ("", t.kind)}


def words_in(traits: tuple[Trait, ...], field: str, patient: str) -> set[str]:
    return {t.value for t in traits if (t.kind, t.name, t.patient_id) == ("word", field, patient)}


def test_parameters_and_geometry_are_told_of_each_modality(tmp_path: Path) -> None:
    case = make_case(tmp_path, "p1", "flair", "t1w")
    found = {(t.modality, t.name): t.value for t in read_traits(tmp_path, [case]) if t.kind == "acquisition"}
    for modality in ("flair", "t1w"):
        assert found[modality, "matrix"] == "40x40"
        assert (found[modality, "n_slices"], found[modality, "slice_spacing"]) == ("10", "5")
        assert (found[modality, "field_strength"], found[modality, "pixel_spacing"]) == ("3", "1")
        assert (found[modality, "bits"], found[modality, "day"]) == ("16", "0")


def test_days_are_counted_from_the_cohorts_first_study(tmp_path: Path) -> None:
    days = {"a": "20200301", "b": "20200229", "c": "20210301", "d": "nonsense"}
    cases = cohort(tmp_path, {p: {"StudyDate": day if p != "d" else None} for p, day in days.items()})
    assert of(read_traits(tmp_path, cases), "day") == {"a": "1", "b": "0", "c": "366"}


def test_one_person_under_two_ids_has_equal_digests_and_others_have_not(tmp_path: Path) -> None:
    people = {
        "a": {"PatientName": "Doe^Jane", "PatientBirthDate": "19600615"},
        "b": {"PatientName": "DOE, Jane", "PatientBirthDate": "1960.06.15"},
        "c": {"PatientName": "Roe^Jane", "PatientBirthDate": "19600616"},
    }
    found = read_traits(tmp_path, cohort(tmp_path, people))
    for name in ("name", "birth_date"):
        digests = of(found, name, "identity")
        assert digests["a"] == digests["b"] != digests["c"]
    assert len(set(of(found, "study", "identity").values())) == 3


def test_no_name_id_date_or_uid_of_anybody_reaches_the_file(tmp_path: Path) -> None:
    comment = "Jane Doe, born 1960-06-15, mutant, seen 15 Jun 2019, MRN 12345678"
    people = {
        f"p{k}": {
            "PatientName": "Doe^Jane" if k == 0 else f"Person^Nr{k}",
            "PatientBirthDate": f"1960061{k}",
            "AccessionNumber": f"ACC4711{k}",
            "InstitutionName": "Saint Elsewhere",
            "PatientComments": comment,
            "StudyDate": "20190615",
        }
        for k in range(4)
    }
    cases = cohort(tmp_path, people, "{}/2019-06-15 exam/FLAIR")
    found = read_traits(tmp_path, cases)
    write_records(tmp_path / "traits.csv", Trait, found)
    text = (tmp_path / "traits.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    values = " ".join(row["value"] for row in rows if row["kind"] != "identity")
    assert all(re.fullmatch("[0-9a-f]{24}", row["value"]) for row in rows if row["kind"] == "identity")
    for secret in (
        "1960",
        "2019",
        "4711",
        "12345",
        "elsewhere",
        "jane",
        "doe",
        *(s.study_uid for c in cases for s in c.series),
    ):
        assert secret not in values.casefold()
    assert "mutant" in words_in(found, "PatientComments", "p0")


def test_digests_can_not_be_told_again_without_their_key(tmp_path: Path) -> None:
    cases = cohort(tmp_path, {p: {"PatientName": f"Name^{p}"} for p in "abc"})
    one, other = (of(read_traits(tmp_path, cases), "name", "identity") for _ in range(2))
    assert not set(one.values()) & set(other.values())
    assert read_traits(tmp_path, cases, salt=b"k") == read_traits(tmp_path, cases, salt=b"k")


@pytest.mark.parametrize(
    ("name", "keyword", "value"),
    [
        ("birth_date", "PatientBirthDate", "19500101"),
        ("birth_date", "PatientBirthDate", ""),
        ("name", "PatientName", "Anonymized"),
        ("name", "PatientName", "ANONYMOUS^PATIENT"),
        ("name", "PatientName", "XXXX"),
        ("accession", "AccessionNumber", "1"),
        ("accession", "AccessionNumber", "0000000"),
    ],
)
def test_placeholders_identify_nobody(tmp_path: Path, name: str, keyword: str, value: str) -> None:
    people: dict[str, dict[str, Any]] = {p: {keyword: value} for p in "ab"}
    cases = cohort(tmp_path, people | {p: {} for p in "cdef"})
    assert not of(read_traits(tmp_path, cases), name, "identity").keys() & {"a", "b"}


def test_what_many_patients_share_is_kept_for_the_audit_to_judge(tmp_path: Path) -> None:
    people = {p: {"FrameOfReferenceUID": "1.2.3", "AccessionNumber": "STUDY1"} for p in "abc"}
    found = read_traits(tmp_path, cohort(tmp_path, people))
    for name in ("frame", "accession"):
        digests = of(found, name, "identity")
        assert digests.keys() == set("abc")
        assert len(set(digests.values())) == 1


def test_words_that_three_patients_share_are_kept_by_field(tmp_path: Path) -> None:
    people = {p: {"StudyDescription": "Brain IDH-mutant"} for p in "abc"} | {
        p: {"StudyDescription": "Brain wildtype", "SeriesDescription": "FLAIR"} for p in "de"
    }
    found = read_traits(tmp_path, cohort(tmp_path, people, "{}/cohort2/FLAIR"), classes=["idh mutant", "wildtype"])
    assert words_in(found, "StudyDescription", "a") == {"brain", "idh", "mutant"}
    assert words_in(found, "StudyDescription", "d") == {"brain"}
    assert words_in(found, "path", "d") == {"cohort2", "cohort", "flair", "image"}
    assert len(found) == len(set(found))


def test_a_class_that_folders_name_is_seen_where_patients_are_told_by_header(tmp_path: Path) -> None:
    for group, people in (("methylated", "abc"), ("unmethylated", "def")):
        cohort(tmp_path, {p: {} for p in people}, group + "/{}/FLAIR")
    cases = cohort(tmp_path, {})
    found = read_traits(tmp_path, cases)
    assert "methylated" in words_in(found, "path", "a")
    assert "unmethylated" in words_in(found, "path", "f")


def test_a_word_in_many_names_is_a_cohorts_and_not_a_persons(tmp_path: Path) -> None:
    people = {f"MUT^{k}": {"PatientName": f"MUT^{k}"} for k in range(7)}
    found = read_traits(tmp_path, cohort(tmp_path, {f"x{k}": v for k, v in enumerate(people.values())}, "mut/{}/FLAIR"))
    assert "mut" in words_in(found, "path", "x0")


NAMES = ("john", "waldenstrom", "okonkwo", "elsewhere", "march")


def test_names_in_folders_and_free_text_reach_neither_traits_nor_audit(tmp_path: Path) -> None:
    john = {f"K{k:02}q": {"PatientComments": "Dr. Okonkwo, March, mutant"} for k in range(12)}
    others = {f"K{k:02}q": {"SeriesDescription": "Waldenstrom FLAIR"} for k in range(12, 24)}
    for folder, people in (("John Elsewhere/x{}/FLAIR", john), ("x{}/Image Okonkwo", others)):
        anonymous = {
            p: {"PatientName": "Anonymized", "StudyDescription": "Okonkwo", **more} for p, more in people.items()
        }
        cases = cohort(tmp_path, anonymous, folder)
    found = read_traits(tmp_path, cases, classes=["methylated", "unmethylated"])
    write_records(tmp_path / "traits.csv", Trait, found)
    labels = {patient: int(patient in john) for patient in (*john, *others)}
    folds = make_folds(labels, RECIPE.split, 0)
    findings = audit(Facts(RECIPE, labels, folds, (), traits=found))
    write_findings(tmp_path / "audit.json", findings)
    told = ((tmp_path / "traits.csv").read_text() + (tmp_path / "audit.json").read_text()).casefold()
    assert [name for name in NAMES if name in told] == []
    (words,) = (finding for finding in findings if finding.check == "words")
    assert words.status == "found"
    assert "the word 'mutant' in PatientComments" in words.sentence


@pytest.mark.parametrize(
    ("folder", "header", "says"),
    [
        ("{}/Okonkwo/FLAIR", {}, "a part of the path, at folder level 2 (there: "),
        ("{}/FLAIR", {"PatientComments": "seen by Okonkwo"}, "a word of PatientComments (look there) (there: "),
    ],
)
def test_a_word_that_must_not_be_told_is_found_by_its_place(
    tmp_path: Path, folder: str, header: dict[str, Any], says: str
) -> None:
    cohort(tmp_path, {f"p{k}": header for k in range(12)}, folder)
    cases = cohort(tmp_path, {f"p{k}": {} for k in range(12, 24)}, "{}/reader/FLAIR")
    labels = {case.patient_id: int(int(case.patient_id[1:]) < 12) for case in cases}
    facts = Facts(RECIPE, labels, (), (), traits=read_traits(tmp_path, cases))
    (finding,) = (finding for finding in audit(facts) if finding.check == "words")
    assert finding.status == "found"
    assert f"the label goes with {says}12 of 12 positive" in finding.sentence
    assert "#" not in finding.sentence
    assert "traits.csv" in finding.mend


def test_a_name_that_is_also_a_word_of_the_clinic_is_not_told(tmp_path: Path) -> None:
    people = {p: {"PatientName": "Case^Peter", "StudyDescription": "Case brain"} for p in "abc"}
    found = read_traits(tmp_path, cohort(tmp_path, people | {p: {"PatientName": f"X^{p}"} for p in "def"}))
    assert {word for word in words_in(found, "StudyDescription", "a") if not word.startswith("#")} == {"brain"}


def test_sex_and_age_are_kept_in_clear_and_the_very_old_are_ninety(tmp_path: Path) -> None:
    people = {"a": {"PatientSex": "F", "PatientAge": "045Y"}, "b": {"PatientAge": "094Y"}, "c": {}}
    found = read_traits(tmp_path, cohort(tmp_path, people))
    assert of(found, "sex") == {"a": "F"}
    assert of(found, "age") == {"a": "45", "b": "90"}


def test_what_the_labels_file_names_the_header_does_not_say(tmp_path: Path) -> None:
    cases = cohort(tmp_path, {p: {"PatientSex": "F", "PatientAge": "045Y"} for p in "ab"})
    told = Trait("a", "", "clinical", "sex", "2"), Trait("stranger", "", "clinical", "sex", "1")
    found = read_traits(tmp_path, cases, Clinical(told, frozenset({"sex"})))
    assert of(found, "sex") == {"a": "2"}
    assert of(found, "age") == {"a": "45", "b": "45"}


def test_a_file_that_is_gone_gives_no_trait_and_no_error(tmp_path: Path) -> None:
    cases = cohort(tmp_path, {p: {} for p in "ab"})
    gone = replace(cases[0].series[0].slices[0], path="a/FLAIR/gone.dcm")
    series = replace(cases[0].series[0], slices=(gone, *cases[0].series[0].slices[1:]))
    found = read_traits(tmp_path, [replace(cases[0], series=(series,)), cases[1]])
    assert {trait.patient_id for trait in found} == {"b"}
    assert read_traits(tmp_path, []) == ()
