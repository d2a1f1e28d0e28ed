"""Grad-CAM (Selvaraju et al. 2017, 10.1109/ICCV.2017.74): where the last feature map speaks for the positive class.

Each channel of the feature map weighs as much as the logit grows with it, on average over the map; the weighted sum,
cut off at 0, is the heat. The class explained is always the positive one, whatever the model decided: then the heat of
a false negative can be laid beside that of a true positive. An image where the sum is nowhere above 0 has no heat,
a positive's too at times: the head's bias counts for its probability and lies nowhere in the image, and of a head that
is not linear the sum tells only about.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from radiogenomics.explain.heat import Maps, of_its_own_greatest
from radiogenomics.explain.logits import halve

BATCH_SIZE = 16
ROUNDING = 1e-6  # of the greatest value of either sign: heat below is what float32 leaves of none

Images = npt.NDArray[np.float32]  # [n, H, W, C] in [0, 1], as the model takes them


def grad_cam(model: keras.Model) -> Callable[[Images], Maps]:
    """A function from images [n, H, W, C] to their heat [n, H, W], each from 0 to its own greatest, which is 1.

    The map has the cells of the model's last feature map (see `halve`), and is enlarged to the image linearly. With
    `channel_orders` "all" the feature map is the mean over the orders, as that is what the head reads.

    Args:
        model: From `build_model`, trained; any head.
    """
    parts = halve(model)

    @tf.function(reduce_retracing=True)
    def heat(images: Any) -> Any:
        features = parts.base(images, training=False)
        with tf.GradientTape() as tape:
            tape.watch(features)
            logit = parts.logit(features)
        weights = tf.reduce_mean(tf.cast(tape.gradient(logit, features), tf.float32), axis=(1, 2), keepdims=True)
        signed = tf.reduce_sum(weights * tf.cast(features, tf.float32), axis=-1, keepdims=True)
        least = ROUNDING * tf.reduce_max(tf.abs(signed), axis=(1, 2, 3), keepdims=True)
        spoken = tf.where(signed > least, signed, 0.0)
        return tf.image.resize(spoken, tf.shape(images)[1:3], method="bilinear")[..., 0]

    def maps(images: Images) -> Maps:
        starts = range(0, len(images), BATCH_SIZE)
        parts = [heat(tf.convert_to_tensor(images[at : at + BATCH_SIZE])).numpy() for at in starts]
        return of_its_own_greatest(np.concatenate(parts)) if parts else np.zeros(images.shape[:3], np.float32)

    return maps
