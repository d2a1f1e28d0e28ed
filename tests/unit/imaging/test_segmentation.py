from dataclasses import replace

import highdicom
import numpy as np
import pytest
from pydicom.uid import RLELossless
from toy_masks import SHAPE, images, lesion, segmentation, volume, write_cohort

from radiogenomics.errors import CohortError, PixelError
from radiogenomics.imaging.segmentation import lay_segments

SOURCES = images("p")
INSIDE = lesion()


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    return write_cohort(tmp_path_factory.mktemp("data"), ["p"])["p"]


def laid(folder, dataset, series, roi=""):
    path = folder / "segmentation"
    dataset.save_as(path)
    regions = lay_segments(path, series, roi)
    return {region.name: stacked(region.pixels, series) for region in regions.laid}, regions.remarks


def stacked(pixels, series):
    nothing = np.zeros(SHAPE[1:], bool)
    return np.stack([pixels.get(s.number, nothing) for s in series.slices])


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("BINARY", {}),
        ("BINARY", {"omit_empty_frames": False}),
        ("FRACTIONAL", {}),
        ("FRACTIONAL", {"transfer_syntax_uid": RLELossless}),
        ("LABELMAP", {"transfer_syntax_uid": RLELossless}),
    ],
)
def test_every_encoding_covers_the_pixels_that_were_drawn(tmp_path, series, kind, options):
    dataset = segmentation({"core": INSIDE}, SOURCES, kind, **options)
    found, remarks = laid(tmp_path, dataset, series)
    np.testing.assert_array_equal(found["core"], INSIDE)
    assert remarks == ()


def test_half_and_more_of_a_fraction_is_inside(tmp_path, series):
    weights = INSIDE * np.linspace(0.3, 0.9, SHAPE[2])
    found, _ = laid(tmp_path, segmentation({"core": weights}, SOURCES, "FRACTIONAL"), series)
    np.testing.assert_array_equal(found["core"], weights >= 0.5)


def test_one_drawn_slice_is_one_slice(tmp_path, series):
    one = INSIDE & (np.arange(SHAPE[0]) == 3)[:, None, None]
    found, _ = laid(tmp_path, segmentation({"core": one}, SOURCES), series)
    np.testing.assert_array_equal(found["core"], one)


def test_a_segmentation_cut_in_other_planes_covers_the_same_place(tmp_path, series):
    axial = volume(INSIDE, series)
    affine = np.eye(4)
    steps = np.reshape(axial.GetDirection(), (3, 3)) * axial.GetSpacing()
    affine[:3] = np.column_stack([steps[:, ::-1], axial.GetOrigin()])
    grid = highdicom.Volume(
        INSIDE.astype(np.uint8), affine, "PATIENT", frame_of_reference_uid=SOURCES[0].FrameOfReferenceUID
    )
    turned = grid.permute_spatial_axes([1, 2, 0]).flip_spatial(1)
    found, _ = laid(tmp_path, segmentation({"core": turned}, SOURCES), series)
    np.testing.assert_array_equal(found["core"], INSIDE)


def test_segments_are_chosen_by_label(tmp_path, series):
    other = lesion(slice(5, 7))
    dataset = segmentation({"Core": INSIDE, "oedema": other, "empty core": np.zeros(SHAPE, bool)}, SOURCES)
    with pytest.raises(CohortError, match=r"3 regions \(Core, oedema, empty core\): choose with --roi "):
        laid(tmp_path, dataset, series)
    found, remarks = laid(tmp_path, dataset, series, "core$")
    np.testing.assert_array_equal(found.pop("Core"), INSIDE)
    assert not found
    assert remarks == ("empty core: it is empty",)
    with pytest.raises(CohortError, match=r"none of its regions .* fits region.roi 'necrosis'"):
        laid(tmp_path, dataset, series, "necrosis")


def test_another_frame_of_reference_is_refused_by_both_names(tmp_path, series):
    dataset = segmentation({"core": INSIDE}, SOURCES)
    with pytest.raises(CohortError, match=rf"{dataset.FrameOfReferenceUID}, that of flair is 1\.2\.3"):
        laid(tmp_path, dataset, replace(series, frame_of_reference_uid="1.2.3"))
    with pytest.raises(CohortError, match="that of flair is not stated"):
        laid(tmp_path, dataset, replace(series, frame_of_reference_uid="", series_uid="1.2"))
    found, _ = laid(tmp_path, dataset, replace(series, frame_of_reference_uid=""))
    np.testing.assert_array_equal(found["core"], INSIDE)


def test_what_is_damaged_says_so(tmp_path, series):
    path = tmp_path / "segmentation.dcm"
    segmentation({"core": INSIDE}, SOURCES).save_as(path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(PixelError, match="segmentation can't be read"):
        lay_segments(path, series, "")
