import pytest

from radiogenomics.imaging.header import Acquisition
from radiogenomics.imaging.roles import folder_role, is_localizer, role_from_header


def acquisition(description="", agent="", tr=None, te=None, ti=None, sequence="", modality="MR", weighting=""):
    return Acquisition(
        "p", "1.1", "1.2", "", modality, description, agent, weighting, sequence, tr, te, ti,
        scanner="", field_strength=None, institution="", acquired="", rows=64, columns=64, spacing=None, orientation=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("description", "role"),
    [
        ("AX T1", "t1w"),
        ("t1_mprage_sag_p2_iso", "t1w"),
        ("Ax T1 w/o", "t1w"),
        ("AX T1 WITHOUT CONTRAST", "t1w"),
        ("T1 PRE", "t1w"),
        ("sT1W_3D_TFE", "t1w"),
        ("Sag T1 FLAIR", "t1w"),
        ("AX T1 POST GD", "t1wce"),
        ("T1 AXIAL +C", "t1wce"),
        ("Ax 3D FSPGR+C", "t1wce"),
        ("BRAVO w/ contrast", "t1wce"),
        ("t1_tse_tra_km", "t1wce"),
        ("T1wCE", "t1wce"),
        ("T1Gd", "t1wce"),
        ("T1 post-contrast", "t1wce"),
        ("Ax T2 FSE", "t2w"),
        ("t2_tse_tra", "t2w"),
        ("T2w", "t2w"),
        ("AX T2 FLAIR", "flair"),
        ("FLAIR longTR", "flair"),
        ("t2_spc_dark-fluid", "flair"),
        ("flair_tra_fs post", "flair"),
    ],
)
def test_descriptions_of_real_scanners(description, role):
    assert role_from_header(acquisition(description)).modality == role


@pytest.mark.parametrize(
    "description",
    ["AX T2* GRE", "ep2d_diff_3scan_trace", "ADC map", "SWI", "T1 map", "DSC perfusion T2", "TOF 3D", "T2 STIR",
     "AX PD T2", "T1 pre and post", "AX T1 W/WO", "T1 with and without contrast",
     "AX 7", "", "T10 spine", "t1_subtraction"],
)  # fmt: skip
def test_what_the_description_leaves_open_is_not_guessed(description):
    role = role_from_header(acquisition(description))
    assert role.modality == ""
    assert role.doubt
    assert not description or description.lower() not in role.doubt.lower(), "doubts reach run folders"


def test_contrast_agent_tells_and_contradictions_do_not():
    assert role_from_header(acquisition("AX T1", agent="Gadavist")).modality == "t1wce"
    assert role_from_header(acquisition("AX T1", agent="NONE")).modality == "t1w"
    assert "both with and without" in role_from_header(acquisition("AX T1 PRE", agent="Gadavist")).doubt
    assert "ContrastBolusAgent" in role_from_header(acquisition("AX T1 POST", agent="none")).doubt


def test_times_tell_where_the_description_is_gone():
    assert role_from_header(acquisition(tr=9000, te=120, ti=2500, sequence="SE\\IR")).modality == "flair"
    assert role_from_header(acquisition(tr=4000, te=100, sequence="SE")).modality == "t2w"
    assert role_from_header(acquisition(tr=550, te=12, sequence="SE", agent="Dotarem")).modality == "t1wce"
    # The same times without a word of contrast: with or without it, both are usual.
    assert "whether with contrast" in role_from_header(acquisition(tr=550, te=12, sequence="SE")).doubt
    assert "whether with contrast" in role_from_header(acquisition(tr=9, te=3, ti=900, sequence="GR")).doubt


def test_times_refine_or_contradict_the_description():
    assert (
        role_from_header(acquisition("AX T2 TSE IR", tr=9000, te=120, ti=2500, sequence="SE\\IR")).modality == "flair"
    )
    contradiction = role_from_header(acquisition("AX T1", tr=4000, te=100, sequence="SE"))
    assert contradiction.modality == ""
    assert "T2" in contradiction.doubt


def test_enhanced_images_name_their_weighting():
    assert role_from_header(acquisition(weighting="FLUID_ATTENUATED")).modality == "flair"


def test_ct_and_dose_play_their_one_role_whatever_they_are_called():
    for description in ("T1", "Thorax 3.0 B30f", ""):
        assert role_from_header(acquisition(description, modality="CT")).modality == "ct"
    assert role_from_header(acquisition("Plan sum, dose map", modality="RTDOSE")).modality == "dose"
    assert "PT" in role_from_header(acquisition("T1", modality="PT")).doubt


@pytest.mark.parametrize("description", ["Topogram 0.6 T80f", "CT Perfusion CBF", "MIP 10/5", "Scout"])
def test_scouts_and_maps_among_ct_series_are_no_ct(description):
    assert role_from_header(acquisition(description, modality="CT")).modality == ""


def test_the_folder_nearest_to_the_file_counts():
    assert folder_role("00002/FLAIR/T1wCE/Image-1.dcm", skip=1) == "t1wce"
    assert folder_role("FLAIR/00002/Image-1.dcm", skip=1) == ""
    assert folder_role("00002/flair.backup/Image-1.dcm", skip=1) == ""
    assert folder_role("00002/x/flair", skip=1) == ""  # a file's own name is no folder


@pytest.mark.parametrize(
    "description", ["FAST LOCALIZER", "T/S/C RF FAST PILOT", "3-plane loc", "Survey_32ch", "scout"]
)
def test_localizers_by_description(description):
    assert is_localizer(description)


def test_no_localizer_in_usual_descriptions():
    assert not any(map(is_localizer, ["AX T1", "t2_tse_loca", "AX FLAIR allocated", "velocity"]))
