"""Which sample comes when, and the random numbers that belong to it: functions of (seed, epoch, sample) alone.

No generator is carried along, so neither the batch size, nor the number of threads, nor a resume changes a draw.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

STREAMS = {"order": 0, "augmentation": 1}  # independent sequences of random numbers


def generator(seed: int, stream: Literal["order", "augmentation"], epoch: int, sample: int = 0) -> np.random.Generator:
    """Random numbers of their own for one epoch, or for one sample in it.

    The counter of Philox has four words; the two lowest are left to count the numbers drawn.
    """
    return np.random.Generator(np.random.Philox(key=[seed, STREAMS[stream]], counter=[0, 0, sample, epoch]))


def epoch_order(count: int, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """The indices of all samples, each once, as they come in one epoch (from 0)."""
    return generator(seed, "order", epoch).permutation(count)
