"""An outline keeps every pixel of a lesion, and little else."""

import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.imaging.outlines import outlines_of, pixels_of
from radiogenomics.records import Outline


@given(seed=st.integers(0, 999), rows=st.integers(1, 40), columns=st.integers(1, 40), share=st.floats(0.01, 1))
def test_an_outline_gives_back_the_pixels_it_was_made_of(seed, rows, columns, share):
    inside = np.random.default_rng(seed).random((rows, columns)) < share
    inside[rows // 2, columns // 2] = True
    (outline,) = outlines_of({7: inside})
    laid = np.zeros_like(inside)
    laid[outline.y_min : outline.y_max, outline.x_min : outline.x_max] = pixels_of(outline)
    assert (laid == inside).all()
    assert (outline.slice, outline.area) == (7, inside.sum())


def test_a_full_rectangle_needs_no_pixels_and_outlines_come_by_slice():
    inside = np.zeros((6, 8), bool)
    inside[1:4, 2:7] = True
    ring = inside.copy()
    ring[2, 4] = False
    assert outlines_of({9: ring, 3: inside}) == (
        Outline(3, 2, 1, 7, 4, 15),
        Outline(9, 2, 1, 7, 4, 14, np.packbits(ring[1:4, 2:7]).tobytes()),
    )
    assert pixels_of(Outline(3, 2, 1, 7, 4, 15)).shape == (3, 5)


def test_the_lesions_of_hundreds_of_patients_fit_in_memory():
    y, x = np.mgrid[:512, :512]
    disk = (x - 250) ** 2 + (y - 250) ** 2 < 60**2  # of 512 pixels a side, one of 12 cm at 1 mm
    outlines = outlines_of(dict.fromkeys(range(40), disk))
    assert len(pickle.dumps(outlines, -1)) < 40 * 2500  # 100 kB a patient at most
