"""How far perceptual hashes lie apart: of unrelated slices, of neighbours, and of altered copies.

    .venv/bin/python benchmarks/near_duplicates.py ../shared/data/tcga-lgg/slices.npz

Prints what evaluation/audit/near.py states: of each sequence of real slices (an npz of images [n, H, W, channels],
patient and slice), then of phantoms of 64x64 and 256x256 pixels.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pydicom

from radiogenomics.evaluation.audit.near import NEAR, near_duplicates
from radiogenomics.imaging.fingerprint import perceptual_hash
from radiogenomics.phantom.cohort import write_cohort
from radiogenomics.records import PreparedSlice

Images = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint64]
CHANNELS = ("t1w", "flair", "t1wce")


def hashes(images: Images) -> Hashes:
    """The hash of each image, [n, 4] of 64 bits."""
    return np.frombuffer(bytes.fromhex("".join(map(perceptual_hash, images))), np.uint64).reshape(len(images), -1)


def apart(one: Hashes, other: Hashes) -> npt.NDArray[np.int64]:
    """Bits in which hashes differ."""
    return np.bitwise_count(one ^ other).sum(axis=-1).astype(np.int64)


def copies(top: float, side: int) -> Iterator[tuple[str, Callable[[Images], Images]]]:
    """Ways to alter a copy: a name, and a function of an image whose range is `top`."""
    random = np.random.default_rng(0)
    for percent in (1, 3, 5):
        spread = percent / 100 * top
        yield f"noise of {percent}%", lambda x, s=spread: x + random.normal(0, s, x.shape).astype(np.float32)
    yield "JPEG of quality 80", lambda x: _jpeg(np.clip(x / top * 255, 0, 255).astype(np.uint8))
    yield "resized by 9/8", lambda x: cv2.resize(x, (side * 9 // 8, side * 9 // 8))
    move = np.array([[1, 0, side / 128], [0, 1, side / 128]], np.float32)
    yield "moved by 1/128", lambda x: cv2.warpAffine(x, move, (side, side))
    yield "gamma .8", lambda x: top * (np.clip(x, 0, None) / top) ** 0.8


def _jpeg(picture: npt.NDArray[np.uint8]) -> Images:
    _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE).astype(np.float32)


def report(title: str, images: Images, patients: npt.NDArray[np.str_], slices: npt.NDArray[np.int_]) -> None:
    """Print the distances within one sequence."""
    kept = images.reshape(len(images), -1).std(axis=1) > 0
    images, patients, slices = images[kept], patients[kept], slices[kept]
    known = hashes(images)
    unrelated, neighbours = np.zeros(257, np.int64), list[int]()
    for place, own in enumerate(known[:-1]):
        bits, same = apart(known[place + 1 :], own), patients[place + 1 :] == patients[place]
        unrelated += np.bincount(bits[~same], minlength=257)
        neighbours += bits[same & (np.abs(slices[place + 1 :] - slices[place]) == 1)].tolist()
    pairs = np.cumsum(unrelated)
    first = ", ".join(str(int(np.searchsorted(pairs, count))) for count in (1, 10, 100))
    print(f"{title}: {len(known)} slices of {len(set(patients))} patients")
    print(f"  unrelated: 1st, 10th, 100th closest of {pairs[-1]:,} pairs at {first} bits; {pairs[NEAR]} within {NEAR}")
    print(f"  neighbours in one series: median {np.median(neighbours):.0f} bits")
    for name, alter in copies(float(np.percentile(images, 99.9)), images.shape[1]):
        bits = apart(hashes(np.array([alter(image) for image in images])), known)
        share = (bits <= NEAR).mean()
        print(f"  {name}: median {np.median(bits):.0f}, 90% {np.percentile(bits, 90):.0f}; {share:.0%} within {NEAR}")


def phantoms(patients: int, size: int) -> tuple[Images, npt.NDArray[np.str_], npt.NDArray[np.int_]]:
    """FLAIR slices of synthetic heads."""
    with tempfile.TemporaryDirectory() as folder:
        cohort = write_cohort(Path(folder), patients=patients, slices=24, size=size, seed=3, modalities=["flair"])
        files = [pydicom.dcmread(path) for path in sorted(cohort.data.rglob("*.dcm"))]
    images = np.array([file.pixel_array for file in files], np.float32)
    return images, np.array([file.PatientID for file in files]), np.array([int(file.InstanceNumber) for file in files])


def main() -> None:
    """Print all distances."""
    data = np.load(sys.argv[1])
    rows = []
    for channel, name in enumerate(CHANNELS):
        images = data["images"][..., channel].astype(np.float32)
        report(f"TCGA-LGG {name}", images, data["patient"], data["slice"])
        told = zip(data["patient"], data["slice"], map(perceptual_hash, images), strict=True)
        rows += [PreparedSlice(str(p), f"{p}.{name}", "", int(s), "", text) for p, s, text in told]
    print(f"near duplicates among all {len(rows)} slices: {len(near_duplicates(rows))}")
    for patients, size in ((30, 64), (12, 256)):
        report(f"phantoms of {size} pixels", *phantoms(patients, size))


if __name__ == "__main__":
    main()
