import json
import subprocess
import sys

import pytest
import tensorflow as tf
import toy_models

from radiogenomics.training.device import configure

FRESH = """
import dataclasses, json, sys
sys.path.insert(0, "tests")
import toy_models
from radiogenomics.training.device import configure
device = configure(toy_models.recipe("training.threads=1").training)
import tensorflow as tf
tf.add(1, 1)
again = configure(toy_models.recipe("training.threads=3").training)
intra, inter = (getattr(tf.config.threading, f"get_{kind}_op_parallelism_threads")() for kind in ("intra", "inter"))
print(json.dumps([intra, inter, dataclasses.asdict(device), dataclasses.asdict(again)]))
"""


def test_threads_are_the_recipes_and_a_process_that_runs_already_keeps_its_own():
    done = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=True, timeout=120)
    intra, inter, device, again = json.loads(done.stdout)
    assert (intra, inter, device["threads"], again["threads"]) == (1, 1, 1, 1)
    assert "asked for" not in device["sentence"]
    assert "3 threads were asked for, but TensorFlow had already started" in again["sentence"]


@pytest.fixture
def gpu(monkeypatch):
    found = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [found] if kind == "GPU" else [])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda *_: None)
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _: {"device_name": "A Card"})


@pytest.fixture(autouse=True)
def _plain_precision():
    import keras

    yield
    keras.config.set_dtype_policy("float32")


def configured(*assignments):
    return configure(toy_models.recipe(*assignments).training)


def test_on_a_cpu_xla_is_off_unless_asked_for():
    device = configured()
    assert (device.xla, device.precision) == (False, "float32")
    assert "XLA off" in device.sentence
    assert "several times slower" in configured("training.xla=on").sentence
    assert configured("training.mixed_precision=true").precision == "mixed_bfloat16"


@pytest.mark.usefixtures("gpu")
def test_on_a_gpu_xla_is_on_unless_refused():
    device = configured()
    assert (device.name, device.xla, device.precision) == ("A Card", True, "float32")
    assert not configured("training.xla=off").xla
    assert configured("training.mixed_precision=true").precision == "mixed_float16"
