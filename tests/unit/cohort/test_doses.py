"""Which of several dose objects becomes the dose of a patient, and what becomes of the others."""

from dataclasses import replace

import numpy as np
import pytest
from toy_dose import SCALING, STORED, of_plan, write_beam, write_dose, write_plan

from radiogenomics.cohort.choose import choose_series
from radiogenomics.cohort.scan import scan
from radiogenomics.errors import PixelError
from radiogenomics.imaging.pixels import read_slice
from radiogenomics.imaging.stack import read_stack
from radiogenomics.phantom.dicom import uid

TREATMENT = "TREATMENT"
UNTOLD = "that these are all can't be told without the plan"


def doses(root, **options):
    """The scan, and its series: each file in one of them or in the exclusions."""
    cohort = scan(root, **options)
    counted = sum(s.n_files for s in cohort.series) + sum(bool(e.path) for e in cohort.exclusions)
    assert counted == cohort.n_files == sum(path.is_file() for path in root.rglob("*"))
    return cohort, cohort.series


def reasons(series):
    """Reasons by the file of each series that is not used."""
    return {s.slices[0].path.split("/")[-1]: s.reason for s in series if s.status == "unused"}


@pytest.mark.parametrize("separate", [True, False])
def test_beams_of_one_plan_are_added_pixel_by_pixel(tmp_path, separate):
    grids = [STORED, STORED[::-1] * 3, np.full_like(STORED, 7)]
    for beam, stored in enumerate(grids, 1):
        write_beam(tmp_path / f"p/{beam}", beam, stored, series=f"beam {beam}" if separate else "all")
    cohort, (dose,) = doses(tmp_path)
    assert (dose.modality, dose.status, dose.n_files, len(dose.slices)) == ("dose", "used", 3, 4)
    assert dose.reason == f"the sum of 3 beams (beam 1, beam 2, beam 3); {UNTOLD}"
    assert any("1 dose made of parts, and nothing says whether these are all" in note for note in cohort.notes)
    for place, s in enumerate(dose.slices):
        np.testing.assert_allclose(read_slice(tmp_path, s), sum(grids)[place] * SCALING, rtol=1e-6)
    stack = read_stack(tmp_path, dose, range(1, 4))
    np.testing.assert_allclose(stack.pixels, sum(grids)[1:] * SCALING, rtol=1e-6)


def test_the_plan_says_whether_the_beams_are_all(tmp_path):
    for beam in (1, 2):
        write_beam(tmp_path / f"p/{beam}", beam)
    write_plan(tmp_path / "p/RP", {1: TREATMENT, 2: TREATMENT, 9: "SETUP"})
    cohort, (dose,) = doses(tmp_path)
    assert dose.reason == "the sum of 2 beams (beam 1, beam 2); all that its plan names"
    assert not any("made of parts" in note for note in cohort.notes)
    write_plan(tmp_path / "p/RP", {1: TREATMENT, 2: TREATMENT, 3: TREATMENT, 5: TREATMENT, 9: "SETUP"})
    cohort, series = doses(tmp_path)
    assert set(reasons(series)) == {"1", "2"}
    assert all("no dose of beam 3, beam 5, which its plan names too" in said for said in reasons(series).values())
    with pytest.raises(Exception, match="no dose of beam 3, beam 5"):
        choose_series(cohort, ["dose"], "most-slices", "any")
    write_plan(tmp_path / "p/RP", {1: TREATMENT})
    assert "its plan names no beam 2" in reasons(doses(tmp_path)[1])["1"]


def test_a_plan_of_another_uid_says_nothing(tmp_path):
    write_beam(tmp_path / "p/1", 1)
    write_plan(tmp_path / "p/RP", {1: TREATMENT, 2: TREATMENT}, plan="1.2.4")
    assert doses(tmp_path)[1][0].reason == f"the sum of 1 beam (beam 1); {UNTOLD}"


@pytest.mark.parametrize("kind", ["PLAN", "MULTI_PLAN"])
def test_a_sum_that_the_planning_system_made_counts_before_its_parts(tmp_path, kind):
    write_beam(tmp_path / "p/1", 1, series="a")
    write_beam(tmp_path / "p/2", 2, series="a")
    write_dose(tmp_path / "p/sum", STORED * 2, **of_plan(DoseSummationType=kind), SOPInstanceUID="1.9", series="a")
    cohort, series = doses(tmp_path)
    assert [s.slices[0].path for s in series if s.status == "used"] == ["p/sum"]
    assert [s.slices[0].also for s in series] == [(), (), ()]
    assert reasons(series) == dict.fromkeys("12", f"part of a plan (DoseSummationType BEAM): the sum ({kind}) is p/sum")
    _, chosen = choose_series(cohort, ["dose"], "error", "any")
    assert chosen["p"][0].slices[0].path == "p/sum"
    assert not any("can't be used" in note for note in cohort.notes), "what has a better one is no loss"


