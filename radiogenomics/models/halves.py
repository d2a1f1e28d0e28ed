"""A model in two: images to the base's features, and features to the probability.

A frozen base gives the same features for the same image in every epoch: they need be computed only once.
"""

import hashlib

import keras

from radiogenomics.models.blocks import BASE, base_layers
from radiogenomics.models.heads import head_entrance


def is_constant(model: keras.Model) -> bool:
    """Whether the base, frozen as it is now, answers the same image alike in every step of training.

    It does not where one of its layers learns, where a batch normalization follows its batches, or where it drops at
    random (EfficientNet drops whole branches, frozen or not).
    """
    base = model.get_layer(BASE)
    draws = len(base.variables) > len(base.weights)  # the states of random generators are variables, but no weights
    return not draws and not any(layer.trainable for layer in base_layers(model) if layer.weights)


def halves(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """From images to features [B, F], and from features to the probability; both share the model's own layers.

    Args:
        model: From `build_model`, whose head begins with a layer that has no weights.
    """
    features = head_entrance(model).output
    return keras.Model(model.input, features), keras.Model(features, model.output, name=model.name)


def fingerprint(base: keras.Model) -> str:
    """A digest of a model's weights: another value anywhere gives another."""
    digest = hashlib.blake2b(digest_size=16)
    for weight in base.weights:
        value = weight.numpy()
        digest.update(f"{value.shape}{value.dtype}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()
