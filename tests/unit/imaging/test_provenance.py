"""What a header tells of how, when and of whom: of real scanners' oddities too, and never with a crash."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiogenomics.imaging.provenance import Provenance, read_provenance
from radiogenomics.phantom.dicom import item, write_image

PIXELS = np.arange(64, dtype=np.uint16).reshape(8, 8)
# Written on purpose: pydicom warns of what is out of the standard.
pytestmark = pytest.mark.filterwarnings("ignore:.*[Ii]nvalid value")
DICOM = Path(__file__).parents[3].parent / "shared/data/dicom"


def told(folder: Path, pixels: np.ndarray = PIXELS, **attributes: object) -> Provenance:
    path = folder / "one.dcm"
    write_image(path, pixels, patient="p1", **attributes)
    found = read_provenance(str(path), path.stat().st_size)
    assert found is not None
    return found


def test_parameters_are_told_in_dicoms_units(tmp_path: Path) -> None:
    found = told(
        tmp_path,
        EchoTime="89.0",
        RepetitionTime="9000",
        FlipAngle="150",
        PixelBandwidth="287",
        EchoTrainLength="18",
        SoftwareVersions=["syngo MR", "E11"],
        ScanningSequence=["SE", "IR"],
    ).acquisition
    assert (found["echo_time"], found["repetition_time"], found["flip_angle"]) == ("89", "9000", "150")
    assert (found["bandwidth"], found["echo_train"], found["slice_thickness"]) == ("287", "18", "5")
    assert (found["software"], found["sequence"], found["manufacturer"]) == ("syngo MR\\E11", "SE\\IR", "radiogen")
    assert "inversion_time" not in found
    assert "kvp" not in found


def test_an_enhanced_images_parameters_stand_in_its_functional_groups(tmp_path: Path) -> None:
    shared = item(
        MREchoSequence=[item(EffectiveEchoTime=3.1)],
        MRTimingAndRelatedParametersSequence=[item(RepetitionTime=6.8, FlipAngle=9.0, EchoTrainLength=240)],
        PixelMeasuresSequence=[item(SliceThickness="1.2", SpacingBetweenSlices="1.2", PixelSpacing=[1, 1])],
    )
    found = told(
        tmp_path, np.stack([PIXELS] * 2), SharedFunctionalGroupsSequence=[shared], EchoPulseSequence="GRADIENT"
    ).acquisition
    assert (found["echo_time"], found["repetition_time"], found["flip_angle"]) == ("3.1", "6.8", "9")
    assert (found["echo_train"], found["slice_thickness"], found["sequence"]) == ("240", "1.2", "GRADIENT")


@pytest.mark.parametrize(
    ("attributes", "age"),
    [
        ({"PatientAge": "045Y"}, 45),
        ({"PatientAge": "018M"}, 1),
        ({"PatientAge": "020D"}, 0),
        ({"PatientAge": "45"}, 45),
        ({"PatientAge": "000Y"}, None),
        ({"PatientAge": "old"}, None),
        ({"PatientAge": "999Y"}, None),
        ({"PatientBirthDate": "19600615"}, 59),
        ({"PatientBirthDate": "19600101"}, 60),  # only the year was kept: still an age
        ({"PatientBirthDate": "19000101"}, None),
        ({"PatientBirthDate": "20200101"}, None),  # the day of the study: a placeholder
        ({"PatientBirthDate": "19601350"}, None),
        ({}, None),
    ],
)
def test_age_is_told_in_years_or_reckoned_and_placeholders_are_none(tmp_path: Path, attributes, age) -> None:
    assert told(tmp_path, **attributes).age == age


@pytest.mark.parametrize(("value", "sex"), [("M", "M"), ("f ", "F"), ("O", "O"), ("", ""), ("X", "")])
def test_sex_is_one_of_dicoms_words(tmp_path: Path, value: str, sex: str) -> None:
    assert told(tmp_path, PatientSex=value).sex == sex


def test_the_day_of_the_study_falls_back_and_placeholders_are_none(tmp_path: Path) -> None:
    assert told(tmp_path).studied == date(2020, 1, 1)
    assert told(tmp_path, StudyDate=None, AcquisitionDate="20190203").studied == date(2019, 2, 3)
    assert told(tmp_path, StudyDate="19000101").studied is None


def test_odd_values_count_as_not_said(tmp_path: Path) -> None:
    path = tmp_path / "one.dcm"
    write_image(path, PIXELS, patient="p1", EchoTime="777.25", FlipAngle="15", StudyDescription="Brain")
    content = path.read_bytes()
    assert content.count(b"777.25") == 1
    path.write_bytes(content.replace(b"777.25", b"?!,.^x"))
    found = read_provenance(str(path), len(content))
    assert found is not None
    assert "echo_time" not in found.acquisition
    assert found.acquisition["flip_angle"] == "15"
    several = told(tmp_path, EchoTime=["12", "96"], InversionTime="", KVP="1e300")
    assert several.acquisition["echo_time"] == "12"
    assert not {"inversion_time", "kvp"} & several.acquisition.keys()


def test_what_is_no_dicom_or_not_there_tells_nothing(tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("text", b"not an image at all"), ("zeros", b"\0" * 4000)):
        (tmp_path / name).write_bytes(content)
        found = read_provenance(str(tmp_path / name), len(content))
        assert found is None or not (found.identity or found.texts or found.acquisition)
    assert read_provenance(str(tmp_path / "absent"), 0) is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1200), st.binary(min_size=1, max_size=12), st.integers(200, 1400))
def test_damaged_headers_never_crash(tmp_path_factory, place: int, noise: bytes, length: int) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.dcm"
    write_image(path, PIXELS, patient="p1", PatientAge="045Y", EchoTime="89", StudyDescription="Brain")
    content = path.read_bytes()
    damaged = (content[:place] + noise + content[place + len(noise) :])[:length]
    path.write_bytes(damaged)
    read_provenance(str(path), len(damaged))


@pytest.mark.skipif(not DICOM.exists(), reason="../shared is not here")
def test_real_scanners_tell_their_parameters() -> None:
    found = {}
    for folder in sorted(DICOM.iterdir()):
        path = next(path for path in sorted(folder.iterdir()) if path.is_file())
        found[folder.name] = read_provenance(str(path), path.stat().st_size)
    enhanced, siemens = found["philips-enhanced-multiframe"], found["siemens-t1"]
    assert enhanced is not None
    assert siemens is not None
    assert (enhanced.acquisition["echo_time"], enhanced.acquisition["flip_angle"]) == ("3.133", "9")
    assert (siemens.acquisition["sequence"], siemens.acquisition["manufacturer"]) == ("SE\\IR", "SIEMENS")
    assert "birth_date" not in siemens.identity  # whoever anonymised it wrote the day of the study
