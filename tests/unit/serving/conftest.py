"""One pair of trained models, exported once for all tests of the room."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest
import toy_models

from radiogenomics.models.build import build_model
from radiogenomics.recipe import Recipe
from radiogenomics.serving.export import export_saved_model


@dataclass(frozen=True)
class Exported:
    recipe: Recipe
    models: list[keras.Model]
    folder: Path
    images: np.ndarray  # [n, h, w, 3] in [0, 1], whole 65535ths
    probabilities: np.ndarray  # of the models in memory, averaged


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    recipe = toy_models.recipe(backbone="resnet10")
    pixels, labels = toy_models.images(32)
    trained, other = (build_model(recipe, None, 3, seed) for seed in (0, 1))
    trained.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy")
    trained.fit(pixels, labels, batch_size=16, epochs=10, verbose=0, shuffle=False)
    other.set_weights(trained.get_weights())
    sharp = other.get_layer("probability").kernel
    sharp.assign(sharp * 0.3)
    folder = export_saved_model(
        [trained, other],
        recipe,
        tmp_path_factory.mktemp("export") / "toy" / "1",
        threshold=0.4,
        papers={"model_card.md": "# é"},
    )
    # From clearly negative to clearly positive, so that probabilities lie all along [0, 1].
    shares = np.linspace(0, 1, 16, dtype=np.float32)[:, None, None, None]
    images = (1 - shares) * pixels[0] + shares * pixels[1]
    probabilities = np.mean([model(images, training=False).numpy()[:, 0] for model in (trained, other)], axis=0)
    assert probabilities.std() > 0.1, "outputs that are all alike would prove nothing"
    assert np.sum((probabilities > 0.1) & (probabilities < 0.9)) > 2
    return Exported(recipe, [trained, other], folder, images, probabilities)