def test_several_plans_sum_counts_before_each(tmp_path):
    plans = of_plan("1.1")["ReferencedRTPlanSequence"] + of_plan("1.2")["ReferencedRTPlanSequence"]
    for name, plan in (("a", "1.1"), ("b", "1.2"), ("c", "1.7")):
        write_dose(tmp_path / f"p/{name}", **of_plan(plan, DoseSummationType="PLAN"), SOPInstanceUID=uid(name))
    cohort, series = doses(tmp_path)
    (note,) = (note for note in cohort.notes if "doses of several plans" in note)
    assert "1 patient with" in note
    assert "export the dose of the plan sum" in note
    assert note.endswith("none with --roles CSV (patient p: p/a, p/b, p/c)")
    assert all(
        s.status == "used" and "one of 3 plans of this patient, and no dose sums them" in s.reason for s in series
    )
    summed = {"DoseSummationType": "MULTI_PLAN", "ReferencedRTPlanSequence": plans}
    write_dose(tmp_path / "p/sum", **summed, SOPInstanceUID="1.9")
    cohort, series = doses(tmp_path)
    assert not any("doses of several plans" in note for note in cohort.notes)
    why = "dose of one plan (DoseSummationType PLAN): the sum (MULTI_PLAN) is p/sum"
    assert reasons(series) == {"a": why, "b": why}, "the third plan is none of the sum's"


def test_two_plans_doses_are_told_until_the_roles_sheet_says_which_is_meant(tmp_path):
    for name, planes in (("main", 4), ("boost", 3)):
        plan = of_plan(f"1.{planes}", DoseSummationType="PLAN")
        write_dose(tmp_path / f"data/p/{name}", STORED[:planes], **plan, SOPInstanceUID=uid(name), series=name)
    cohort, _ = doses(tmp_path / "data")
    assert any("one plan's alone is taken, be it a boost's" in note for note in cohort.notes)
    (tmp_path / "roles.csv").write_text(f"series_uid,modality\n{uid('p', '1', 'boost')},none\n")
    cohort, _ = doses(tmp_path / "data", roles=tmp_path / "roles.csv")
    assert not any("several plans" in text for text in (*cohort.notes, *(s.reason for s in cohort.series)))
    assert choose_series(cohort, ["dose"], "error", "any")[1]["p"][0].slices[0].path == "p/main"


def test_the_same_beam_twice_is_a_duplicate_and_the_later_stays(tmp_path):
    write_beam(tmp_path / "p/old", 1, STORED * 5, StudyDate="20200101")
    write_beam(tmp_path / "p/new", 1, StudyDate="20210101")
    write_beam(tmp_path / "p/two", 2)
    _, series = doses(tmp_path)
    assert reasons(series) == {"old": "duplicate: beam 1 of its plan is in p/new too"}
    (dose,) = [s for s in series if s.status == "used"]
    np.testing.assert_allclose(read_slice(tmp_path, dose.slices[3]), 2 * STORED[3] * SCALING, rtol=1e-6)


def test_doses_that_share_a_beam_and_hold_others_are_no_sum(tmp_path):
    for name, beams in (("a", [1, 2]), ("b", [2, 3])):
        write_dose(tmp_path / f"p/{name}", **of_plan(beams=beams), SOPInstanceUID=uid(name))
    said = reasons(doses(tmp_path)[1])
    assert set(said) == {"a", "b"}
    assert "beam 2 of its plan is in several doses that also hold others (p/a, p/b)" in said["a"]


@pytest.mark.parametrize(
    ("attributes", "what"),
    [
        ({"PixelSpacing": [2.0, 2.6]}, "pixel spacing"),
        ({"ImagePositionPatient": [-20.0, -30.0, 43.0]}, "origin, planes"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, "orientation, planes"),
        ({"FrameOfReferenceUID": "1.2.3.4"}, "frame of reference"),
        ({"GridFrameOffsetVector": [0, 3, 6, 9.5]}, "planes"),
    ],
)
def test_beams_on_different_grids_are_not_added(tmp_path, attributes, what):
    write_beam(tmp_path / "p/1", 1)
    write_beam(tmp_path / "p/2", 2, **attributes)
    said = reasons(doses(tmp_path)[1])
    assert set(said) == {"1", "2"}
    assert f"beam 1 (p/1) and beam 2 (p/2) lie on different grids ({what})" in said["1"]


