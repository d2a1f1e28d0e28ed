"""One channel of one patient's samples: the files that it is made of, and its entry in the store."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import CohortError, PixelError, StoreError
from radiogenomics.imaging.cuts import Cut
from radiogenomics.imaging.fingerprint import perceptual_hash, pixel_hash
from radiogenomics.imaging.nifti import read_nifti
from radiogenomics.imaging.pixels import read_slice
from radiogenomics.imaging.plane import slice_gap, to_patient
from radiogenomics.imaging.resample import needed, resample
from radiogenomics.imaging.sample import Pixels, Window, to_sample, window_of
from radiogenomics.imaging.stack import Stack, read_stack
from radiogenomics.imaging.voxels import VoxelMask, on_slice
from radiogenomics.recipe import ImagePart
from radiogenomics.records import Series, Slice
from radiogenomics.store import Entry, Fault, Store, StoredSlice, entry_key


@dataclass(frozen=True, slots=True)
class BrainFile:
    """A mask of the brain on disk, and what tells that its content is the same."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A series laid on the cuts of a patient; row k of its entry in the store is cut k."""

    series: Series
    slices: tuple[Slice, ...]  # of the series, for each cut the one that lies on it, or nearest where it is resampled
    resampled: bool  # on the reference's grid
    reference: Series
    cuts: tuple[Cut, ...]
    image: ImagePart
    brain: BrainFile | None

    @property
    def together(self) -> range:
        """The places in the series of the slices wanted in memory at once; none where they are read one by one."""
        if self.image.scope == "volume":
            return range(len(self.series.slices))
        if self.resampled:
            return needed(self.series, self.reference, [cut.slice for cut in self.cuts])
        if self.series.volume:
            places = self._places()
            return range(min(places), max(places) + 1)
        return range(0)

    @property
    def files(self) -> tuple[Slice, ...]:
        """The slices whose pixels are read."""
        places = self.together
        return self.series.slices[places.start : places.stop] if places else self.slices

    @property
    def key(self) -> str:
        """The name of its entry."""
        more = {
            "rows": [[s.sop_uid, s.frame] for s in self.slices],
            "boxes": [cut.box for cut in self.cuts],
            "grid": self._grid() if self.resampled else None,
            "brain": self.brain.sha256 if self.brain else None,
        }
        if self.series.volume:  # several of its slices may name one file
            more["volume"] = [self.series.volume, self.series.modality, self._places()]
        return entry_key(self.series.series_uid, self.files, self.image, more)

    def _places(self) -> list[int]:
        """Where in the series the slices lie."""
        return [self.series.slices.index(s) for s in self.slices]

    def _grid(self) -> list[object]:
        """What decides how the series is resampled, beside its files."""
        planes = [to_patient(self.reference, cut.slice).tolist() for cut in self.cuts]
        return [self.reference.rows, self.reference.columns, planes, slice_gap(self.series.slices)]


