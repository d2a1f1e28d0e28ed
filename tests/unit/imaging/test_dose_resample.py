"""Dose in Gy on another grid: an analytic dose, written as DICOM, read and resampled, against its formula."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from radiogenomics.cohort.scan import scan
from radiogenomics.imaging.geometry import normal, position
from radiogenomics.imaging.plane import to_patient
from radiogenomics.imaging.resample import resample
from radiogenomics.imaging.stack import read_stack
from radiogenomics.phantom.grid import Grid
from radiogenomics.phantom.rt import write_dose
from radiogenomics.records import Series, Slice

BEAMS = (  # Gy at the centre, the centre (x, y, z) and the widths along x, y, z, mm
    (38.0, (6.0, -4.0, 10.0), (27.0, 34.0, 30.0)),
    (29.0, (-20.0, 12.0, 4.0), (38.0, 28.0, 36.0)),
)
GRID = Grid((-75.0, -72.5, -50.0), (2.5, 2.5, 3.0), (36, 59, 61))
TILTED = (0.9848078, 0.0, 0.1736482, 0.0301537, 0.9848078, -0.1710101)  # by 10 degrees around two axes


def gray(beam, x, y, z):
    """The dose of a beam at places in mm, Gy."""
    most, centre, width = beam
    return most * np.exp(-sum((p - c) ** 2 / (2 * w**2) for p, c, w in zip((x, y, z), centre, width, strict=True)))


def whole(x, y, z):
    return sum(gray(beam, x, y, z) for beam in BEAMS)


MOST = float(whole(*reversed(GRID.place)).max())


def series(name, orientation, spacing, gap, size, origin):
    """A series without files: a grid to resample onto."""
    start = position(orientation, origin)
    slices = tuple(Slice("", str(k), None, k + 1, start + gap * k, 0, 0) for k in range(12))
    return Series(
        *("p", "1", name, name, "header", "", slices, 0, *size, spacing, orientation, "1.9", "", "", None, "", ""),
        origin=origin,
    )


def places(grid, s):
    """x, y, z in mm of the pixels of a slice, each [rows, columns]."""
    rows, columns = np.mgrid[: grid.rows, : grid.columns]
    return np.tensordot(to_patient(grid, s), np.stack([columns, rows, np.ones_like(rows)]), 1)


def image(stack):
    """A stack as SimpleITK sees it."""
    one, along = stack.series, normal(stack.series.orientation)
    found = sitk.GetImageFromArray(stack.pixels)
    found.SetOrigin(one.origin)
    found.SetSpacing((one.spacing[1], one.spacing[0], one.slices[1].position - one.slices[0].position))
    found.SetDirection(np.column_stack([one.orientation[:3], one.orientation[3:], along]).ravel().tolist())
    return found


def by_sitk(stack, grid):
    """The stack on the grid, [slices, rows, columns]."""
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    along = normal(grid.orientation)
    size = (grid.columns, grid.rows, len(grid.slices))
    axes = np.column_stack([grid.orientation[:3], grid.orientation[3:], along]).ravel().tolist()
    gap = grid.slices[1].position - grid.slices[0].position
    spacing = (grid.spacing[1], grid.spacing[0], gap)
    return sitk.GetArrayFromImage(
        sitk.Resample(image(stack), size, sitk.Transform(), sitk.sitkLinear, grid.origin, spacing, axes, 0.0)
    )


GRIDS = {
    "ct": series("ct", (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (0.9765625, 0.9765625), 1.5, (120, 124), (-60.0, -58.0, -2.3)),
    "mr": series("mr", TILTED, (0.8, 0.8), 4.0, (130, 128), (-50.0, -47.0, -8.0)),
}


@pytest.fixture(scope="module", params=[False, True], ids=["whole", "two beams"])
def dose(request, tmp_path_factory):
    """The folder and the dose series; as one object, or as one a beam."""
    root = tmp_path_factory.mktemp("dose")
    z, y, x = GRID.place
    names = {"grid": GRID, "patient": "p", "study": "1", "series": "dose"}
    if request.param:
        for number, beam in enumerate(BEAMS, 1):
            write_dose(root / f"p/{number}.dcm", gray(beam, x, y, z), **names, beam=number)
    else:
        write_dose(root / "p/1.dcm", whole(x, y, z), **names)
    (one,) = scan(root).series
    return root, replace(one, frame_of_reference_uid="1.9")


def worst(found, told):
    """The greatest error where the dose is above a tenth of the most, as a share of the dose there."""
    high = told > 0.1 * MOST
    assert high.mean() > 0.5
    return float(np.abs(found / told - 1)[high].max())


@pytest.mark.parametrize("name", GRIDS)
def test_a_resampled_dose_is_the_analytic_one(dose, name):
    root, one = dose
    grid = GRIDS[name]
    assert (one.modality, one.n_files, len(one.slices[0].also)) == (
        "dose",
        1 + len(one.slices[0].also),
        one.n_files - 1,
    )
    stack = read_stack(root, one, range(len(one.slices)))
    assert not stack.faults
    told = np.stack([whole(*places(grid, s)) for s in grid.slices])
    own = np.stack([resample(stack, grid, s) for s in grid.slices])
    theirs = by_sitk(stack, grid)
    for found, how in ((own, "own"), (theirs, "SimpleITK")):
        assert worst(found, told) < 0.005, how
    np.testing.assert_allclose(own, theirs, atol=2e-3)


def test_the_dose_of_two_beams_is_the_dose_of_the_plan(tmp_path):
    z, y, x = GRID.place
    names = {"grid": GRID, "patient": "p", "study": "1", "series": "dose"}
    write_dose(tmp_path / "whole/p/1.dcm", whole(x, y, z), **names)
    for number, beam in enumerate(BEAMS, 1):
        write_dose(tmp_path / f"parts/p/{number}.dcm", gray(beam, x, y, z), **names, beam=number)
    one, other = (scan(tmp_path / name).series[0] for name in ("whole", "parts"))
    stacks = [read_stack(tmp_path / name, s, range(36)) for name, s in (("whole", one), ("parts", other))]
    np.testing.assert_allclose(stacks[0].pixels, stacks[1].pixels, atol=1e-5)
    assert stacks[0].pixels.max() > 60
