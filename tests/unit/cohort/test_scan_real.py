"""On DICOM of real scanners, and on a cohort made of real slices."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from radiogenomics.cohort.scan import scan
from radiogenomics.imaging.pixels import read_plane

DICOM = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "dicom"
pytestmark = pytest.mark.skipif(not DICOM.is_dir(), reason=f"{DICOM} is absent: real DICOM is not part of the package")


@pytest.fixture(scope="module")
def cohort():
    return scan(DICOM)


def test_every_file_is_accounted_for_once(cohort):
    files = sorted(str(path.relative_to(DICOM)) for path in DICOM.rglob("*") if path.is_file())
    accepted = {s.path for one in cohort.series for s in one.slices}
    assert sorted([*accepted, *(e.path for e in cohort.exclusions)]) == files
    assert cohort.n_files == len(files) == 60


def test_what_is_no_slice_says_why(cohort):
    kinds = Counter((e.path.split("/")[0], e.reason.split(": ")[0]) for e in cohort.exclusions)
    assert kinds == {
        **{(f"compressed-{name}", "duplicate across patients"): 4 for name in ("jpeg", "jpegls", "rle")},
        ("ct-with-rtstruct", "RTSTRUCT"): 1,
        ("mr-mixed-folder", "localizer"): 10,
        ("mr-mixed-folder", "derived image"): 7,
        ("rgb-secondary-capture", "RGB picture (secondary capture), not a greyscale slice"): 4,
        ("rt-dose", "RTDOSE"): 2,
        ("rt-dose", "RTPLAN"): 1,
    }


def test_series_of_four_makers_have_plane_role_and_order(cohort):
    found = {s.patient_id: (s.modality, s.plane, s.n_files, len(s.slices)) for s in cohort.series}
    assert found == {
        "compressed-j2k": ("flair", "sagittal", 4, 4),  # TR 6000, TE 394, TI 2200
        "ct-with-rtstruct": ("ct", "axial", 2, 2),
        "ge-axial": ("", "sagittal", 4, 4),  # inversion-prepared T1, contrast not stated
        "non-isotropic": ("", "axial", 4, 4),
        "philips-axial": ("flair", "coronal", 4, 4),
        "philips-enhanced-multiframe": ("", "sagittal", 1, 8),
        "siemens-t1": ("flair", "sagittal", 4, 4),
    }
    for one in cohort.series:
        places = [s.position for s in one.slices]
        assert places == sorted(places)
    assert any("1 PatientID lies in several folders (PatientID dicom2nifti" in note for note in cohort.notes)


def test_real_ct_is_in_hounsfield_units_and_placed(cohort):
    (one,) = (s for s in cohort.series if s.modality == "ct")
    assert (one.origin, one.spacing) == ((-125.0, -125.0, 60.0), (0.488281, 0.488281))
    pixels = read_plane(DICOM / one.slices[0].path, None)
    # A phantom of about water in air; its padding, -2000 as stored, would be -3024.
    assert (pixels.min(), pixels.max()) == (-1024, 125)
    assert abs(np.median(pixels[236:276, 236:276])) < 60


def test_a_dose_in_relative_units_is_no_dose(cohort):
    doses = {e.path: e.reason for e in cohort.exclusions if e.path.startswith("rt-dose/rtdose")}
    assert set(doses.values()) == {"RTDOSE: its dose is in RELATIVE units, not in Gy; export the absolute dose"}


def test_the_series_mixed_in_one_folder_stay_apart(tmp_path):
    # A sheet that calls the localizers a modality keeps them from being left out as such.
    sheet = tmp_path / "roles.csv"
    sheet.write_text("series_description,modality\nFAST LOCALIZER,t1w\nT/S/C RF FAST PILOT,t2w\n")
    mixed = scan(DICOM / "mr-mixed-folder", roles=sheet)
    assert Counter(s.modality for s in mixed.series) == {"t1w": 4, "t2w": 2}
    assert len({s.series_uid for s in mixed.series}) == 6
    assert sum(e.reason.startswith("mixed orientations") for e in mixed.exclusions) == 4
    assert sum(s.n_files for s in mixed.series) + len(mixed.exclusions) == mixed.n_files == 17


def test_four_encodings_hold_the_same_pixels():
    folders = [DICOM / f"compressed-{name}" for name in ("j2k", "jpeg", "jpegls", "rle")]
    for name in sorted(path.name for path in folders[0].iterdir()):
        planes = [read_plane(folder / name, None) for folder in folders]
        assert planes[0].std() > 0
        for plane in planes[1:]:
            np.testing.assert_array_equal(plane, planes[0])


def test_frames_of_a_real_enhanced_image_are_rescaled_slices(cohort):
    (one,) = (s for s in cohort.series if s.patient_id == "philips-enhanced-multiframe")
    planes = [read_plane(DICOM / s.path, s.frame) for s in one.slices]
    assert all(plane.shape == (256, 256) for plane in planes)
    # Its slope, 4.2588, is stated in the functional groups only.
    assert {round(float(plane[plane > 0].min()), 3) for plane in planes} == {4.259}
    assert [round(b.position - a.position, 3) for a, b in zip(one.slices, one.slices[1:], strict=False)] == [1.2] * 7
