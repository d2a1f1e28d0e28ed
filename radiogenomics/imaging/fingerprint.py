"""Hashes by which the same image is known again, exactly or nearly."""

import hashlib

import cv2
import numpy as np
import numpy.typing as npt

SIDE = 32  # pixels the image is shrunk to
FREQUENCIES = 16  # lowest ones an axis; their square is the bits of the hash


def pixel_hash(pixels: npt.NDArray[np.float32]) -> str:
    """32 hex digits of SHA-256 over shape and decoded values: the same for every lossless encoding of an image."""
    with np.errstate(invalid="ignore"):
        whole = pixels.astype("<i2")
    values = whole if (whole == pixels).all() else pixels.astype("<f4")  # half the bytes, nearly always
    digest = hashlib.sha256(f"{pixels.shape} {values.dtype}".encode())  # in hardware, twice as fast as BLAKE2b
    digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()[:32]


def perceptual_hash(pixels: npt.NDArray[np.float32]) -> str:
    """64 hex digits, few bits apart for images that look alike, whatever their size, scaling or offset.

    The image is shrunk to 32x32; a bit says whether one of the 16x16 lowest frequencies of its cosine transform exceeds
    their median; of a blank image none does. Source: the "pHash" of Zauner 2010, Implementation and Benchmarking of
    Perceptual Image Hashes, which takes 8x8: too few, as slices of two heads are then no farther apart than copies
    (`evaluation.audit.near`).
    """
    small = cv2.resize(np.ascontiguousarray(pixels, np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    lowest = cv2.dct(small - small.mean())[:FREQUENCIES, :FREQUENCIES]
    return np.packbits(lowest > np.median(lowest)).tobytes().hex()
