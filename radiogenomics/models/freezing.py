"""The freezing policies of tables.freezing: which layers of the whole model a phase trains.

A BatchNormalization layer that is not trainable runs in inference mode: it normalises by its moving statistics and
leaves them as they are.
"""

import keras

from radiogenomics.models.seeding import leaves

BASE = "base"  # the name of the nested backbone


def freeze_base(model: keras.Model, pretrained: bool) -> None:
    """Train the head alone; where nothing was pretrained, the batch normalization of the base too.

    Args:
        model: From `build_model`.
        pretrained: Whether the base's weights were learnt before.
    """
    _thaw(model)
    for layer in leaves(model.get_layer(BASE)):
        layer.trainable = _is_batchnorm(layer) and not pretrained


def freeze_batchnorm(model: keras.Model, pretrained: bool) -> None:
    """Train everything but batch normalization, the head's too; where nothing was pretrained, the base's trains.

    Args:
        model: From `build_model`.
        pretrained: Whether the base's weights were learnt before.
    """
    _thaw(model)
    base = {id(layer) for layer in leaves(model.get_layer(BASE))}
    for layer in leaves(model):
        if _is_batchnorm(layer):
            layer.trainable = not pretrained and id(layer) in base


def _thaw(model: keras.Model) -> None:
    # A container that is not trainable hides its layers' variables whatever their own flags say.
    model.trainable = True


def _is_batchnorm(layer: keras.Layer) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization)
