"""Structure sets as clinics export them: the areas of their masks, and what is said of those that can't be laid."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from toy_masks import lesion, outline, write_cohort, write_structures

from radiogenomics.cohort.masks import read_masks
from radiogenomics.errors import CohortError
from radiogenomics.imaging.structures import lay_structures
from radiogenomics.phantom.rt import Contour
from radiogenomics.phantom.rt import write_structures as write_phantom
from radiogenomics.records import Series, Slice

CORNERS = 180  # as planning systems draw a circle of that size
RADIUS = st.floats(45, 60)
CENTRE = st.tuples(st.floats(-15, 15), st.floats(-15, 15))


def ct(pixel):
    """A series of 1.5 mm slices around the origin, 240 mm wide."""
    side = round(240 / pixel)
    slices = tuple(Slice(f"{k}.dcm", f"1.{k}", None, k + 1, 1.5 * k, 0, 0) for k in range(3))
    return Series(
        "p", "1", "1.2", "ct", "header", "axial", slices, 3, side, side, (pixel, pixel), (1, 0, 0, 0, 1, 0), "1.9", "",
        "", None, "", "", origin=(-120 + pixel / 2, -120 + pixel / 2, 0.0),
    )  # fmt: skip


def circle(centre, radius, corners=CORNERS):
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.column_stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)])


def polygon(radius, corners=CORNERS):
    """The area of that circle's polygon."""
    return corners / 2 * radius**2 * math.sin(2 * math.pi / corners)


def masked(folder, series, regions):
    """mm2 within each region drawn on the middle slice, through a DICOM file."""
    path = folder / "rs.dcm"
    drawn = {name: [Contour(points, 1.5, "1.1") for points in contours] for name, contours in regions.items()}
    write_phantom(path, drawn, patient="p", study="1", series="rs", reference="ct", images=["1.1"])
    frame = dcmread(path).ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID
    laid = lay_structures(path, replace(series, frame_of_reference_uid=frame), ".").laid
    assert all(list(region.pixels) == [2] for region in laid)
    return {region.name: float(region.pixels[2].sum()) * math.prod(series.spacing) for region in laid}


def shapes(centre, radius, hole):
    """Regions of a tumour of that radius (mm) by name, and their areas in mm2."""
    (x, y), inner, disk = centre, hole * radius, circle(centre, radius)
    core = circle(centre, inner)
    parts = [circle((x - 40, y), 0.5 * radius), circle((x + 35, y + 5), 0.6 * radius)]
    regions = {
        "disk": [disk],
        "annulus": [disk, core],
        "annulus, its hole drawn the other way round": [disk, core[::-1]],
        "annulus as a keyhole": [np.vstack([closed(disk), closed(core)[::-1]])],
        "two parts": parts,
    }
    ring = polygon(radius) - polygon(inner)
    return regions, dict(
        zip(regions, [polygon(radius), *[ring] * 3, polygon(0.5 * radius) + polygon(0.6 * radius)], strict=True)
    )


@pytest.mark.parametrize("pixel", [1.0, 0.9765625])
@settings(max_examples=15, deadline=None)
@given(centre=CENTRE, radius=RADIUS, hole=st.floats(0.3, 0.6))
def test_masks_have_the_areas_of_their_contours(tmp_path_factory, pixel, centre, radius, hole):
    regions, areas = shapes(centre, radius, hole)
    assert masked(tmp_path_factory.mktemp("rs"), ct(pixel), regions) == pytest.approx(areas, rel=0.01)


def closed(points):
    return np.vstack([points, points[:1]])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_cohort(tmp_path_factory.mktemp("data"), ["P1"])["P1"]


def reason(folder, series, roi="", known=()):
    lesions, exclusions, _ = read_masks(folder, {"P1": series}, roi, known=known)
    assert lesions == {}
    (exclusion,) = exclusions
    return exclusion.reason


def changed(path, change):
    """Rewrite a structure set, each contour of its first region changed."""
    dataset = dcmread(path)
    for place, contour in enumerate(dataset.ROIContourSequence[0].ContourSequence):
        change(place, contour)
    dataset.save_as(path)


