"""Small pictures of what preparation did to a patient, for qc.html: is one series where the other is, and the lesion?

Each shows a slice of the reference above, and below it a cut across the slices (the head up), both to one scale in mm:
a shift along the slices shows in no slice alone. No picture has text in it; its caption says what it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from radiogenomics.preparation.volumes import Volumes
from radiogenomics.tables.modalities import MODALITIES

Mask = npt.NDArray[np.bool_]  # [slices, rows, columns], or [y, x] of a picture
Grey = npt.NDArray[np.uint8]  # [y, x]
Values = npt.NDArray[np.floating[Any]]  # [y, x]

WIDTH = 160  # pixels at most, of one panel
HEIGHT = 184  # of a slice at most
FINER = 2  # what is shown is sampled so many times as fine, then averaged: a coarse picture of a fine image would alias
GAP = 3  # pixels between panels
TILES = 6  # of a checkerboard, along its width
QUALITY = 50  # of the JPEG
BRAIN = ((0, 220, 255),)  # outlines' colours, blue first: to be told from grey, and by the colour-blind from each other
LESIONS = ((0, 159, 255), (233, 180, 86), (115, 228, 240), (167, 121, 204))
SOFT_TISSUE = (-160.0, 240.0)  # HU, black to white: between its percentiles, air and bone, CT shows nothing within
LEAST_DOSE = 0.1  # of the highest in the picture: below it no colour is laid on


def pictures(before: Volumes, after: Volumes, lesions: Sequence[Mask]) -> dict[str, bytes]:
    """JPEGs by caption; the same bytes for the same input.

    Args:
        before: As read, each series where its own headers lay it.
        after: As prepared, on the reference's grid.
        lesions: On that grid, [slices, rows, columns]; the largest says which slice is shown.
    """
    view = _view(after, lesions)
    drawn = [_laid(_like(lesion, after.fixed), view) > 0.5 for lesion in lesions if lesion.any()]
    return {
        caption: _jpeg(picture)
        for caption, picture in (
            *_checkerboards(before, after, view),
            *_brain(after, view),
            *_lesions(after, drawn, view),
            *_dose(after, drawn, view),
        )
    }


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """Where the two cuts lie in the patient; neither image has values, only a place."""

    slice: sitk.Image
    across: sitk.Image


def _view(after: Volumes, lesions: Sequence[Mask]) -> _View:
    """The slice where the largest lesion is largest, or the middle of the brain or the grid; cut to what is there."""
    fixed = after.fixed
    box = _box(sitk.GetArrayViewFromImage(fixed), lesions)
    z, y = _middle(after, box, lesions)
    (y0, y1), (x0, x1) = box
    columns, rows, spacing = x1 - x0, y1 - y0, fixed.GetSpacing()
    wide, high = columns * spacing[0], rows * spacing[1]
    # Across: no further from the slice than the slice is wide or high, or of a whole leg little could be seen.
    n, reach = fixed.GetDepth(), max(1, round(max(wide, high) / spacing[2] / 2))
    bottom, top = max(0, z - reach), min(n, z + reach + 1)
    deep = (top - bottom) * spacing[2]
    pixel = max(wide / WIDTH, high / HEIGHT, deep / HEIGHT) / FINER
    return _View(
        _plane(fixed, (x0 - 0.5, y0 - 0.5, z), 1, (wide, high), pixel),
        _plane(fixed, (x0 - 0.5, y, top - 0.5), -2, (wide, deep), pixel),
    )


def _box(values: npt.NDArray[Any], lesions: Sequence[Mask]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The rows and the columns that hold more than background or a lesion, and a little around them."""
    low, high = np.percentile(values, (1, 99))
    there = values > low + 0.1 * (high - low)
    found = []
    for axis, n in ((1, values.shape[1]), (2, values.shape[2])):
        others = tuple({0, 1, 2} - {axis})
        kept = there.mean(axis=others) > 0.01
        for lesion in lesions:
            kept |= lesion.any(axis=others)
        at = np.flatnonzero(kept)
        edge = n // 32
        found.append((max(0, int(at[0]) - edge), min(n, int(at[-1]) + 1 + edge)) if at.size else (0, n))
    return found[0], found[1]


