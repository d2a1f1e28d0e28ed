"""Which variables a phase trains, also when one phase follows another on the same model."""

import keras
import pytest

from radiogenomics import recipes
from radiogenomics.models.build import build_model
from radiogenomics.models.freezing import freeze_base, freeze_batchnorm
from radiogenomics.models.seeding import leaves
from radiogenomics.recipe import override


@pytest.fixture(scope="module")
def model() -> keras.Model:
    settings = ["model.backbone=mobilenet-0.25", "model.weights=none", "image.size=32"]
    return build_model(override(recipes.find("mgmt"), settings), None, 3, seed=0)


def trained(model: keras.Model) -> tuple[int, int, int]:
    """How many variables of the head, of the base's batch norms and of the rest of the base are trained."""
    base = leaves(model.get_layer("base"))
    norms = [layer for layer in base if isinstance(layer, keras.layers.BatchNormalization)]
    everything = len(model.trainable_variables)
    in_base = len(model.get_layer("base").trainable_variables)
    in_norms = sum(len(layer.trainable_variables) for layer in norms)
    return everything - in_base, in_norms, in_base - in_norms


def test_each_policy_trains_its_layers_whatever_was_frozen_before(model):
    """Keras takes `model.trainable = True` for a no-op where it is True already, whatever its layers say."""
    for _ in range(2):
        freeze_base(model, True)
        assert trained(model) == (8, 0, 0)  # two dense layers, two batch norms
        freeze_batchnorm(model, True)
        assert trained(model) == (4, 0, 27)
        freeze_base(model, False)
        assert trained(model) == (8, 54, 0)
        freeze_batchnorm(model, False)
        assert trained(model) == (4, 54, 27)