@pytest.mark.parametrize("names_series", [True, False])
def test_a_set_drawn_on_another_series_names_its_modality_and_the_mend(data, tmp_path, names_series):
    other = replace(data, modality="ct", series_uid="1.7", frame_of_reference_uid="1.2.3", study_uid="1.8")
    write_structures(tmp_path / "a", {"GTV": outline(lesion(), other)}, other, names_series=names_series)
    said = reason(tmp_path, data, known=(data, other))
    own = data.frame_of_reference_uid
    assert f"GTV: its frame of reference is 1.2.3, that of flair is {own}: it is drawn on ct" in said
    assert "lay it there with --set region.drawn_on=ct" in said
    unsure = reason(tmp_path, data, known=(data, replace(other, modality="")))
    assert "it is drawn on series 1.7, whose role is unsure; name it with --roles CSV" in unsure
    unknown = reason(tmp_path, data)
    assert unknown.endswith("it is drawn on series 1.7" if names_series else f"that of flair is {own}")


@pytest.mark.parametrize("names_series", [True, False])
def test_a_set_drawn_on_another_series_of_the_same_modality_names_that_series(data, tmp_path, names_series):
    other = replace(data, series_uid="1.7", frame_of_reference_uid="1.2.3", study_uid="1.8")
    write_structures(tmp_path / "a", {"GTV": outline(lesion(), other)}, other, names_series=names_series)
    said = reason(tmp_path, data, known=(data, other))
    assert said.endswith("it is drawn on series 1.7; call the other flair series none with --roles CSV")


def test_a_set_is_its_patients_by_any_of_the_patients_series(data, tmp_path):
    other = replace(data, modality="ct", series_uid="1.7", frame_of_reference_uid="1.2.3", study_uid="1.8")
    write_structures(tmp_path / "a", {"GTV": outline(lesion(), other)}, other)
    dataset = dcmread(tmp_path / "a")
    dataset.PatientID = "another id"  # as where patients are told by folder
    dataset.save_as(tmp_path / "a")
    with pytest.raises(CohortError, match="fits a patient"):
        read_masks(tmp_path, {"P1": data}, "")
    assert "drawn on ct" in reason(tmp_path, data, known=(other,))


def test_contours_that_enclose_nothing_are_told_with_how_many(data, tmp_path):
    path, contours = tmp_path / "a", {"GTV": outline(lesion(), data)}

    def as_points(place, contour):
        if place == 1:
            contour.ContourGeometricType = "POINT"

    def two_corners(place, contour):
        contour.ContourData = contour.ContourData[:6]

    def broken(place, contour):
        contour.ContourData = contour.ContourData[:-1]

    for change, words in (
        (as_points, "GTV: 1 of its 3 contours enclose no area (POINT): close or delete them where they were drawn"),
        (two_corners, "GTV: its 3 contours have fewer than 3 corners each, and enclose nothing"),
        (broken, "GTV: a contour's ContourData are not whole points"),
    ):
        write_structures(path, contours, data)
        changed(path, change)
        assert words in reason(tmp_path, data)
        assert words in reason(tmp_path, data, roi="gtv")


def test_a_stray_corner_beside_closed_contours_is_no_matter(data, tmp_path):
    write_structures(tmp_path / "a", {"GTV": [*outline(lesion(), data), np.zeros((1, 3))]}, data)
    lesions, exclusions, _ = read_masks(tmp_path, {"P1": data}, "")
    assert (len(lesions["P1"][0].outlines), exclusions) == (3, ())


def test_regions_without_contours_are_told_by_name(data, tmp_path):
    write_structures(tmp_path / "a", {"GTV": [], "CTV": []}, data)
    assert "none of its 2 regions (GTV, CTV) has a closed contour" in reason(tmp_path, data)
    assert "GTV: it has no contour" in reason(tmp_path, data, roi="gtv")
    write_structures(tmp_path / "a", {"GTV": []}, data)
    assert "GTV: it has no contour" in reason(tmp_path, data)


def test_a_name_that_none_fits_lists_all_and_one_that_several_fit_takes_them(data, tmp_path):
    regions = {"GTV p": outline(lesion(), data), "GTV n": outline(lesion(columns=slice(22, 26)), data), "lung": []}
    write_structures(tmp_path / "a", regions, data)
    assert "none of its regions (GTV p, GTV n, lung) fits region.roi 'tumour'" in reason(tmp_path, data, roi="tumour")
    assert "it has 2 regions (GTV p, GTV n): choose with --roi PATTERN" in reason(tmp_path, data)
    lesions, _, _ = read_masks(tmp_path, {"P1": data}, "^gtv")
    assert [one.lesion_id for one in lesions["P1"]] == ["GTV n", "GTV p"]
