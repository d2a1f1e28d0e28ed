"""What a run was made with: versions, device, seed, hashes, command."""

import contextlib
import hashlib
import json
import platform
import sys
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import radiogenomics
from radiogenomics.experiment.cases import Request
from radiogenomics.models.weights import Weights
from radiogenomics.recipe import Recipe
from radiogenomics.records import PreparedSlice, Sample

PACKAGES = (
    *("tensorflow", "keras", "keras-cv", "numpy", "scipy", "scikit-learn"),
    *("pydicom", "highdicom", "simpleitk", "opencv-python-headless"),
)


def _digest(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def code_hash() -> str:
    """SHA-256 over the package's own source files, so that a run says which code made it."""
    root = Path(radiogenomics.__file__).parent
    return _digest(path.read_bytes() for path in sorted(root.rglob("*.py")))


def data_hash(slices: Iterable[PreparedSlice]) -> str:
    """SHA-256 over the pixels (by their hashes) of every slice that was used."""
    return _digest(f"{s.series_uid} {s.sop_uid} {s.slice} {s.pixel_hash}\n".encode() for s in slices)


def samples_hash(samples: Iterable[Sample]) -> str:
    """SHA-256 over whose each sample is and what was stored for it.

    An entry's name follows from the images, the rectangles around lesions, the brain mask, the grid and the
    preprocessing, so that none of them can change unnoticed.
    """
    rows = ([s.patient_id, s.lesion_id, [[p.entry, p.row] for p in s.planes]] for s in samples)
    return _digest(f"{json.dumps(row)}\n".encode() for row in rows)


def _versions() -> dict[str, str]:
    """Of the packages that are installed: an extra may not be."""
    found = {}
    for name in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def environment(request: Request, recipe: Recipe, weights: Weights, samples: Iterable[Sample]) -> dict[str, Any]:
    """The facts known before training starts; the device and the data's hash are added when they are known."""
    return {
        "radiogen": radiogenomics.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": _versions(),
        "seed": recipe.training.seed,
        "threads": recipe.training.threads,
        "weights": {"source": weights.source, "sha256": weights.sha256, "pretrained": weights.pretrained},
        "hashes": {
            "labels": _digest([Path(request.labels).read_bytes()]),
            "code": code_hash(),
            "samples": samples_hash(samples),
        },
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "request": asdict(request),
    }
