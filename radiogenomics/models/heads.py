"""The heads of recipe.learning: from the base's last feature map to a probability.

Every layer and initializer carries a seed of its own, so that the process's random state plays no part.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from radiogenomics.models.seeding import layer_seed
from radiogenomics.recipe import DenseHead, HeadPart, LinearHead, PooledHead

UNTRAINED_MOMENTUM = 0.9  # Keras' .99 keeps a third of the initial statistics after the 100 steps of a small cohort
ENTRANCES = ("pool", "flatten")
HEAD_PLACE = 1 << 20  # beyond any layer of a base, so that no two layers share a seed


def attach_head(features: Any, head: HeadPart, seed: int) -> Any:
    """The probability [B, 1] of the positive class, float32 whatever the precision inside.

    Args:
        features: The base's output [B, h, w, C], a Keras tensor.
        head: Which head, and its sizes.
        seed: Of its random weights and its dropout.
    """
    seeds = (layer_seed(seed, HEAD_PLACE + place) for place in itertools.count())
    match head:
        case PooledHead():
            x = _pooled(features, head, seeds)
        case DenseHead():
            x = _dense(features, head, seeds)
        case LinearHead():
            x = _linear(features, head, seeds)
    return layers.Dense(
        1,
        "sigmoid",
        kernel_initializer=_drawn(seeds),
        kernel_regularizer=keras.regularizers.L2(head.l2) if isinstance(head, LinearHead) and head.l2 else None,
        dtype="float32",
        name="probability",
    )(x)


def head_entrance(model: keras.Model) -> keras.Layer:
    """The head's first layer, which has no weights."""
    return next(layer for layer in model.layers if layer.name in ENTRANCES)


def dense_layers(head: HeadPart) -> tuple[str, ...]:
    """The names of the layers that may start from the top of a weights file; VGG's own names."""
    return tuple(f"fc{place}" for place in range(1, len(head.units) + 1)) if isinstance(head, DenseHead) else ()


def _pooled(features: Any, head: PooledHead, seeds: Iterator[int]) -> Any:
    x = layers.GlobalAveragePooling2D(name="pool")(features)
    x = layers.BatchNormalization(momentum=UNTRAINED_MOMENTUM, name="head_bn_1")(x)
    x = layers.Dropout(head.dropout, seed=next(seeds), name="head_dropout_1")(x)
    x = layers.Dense(head.units, "relu", kernel_initializer=_drawn(seeds), name="head_dense")(x)
    x = layers.BatchNormalization(momentum=UNTRAINED_MOMENTUM, name="head_bn_2")(x)
    return layers.Dropout(head.dropout, seed=next(seeds), name="head_dropout_2")(x)


def _dense(features: Any, head: DenseHead, seeds: Iterator[int]) -> Any:
    x = layers.Flatten(name="flatten")(features)
    for place, (name, units) in enumerate(zip(dense_layers(head), head.units, strict=True), 1):
        x = layers.Dense(units, "relu", kernel_initializer=_drawn(seeds), name=name)(x)
        x = layers.Dropout(head.dropout, seed=next(seeds), name=f"head_dropout_{place}")(x)
    return x


def _linear(features: Any, head: LinearHead, seeds: Iterator[int]) -> Any:
    x = layers.GlobalAveragePooling2D(name="pool")(features)
    x = layers.BatchNormalization(momentum=UNTRAINED_MOMENTUM, center=False, scale=False, name="head_bn_1")(x)
    return layers.Dropout(head.dropout, seed=next(seeds), name="head_dropout_1")(x)


def _drawn(seeds: Iterator[int]) -> keras.Initializer:
    return keras.initializers.GlorotUniform(next(seeds))
