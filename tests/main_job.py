"""What the integration tests ask of an exported model: raw slices, and a process without keras."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from radiogenomics.rundir.run import Run, read_recipe


def raw_slices(run: Path, data: Path) -> dict[str, np.ndarray]:
    """Each patient's raw slices [n, H, W, 1] around the mid-section, as decoded."""
    from radiogenomics.cohort.choose import choose_series
    from radiogenomics.cohort.scan import scan
    from radiogenomics.imaging.cuts import mid_section
    from radiogenomics.imaging.pixels import read_plane

    recipe = read_recipe(Run(run))
    _, chosen = choose_series(scan(data), recipe.modalities, "most-slices", "any")
    chosen_slices = {patient: mid_section(series[0], recipe.slices) for patient, series in chosen.items()}
    return {
        patient: np.stack([read_plane(data / s.path, s.frame) for s in slices])[..., None]
        for patient, slices in chosen_slices.items()
    }


def without_keras(saved_model: Path, raw: dict[str, np.ndarray], folder: Path) -> dict[str, float]:
    """Each patient's mean probability, from a process in which keras can't be imported."""
    (folder / "stub" / "keras").mkdir(parents=True)
    (folder / "stub" / "keras" / "__init__.py").write_text("raise ImportError('keras is not to be had here')")
    np.savez(folder / "raw.npz", **raw)
    code = (
        "import sys, json, numpy as np, tensorflow as tf\n"
        "model = tf.saved_model.load(sys.argv[1]).signatures['serving_default']\n"
        "name = next(iter(model.structured_input_signature[1]))\n"
        "raw = np.load(sys.argv[2])\n"
        "score = lambda x: float(model(**{name: tf.constant(x)})['probability'].numpy().astype('f8').mean())\n"
        "print(json.dumps({k: score(raw[k]) for k in raw}))\n"
    )
    command = [sys.executable, "-c", code, str(saved_model), str(folder / "raw.npz")]
    path = {"PYTHONPATH": str(folder / "stub"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=path, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
