"""The freezing policies of tables.freezing: which layers of the whole model a phase trains.

A BatchNormalization layer that is not trainable runs in inference mode: it normalises by its moving statistics and
leaves them as they are. Each policy sets the flag of every innermost layer, and of no container: on a model that is
trainable already, `model.trainable = True` does nothing, whatever its layers say (Keras' __setattr__ drops it).
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
    base = _base(model)
    for layer in leaves(model):
        layer.trainable = id(layer) not in base or (_is_batchnorm(layer) and not pretrained)


def freeze_batchnorm(model: keras.Model, pretrained: bool) -> None:
    """Train everything but batch normalization, the head's too; where nothing was pretrained, the base's trains.

    Args:
        model: From `build_model`.
        pretrained: Whether the base's weights were learnt before.
    """
    base = _base(model)
    for layer in leaves(model):
        layer.trainable = not _is_batchnorm(layer) or (not pretrained and id(layer) in base)


def _base(model: keras.Model) -> set[int]:
    return {id(layer) for layer in leaves(model.get_layer(BASE))}


def _is_batchnorm(layer: keras.Layer) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization)
