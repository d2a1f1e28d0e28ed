"""The contact sheet shows classes and patients, whatever their ids hold."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from radiogenomics.pipeline.contact_sheet import _title, contact_sheet
from radiogenomics.recipes import find
from radiogenomics.records import Plane, Sample
from radiogenomics.store import Store, StoredSlice

KEY = "ab" * 32


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store")
    planes = np.random.default_rng(0).integers(0, 65536, (12, 48, 48)).astype(np.uint16)
    store.write(KEY, (48, 48), 12, [(StoredSlice(str(k), k + 1), plane) for k, plane in enumerate(planes)])
    return store


def _samples(patients, labels=(0, 1), channels=1):
    return tuple(
        Sample(patient, "", "s", k, labels[index % len(labels)], (Plane(KEY, (3 * index + k) % 12),) * channels)
        for index, patient in enumerate(patients)
        for k in range(3)
    )


@pytest.mark.parametrize(
    "samples",
    [
        _samples([f"{k:05d}" for k in range(22)]),
        _samples(["only"], labels=(1,), channels=3),
        _samples(["$\\frac{1}", "<b>", "long" * 30, "a_b^c$"], labels=(-1,)),
        tuple(replace(s, lesion_id=f"{k}$_") for k, s in enumerate(_samples(["p", "q"], channels=3))),
        (),
    ],
)
def test_a_readable_png_is_written(store, tmp_path, samples):
    path = tmp_path / "figures" / "sheet.png"
    contact_sheet(store, samples, find("mgmt"), path)
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.std() > 5 or not samples


def test_a_crop_is_titled_with_its_lesion():
    assert _title(Sample("a", "left\\$", "s", 7, 1, ())) == "a\nlesion left\\$, slice 7"
    assert _title(Sample("p" * 30 + "q", "", "s", 7, 1, ())) == "pppppppppppp…ppppppppppq\nslice 7"


def test_same_samples_give_the_same_bytes(store, tmp_path):
    for name in "ab":
        contact_sheet(store, _samples(["p", "q"]), find("mgmt"), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_leak_that_was_let_pass_stands_in_the_heading(store, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(
        "matplotlib.figure.Figure.suptitle", lambda _, words, **how: said.append((words, how["weight"]))
    )
    contact_sheet(store, _samples(["p", "q"]), find("mgmt"), tmp_path / "a", "LEAK ALLOWED (patient-overlap)")
    ((heading, weight),) = said
    assert heading.endswith("\nLEAK ALLOWED (patient-overlap)")
    assert weight == "bold"
    assert b"LEAK ALLOWED (patient-overlap)" in (tmp_path / "a").read_bytes()  # for programs, as a comment
