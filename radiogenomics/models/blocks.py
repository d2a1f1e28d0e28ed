"""The blocks of a base: what is frozen or slowed down as one.

A layer's name tells its block, as keras.applications and models/classics.py name layers: its first word (VGG's
"block5", EfficientNet's "block6a", ours "conv4"), ResNet's first two ("conv5_block3"), and for MobileNet the number
that a depthwise convolution shares with the pointwise one after it.
"""

import re

import keras

from radiogenomics.models.seeding import leaves

BASE = "base"  # the name of the nested backbone
BLOCK = re.compile(r"conv_(?:dw|pw)_(\d+)|conv\d+_block\d+|[^_]+")


def blocks_of(model: keras.Model) -> list[list[keras.Layer]]:
    """The base's blocks from the input upward, each the layers in it that can learn; none where there is no base.

    Args:
        model: From `build_model`.
    """
    blocks: dict[str, list[keras.Layer]] = {}
    for layer in base_layers(model):
        # Statistics of the input are given, not learnt.
        if layer.weights and not isinstance(layer, keras.layers.Normalization):
            blocks.setdefault(_block(layer.name), []).append(layer)
    return list(blocks.values())


def base_layers(model: keras.Model) -> list[keras.Layer]:
    """The innermost layers of the base, in the order of its graph; none where there is no base."""
    return [layer for part in model.layers if part.name == BASE for layer in leaves(part)]


def _block(name: str) -> str:
    match = BLOCK.match(name)
    return name if match is None else match.group(1) or match.group()
