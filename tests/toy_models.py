"""Small models and separable images, shared by the tests of models, training and serving."""

from pathlib import Path

import numpy as np

from radiogenomics.overrides import override
from radiogenomics.recipe import Recipe, parse
from radiogenomics.recipes.mgmt import RECIPE

MOBILENET = Path(__file__).parents[2] / "shared" / "weights" / "mobilenet_2_5_224_tf_no_top.h5"


def recipe(*assignments: str, size: int = 32, backbone: str = "mobilenet-0.25") -> Recipe:
    """The mgmt recipe on a small image, with further values set."""
    least = max(size, 64) if backbone == "alexnet" else size
    return override(parse(RECIPE, "mgmt"), [f"model.backbone={backbone}", f"image.size={least}", *assignments])


def images(n: int, size: int = 32, channels: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noise [n, size, size, channels] in [0, 1] and labels [n, 1]; positives have a bright square in the middle."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(n) % 2).astype(np.float32)[:, None]
    pixels = rng.random((n, size, size, 1), np.float32) * 0.5
    middle = slice(size // 4, 3 * size // 4)
    pixels[:, middle, middle] += 0.4 * labels[:, :, None, None]
    return np.repeat(pixels, channels, axis=-1), labels


def batches(n: int, batch: int, first_epoch: int = 0, channels: int = 3, size: int = 32):
    """An endless stream of (image, label, weight) in an order that is a function of the epoch, and its steps."""
    import tensorflow as tf

    pixels, labels = images(n, size, channels)
    steps = n // batch

    def step(index):
        epoch, place = index // steps, index % steps
        order = tf.random.experimental.stateless_shuffle(tf.range(n), tf.stack([epoch, 7]))
        chosen = order[place * batch : (place + 1) * batch]
        return tf.gather(pixels, chosen), tf.gather(labels, chosen), tf.ones(batch)

    return tf.data.Dataset.range(first_epoch * steps, 10**9).map(step), steps


def scoring(n: int, batch: int, channels: int = 3, size: int = 32):
    """The same images once, in order, as (image, label, weight)."""
    import tensorflow as tf

    pixels, labels = images(n, size, channels)
    return tf.data.Dataset.from_tensor_slices((pixels, labels, np.ones(n, np.float32))).batch(batch)


def tiny_base(dropout: float):
    """A base of two blocks, conv1 and conv2, quick to trace, that drops `dropout` of what the first gives."""
    import keras
    from keras import layers

    image = keras.Input((32, 32, 3))
    x = layers.Conv2D(4, 3, strides=4, name="conv1_conv")(image)
    x = layers.BatchNormalization(momentum=0.9, name="conv1_bn")(x)
    x = layers.Dropout(dropout, name="conv1_drop")(layers.ReLU()(x))
    x = layers.Conv2D(4, 1, name="conv2_conv")(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, name="conv2_bn")(x))
    return keras.Model(image, x, name="base")


def tiny_model(seed: int = 0, dropout: float = 0.3):
    """A model in the shape of `build_model`'s: batch norm and dropout in its base and in its head."""
    import keras
    from keras import layers

    from radiogenomics.models.seeding import reseed

    image = keras.Input((32, 32, 3))
    x = layers.GlobalAveragePooling2D(name="pool")(tiny_base(dropout)(image))
    x = layers.BatchNormalization(momentum=0.9, name="head_bn_1")(x)
    x = layers.Dropout(0.4, name="head_dropout_1")(x)
    x = layers.Dense(1, "sigmoid", name="probability")(x)
    model = keras.Model(image, x)
    reseed(model, seed)
    return model


def tiny_build(recipe, weights, channels, seed):
    """As `build_model`, with a base that is quick to trace, drops nothing, and is the same for every seed."""
    import keras

    from radiogenomics.models.heads import attach_head
    from radiogenomics.models.seeding import reseed

    image = keras.Input((32, 32, 3))
    base = tiny_base(dropout=0)
    reseed(base, 0)
    return keras.Model(image, attach_head(base(image), recipe.model.head, seed))


def awaken(model, channels: int = 3, scale: float = 1.0):
    """Give the batch norms of an untrained network the statistics of a batch, for else its features all but vanish."""
    import keras

    norms = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    model(images(8, model.input_shape[1], channels)[0] * scale, training=True)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
    return model
