"""features.npz: what the frozen base and simple measures say of each patient's images, for tests without TensorFlow."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from radiogenomics.files import write_atomically

Features = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PatientFeatures:
    """The features of a run's patients; each row is the mean over a patient's samples."""

    patients: tuple[str, ...]
    plain: Features  # of the images as they are; [n, F]
    planted: Features  # with a faint mark in all of them; [n, F]
    hidden: Features | None  # with the lesions blanked; [n, F]
    radiomics: Features  # [n, R]
    names: tuple[str, ...]  # of radiomics' columns; the first word, before ": ", is the group
    base: str  # a sentence: which base
    remarks: tuple[str, ...]  # sentences on what could not be measured
    of: Mapping[str, Any]  # all that the features follow from


def write_features(path: Path, features: PatientFeatures) -> None:
    """Write the file whole or not at all; the same features give the same bytes."""
    told = {
        "patients": features.patients,
        "names": features.names,
        "base": features.base,
        "remarks": features.remarks,
        "of": dict(features.of),
    }
    arrays: dict[str, Any] = {"plain": features.plain, "planted": features.planted, "radiomics": features.radiomics}
    if features.hidden is not None:
        arrays["hidden"] = features.hidden
    text = np.frombuffer(json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass"), np.uint8)
    write_atomically(path, lambda file: np.savez(file, told=text, **arrays))


def read_features(path: Path) -> PatientFeatures | None:
    """What was written; None where there is nothing, or where it can't be read and so must be computed anew."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            told = json.loads(arrays["told"].tobytes().decode("utf-8", "surrogatepass"))
            return PatientFeatures(
                tuple(told["patients"]),
                arrays["plain"],
                arrays["planted"],
                arrays.get("hidden"),
                arrays["radiomics"],
                tuple(told["names"]),
                told["base"],
                tuple(told["remarks"]),
                told["of"],
            )
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None
