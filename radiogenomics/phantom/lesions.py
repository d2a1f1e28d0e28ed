"""Where lesions lie, as people hand it in: boxes by slice in a CSV, and masks in NIfTI."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from radiogenomics.files import write_atomically, write_text
from radiogenomics.phantom.grid import Grid
from radiogenomics.phantom.tilted import Tilted


class LesionBox(NamedTuple):
    """A row of lesions.csv; pixels, max exclusive."""

    patient_id: str
    lesion_id: int
    slice: int  # InstanceNumber
    x_min: int
    y_min: int
    x_max: int
    y_max: int


def boxes(patient: str, lesion: int, mask: npt.NDArray[np.bool_]) -> Iterator[LesionBox]:
    """The box of a lesion in each slice that it passes.

    Args:
        patient: Its patient_id.
        lesion: Its lesion_id.
        mask: [slices, rows, columns]; slice 0 has InstanceNumber 1.
    """
    for number, plane in enumerate(mask, 1):
        rows, columns = np.nonzero(plane)
        if rows.size:
            corners = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            yield LesionBox(patient, lesion, number, *map(int, corners))


def write_boxes(path: Path, rows: Iterable[LesionBox]) -> None:
    """Write lesions.csv; raises StoreError where it can't be."""
    lines = [LesionBox._fields, *rows]
    write_text(path, "".join(",".join(map(str, line)) + "\n" for line in lines))


def write_mask(path: Path, mask: npt.NDArray[np.bool_], grid: Grid | Tilted) -> None:
    """Write a mask as NIfTI, 1 within, in the geometry of a series; the same mask gives the same bytes.

    Args:
        path: Ends in .nii.gz.
        mask: [slices, rows, columns].
        grid: Where it lies. NIfTI points x to the right and y to the front; SimpleITK turns DICOM's axes round.

    Raises:
        StoreError: Nothing could be written there.
    """
    import SimpleITK

    volume = SimpleITK.GetImageFromArray(mask.astype(np.uint8))
    volume.SetOrigin(grid.origin)
    volume.SetSpacing(grid.spacing)
    if isinstance(grid, Tilted):
        volume.SetDirection(grid.direction)
    with tempfile.TemporaryDirectory() as folder:
        # SimpleITK writes to paths only, and tells the format by the name.
        temporary = Path(folder) / "mask.nii.gz"
        SimpleITK.WriteImage(volume, str(temporary))
        content = temporary.read_bytes()
    write_atomically(path, lambda file: file.write(content))
