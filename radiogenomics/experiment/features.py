"""What a frozen base says of each sample: computed once, and kept in the store for every epoch, fold and run.

One file a patient, named by all that its content follows from. Workers begin at different patients and take over what
they find, so that they share the work without knowing of each other.
"""

import hashlib
import itertools
import json
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

import radiogenomics
from radiogenomics.files import write_atomically
from radiogenomics.pipeline.dataset import scoring_batches
from radiogenomics.records import Progress, Sample
from radiogenomics.store import Store
from radiogenomics.training.predict import outputs

if TYPE_CHECKING:
    import keras

BATCH_SIZE = 32  # fixed, and no batch holds two patients: what is computed never hangs on what was there before

Features = npt.NDArray[np.float32]


def compute_features(
    base: "keras.Model",
    store: Store,
    samples: Sequence[Sample],
    identity: str,
    *,
    turn: float,
    task: str,
    progress: Progress,
) -> Features:
    """The features [n, F] of all samples, in order.

    Args:
        base: From images to features, frozen.
        store: Holds the samples' planes, and will hold their features.
        samples: Those of a patient follow one another.
        identity: What, besides the planes, decides the features: layers, weights, device.
        turn: At which patient to begin, as a fraction of all: of several workers each has another.
        task: What to call it.
        progress: Hears of every patient.

    Raises:
        StoreError: A plane can't be read, or the features can't be written.
    """
    parts = [tuple(own) for _, own in itertools.groupby(samples, key=lambda sample: sample.patient_id)]
    first = int(turn * len(parts))
    found: dict[int, Features] = {}
    for done, place in enumerate([*range(first, len(parts)), *range(first)], 1):
        path = store.root / "features" / _name(identity, parts[place])
        features = _read(path)
        if features is None:
            features = outputs(base, scoring_batches(store, parts[place], BATCH_SIZE))
            _write(path, features)
        found[place] = features
        progress.update(task, done, len(parts))
    return np.concatenate([found[place] for place in range(len(parts))])


def _name(identity: str, samples: Sequence[Sample]) -> Path:
    planes = [[[plane.entry, plane.row] for plane in sample.planes] for sample in samples]
    versions = [radiogenomics.__version__, version("tensorflow"), version("keras")]
    content = json.dumps([versions, identity, planes])
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Path(digest[:2]) / f"{digest}.npz"


def _read(path: Path) -> Features | None:
    """What was written at `path`; None where there is nothing, or where its checksums (which .npz has) do not fit."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            features: Features = arrays["features"]
            return features
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _write(path: Path, features: Features) -> None:
    write_atomically(path, lambda file: np.savez(file, features=features))
