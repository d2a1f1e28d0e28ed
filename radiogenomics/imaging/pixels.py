"""One slice's pixels: decoded from whatever encoding, in the units that the header gives, bright as bright."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filereader import dcmread
from pydicom.pixels import get_decoder, pixel_array
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from radiogenomics.errors import PixelError
from radiogenomics.imaging.dose import SCALING
from radiogenomics.imaging.elements import first, integer, tag, text
from radiogenomics.imaging.frames import floats, functional_groups, group_value
from radiogenomics.imaging.kinds import CT, DOSE, MODALITY, SOP_CLASS, object_kind
from radiogenomics.records import Slice

_GROUPS = [tag("SharedFunctionalGroupsSequence"), tag("PerFrameFunctionalGroupsSequence")]
_MEANING = [*_GROUPS, SOP_CLASS, MODALITY, SCALING]  # beside group 0028, which pydicom reads anyway
_SLOPE, _INTERCEPT, _LOOKUP = tag("RescaleSlope"), tag("RescaleIntercept"), tag("ModalityLUTSequence")
_STORED, _SIGNED = tag("BitsStored"), tag("PixelRepresentation")
_META_BYTES = 1024  # the file meta information, which names the transfer syntax, lies within
_PHOTOMETRIC = tag("PhotometricInterpretation")
_VACUUM = -1024.0  # HU, with which twelve bits begin; less is padding round the scanner's circle, not tissue


def _syntax(dataset: Dataset) -> UID:
    """The transfer syntax; where a file without meta information does not name it, that in which it was read."""
    named = dataset.file_meta.get("TransferSyntaxUID")
    if named:
        return UID(named)
    implicit, little = dataset.original_encoding
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def _stored_values(file: BinaryIO, frame: int | None) -> tuple[np.ndarray, Dataset]:
    """The values as the scanner stored them, [H, W] (or with samples), and the attributes that say what they mean."""
    head = file.read(_META_BYTES)
    # pydicom finds no pixels in a deflated file unless it reads all of it.
    if head[128:132] == b"DICM" and DeflatedExplicitVRLittleEndian.encode() not in head:
        attributes = Dataset()
        # Given the file and not a data set, pydicom reads only the frame asked for.
        values = pixel_array(file, ds_out=attributes, specific_tags=_MEANING, index=frame or 0)
        return values, attributes
    file.seek(0)
    dataset = dcmread(file, force=True)
    dataset.file_meta.TransferSyntaxUID = _syntax(dataset)
    return pixel_array(dataset, index=frame or 0), dataset


def _rescale(attributes: Dataset, frame: int | None) -> tuple[float, float]:
    """Slope and intercept that hold for the frame."""
    if object_kind(attributes) == DOSE:
        return first(attributes, SCALING) or 0.0, 0.0
    if frame is not None:
        groups: Sequence[Dataset | None] = functional_groups(attributes, frame)
        slope = floats(group_value(groups, "PixelValueTransformationSequence", "RescaleSlope"))
        intercept = floats(group_value(groups, "PixelValueTransformationSequence", "RescaleIntercept"))
        if slope:
            return slope[0], intercept[0] if intercept else 0.0
    slope_value = first(attributes, _SLOPE)
    return 1.0 if slope_value is None else slope_value, first(attributes, _INTERCEPT) or 0.0


def _inverted(values: np.ndarray, attributes: Dataset) -> np.ndarray:
    """Mirror the values within the range that the stored bits span, so that bright tissue gets high values."""
    bits = integer(attributes, _STORED) or 8 * values.dtype.itemsize
    ends = -1 if integer(attributes, _SIGNED) else 2**bits - 1  # lowest + highest value
    return ends - values.astype(np.float64)


def _meaning(values: np.ndarray, attributes: Dataset, frame: int | None) -> np.ndarray:
    """Real-world values of stored ones."""
    if text(attributes, _PHOTOMETRIC) == "MONOCHROME1":
        values = _inverted(values, attributes)
    if _LOOKUP in attributes:
        raise PixelError("its values are defined by a lookup table (ModalityLUTSequence), which is not supported")
    slope, intercept = _rescale(attributes, frame)
    if slope == 0.0:
        raise PixelError("its RescaleSlope (of a dose, DoseGridScaling) is 0, which would make every pixel the same")
    real = values if (slope, intercept) == (1.0, 0.0) else values * slope + intercept
    if object_kind(attributes) == CT:
        real = np.maximum(real, _VACUUM)
    return real.astype(np.float32)


def _reason(path: Path, error: Exception) -> str:
    """Why a file could not be decoded, with the name of its encoding."""
    try:
        syntax = _syntax(dcmread(path, stop_before_pixels=True, force=True, specific_tags=[_STORED]))
    except Exception:
        return f"its pixels can't be decoded ({type(error).__name__}); copy it anew from its source"
    try:
        missing = not get_decoder(syntax).is_available
    except NotImplementedError:
        missing = True
    if missing:
        return f"no decoder for {syntax.name}: convert the file to Explicit VR Little Endian (dcmdjpeg, gdcmconv --raw)"
    return f"its pixels ({syntax.name}) can't be decoded ({type(error).__name__}): damaged; copy it from its source"


def read_plane(path: Path, frame: int | None) -> np.ndarray:
    """One slice's pixels [H, W] float32: rescale slope and intercept applied, MONOCHROME1 inverted.

    CT comes in Hounsfield units; what lies under -1024, padding outside the scanner's circle (-3024 on some), becomes
    -1024, so that no range is stretched by it. Dose comes in Gy: stored values times DoseGridScaling.

    Args:
        path: A DICOM file.
        frame: From 0; None for a single-frame file.

    Raises:
        PixelError: It can't be decoded; the message is a reason for exclusions.csv.
    """
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values out of the standard, which change nothing here
            values, attributes = _stored_values(file, frame)
        if values.ndim != 2:
            raise PixelError("colour pixels: not a greyscale slice")
        return _meaning(values, attributes, frame)
    except PixelError:
        raise
    except OSError as error:
        if error.errno is None:
            raise PixelError(_reason(path, error)) from error
        raise PixelError(f"can't be read: {error.strerror}") from error
    except Exception as error:
        raise PixelError(_reason(path, error)) from error


def read_slice(root: Path, s: Slice) -> np.ndarray:
    """A slice's pixels as `read_plane` gives them, those of the files that belong to it (`Slice.also`) added.

    Args:
        root: What the slice's path is relative to.
        s: A slice; the doses of a plan's beams share one.

    Raises:
        PixelError: One of its files can't be decoded, or has another size; a reason for exclusions.csv.
    """
    pixels = read_plane(root / s.path, s.frame)
    for one in s.also:
        try:
            more = read_plane(root / one.path, one.frame)
        except PixelError as error:
            raise PixelError(f"{one.path}, which is to be added to it: {error}") from error
        if more.shape != pixels.shape:
            raise PixelError(f"{one.path}, which is to be added to it, has pixels of another shape: {more.shape}")
        pixels = pixels + more
    return pixels