def _middle(after: Volumes, box: tuple[tuple[int, int], tuple[int, int]], lesions: Sequence[Mask]) -> tuple[int, int]:
    """The slice and the row through which to cut."""
    shown = max(lesions, key=lambda lesion: int(lesion.sum()), default=None)
    if shown is not None and shown.any():
        z = int(shown.sum(axis=(1, 2)).argmax())
        return z, int(shown[z].sum(axis=1).argmax())
    z, y = after.fixed.GetDepth() // 2, (box[0][0] + box[0][1]) // 2
    if after.brain is not None:
        brain = sitk.Resample(after.brain, after.fixed, sitk.Transform(), sitk.sitkNearestNeighbor)
        slices = np.flatnonzero(sitk.GetArrayViewFromImage(brain).any(axis=(1, 2)))
        z = int(slices[len(slices) // 2]) if slices.size else z
    return z, y


def _plane(
    fixed: sitk.Image, corner: tuple[float, float, float], down: int, mm: tuple[float, float], pixel: float
) -> sitk.Image:
    """A place for a picture: its corner as a voxel of the grid, and which axis of it leads down (negative: up it)."""
    right, below = (np.array(fixed.GetDirection()).reshape(3, 3)[:, axis] for axis in (0, abs(down)))
    below = below * np.sign(down)
    size = [max(FINER, FINER * round(length / pixel / FINER)) for length in mm]
    spacing = [length / n for length, n in zip(mm, size, strict=True)]
    start = np.array(fixed.TransformContinuousIndexToPhysicalPoint(corner))
    plane = sitk.Image([*size, 1], sitk.sitkUInt8)
    plane.SetSpacing([*spacing, 1.0])
    plane.SetDirection(np.stack([right, below, np.cross(right, below)], axis=1).ravel().tolist())
    plane.SetOrigin((start + right * spacing[0] / 2 + below * spacing[1] / 2).tolist())
    return plane


def _like(mask: Mask, fixed: sitk.Image) -> sitk.Image:
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.CopyInformation(fixed)
    return image


def _laid(image: sitk.Image, view: _View, transform: sitk.Transform | None = None) -> Values:
    """Both cuts through an image, one above the other with a gap; of a mask, how much of each pixel is covered."""
    low = float(np.nan_to_num(sitk.GetArrayViewFromImage(image).min()))
    cuts = []
    for plane in (view.slice, view.across):
        laid = sitk.Resample(image, plane, transform or sitk.Transform(), sitk.sitkLinear, low, sitk.sitkFloat32)
        values = np.nan_to_num(sitk.GetArrayFromImage(laid)[0])
        size = (values.shape[1] // FINER, values.shape[0] // FINER)
        cuts.append(cv2.resize(values, size, interpolation=cv2.INTER_AREA))
    return np.vstack([cuts[0], np.full((GAP, cuts[0].shape[1]), low, np.float32), cuts[1]])


def _window(values: Values) -> tuple[float, float]:
    """What is shown black and what white: the percentiles 1 and 99 of what is no background."""
    there = values[values > values.min()]
    low, high = np.percentile(there, (1, 99)) if there.size else (values.min(), values.min() + 1)
    return min(low, high - 1e-3 * max(1.0, abs(high))), high  # where all are equal, they are white


def _grey(values: Values, window: tuple[float, float]) -> Grey:
    low, high = window
    return np.asarray(np.clip((values - low) / (high - low) * 255, 0, 255).round(), np.uint8)


def _shown(volumes: Volumes, modality: str, view: _View) -> Grey:
    values = _laid(volumes.by_modality[modality].image, view, volumes.transform(modality))
    return _grey(values, SOFT_TISSUE if MODALITIES[modality].dicom == "CT" else _window(values))


def _images(volumes: Volumes) -> list[str]:
    """The modalities other than the reference; not the dose, which is no image of anything."""
    return [m for m in volumes.by_modality if m != volumes.reference and MODALITIES[m].dicom != "RTDOSE"]


def _checkerboards(before: Volumes, after: Volumes, view: _View) -> Iterator[tuple[str, Grey]]:
    for modality in _images(after):
        if modality in before.by_modality:
            panels = [_checkerboard(*(_shown(v, m, view) for m in (v.reference, modality))) for v in (before, after)]
            yield f"{modality} on {after.reference}, before and after", _beside(panels)


def _checkerboard(one: Grey, other: Grey) -> Grey:
    y, x = np.indices(one.shape) // max(1, -(-one.shape[1] // TILES))
    return np.where((y + x) % 2 == 0, one, other)


def _brain(after: Volumes, view: _View) -> Iterator[tuple[str, Grey]]:
    if after.brain is not None:
        mask = _laid(after.brain, view) > 0.5
        yield f"brain on {after.reference}", _outlined(_shown(after, after.reference, view), [mask], BRAIN)


def _lesions(after: Volumes, drawn: Sequence[Mask], view: _View) -> Iterator[tuple[str, Grey]]:
    if drawn:
        names = [after.reference, *_images(after)]
        yield (
            f"lesions on {', '.join(names)}",
            _beside([_outlined(_shown(after, m, view), drawn, LESIONS) for m in names]),
        )


def _dose(after: Volumes, drawn: Sequence[Mask], view: _View) -> Iterator[tuple[str, Grey]]:
    for modality, volume in after.by_modality.items():
        if MODALITIES[modality].dicom == "RTDOSE":
            under = volume.follows if volume.follows in after.by_modality else after.reference
            picture = _washed(_shown(after, under, view), _laid(volume.image, view, after.transform(modality)))
            yield f"{modality} on {under}", _outlined(picture, drawn, ((255, 255, 255),))


def _washed(picture: Grey, dose: Values) -> Grey:
    """Colours over a picture, blue to yellow as the dose goes up."""
    share = np.clip(dose / max(float(np.percentile(dose, 99.9)), 1e-6), 0, 1)
    colours = cv2.applyColorMap((share * 255).astype(np.uint8), cv2.COLORMAP_PLASMA)
    grey = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    laid = cv2.addWeighted(grey, 0.55, colours, 0.45, 0)
    return np.where((share > LEAST_DOSE)[..., None], laid, grey)


def _outlined(picture: Grey, masks: Sequence[Mask], colours: Sequence[tuple[int, int, int]]) -> Grey:
    """The picture in colour with the edge of each mask on it, a pixel wide."""
    result = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if picture.ndim == 2 else picture.copy()
    for k, mask in enumerate(masks):
        edges, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(result, edges, -1, colours[k % len(colours)], 1)
    return np.asarray(result, np.uint8)


def _beside(panels: Sequence[Grey]) -> Grey:
    gap = np.zeros((panels[0].shape[0], GAP, *panels[0].shape[2:]), np.uint8)
    return np.hstack([part for panel in panels for part in (gap, panel)][1:])


def _jpeg(picture: Grey) -> bytes:
    # Colour as fine as brightness: an outline a pixel wide would lose its colour otherwise.
    fine = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    settings = [cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_PROGRESSIVE, 1, *fine]
    return bytes(cv2.imencode(".jpg", picture, settings)[1])
