"""CT, dose and what lies beside them; and that any series says where each of its pixels is."""

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, RTStructureSetStorage
from toy_dose import write_dose

from radiogenomics.cohort.choose import choose_series
from radiogenomics.cohort.scan import scan
from radiogenomics.imaging.geometry import normal
from radiogenomics.phantom.dicom import AXIAL, CORONAL, SAGITTAL, write_image

PIXELS = np.arange(16 * 16, dtype=np.uint16).reshape(16, 16)
OBLIQUE = (0.8, 0.6, 0.0, 0.0, 0.0, -1.0)


def ct(path, number, pixels=PIXELS, series="planning CT", **attributes):
    known = {"SOPClassUID": CTImageStorage, "Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}
    write_image(path, pixels, patient="p", series=series, number=number, **known | attributes)


def patient(root):
    """What a planning system exports: everything in one folder that is called after the CT."""
    for number in (1, 2, 3):
        ct(root / f"p/CT/CT.{number}.dcm", number)
    ct(root / "p/CT/scout.dcm", 9, series="s", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    write_image(root / "p/CT/RS.dcm", PIXELS, patient="p", series="rs", SOPClassUID=RTStructureSetStorage)
    write_image(root / "p/CT/RP.dcm", PIXELS, patient="p", series="rp", Modality="RTPLAN")
    write_dose(root / "p/CT/RD.dcm", series="rd")


def test_ct_and_dose_are_series_and_their_companions_say_what_they_are(tmp_path):
    patient(tmp_path)
    cohort = scan(tmp_path)
    assert [(s.modality, s.modality_source, len(s.slices), s.n_files) for s in cohort.series] == [
        ("ct", "folder", 3, 3), ("dose", "header", 4, 1),
    ]  # fmt: skip
    said = {e.path.split("/")[-1]: e.reason for e in cohort.exclusions}
    assert said == {
        "scout.dcm": "localizer: ImageType ORIGINAL\\PRIMARY\\LOCALIZER",
        "RS.dcm": "RTSTRUCT: a structure set (contours), not a slice; it is read where its folder is given to --masks",
        "RP.dcm": "RTPLAN: a treatment plan, not a slice; it tells whether the doses (RTDOSE) of its beams are all",
    }
    dose = cohort.series[1]
    assert [(s.frame, s.position) for s in dose.slices] == [(k, 40.0 + 3 * k) for k in range(4)]
    assert (dose.spacing, dose.origin, dose.plane) == ((2.0, 2.5), (-20.0, -30.0, 40.0), "axial")
    assert {s.field_strength for s in cohort.series} == {None}


def test_two_doses_in_one_series_are_two_and_the_policy_chooses(tmp_path):
    for name, stored in (("a", np.ones((4, 6, 5), np.uint32)), ("b", np.ones((9, 6, 5), np.uint32))):
        write_dose(tmp_path / f"p/{name}", stored, series="rd", SOPInstanceUID=f"1.2.{ord(name)}")
    cohort = scan(tmp_path)
    assert cohort.exclusions == ()
    told, chosen = choose_series(cohort, ["dose"], "most-slices", "sagittal")  # a dose can be sampled in any plane
    assert len(chosen["p"][0].slices) == 9
    assert [s.status for s in told.series] == ["unused", "used"]


def test_images_in_a_folder_called_dose_are_no_dose(tmp_path):
    ct(tmp_path / "p/DOSE/1", 1)
    (one,) = scan(tmp_path).series
    assert (one.modality, one.reason) == ("", "modality CT, though folder says dose")


def placed(series, root):
    """(origin by the series' own geometry, origin by the file itself) of each slice."""
    along = np.array(normal(series.orientation))
    for s in series.slices:
        file = pydicom.dcmread(root / s.path)
        if s.frame is None:
            stated = file.ImagePositionPatient
        else:
            stated = file.PerFrameFunctionalGroupsSequence[s.frame].PlanePositionSequence[0].ImagePositionPatient
        yield series.origin + along * (s.position - series.slices[0].position), [float(x) for x in stated]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([AXIAL, CORONAL, SAGITTAL, OBLIQUE]),
    st.lists(st.integers(-30, 30), min_size=2, max_size=6, unique=True),
    st.booleans(),
)
def test_a_series_says_where_the_first_pixel_of_each_slice_lies(tmp_path_factory, orientation, heights, enhanced):
    root, along = tmp_path_factory.mktemp("data"), np.array(normal(orientation))
    points = [list(map(float, [11, -7, 5] + along * height)) for height in heights]
    if enhanced:
        path = root / "p/CT/1"
        ct(path, 1, np.stack([PIXELS] * len(points)), orientation=orientation, SOPClassUID=EnhancedCTImageStorage)
        file = pydicom.dcmread(path)
        for item, point in zip(file.PerFrameFunctionalGroupsSequence, points, strict=True):
            item.PlanePositionSequence[0].ImagePositionPatient = point
        file.save_as(path)
    else:
        for number, point in enumerate(points, 1):
            ct(root / f"p/CT/{number}", number, orientation=orientation, ImagePositionPatient=point)
    (series,) = scan(root).series
    assert (series.modality, series.status, series.spacing) == ("ct", "used", (1.0, 1.0))
    assert [s.position for s in series.slices] == sorted(s.position for s in series.slices)
    for derived, stated in placed(series, root):
        np.testing.assert_allclose(derived, stated, atol=1e-6)


@pytest.mark.parametrize(("shift", "sheared"), [(0.2, False), (0.3, True), (-4.0, True)])
def test_a_sheared_stack_is_used_with_a_remark(tmp_path, shift, sheared):
    for number in (1, 2, 3):  # pixels of 1 mm: half a pixel is .5 mm, over the whole stack
        ct(tmp_path / f"p/CT/{number}", number, ImagePositionPatient=[0, shift * number, 5.0 * number])
    cohort = scan(tmp_path)
    (one,) = cohort.series
    assert (one.modality, one.status, bool(one.sheared)) == ("ct", "used", sheared)
    if sheared:
        assert one.reason.startswith(f"sheared: its slices shift sideways by up to {abs(shift) * 2:.1f} mm")
        assert any("1 of 1 series are sheared, so neither masks nor" in note for note in cohort.notes)


@pytest.mark.parametrize(("number", "what"), [(1, "repeat"), (None, "are missing")])
def test_slices_whose_numbers_do_not_tell_them_apart_are_numbered_by_place(tmp_path, number, what):
    for place in (1, 2, 3):
        ct(tmp_path / f"p/CT/{place}", place, ImagePositionPatient=[0, 0, 5.0 * place], InstanceNumber=number)
    cohort = scan(tmp_path)
    (one,) = cohort.series
    assert ([s.number for s in one.slices], one.numbered, one.status) == ([1, 2, 3], False, "used")
    assert one.reason == f"its InstanceNumbers {what}: slices are numbered by place from 1"
    assert any("1 of 1 series have slices numbered by place, so no box" in note for note in cohort.notes)