def brain_file(path: str) -> BrainFile:
    """The file of a brain mask.

    Raises:
        CohortError: It can't be read; a reason for exclusions.csv.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise CohortError(f"its brain mask {path} can't be read: {error.strerror}") from error
    return BrainFile(path, hashlib.sha256(content).hexdigest())


def read_brain(file: BrainFile) -> VoxelMask:
    """The voxels of a brain mask.

    Raises:
        CohortError: The file can't be read; a reason for exclusions.csv.
    """
    try:
        return read_nifti(Path(file.path))
    except PixelError as error:
        raise CohortError(f"its brain mask {file.path} can't be read: {error}") from error


def fill(root: Path, store: Store, channel: Channel, brain: VoxelMask | None) -> Entry:
    """Read a channel's files, or the volume that preparation made of them, and write its entry.

    Args:
        root: What the slices' paths are relative to.
        store: Where the entry goes, and prepared volumes lie.
        channel: Its files that can't be decoded become faults of the entry, and rows that need them have no pixels.
        brain: The voxels that count, where the channel has a brain mask.

    Raises:
        CohortError: The brain mask covers nothing of the series; a reason for exclusions.csv.
        StoreError: The entry can't be written; or a prepared volume can't be read.
    """
    stack = _stack(root, store, channel)
    window = _window(stack, channel.image, brain) if stack and channel.image.scope == "volume" else None
    faults = _faults(stack) if stack else []
    rows = _rows(root, channel, stack, window, brain, faults)
    return store.write(channel.key, channel.image.size, len(channel.cuts), rows, faults)


def _stack(root: Path, store: Store, channel: Channel) -> Stack | None:
    """The slices that are wanted in memory together, if any."""
    places, series = channel.together, channel.series
    if not places:
        return None
    if not series.volume:
        return read_stack(root, series, places)
    pixels = store.read_volume(series.volume, series.modality, places)
    if pixels.shape[1:] != (series.rows, series.columns):
        place = f"the {series.modality} of the store's volumes {series.volume}"
        raise StoreError(f"{place} has slices of {pixels.shape[1:]}, not {(series.rows, series.columns)}; delete it")
    return Stack(series, places.start, pixels, {})


def _faults(stack: Stack) -> list[Fault]:
    slices = stack.series.slices
    return [Fault(slices[place].sop_uid, slices[place].number, reason) for place, reason in stack.faults.items()]


def _window(stack: Stack, image: ImagePart, brain: VoxelMask | None) -> Window:
    """The window of a whole series, from those of its slices that have pixels."""
    readable = stack.readable
    if not readable.any():
        return np.float32(0), np.float32(0)
    pixels = stack.pixels if readable.all() else stack.pixels[readable]
    if brain is None:
        return window_of(pixels, image)
    slices = [s for s, read in zip(stack.series.slices, readable, strict=True) if read]
    over = np.stack([on_slice(brain, stack.series, s) for s in slices])
    if not over.any():
        raise CohortError(f"its brain mask covers no voxel of its {stack.series.modality}")
    return window_of(pixels, image, over)


def _rows(
    root: Path,
    channel: Channel,
    stack: Stack | None,
    window: Window | None,
    brain: VoxelMask | None,
    faults: list[Fault],
) -> Iterator[tuple[StoredSlice, Pixels]]:
    nothing = np.zeros(channel.image.size, np.uint16)
    for cut, s in zip(channel.cuts, channel.slices, strict=True):
        over = None if brain is None or window else _brain_on(brain, channel, cut, s)
        if over is not None and not over.any():
            yield StoredSlice(s.sop_uid, s.number), nothing
            continue
        try:
            pixels = _pixels(root, channel, stack, cut, s)
            plane = to_sample(pixels, channel.image, cut.box, over, window)
        except PixelError as error:
            if stack is None:  # else its faults are known already
                faults.append(Fault(s.sop_uid, s.number, str(error)))
            yield StoredSlice(s.sop_uid, s.number), nothing
        else:
            yield StoredSlice(s.sop_uid, s.number, pixel_hash(pixels), perceptual_hash(pixels)), plane


def _brain_on(brain: VoxelMask, channel: Channel, cut: Cut, s: Slice) -> npt.NDArray[np.bool_]:
    return on_slice(brain, channel.reference, cut.slice) if channel.resampled else on_slice(brain, channel.series, s)


def _pixels(root: Path, channel: Channel, stack: Stack | None, cut: Cut, s: Slice) -> npt.NDArray[np.float32]:
    """The whole plane that a cut is cut of."""
    if stack is None:
        return read_slice(root, s)
    if channel.resampled:
        return resample(stack, channel.reference, cut.slice)
    plane = stack.plane(channel.series.slices.index(s))
    if channel.series.volume and _even(plane, cut):
        raise PixelError("nothing of the series lies there")  # as where a series by itself does not reach a cut
    return plane


def _even(plane: npt.NDArray[np.float32], cut: Cut) -> bool:
    """Whether what a cut has of a plane is all one value."""
    x0, y0, x1, y1 = cut.box or (0, 0, plane.shape[1], plane.shape[0])
    part = plane[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    return bool(part.size == 0 or (part == part[0, 0]).all())
