"""Seeds for models whose layers were built without any.

Keras draws each missing seed from Python's global `random`, which anything else in the process may have drawn from
(a Dask worker does). So a model is built as Keras likes, and then every random start is drawn again from seeds of ours.
"""

from typing import Any

import keras
import numpy as np

from radiogenomics.errors import ModelError


def layer_seed(seed: int, place: int) -> int:
    """The seed of the layer at `place` in its model: below 2**31, and a function of nothing else."""
    return int(np.random.SeedSequence([seed, place]).generate_state(1)[0] >> 1)


def leaves(model: keras.Model) -> list[keras.Layer]:
    """The layers that hold no layers, nested models opened, in the order of the graph."""
    return [
        layer for layer in model._flatten_layers(include_self=False) if not list(layer._flatten_layers(False, False))
    ]


def reseed(model: keras.Model, seed: int) -> None:
    """Draw every random weight anew, and restart every dropout, from seeds derived from `seed` and a layer's place.

    Args:
        model: Built, and without weights worth keeping.
        seed: Two models of one architecture and seed become identical, bit by bit.

    Raises:
        ModelError: A layer draws random weights in a way not known here, and so would not be reproducible.
    """
    for place, layer in enumerate(leaves(model)):
        own = layer_seed(seed, place)
        _redraw(layer, own)
        if isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
            layer.seed = own
            layer.seed_generator.state.assign([own, 0])


def _redraw(layer: keras.Layer, seed: int) -> None:
    random = [name for name, value in vars(layer).items() if _is_random(value)]
    if not random:
        return
    kernel = getattr(layer, "kernel", None)
    if len(random) > 1 or kernel is None:
        raise ModelError(f"layer {layer.name} draws {', '.join(random)}: models/seeding.py knows one kernel a layer")
    drawn = getattr(layer, random[0])
    seeded = type(drawn).from_config({**drawn.get_config(), "seed": seed})
    setattr(layer, random[0], seeded)
    kernel.assign(seeded(kernel.shape, dtype=kernel.dtype))


def _is_random(value: Any) -> bool:
    return isinstance(value, keras.initializers.Initializer) and "seed" in value.get_config()
