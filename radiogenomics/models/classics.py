"""Backbones that Keras does not hold, built here without top; there are no pretrained weights of them."""

from pathlib import Path
from typing import Any

import keras
from keras import layers

from radiogenomics.errors import WeightsError
from radiogenomics.models.seeding import reseed


def alexnet(input_shape: tuple[int, int, int], weights: Path | None, seed: int) -> keras.Model:
    """AlexNet's five convolutions in one tower, up to its last pooling (Krizhevsky et al. 2012, section 3).

    Kernels, strides, overlapping pooling and ReLU are the paper's, and so are the widths, both towers together.
    Batch normalization stands where the paper has local response normalization (section 3.3), and after the other
    convolutions: without it this depth does not start to learn from random weights at small batches.

    Args:
        input_shape: (height, width, channels), at least 63 pixels a side.
        weights: None; there are none.
        seed: Of the random start.

    Raises:
        WeightsError: Weights were named.
    """
    _refuse("alexnet", weights)
    image = keras.Input(input_shape, name="image")
    # The paper's 224 pixels give its 55 positions only with a border of two.
    x = layers.ZeroPadding2D(2, name="conv1_pad")(image)
    x = _convolution(x, 96, 11, stride=4, padding="valid", name="conv1")
    x = layers.MaxPooling2D(3, 2, name="pool1")(x)
    x = _convolution(x, 256, 5, name="conv2")
    x = layers.MaxPooling2D(3, 2, name="pool2")(x)
    x = _convolution(x, 384, 3, name="conv3")
    x = _convolution(x, 384, 3, name="conv4")
    x = _convolution(x, 256, 3, name="conv5")
    x = layers.MaxPooling2D(3, 2, name="pool5")(x)
    return _seeded(image, x, "alexnet", seed)


def resnet10(input_shape: tuple[int, int, int], weights: Path | None, seed: int) -> keras.Model:
    """A residual network of ten layers: ResNet-18's stages with one basic block each (He et al. 2016, table 1).

    Ten counts the paper's way: the first convolution, two in each of four blocks, and the classifier that is not
    here. Shortcuts that change shape are 1x1 convolutions (option B, section 3.3).

    Args:
        input_shape: (height, width, channels), at least 32 pixels a side.
        weights: None; there are none.
        seed: Of the random start.

    Raises:
        WeightsError: Weights were named.
    """
    _refuse("resnet10", weights)
    image = keras.Input(input_shape, name="image")
    x = _convolution(image, 64, 7, stride=2, name="conv1")
    x = layers.MaxPooling2D(3, 2, padding="same", name="pool1")(x)
    for stage, filters in enumerate((64, 128, 256, 512), 2):
        x = _basic_block(x, filters, stride=1 if stage == 2 else 2, name=f"conv{stage}")
    return _seeded(image, x, "resnet10", seed)


def _refuse(backbone: str, weights: Path | None) -> None:
    if weights is not None:
        raise WeightsError(
            f"{backbone} is built here and there are no pretrained weights of it, so {weights} can't be its: "
            "give --weights none, or name the backbone that the file belongs to"
        )


def _convolution(
    x: Any, filters: int, size: int, *, stride: int = 1, padding: str = "same", relu: bool = True, name: str
) -> Any:
    x = layers.Conv2D(
        filters, size, stride, padding, use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv"
    )(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def _basic_block(x: Any, filters: int, stride: int, name: str) -> Any:
    shortcut = x
    if stride > 1:
        shortcut = _convolution(x, filters, 1, stride=stride, relu=False, name=f"{name}_shortcut")
    x = _convolution(x, filters, 3, stride=stride, name=f"{name}_1")
    x = _convolution(x, filters, 3, relu=False, name=f"{name}_2")
    return layers.ReLU(name=f"{name}_out")(layers.Add(name=f"{name}_add")([shortcut, x]))


def _seeded(image: Any, features: Any, name: str, seed: int) -> keras.Model:
    model = keras.Model(image, features, name=name)
    reseed(model, seed)
    return model
