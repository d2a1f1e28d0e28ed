"""A picture of what the model will see, by class, to be looked at before training."""

import io
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from radiogenomics.files import write_atomically
from radiogenomics.imaging.sample import to_unit
from radiogenomics.pipeline.augment import augment, draw
from radiogenomics.pipeline.sampling import generator
from radiogenomics.recipe import Recipe
from radiogenomics.records import Sample
from radiogenomics.store import Store

PATIENTS = 8  # a class
INCHES = 1.6  # a picture's side
BOLD = 10  # bold letters of the heading that fit in an inch
LINE = 0.2  # inches that a line of the heading takes
LETTERS = 24  # of a name: none may push the pictures apart

Row = tuple[str, list[tuple[str, npt.NDArray[np.float32]]]]  # heading; title and picture [h, w] of each cell


def contact_sheet(store: Store, samples: Sequence[Sample], recipe: Recipe, path: Path, note: str = "") -> None:
    """Write a PNG: the middle sample of up to eight patients a class, then one of them as augmentation changes it.

    Several channels stand side by side in one picture.

    Args:
        store: Where the planes lie.
        samples: All of the run.
        recipe: Of the run.
        path: Where to.
        note: What speaks against every figure, such as a leak that was let pass; stands in the heading, in bold.

    Raises:
        StoreError: A plane can't be read, or the picture can't be written.
    """
    rows = [_class_row(store, samples, recipe, label) for label in sorted({s.label for s in samples}, reverse=True)]
    if samples:
        rows.append(_augmented_row(store, _middle_samples(samples)[0], recipe))
    picture = _draw(rows, f"What the model will see: {recipe.title}. Research use only", note)
    write_atomically(path, lambda file: file.write(picture))


def _middle_samples(samples: Sequence[Sample]) -> list[Sample]:
    """One sample a patient: the middle one."""
    patients: dict[str, list[Sample]] = {}
    for sample in samples:
        patients.setdefault(sample.patient_id, []).append(sample)
    return [own[len(own) // 2] for own in patients.values()]


def _class_row(store: Store, samples: Sequence[Sample], recipe: Recipe, label: int) -> Row:
    chosen = _middle_samples([sample for sample in samples if sample.label == label])
    name = {1: recipe.positive, 0: recipe.negative}.get(label, "unlabelled")
    cells = [(_title(sample), _side_by_side(to_unit(_planes(store, sample)))) for sample in chosen[:PATIENTS]]
    return f"{name} ({len(chosen)} patients)", cells


def _title(sample: Sample) -> str:
    """Who is shown: the patient, and in a second line what of them."""
    lesion = f"lesion {_shortened(sample.lesion_id, LETTERS // 2)}, " if sample.lesion_id else ""
    return f"{_shortened(sample.patient_id, LETTERS)}\n{lesion}slice {sample.slice}"


def _shortened(name: str, letters: int) -> str:
    return name if len(name) <= letters else f"{name[: letters // 2]}…{name[1 - letters // 2 :]}"


def _augmented_row(store: Store, sample: Sample, recipe: Recipe) -> Row:
    planes, seed = _planes(store, sample), recipe.training.seed
    changes = [draw(recipe.augmentation, generator(seed, "augmentation", epoch=number)) for number in range(PATIENTS)]
    cells = [
        (f"draw {number}", _side_by_side(augment(list(planes), c).transpose(2, 0, 1)))
        for number, c in enumerate(changes, 1)
    ]
    return f"patient {sample.patient_id} as augmentation may change it in training", cells


def _planes(store: Store, sample: Sample) -> npt.NDArray[np.uint16]:
    """[planes, h, w]."""
    return np.stack([store.read(plane) for plane in sample.planes])


def _side_by_side(planes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.concatenate(list(planes), axis=1)


def _draw(rows: Sequence[Row], title: str, note: str) -> bytes:
    from matplotlib.figure import Figure

    height, width = next((cells[0][1].shape for _, cells in rows), (1, 1))
    size = (PATIENTS * INCHES * width / height, (len(rows) or 1) * (INCHES + 0.55) + 0.5)
    heading = "\n".join([title, *textwrap.wrap(note, max(int(size[0] * BOLD), 1))])
    size = (size[0], size[1] + LINE * heading.count("\n"))
    figure = Figure(figsize=size, dpi=120, layout="constrained", facecolor="white")
    figure.suptitle(heading, fontsize=10, weight="bold" if note else "normal")
    parts: Any = figure.subfigures(len(rows) or 1, 1, squeeze=False)
    for part, (heading, cells) in zip(parts[:, 0], rows, strict=False):
        part.suptitle(heading, fontsize=9, x=0.01, ha="left")
        _draw_row(part.subplots(1, PATIENTS), cells)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None, **({"Comment": note} if note else {})})
    return buffer.getvalue()


def _draw_row(axes: Any, cells: Sequence[tuple[str, npt.NDArray[np.float32]]]) -> None:
    for axis in axes:
        axis.set_axis_off()
    for axis, (title, picture) in zip(axes, cells, strict=False):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axis.set_title(title, fontsize=6, parse_math=False)  # ids come from folders and headers: no mathtext
