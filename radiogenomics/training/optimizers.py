"""The optimizer of a phase: Keras' own, held back where the recipe asks for it."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from radiogenomics.models.blocks import blocks_of
from radiogenomics.recipe import Phase
from radiogenomics.registry import load
from radiogenomics.tables.losses import OPTIMIZERS


def make_optimizer(phase: Phase, model: keras.Model) -> keras.Optimizer:
    """A new optimizer for a phase.

    Args:
        phase: Its optimizer, learning rate, momentum, layer_decay and anchor count here.
        model: Frozen as the phase wants it, with the weights that the phase starts from.
    """
    kind = load(OPTIMIZERS[phase.optimizer])
    arguments: dict[str, Any] = {"learning_rate": phase.learning_rate}
    if phase.momentum:
        arguments["momentum"] = phase.momentum
    if phase.layer_decay == 1 and not phase.anchor:
        return kind(**arguments)
    # The name stays the plain class', for Keras names variables after it.
    held_back = type(kind.__name__, (_HeldBack, kind), {})
    optimizer = held_back(**arguments)
    optimizer.hold_back(model.trainable_variables, _depths(model), phase)
    return optimizer


def _depths(model: keras.Model) -> list[int]:
    """For each trainable variable how deep it lies: 0 in the head, 1 in the base's last block, and so on."""
    depth = {
        id(variable): depth
        for depth, block in enumerate(reversed(blocks_of(model)), 1)
        for layer in block
        for variable in layer.trainable_variables
    }
    return [depth.get(id(variable), 0) for variable in model.trainable_variables]


class _HeldBack:
    """Over a Keras optimizer: lower layers learn more slowly, and every step is drawn back towards the phase's start.

    With the phase's learning rate r, the rate r_t in force (which ReduceLROnPlateau may have lowered), a variable v of
    depth d and its value v_0 at the phase's start, a step is

        f = layer_decay ** d
        v <- the optimizer's own step at the rate r_t f
        v <- v - anchor f (r_t / r) (v - v_0)

    Layer-wise rates: Howard and Ruder 2018, ULMFiT, arXiv 1801.06146, section 3.2. The pull is L2-SP (Li et al. 2018,
    arXiv 1802.01483, section 3) decoupled from the gradient as in AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101),
    its strength the share of the way back that a step at the full rate goes.
    """

    def hold_back(self, variables: Sequence[keras.Variable], depths: Sequence[int], phase: Phase) -> None:
        """Keep how each variable, in the order of training, is to be held back, and where it starts."""
        self._factors = [phase.layer_decay**depth for depth in depths]
        self._pull = phase.anchor / phase.learning_rate
        # Constants on the device: a later assignment to the variable does not touch them.
        self._starts = [tf.constant(variable.numpy()) for variable in variables] if phase.anchor else []

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One variable's step."""
        index = self._get_variable_index(variable)  # type: ignore[attr-defined]
        rate = learning_rate * self._factors[index]
        super().update_step(gradient, variable, rate)  # type: ignore[misc]
        if self._starts:
            share = ops.cast(rate * self._pull, variable.dtype)
            self.assign_sub(variable, share * (variable - self._starts[index]))  # type: ignore[attr-defined]