def test_beams_of_other_sizes_or_types_are_not_added(tmp_path):
    write_beam(tmp_path / "p/1", 1)
    write_beam(tmp_path / "p/2", 2, STORED[:, :5])
    assert "(rows and columns)" in reasons(doses(tmp_path)[1])["2"]
    write_beam(tmp_path / "p/2", 2, DoseType="EFFECTIVE")
    assert "different types (DoseType PHYSICAL and EFFECTIVE)" in reasons(doses(tmp_path)[1])["2"]


@pytest.mark.parametrize("attributes", [{"DoseUnits": "RELATIVE"}, {"DoseGridScaling": None}, {"PixelData": None}])
def test_a_sum_never_leaves_a_rejected_part_out(tmp_path, attributes):
    write_beam(tmp_path / "p/1", 1)
    write_beam(tmp_path / "p/2", 2, **attributes)
    cohort, series = doses(tmp_path)
    assert [e.path for e in cohort.exclusions] == ["p/2"]
    assert "another part of its plan takes no part itself (p/2: see its reason)" in reasons(series)["1"]


def test_parts_that_name_no_plan_or_no_beam(tmp_path):
    write_beam(tmp_path / "p/1", 1, ReferencedRTPlanSequence=None)
    assert "it names no plan (ReferencedRTPlanSequence)" in reasons(doses(tmp_path)[1])["1"]
    for name in "12":
        write_dose(tmp_path / f"p/{name}", **of_plan(), SOPInstanceUID=uid(name))
    (dose,) = doses(tmp_path)[1]
    assert dose.reason == f"the sum of 2 parts that don't say of which beam they are; {UNTOLD}"
    write_plan(tmp_path / "p/RP", {1: TREATMENT, 2: TREATMENT, 3: TREATMENT})
    assert "there are 2 doses that don't say of which beam" in reasons(doses(tmp_path)[1])["1"]


def test_a_fraction_groups_dose_holds_its_beams(tmp_path):
    write_beam(tmp_path / "p/1", 1)
    write_dose(tmp_path / "p/group", **of_plan(DoseSummationType="FRACTION"), SOPInstanceUID="1.9")
    write_plan(tmp_path / "p/RP", {1: TREATMENT})
    _, series = doses(tmp_path)
    assert reasons(series) == {"1": "part of a plan (DoseSummationType BEAM): the sum (FRACTION) is p/group"}
    assert [s.reason for s in series if s.status == "used"] == [
        "the sum of 1 part (fraction group 1); all that its plan names"
    ]


def test_beams_as_stacks_of_single_planes_are_told_apart_and_added(tmp_path):
    for beam in (1, 2):
        for plane, stored in enumerate(STORED, 1):
            place = {"ImagePositionPatient": [-20, -30, 40 + 3 * plane], "InstanceNumber": plane}
            write_beam(tmp_path / f"p/{beam}-{plane}", beam, stored * beam, series="a", **place)
    _, (dose,) = doses(tmp_path)
    assert (dose.n_files, len(dose.slices), len(dose.slices[2].also)) == (8, 4, 1)
    np.testing.assert_allclose(read_slice(tmp_path, dose.slices[2]), 3 * STORED[2] * SCALING, rtol=1e-6)


def test_a_dose_that_the_roles_sheet_takes_away_is_not_added(tmp_path):
    for beam in (1, 2):
        write_beam(tmp_path / f"p/{beam}", beam, series=f"beam {beam}")
    second = uid("p", "1", "beam 2")
    (tmp_path.parent / "roles.csv").write_text(f"series_uid,modality\n{second},none\n")
    _, series = doses(tmp_path, roles=tmp_path.parent / "roles.csv")
    assert [(s.status, len(s.slices[0].also)) for s in series] == [("used", 0), ("unused", 0)]


def test_cache_and_workers_change_nothing(tmp_path):
    data, cache = tmp_path / "data", tmp_path / "cache.json.gz"
    for beam in (1, 2):
        write_beam(data / f"p/{beam}", beam)
    write_beam(data / "p/bad", 3, DoseUnits="RELATIVE")
    write_plan(data / "p/RP", {1: TREATMENT, 2: TREATMENT})
    first = scan(data)
    assert first == scan(data, cache=cache) == scan(data, cache=cache)
    assert first == scan(data, workers=1, cache=cache)


def test_what_changes_in_an_added_file_changes_the_stamp_and_its_fault_names_it(tmp_path):
    for beam in (1, 2):
        write_beam(tmp_path / f"p/{beam}", beam)
    (s, *_) = doses(tmp_path)[1][0].slices
    touched = replace(s, also=(replace(s.also[0], mtime_ns=1),))
    assert len({str(one.stamp) for one in (s, touched, replace(s, also=()))}) == 3
    (tmp_path / "p/2").write_bytes((tmp_path / "p/2").read_bytes()[:900])
    with pytest.raises(PixelError, match="p/2, which is to be added to it"):
        read_slice(tmp_path, s)
