"""The brain in a head's MR image, told by brightness and shape, without weights; and whether the skull is off already.

On the toy head (256x256x60, bias and noise) its Dice is .97 to .99 in T1, T1+c and FLAIR,
.85 to .97 in T2, where CSF is bright.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

Values = npt.NDArray[np.floating]

VOXEL = 2.0  # mm, of the copy in which it is looked for
NECKS = (
    2.5,
    4.0,
    5.5,
    7.0,
    9.0,
    11.0,
)  # mm, half the width of what may join brain and scalp: the least that parts them
SCALP = 7.0  # mm below the head's surface, where no brain lies
LEAK = 0.002  # share of what was found that may lie there
LARGEST = 2200.0  # ml; more is not only brain, and is parted further
DARKEST = 0.55  # of the middle brightness: less is skull or CSF, whatever the spread
WIDE, NARROW = 9.0, 5.0  # spreads above the middle that are brain still: bright lesions first, unless fat comes along
REACH = 20.0  # mm: sd of the window for local brightness; half the width of a bright lesion that is closed over
SULCUS = 8.0  # mm, half the width of what is closed
DARK_SHELL = 0.2  # share of dark voxels 4 to 16 mm below the surface: more in a head (skull), less in a brain
AIR_SHARE = 1 / 3  # of voxels that are 0 exactly, where something was taken away


def find_brain(image: sitk.Image) -> sitk.Image | None:
    """The brain with its ventricles and sulci, uint8 on the image's grid; None where nothing like it is there.

    What lies deepest in the head tells how bright brain is; voxels near that brightness are eroded until brain and
    scalp part, grown back, and closed. It is done twice, the second time with the brightness told locally.
    """
    small = _even(image)
    bright = _array(small)
    bright = np.clip(bright, 0, np.percentile(bright, 99.5))
    depth = _depth(_head(_like(bright, small)))
    core = depth > 0.65 * depth.max()
    if not 2 * SCALP < depth.max() < max(image.GetSize()) * max(image.GetSpacing()):  # without a surface it has no end
        return None
    if np.median(bright[core]) <= 0:
        return None
    middle, spread = _middle(bright[core])
    local = np.full(bright.shape, middle)
    found, _ = _part(_alike(bright / local, spread / middle, NARROW, small), depth, core)
    if found is None:
        return None
    local, spread = _local(bright, found, middle)
    found, leak = _part(_alike(bright / local, spread, WIDE, small), depth, core)
    if leak >= LEAK:
        other, less = _part(_alike(bright / local, spread, NARROW, small), depth, core)
        found = other if less < 0.5 * leak else found
    if found is None:
        return None
    lesions = _like((bright > (1 + NARROW * spread) * local) & (depth > SCALP), small) & _close(found, REACH)
    whole = _filled(_close(found | _open(lesions, NECKS[0]), SULCUS))
    share = sitk.Resample(sitk.Cast(whole, sitk.sitkFloat32), image, sitk.Transform(), sitk.sitkLinear, 0.0)
    return sitk.Cast(share > 0.5, sitk.sitkUInt8)


def stripped_brain(image: sitk.Image) -> sitk.Image | None:
    """All that is not 0, holes filled, where the skull is off already; None where it is not.

    Off it is where a third of the voxels and more are 0 exactly, and no dark shell lies below the surface of the rest:
    scanners too may set the air to 0, but they leave the skull between scalp and brain.
    """
    if np.mean(_array(image) == 0) < AIR_SHARE:
        return None
    rest = _filled(_largest(sitk.Cast(image != 0, sitk.sitkUInt8)))
    small = _even(image)
    within = sitk.Resample(rest, small, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    depth, bright = _depth(within), _array(small)
    if depth.max() < 20:
        return None
    dark = DARKEST * np.median(bright[depth > 20]) if (depth > 20).any() else 0.0
    shell = (depth > 4) & (depth < 16)
    return None if np.mean(bright[shell] < dark) > DARK_SHELL else rest


def _middle(values: Values) -> tuple[float, float]:
    """The median, and the spread about it (1.48 times the median deviation), of what is neither CSF nor vessel."""
    near = values[np.abs(values / np.median(values) - 1) < 0.6]
    middle = float(np.median(near))
    return middle, 1.4826 * float(np.median(np.abs(near - middle)))


def _local(bright: Values, found: sitk.Image, middle: float) -> tuple[Values, float]:
    """How bright brain is at each place, by what was found near it, and the spread as a share of that."""
    inside = _array(found) > 0
    smooth = (
        _array(sitk.SmoothingRecursiveGaussian(_like(v.astype(np.float32), found), REACH))
        for v in (inside, inside * bright)
    )
    weight, total = smooth
    local = (total + 0.02 * middle) / (weight + 0.02)  # far from all that was found, the middle
    centre, spread = _middle(bright[inside] / local[inside])
    return local * centre, spread / centre


def _alike(relative: Values, spread: float, width: float, like: sitk.Image) -> sitk.Image:
    """What is as bright as brain: `relative` is 1 where it is just so, and may be `width` spreads above."""
    return _like((relative > max(DARKEST, 1 - NARROW * spread)) & (relative < 1 + width * spread), like)


def _part(alike: sitk.Image, depth: Values, core: npt.NDArray[np.bool_]) -> tuple[sitk.Image | None, float]:
    """What is joined to the core, parted from the scalp, and how much leaks; where all leaks, what leaks least."""
    best, least = None, np.inf
    voxel = float(np.prod(alike.GetSpacing())) / 1000
    room = _away(sitk.Cast(alike == 0, sitk.sitkUInt8))
    for radius in NECKS:
        grown = _joined(alike, room, core, radius)
        if grown is None:
            break
        inside = _array(grown) > 0
        leak = float(np.mean(depth[inside] < SCALP))
        if leak < LEAK and inside.sum() * voxel < LARGEST:
            return grown, leak
        if leak < least:
            best, least = grown, leak
    return best, least


def _joined(alike: sitk.Image, room: sitk.Image, core: npt.NDArray[np.bool_], radius: float) -> sitk.Image | None:
    """The part of it, after erosion, that holds most of the core, grown back; None where the core has none.

    Args:
        alike: What is as bright as brain.
        room: Distance in mm from each of its voxels to what is not.
        core: Which voxels lie deepest in the head.
        radius: Of the erosion, mm.
    """
    labels = sitk.ConnectedComponent(sitk.Cast(room > radius, sitk.sitkUInt8))
    counts = np.bincount(_array(labels)[core], minlength=2)
    counts[0] = 0
    if not counts.any():
        return None
    return _dilate(sitk.Cast(labels == int(counts.argmax()), sitk.sitkUInt8), radius + VOXEL) & alike


def _head(image: sitk.Image) -> sitk.Image:
    """The head with all that is in it."""
    otsu = sitk.OtsuThresholdImageFilter()
    otsu.SetNumberOfHistogramBins(128)
    otsu.Execute(image)
    # Half of it, for Otsu's falls between fat and the rest where fat is bright.
    return _filled(_close(_largest(sitk.Cast(image > 0.5 * otsu.GetThreshold(), sitk.sitkUInt8)), SULCUS))


def _even(image: sitk.Image) -> sitk.Image:
    """It with voxels of about VOXEL along every axis, smoothed where they were finer."""
    extents = [n * s for n, s in zip(image.GetSize(), image.GetSpacing(), strict=True)]
    size = [max(1, round(extent / VOXEL)) for extent in extents]
    spacing = [extent / n for extent, n in zip(extents, size, strict=True)]
    first = [(new / old - 1) / 2 for new, old in zip(spacing, image.GetSpacing(), strict=True)]
    origin = image.TransformContinuousIndexToPhysicalPoint(first)
    smooth = sitk.DiscreteGaussian(image, [(VOXEL / 2) ** 2 if s < VOXEL else 1e-6 for s in image.GetSpacing()])
    # Neighbours at the border, where a new voxel's middle lies beyond the last old one's.
    return sitk.Resample(
        smooth,
        size,
        sitk.Transform(),
        sitk.sitkLinear,
        origin,
        spacing,
        image.GetDirection(),
        0.0,
        sitk.sitkFloat32,
        True,
    )


def _away(mask: sitk.Image) -> sitk.Image:
    """Distance to the mask in mm; 0 and less within."""
    return sitk.SignedMaurerDistanceMap(mask, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)


def _depth(mask: sitk.Image) -> Values:
    """Distance in mm to what is not the mask; a border of the field of view is no surface."""
    return _array(_away(sitk.Cast(mask == 0, sitk.sitkUInt8)))


def _dilate(mask: sitk.Image, radius: float) -> sitk.Image:
    return sitk.Cast(_away(mask) <= radius, sitk.sitkUInt8)


def _erode(mask: sitk.Image, radius: float) -> sitk.Image:
    return sitk.Cast(_away(sitk.Cast(mask == 0, sitk.sitkUInt8)) > radius, sitk.sitkUInt8)


def _close(mask: sitk.Image, radius: float) -> sitk.Image:
    return _erode(_dilate(mask, radius), radius)


def _open(mask: sitk.Image, radius: float) -> sitk.Image:
    return _dilate(_erode(mask, radius), radius) & mask


def _filled(mask: sitk.Image) -> sitk.Image:
    return sitk.BinaryFillhole(mask, fullyConnected=False)


def _largest(mask: sitk.Image) -> sitk.Image:
    return sitk.Cast(sitk.RelabelComponent(sitk.ConnectedComponent(mask), sortByObjectSize=True) == 1, sitk.sitkUInt8)


def _array(image: sitk.Image) -> npt.NDArray[Any]:
    return np.asarray(sitk.GetArrayFromImage(image))


def _like(values: npt.NDArray[Any], image: sitk.Image) -> sitk.Image:
    result = sitk.GetImageFromArray(values.astype(np.uint8) if values.dtype == bool else values.astype(np.float32))
    result.CopyInformation(image)
    return result
