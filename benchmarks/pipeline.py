"""DICOM -> store -> augmented batches: slices a second on two cores, and memory at 1,000 and 10,000 slices.

    python benchmarks/pipeline.py [--repeats N]

The targets hold on two cores of their own. Every rate is the best of several passes, each over files that the system
has in its cache; that of DICOM -> store contains the start of the worker processes.
"""

import argparse
import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from radiogenomics.experiment.prepare import prepare
from radiogenomics.imaging.pixels import read_plane
from radiogenomics.imaging.sample import to_sample
from radiogenomics.overrides import override
from radiogenomics.phantom.dicom import AXIAL, write_image
from radiogenomics.recipe import Recipe
from radiogenomics.recipes import find
from radiogenomics.records import Case, Sample, Series, Slice
from radiogenomics.store import Store

WORKERS = 2
SLICES = 40  # a series


def write_files(folder: Path, side: int) -> list[Slice]:
    """One series of uncompressed DICOM, which stands for the series of every patient."""
    generator = np.random.default_rng(0)
    slices = []
    for number in range(1, SLICES + 1):
        path = folder / f"{number}.dcm"
        write_image(path, generator.integers(0, 4096, (side, side)).astype(np.uint16), patient="p", number=number)
        stat = path.stat()
        slices.append(Slice(path.name, f"1.{number}", None, number, 5.0 * number, stat.st_size, stat.st_mtime_ns))
    return slices


def make_cases(slices: Sequence[Slice], patients: int, side: int) -> list[Case]:
    """Patients whose series differ in name alone, so that each has an entry of its own in the store."""
    names = [f"{k:05d}" for k in range(patients)]
    return [
        Case(
            *(name, k % 2),
            (
                Series(
                    *(name, "study", name, "t1w", "folder", "axial", tuple(slices), len(slices), side, side),
                    *((1.0, 1.0), AXIAL, "frame", "", "", None, "", ""),
                ),
            ),
        )
        for k, name in enumerate(names)
    ]


def resized(size: int) -> Recipe:
    """The recipe mgmt with every slice used, at `size` pixels, one epoch in batches of 32."""
    values = (f"image.size={size}", "slices.fraction=1", "training.phases.0.epochs=1")
    return override(find("mgmt"), (*values, "training.phases.0.batch_size=32"))


def additions(recipe: Recipe) -> list[tuple[str, Recipe]]:
    """What other recipes ask of the batches, one thing at a time."""
    values = {
        "contrast": "augmentation.contrast=[0.8,1.2]",
        "mixup": "augmentation.mixup=0.4",
        "CutMix": "augmentation.cutmix=1",
        "keras.RandomErasing": 'augmentation.layers=[{"layer":"keras.RandomErasing","arguments":{"fill_value":0}}]',
        "oversampled patients": "training.balance=oversample-patients",
    }
    if importlib.util.find_spec("keras_cv"):
        values["keras-cv.GridMask"] = 'augmentation.layers=[{"layer":"keras-cv.GridMask"}]'
    return [(what, override(recipe, [value])) for what, value in values.items()]


def rate(work: Callable[[], int], repeats: int) -> float:
    """Slices a second, the best of several passes."""
    best = 0.0
    for _ in range(repeats):
        start = time.perf_counter()
        done = work()
        best = max(best, done / (time.perf_counter() - start))
    return best


def fill(folder: Path, slices: Sequence[Slice], workers: int, patients: int) -> int:
    """512x512 DICOM into a new store of 300x300 slices."""
    with tempfile.TemporaryDirectory(dir=folder) as store:
        cases = make_cases(slices, patients, 512)
        return len(prepare(folder, cases, resized(300), Store(Path(store)), workers).samples)


def stream(store: Store, samples: Sequence[Sample], recipe: Recipe) -> int:
    """One epoch of augmented batches, thrown away."""
    from radiogenomics.pipeline.dataset import training_stream

    batches, _ = training_stream(store, samples, recipe, recipe.training.phases[0], seed=0)
    return sum(int(label.shape[0]) for _, label, _ in batches)


def measure_rates(folder: Path, repeats: int) -> Iterator[tuple[str, float, float]]:
    """(what, slices a second, target or 0)."""
    slices, recipe = write_files(folder, 512), resized(300)
    store, cases = Store(folder / "kept"), make_cases(slices, 50, 512)
    samples = prepare(folder, cases, recipe, store, WORKERS).samples
    first = folder / slices[0].path
    pixels = read_plane(first, None)

    def times(count: int, work: Callable[[], object]) -> int:
        for _ in range(count):
            work()
        return count

    works: list[tuple[str, Callable[[], int], float]] = [
        ("decode 512x512, one core", lambda: times(200, lambda: read_plane(first, None)), 0),
        ("normalise, resize, quantise, one core", lambda: times(200, lambda: to_sample(pixels, recipe.image)), 0),
        ("DICOM 512x512 -> store, one process", lambda: fill(folder, slices, 0, 10), 0),
        ("DICOM 512x512 -> store, two processes", lambda: fill(folder, slices, WORKERS, 50), 400),
        ("store -> verified", lambda: len(prepare(folder, cases, recipe, store, 0).samples), 0),
        ("store -> augmented 300x300x3 batches", lambda: stream(store, samples, recipe), 1500),
        *((f"the same with {what}", partial(stream, store, samples, more), 0) for what, more in additions(recipe)),
    ]
    for what, work, target in works:
        yield what, rate(work, repeats), target


def peak_memory(count: int) -> float:
    """MB of a fresh process that prepares `count` slices and streams an epoch of them."""
    output = subprocess.run(
        [sys.executable, __file__, "--memory", str(count)], check=True, capture_output=True, text=True
    ).stdout
    return float(output.split()[-1])


def use_memory(count: int) -> None:
    """What `peak_memory` measures: 256x256 DICOM to 128x128 batches, all in this process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipe, store = resized(128), Store(folder / "store")
        cases = make_cases(write_files(folder, 256), count // SLICES, 256)
        samples = prepare(folder, cases, recipe, store, 0).samples
        if stream(store, samples, recipe) != count:
            raise RuntimeError(f"the epoch does not hold {count} slices")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory:
        use_memory(arguments.memory)
        return
    # First: what a process held at its largest counts in the processes it starts, too.
    small, large = peak_memory(1000), peak_memory(10_000)
    growth = f"{small:>8.0f} and {large:.0f} MB: {large / small - 1:+.1%}"
    print(f"{'peak memory, 1,000 and 10,000 slices':<42}{growth}   target within 10%", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for what, value, target in measure_rates(Path(name), arguments.repeats):
            print(f"{what:<42}{value:>8.0f} slices/s{f'   target {target:.0f}' if target else ''}", flush=True)


if __name__ == "__main__":
    main()
