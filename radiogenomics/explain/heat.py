"""Maps of heat: on one scale, and how much of one lies in a region."""

import math

import numpy as np
import numpy.typing as npt

ROWS, COLUMNS = ("upper", "", "lower"), ("left", "", "right")  # of a picture's ninths

Maps = npt.NDArray[np.float32]  # [n, H, W], at least 0
Coverage = npt.NDArray[np.float32]  # [H, W]: which part of each pixel belongs to a region, 0 to 1


def of_its_own_greatest(maps: Maps) -> Maps:
    """Each map divided by its greatest value; one without heat stays 0 everywhere."""
    greatest = maps.max(axis=(1, 2), keepdims=True, initial=0)
    scaled: Maps = np.divide(maps, greatest, out=np.zeros_like(maps, np.float32), where=greatest > 0)
    return scaled


def is_cold(heat: npt.NDArray[np.float32]) -> bool:
    """Whether a map is nowhere above 0. It shows nothing then; the model may have found evidence all the same."""
    return not (heat > 0).any()


def hottest(heat: npt.NDArray[np.float32]) -> str:
    """Where a map is hottest, in ninths of the picture, such as "upper left"; "" where there is no heat.

    Args:
        heat: [H, W]. Of several equal greatest values their middle counts; an even map is hot "everywhere".
    """
    if is_cold(heat):
        return ""
    if heat.min() == heat.max():
        return "everywhere"
    y, x = (np.mean(places) / length for places, length in zip(np.nonzero(heat == heat.max()), heat.shape, strict=True))
    return " ".join(word for word in (ROWS[int(3 * y)], COLUMNS[int(3 * x)]) if word) or "middle"


def share_within(heat: npt.NDArray[np.float32], region: Coverage) -> float:
    """The share of a map's heat that lies in a region, 0 to 1; nan where there is no heat, or no region.

    Args:
        heat: [H, W], at least 0.
        region: What is covered, of the same shape. Heat that was spread without a look at the image lies in it by the
            share of the image that it covers.
    """
    if is_cold(heat) or not (region > 0).any():
        return math.nan
    weights = heat.astype(np.float64)
    return float((weights * region).sum() / weights.sum())
