"""The freezing policies of tables.freezing: which layers of the whole model a phase trains.

A BatchNormalization layer that is not trainable runs in inference mode: it normalises by its moving statistics and
leaves them as they are. Each policy sets the flag of every innermost layer, and of no container: on a model that is
trainable already, `model.trainable = True` does nothing, whatever its layers say (Keras' __setattr__ drops it).
Where nothing was pretrained the base's batch normalization trains under every policy: its initial statistics would
keep the base from passing anything on.
"""

import keras

from radiogenomics.errors import ModelError
from radiogenomics.models.blocks import base_layers, blocks_of
from radiogenomics.models.seeding import leaves
from radiogenomics.recipe import Phase
from radiogenomics.registry import load
from radiogenomics.tables.freezing import FREEZING


def freeze(model: keras.Model, phase: Phase, pretrained: bool) -> None:
    """Set which layers a phase trains, whatever the phase before it trained.

    Args:
        model: From `build_model`.
        phase: Its policy and blocks.
        pretrained: Whether the base's weights were learnt before.

    Raises:
        ModelError: The base has fewer blocks than the phase would train.
    """
    load(FREEZING[phase.freeze])(model, pretrained, phase.blocks)


def freeze_base(model: keras.Model, pretrained: bool, blocks: int | None = None) -> None:
    """Train the head alone; where nothing was pretrained, the batch normalization of the base too."""
    freeze_lower_blocks(model, pretrained, 0)


def freeze_batchnorm(model: keras.Model, pretrained: bool, blocks: int | None = None) -> None:
    """Train everything but batch normalization, the head's too; where nothing was pretrained, the base's trains."""
    base = {id(layer) for layer in base_layers(model)}
    for layer in leaves(model):
        layer.trainable = not _is_batchnorm(layer) or (not pretrained and id(layer) in base)


def freeze_lower_blocks(model: keras.Model, pretrained: bool, blocks: int) -> None:
    """Train the head and the base's last `blocks` blocks, but no batch normalization of a pretrained base.

    Raises:
        ModelError: The base has fewer blocks.
    """
    found = blocks_of(model)
    if blocks > len(found):
        names = ", ".join(block[0].name for block in found)
        raise ModelError(
            f"the base has {len(found)} blocks (beginning at {names}), and {blocks} are to be trained: give "
            f'--set training.phases.N.blocks={len(found)} at most, or freeze="batchnorm" to train them all'
        )
    base = {id(layer) for layer in base_layers(model)}
    upper = {id(layer) for block in found[len(found) - blocks :] for layer in block}
    for layer in leaves(model):
        if id(layer) not in base:
            layer.trainable = True
        else:
            layer.trainable = not pretrained if _is_batchnorm(layer) else id(layer) in upper


def _is_batchnorm(layer: keras.Layer) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization)
