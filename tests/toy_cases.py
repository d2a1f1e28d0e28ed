"""Small DICOM series on disk as a scan would find them, and the cases made of them."""

from pathlib import Path

import numpy as np

from radiogenomics.overrides import override
from radiogenomics.phantom.dicom import AXIAL, write_image
from radiogenomics.recipes import find
from radiogenomics.records import Case, Series, Slice

RECIPE = override(find("mgmt"), ["image.size=[32,32]", "slices.fraction=0.4"])
SIDE = 40
COUNT = 10  # slices a series, of which 4 to 7 are the mid-section
USED = [4, 5, 6, 7]


def noise(patient, modality, number):
    """Noise that the three names alone decide, [40, 40]."""
    seed = [*f"{patient}{modality}".encode(), number]
    return np.random.default_rng(seed).integers(0, 4096, (SIDE, SIDE)).astype(np.uint16)


def make_series(
    root, patient, modality, *, first=1, gap=5.0, origin=(0.0, 0.0), spacing=(1.0, 1.0), planes=None, frame="f"
):
    """Write one series; slice n lies at n * gap mm, its first pixel at `origin`.

    Args:
        planes: Each slice's pixels; noise where they are not given.
    """
    planes = planes if planes is not None else [noise(patient, modality, first + k) for k in range(COUNT)]
    slices = []
    for number, plane in enumerate(planes, first):
        path = Path(patient, modality, f"Image-{number}.dcm")
        write_image(root / path, plane, patient=patient, series=modality, number=number)
        stat = (root / path).stat()
        slices.append(
            Slice(
                str(path), f"{patient}.{modality}.{number}", None, number, gap * number, stat.st_size, stat.st_mtime_ns
            )
        )
    return Series(
        *(patient, "study", f"{patient}.{modality}", modality, "folder", "axial", tuple(slices), len(slices)),
        *(*planes[0].shape, spacing, AXIAL, "frame", modality, "", 3.0, "", ""),
        origin=(*origin, gap * first),
    )


def make_case(root, patient, *modalities, label=0, **more):
    """A patient of whom all series lie on one grid."""
    return Case(patient, label, tuple(make_series(root, patient, modality) for modality in modalities), **more)


class Ear:
    """A Progress that remembers."""

    def __init__(self):
        self.said, self.updates = [], []

    def update(self, task, done, total, note=""):
        self.updates.append((task, done, total))

    def say(self, message):
        self.said.append(message)
