"""Where training runs: threads, GPU memory, precision and XLA, decided once before TensorFlow starts."""

import contextlib
import os
import platform
from dataclasses import dataclass, replace

import keras
import tensorflow as tf

from radiogenomics.recipe import TrainingPart


@dataclass(frozen=True, slots=True)
class Device:
    """What a fold trains on, as it really is."""

    name: str
    gpu: bool
    xla: bool
    precision: str  # keras' dtype policy
    threads: int  # inside one operation; part of the result on a CPU, for it decides the order of sums
    sentence: str


def configure(training: TrainingPart) -> Device:
    """Set threads, GPU memory, precision and XLA as a recipe wants them.

    Call it before the first tensor. Where TensorFlow has already started with other threads (two runs in one process)
    those stay, and the record and its sentence say so.

    Args:
        training: `threads`, `mixed_precision` and `xla` count here.
    """
    gpus = tf.config.list_physical_devices("GPU")
    threads = _set_threads(training.threads)
    for gpu in gpus:
        # Else TensorFlow takes the whole card, and a second worker finds none left.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    precision = _precision(training.mixed_precision, bool(gpus))
    keras.config.set_dtype_policy(precision)
    xla = {"on": True, "off": False, "auto": bool(gpus)}[training.xla]
    device = Device(_name(gpus), bool(gpus), xla, precision, threads, "")
    return replace(device, sentence=_sentence(device, training.threads))


def _set_threads(wanted: int) -> int:
    """The threads that count, which are those wanted unless TensorFlow has already started with others."""
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(wanted)
        tf.config.threading.set_inter_op_parallelism_threads(wanted)
    actual: int = tf.config.threading.get_intra_op_parallelism_threads()
    return actual or os.cpu_count() or 1  # 0 means one a core


def _precision(mixed: bool, gpu: bool) -> str:
    if not mixed:
        return "float32"
    return "mixed_float16" if gpu else "mixed_bfloat16"  # every GPU has float16; CPUs compute in bfloat16 only


def _name(gpus: list[tf.config.PhysicalDevice]) -> str:
    if not gpus:
        return f"CPU ({platform.machine()})"
    details = tf.config.experimental.get_device_details(gpus[0])
    return str(details.get("device_name", "GPU"))


def _sentence(device: Device, wanted: int) -> str:
    said = (
        f"{device.name}, {device.threads} threads an operation, {device.precision}, XLA {'on' if device.xla else 'off'}"
    )
    if device.threads != wanted:
        said += f"; {wanted} threads were asked for, but TensorFlow had already started in this process"
    if device.gpu:
        said += "; on a GPU the same seed gives the same figures up to rounding"
    elif device.xla:
        said += "; on a CPU XLA is several times slower than none"
    return said
