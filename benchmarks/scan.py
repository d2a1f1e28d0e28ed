"""Headers a second on two cores, against pydicom reading them whole; and the memory that a cohort of many files takes.

    python benchmarks/scan.py [--files N] [--memory N]

The target, 3,000 headers a second, holds on two cores of their own, with the files in the system's cache. The memory
is that of the scanning process with made-up headers of as many files (400,000 are RSNA-MICCAI's).
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom

from radiogenomics.cohort import read as reading
from radiogenomics.cohort import scan as scanning
from radiogenomics.cohort.cache import Outcome
from radiogenomics.cohort.walk import FileEntry, Tree
from radiogenomics.imaging.header import Acquisition, Header
from radiogenomics.phantom.dicom import write_image

WORKERS = 2
SLICES = 25  # a series
FOLDERS = ("FLAIR", "T1w", "T1wCE", "T2w")
MEGABYTE = 1024 * 1024


def write_files(folder: Path, files: int) -> None:
    """A cohort in RSNA-MICCAI's layout, its headers as long as those of an anonymised series."""
    pixels = np.zeros((128, 128), np.uint16)
    for index in range(files):
        series, number = divmod(index, SLICES)
        patient, name = f"{series // len(FOLDERS):05d}", FOLDERS[series % len(FOLDERS)]
        path = folder / patient / name / f"Image-{number + 1}.dcm"
        write_image(path, pixels, patient=patient, series=name, number=number + 1)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of this process's own computing, each the best of three passes."""
    wall, computing = [], []
    for _ in range(3):
        start = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start[0])
        computing.append(time.process_time() - start[1])
    return min(wall), min(computing)


def measure_speed(files: int) -> None:
    """Print rates of pydicom, of one process, of two, and of a scan with everything in the cache."""
    with tempfile.TemporaryDirectory() as name:
        root, cache = Path(name) / "data", Path(name) / "headers.cache"
        write_files(root, files)
        paths = sorted(root.rglob("*.dcm"))

        def whole_headers() -> None:
            for path in paths:
                list(pydicom.dcmread(path, stop_before_pixels=True))

        works: dict[str, Callable[[], object]] = {
            "pydicom, every value of the header, 1 process": whole_headers,
            "scan, 1 process": lambda: scanning.scan(root),
            f"scan, {WORKERS} processes, with their start": lambda: scanning.scan(root, workers=WORKERS),
            "scan again, from its cache": lambda: scanning.scan(root, cache=cache),
        }
        scanning.scan(root, cache=cache)
        base = None
        for what, work in works.items():
            wall, computing = timed(work)
            base = base or wall
            # On a busy machine the second figure says what a free core would do; workers' computing isn't in it.
            alone = "" if what.endswith("start") else f"   {files / computing:8,.0f} a second of computing"
            print(f"{what:<46} {files / wall:8,.0f} headers/s   {base / wall:5.1f} x pydicom{alone}")


def made_up(entry: FileEntry, index: int, shared: dict[int, Acquisition]) -> Outcome:
    """A header with its own UID and place, sharing its acquisition as those of a real scan do."""
    series, number = divmod(index, SLICES)
    known = shared.get(series) or Acquisition(
        f"{series // 4:05d}", f"1.2.826.0.1.3680043.8.498.{series:038d}", f"1.2.826.0.1.3680043.8.498.{series:039d}",
        f"1.2.826.0.1.3680043.8.498.{series:037d}", "MR", FOLDERS[series % 4], "", "", "SE", 500.0, 10.0, None,
        "SIEMENS Skyra", 3.0, "", "20200101", 512, 512, (0.5, 0.5), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    )  # fmt: skip
    shared[series] = known
    uid = f"1.2.826.0.1.3680043.8.498.{index:038d}"
    return Header(uid, number + 1, (-120.5, -120.5, 5.0 * number + series * 1e-3), None, known)


def measure_memory(files: int) -> None:
    """Print the peak memory of a scan of so many files, its headers made up; runs in a process of its own."""
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    entries = tuple(
        FileEntry(
            f"{i // SLICES // 4:05d}/{FOLDERS[i // SLICES % 4]}/Image-{i % SLICES + 1}.dcm", 2**19 + i, 10**18 + i
        )
        for i in range(files)
    )
    shared: dict[int, Acquisition] = {}
    scanning.walk = lambda root: Tree(entries, (), ())

    def read_all(*_: object) -> list[Outcome]:
        return [made_up(entry, index, shared) for index, entry in enumerate(entries)]

    reading._read_all = read_all
    with tempfile.TemporaryDirectory() as name:
        start = time.perf_counter()
        cohort = scanning.scan(Path(name), cache=Path(name) / "headers.cache")
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"memory, {cohort.n_files:,} files in {len(cohort.series):,} series: peak {peak / MEGABYTE:,.0f} MB "
        f"({(peak - base) / files:,.0f} bytes a file), grouped and cached in {seconds:.1f} s"
    )


def main() -> None:
    """Measure speed here and memory in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=12_000, help="for the rates")
    parser.add_argument("--memory", type=int, default=400_000, help="files to hold; 0 leaves it out")
    parser.add_argument("--only-memory", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only_memory:
        measure_memory(args.memory)
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    measure_speed(args.files)
    if args.memory:
        subprocess.run([sys.executable, __file__, "--only-memory", "--memory", str(args.memory)], check=True)


if __name__ == "__main__":
    main()
