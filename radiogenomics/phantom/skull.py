"""What a raw head has around its brain: fluid, skull with marrow, scalp, face, neck and eyes. Lengths are in mm."""

import numpy as np

from radiogenomics.phantom.grid import Place, Volume, distance, inside

HALF = (
    62.0,
    105.0,
    105.0,
)  # z, y, x of the half field of view in which `head.Head` counts, so that a brain is as large
LAYERS = ("fat", "muscle", "bone", "marrow", "fluid", "eye")
# Relative brightness of each layer: what a radiologist would expect of the sequence.
CONTRASTS = {
    "t1w": (0.95, 0.42, 0.05, 0.45, 0.22, 0.20),
    "t1wce": (0.95, 0.50, 0.05, 0.50, 0.22, 0.20),
    "t2w": (0.70, 0.26, 0.05, 0.40, 1.00, 1.00),
    "flair": (0.70, 0.36, 0.05, 0.36, 0.18, 0.12),
}
GAP, BONE, DIPLOE, SCALP = 4.0, 7.0, 1.6, 6.0  # thickness of fluid, of the skull, of half its marrow, of the scalp
EYE, ORBIT = 12.0, 17.0  # radii


def outside(radii: tuple[float, float, float], place: Place) -> Volume:
    """How far places lie outside an ellipsoid around 0, mm, near its surface; below 0 within. z, y, x both."""
    reach = distance(place, (0.0, 0.0, 0.0), radii)
    slope = distance(place, (0.0, 0.0, 0.0), (radii[0] ** 2, radii[1] ** 2, radii[2] ** 2))
    result: Volume = (reach - 1) * reach / np.maximum(slope, np.float32(1e-4))
    return result


def with_skull(brain: Volume, shown: Volume, depth: Volume, radii: tuple[float, float, float], place: Place,
               pixel: float, modality: str) -> Volume:  # fmt: skip
    """The whole head as one sequence shows it.

    Args:
        brain: The share of brain in each voxel.
        shown: What the brain adds to each voxel's brightness.
        depth: As `outside` has it of the brain, before its folds.
        radii: Of the brain, z, y, x.
        place: z, y, x of the voxels in the head.
        pixel: mm over which one layer turns into the next.
        modality: A key of `CONTRASTS`.
    """
    values = dict(zip(LAYERS, CONTRASTS[modality], strict=True))
    volume = np.zeros_like(shown)
    for share, layer in _painted(depth, radii, place, pixel):
        volume += share * (np.float32(values[layer]) - volume)
    return np.asarray(volume * (1 - brain) + shown)


def within_skull(depth: Volume, pixel: float) -> Volume:
    """The share of each voxel that the skull leaves to the brain."""
    return inside(GAP - 1 - depth, pixel)


def _painted(depth: Volume, radii: tuple[float, float, float], place: Place, pixel: float) -> list[tuple[Volume, str]]:
    """The layers in the order in which each is painted over those before it."""
    high, back, side = radii
    skull = depth - GAP - BONE
    face = outside((0.95 * high, 0.72 * back, 0.85 * side), _from(place, (-0.62 * high, -0.30 * back, 0.0)))
    neck = np.hypot((place[1] - 0.25 * back) / 58, place[2] / 58) * 58 - 58 + np.maximum(0, place[0] + 0.5 * high)
    head = np.minimum(np.minimum(skull - SCALP, face), neck)
    eyes = [(-0.52 * high, -0.84 * back, sign * 0.46 * side) for sign in (-1, 1)]
    orbit = np.minimum(*(outside((1.0, 1.0, 1.0), _from(place, eye)) for eye in eyes))
    return [
        (inside(-head, pixel), "fat"),
        (inside(-head - SCALP, pixel), "muscle"),
        (inside(ORBIT - 1 - orbit, pixel), "fat"),
        (inside(EYE - 1 - orbit, pixel), "eye"),
        (inside(-skull, pixel), "bone"),
        (inside(DIPLOE - np.abs(skull + BONE / 2), pixel), "marrow"),
        (inside(GAP - depth, pixel), "fluid"),
    ]


def _from(place: Place, centre: tuple[float, float, float]) -> Place:
    z, y, x = (axis - np.float32(middle) for axis, middle in zip(place, centre, strict=True))
    return z, y, x
