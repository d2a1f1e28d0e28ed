"""The weights that a phase ends with: the best epoch's, the last's, or the mean of all epochs'."""

from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np

from radiogenomics.training.state import Arrays


@dataclass
class Kept:
    """What would be kept if the phase ended now.

    The mean is over the weights at each epoch's end, moving statistics of batch normalization too (Izmailov et al.
    2018, Averaging weights leads to wider optima, arXiv 1803.05407, but for their fresh pass over the statistics,
    which a mean of statistics is close to). It runs in float64, so that it is the same whenever it was stopped.
    """

    by: Literal["best", "last", "mean"]  # Phase.keep
    weights: Arrays = ()  # as model.get_weights() orders them; none where the model's own are kept

    def take(self, model: keras.Model, epoch: int, best_epoch: int) -> None:
        """Hear that an epoch (from 1) has ended, and which one is the best so far."""
        if self.by == "best" and epoch == best_epoch:
            self.weights = tuple(model.get_weights())
        elif self.by == "mean":
            new = [np.asarray(value, np.float64) for value in model.get_weights()]
            old = self.weights or tuple(new)
            self.weights = tuple(a + (b - a) / epoch for a, b in zip(old, new, strict=True))

    def settle(self, model: keras.Model) -> None:
        """Give the model the weights that are kept."""
        if self.weights:
            model.set_weights(
                [value.astype(own.dtype) for value, own in zip(self.weights, model.get_weights(), strict=True)]
            )

    def epoch(self, best_epoch: int, last: int) -> int:
        """The epoch (from 1) whose weights are kept; of a mean the last that is in it."""
        return best_epoch if self.by == "best" else last
