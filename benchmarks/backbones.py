"""What a training step of each backbone costs on this machine: the source of tables.backbones' `milliseconds`.

Run it on a quiet machine with two cores:  python benchmarks/backbones.py [NAME ...]
"""

import json
import sys
import time

import numpy as np

from radiogenomics import recipes
from radiogenomics.models.build import build_model
from radiogenomics.models.freezing import freeze_base, freeze_batchnorm
from radiogenomics.overrides import override
from radiogenomics.tables.backbones import BACKBONES, COST_SIZE
from radiogenomics.training.device import configure

BATCH, STEPS = 8, 4


def milliseconds(model, freeze) -> float:
    """Milliseconds a slice of one training step, the fastest of a few."""
    freeze(model, True)
    model.compile(optimizer="adam", loss="binary_crossentropy", jit_compile=False)
    images = np.random.default_rng(0).random((BATCH, *model.input_shape[1:]), np.float32)
    labels = np.tile([[0.0], [1.0]], (BATCH // 2, 1)).astype(np.float32)
    model.train_on_batch(images, labels)
    best = float("inf")
    for _ in range(STEPS):
        began = time.perf_counter()
        model.train_on_batch(images, labels)
        best = min(best, time.perf_counter() - began)
    return 1000 * best / BATCH


def main() -> None:
    """Print a line a backbone."""
    recipe = recipes.find("mgmt")
    print(configure(recipe.training).sentence)
    for name in sys.argv[1:] or BACKBONES:
        chosen = override(recipe, [f"model.backbone={name}", "model.weights=none", f"image.size={COST_SIZE}"])
        model = build_model(chosen, None, 3, 0)
        costs = [round(milliseconds(model, freeze), 1) for freeze in (freeze_base, freeze_batchnorm)]
        print(json.dumps({name: costs}), flush=True)


if __name__ == "__main__":
    main()
