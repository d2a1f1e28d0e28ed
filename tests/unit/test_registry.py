import sys

import pytest

from radiogenomics.errors import UnknownNameError
from radiogenomics.registry import choose, load, unknown

TABLE = {"efficientnetb0": 1, "resnet50": 2}


def test_a_known_name_gives_its_row() -> None:
    assert choose(TABLE, "resnet50", "backbone") == 2


@pytest.mark.parametrize("typo", ["resnet5", "RESNET50", "resnet-50"])
def test_an_unknown_name_lists_the_closest_and_all_known(typo: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        choose(TABLE, typo, "backbone")
    expected = f"unknown backbone '{typo}': did you mean 'resnet50'? Known: efficientnetb0, resnet50"
    assert str(caught.value) == expected
    assert isinstance(caught.value, KeyError)


def test_a_name_like_no_other_suggests_nothing() -> None:
    assert unknown("zzz", TABLE, "backbone") == "unknown backbone 'zzz': Known: efficientnetb0, resnet50"


def test_a_dotted_path_is_imported_only_when_loaded() -> None:
    sys.modules.pop("colorsys", None)
    path = "colorsys:rgb_to_hsv"
    assert "colorsys" not in sys.modules
    assert load(path)(0, 0, 0) == (0.0, 0.0, 0)


def test_letter_case_hides_no_close_name() -> None:
    assert "did you mean 'COCCluster'?" in unknown("COCluster", ["OncosignCluster", "COCCluster"], "column")
    assert "did you mean 'MGMT_value'?" in unknown("mgmt_val", ["BraTS21ID", "MGMT_value"], "column")
