"""The whole model: [0, 1] -> the backbone's range -> the backbone -> the head -> a probability.

The backbone stays one nested model named "base". Freezing and saving then speak of the base as one thing, and frozen
features are its output. Grad-CAM needs no look inside: `feature_map` is a tensor of the outer graph.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from radiogenomics.models.blocks import BASE
from radiogenomics.models.heads import UNTRAINED_MOMENTUM, attach_head, dense_layers, head_entrance
from radiogenomics.models.seeding import leaves
from radiogenomics.models.topfile import fitting, read_layer
from radiogenomics.recipe import HeadPart, Recipe
from radiogenomics.registry import load
from radiogenomics.tables.backbones import BACKBONES

CAFFE_MEAN = (123.68, 116.779, 103.939)  # of ImageNet's red, green and blue, 0..255


def build_model(recipe: Recipe, weights: Path | None, channels: int, seed: int) -> keras.Model:
    """The model of a recipe, all layers trainable, not compiled.

    Args:
        recipe: Its `model` and `image.size` count here.
        weights: A weights file, or None for a random start. Its top, where it has one, starts a vgg-dense head.
        channels: Of the input.
        seed: Decides every random weight and every dropout; the process's random state plays no part.

    Returns:
        Input [B, height, width, channels] in [0, 1], output the probability [B, 1] of the positive class, float32
        whatever the precision inside.

    Raises:
        WeightsError: The file holds no weights, or those of another backbone.
    """
    row = BACKBONES[recipe.model.backbone]
    shape = (*recipe.image.size, channels)
    backbone = load(row.builder)(shape, weights, seed, **dict(row.arguments))
    base = keras.Model(backbone.input, backbone.output, name=BASE)
    if weights is None:
        _quicken_batchnorm(base)
    image = keras.Input(shape, name="image")
    in_range = to_input_range(row.input_range, channels)
    orders = [range(channels)] if recipe.model.channel_orders == "given" else itertools.permutations(range(channels))
    features = _over_orders([base(in_range(_ordered(image, order))) for order in orders])
    probability = attach_head(features, recipe.model.head, seed)
    model = keras.Model(image, probability, name=recipe.name.replace(".", "-"))
    if weights is not None:
        for name in pretrained_dense(model, recipe.model.head, weights):
            model.get_layer(name).set_weights(read_layer(weights, name))
    return model


def pretrained_dense(model: keras.Model, head: HeadPart, weights: Path) -> tuple[str, ...]:
    """The names of the head's dense layers that start from the top of a weights file."""
    return fitting(weights, {name: model.get_layer(name).kernel.shape for name in dense_layers(head)})


def feature_map(model: keras.Model) -> Any:
    """The base's output as a tensor of the whole model's graph, [B, h, w, C]: what the head reads."""
    return head_entrance(model).input


def _ordered(image: Any, order: Sequence[int]) -> Any:
    """The image with its channels in another order; as it is where the order is its own."""
    return image if list(order) == sorted(order) else keras.ops.take(image, order, axis=-1)


def _over_orders(answers: Sequence[Any]) -> Any:
    """The mean of the base's answers to the image's channels in several orders, [B, h, w, C]."""
    return answers[0] if len(answers) == 1 else layers.Average(name="orders")(answers)


def check_weights(backbone: str, weights: Path) -> None:
    """Load a weights file into its backbone, and forget it.

    Raises:
        WeightsError: The file is damaged, or holds the weights of another backbone.
    """
    row = BACKBONES[backbone]
    load(row.builder)((row.size, row.size, 3), weights, 0, **dict(row.arguments))


def to_input_range(name: str, channels: int) -> layers.Rescaling:
    """The layer from [0, 1] to what a backbone was trained on; plain, so that a .keras reloads in safe mode.

    Args:
        name: A row's `input_range`. For "caffe" the reversal to BGR is not here: models.applications turns the first
            kernel round instead, so that no layer need do it.
        channels: With other than three, "caffe" subtracts the mean over the three colours from each.
    """
    caffe = CAFFE_MEAN if channels == 3 else (float(np.mean(CAFFE_MEAN)),) * channels
    scale, offset = {
        "0..1": (1.0, 0.0),
        "0..255": (255.0, 0.0),
        "-1..1": (2.0, -1.0),
        "caffe": (255.0, [-value for value in caffe]),
    }[name]
    return layers.Rescaling(scale, offset, name="input_range", dtype="float32")


def _quicken_batchnorm(base: keras.Model) -> None:
    for layer in leaves(base):
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = UNTRAINED_MOMENTUM
