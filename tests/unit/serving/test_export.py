import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_models

from radiogenomics.errors import ExistsError, ModelError
from radiogenomics.imaging.sample import to_sample, to_unit
from radiogenomics.models.build import build_model
from radiogenomics.recipe import parse_json
from radiogenomics.serving.card import Card, read_card, write_card
from radiogenomics.serving.export import export_saved_model
from radiogenomics.serving.predictors import open_predictor

FRESH = """
import sys
import numpy as np
from radiogenomics.serving.predictors import open_predictor
import tensorflow as tf
try:
    import keras
except ImportError:
    pass
else:
    sys.exit("keras could be imported: this proves nothing")
folder, data = sys.argv[1:]
arrays = np.load(data)
signature = tf.saved_model.load(folder).signatures["prepared"]
np.savez(
    data + ".out.npz",
    prepared=signature(images=tf.constant(arrays["images"]))["probability"].numpy()[:, 0],
    raw=open_predictor(folder).predict(arrays["raw"]),
)
"""


def raw_slices(images):
    """Slices as a scanner would give them, large numbers and not square, that prepare to `images`."""
    images = images[..., :1].copy()
    images[:, 0, 0], images[:, 0, 1] = 0, 1  # so that the extremes that normalisation takes are those of [0, 1]
    return np.repeat(np.repeat(images, 2, axis=1), 3, axis=2) * np.float32(3000) + np.float32(100)


def prepared(raw, image):
    """What `prepare` makes of raw slices, repeated to three channels."""
    planes = np.stack([to_unit(to_sample(plane[:, :, 0], image)) for plane in raw])
    return np.repeat(planes[..., None], 3, axis=-1)


def test_memory_keras_file_and_saved_model_agree_where_keras_is_absent(exported, tmp_path):
    raw = raw_slices(exported.images)
    images = prepared(raw, exported.recipe.image)
    in_memory = np.mean([model(images, training=False).numpy()[:, 0] for model in exported.models], axis=0)
    for number, model in enumerate(exported.models):
        model.save(tmp_path / f"{number}.keras")
        reloaded = keras.models.load_model(tmp_path / f"{number}.keras", safe_mode=True)
        np.testing.assert_allclose(
            reloaded(exported.images, training=False), model(exported.images, training=False), atol=1e-5
        )
    np.savez(tmp_path / "in.npz", images=exported.images, raw=raw)
    stub = tmp_path / "stub" / "keras"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text("raise ImportError('keras must not be needed')")
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(stub.parent), root])}
    subprocess.run(
        [sys.executable, "-c", FRESH, str(exported.folder), str(tmp_path / "in.npz")],
        env=environment,
        check=True,
        timeout=300,
    )
    answers = np.load(tmp_path / "in.npz.out.npz")
    np.testing.assert_allclose(answers["prepared"], exported.probabilities, atol=1e-5)
    assert in_memory.std() > 0.1
    np.testing.assert_allclose(answers["raw"], in_memory, atol=1e-4)


def test_signatures_and_card_say_what_goes_in_and_out(exported):
    signatures = tf.saved_model.load(str(exported.folder)).signatures
    assert {"serving_default", "prepared"} <= set(signatures)
    slices = signatures["serving_default"].structured_input_signature[1]["slices"]
    assert slices.shape.as_list() == [None, None, None, 1]
    assert signatures["prepared"].structured_input_signature[1]["images"].shape.as_list() == [None, 32, 32, 3]
    assert signatures["prepared"].structured_outputs["probability"].shape.as_list() == [None, 1]
    extra = exported.folder / "assets.extra"
    facts = json.loads((extra / "serving.json").read_text())
    assert facts["threshold"] == 0.4
    assert facts["models"] == 2
    assert "Research use only" in facts["note"]
    assert facts["inputs"]["serving_default"].startswith("slices [n, H, W, 1], any H and W: raw ")
    assert facts["inputs"]["prepared"].startswith("images [n, 32, 32, 3] in [0, 1]: the whole slice")
    assert parse_json((extra / "recipe.json").read_text(), "it") == exported.recipe
    assert (extra / "model_card.md").read_text(encoding="utf-8") == "# é"
    card = read_card(exported.folder.parent)  # the folder of versions
    assert (card.recipe, card.threshold, card.models) == (exported.recipe, 0.4, 2)


@pytest.mark.parametrize(
    ("settings", "threshold", "said"),
    [
        (["evaluation.threshold=youden"], 0.4, "validation patients"),
        (["evaluation.threshold=sensitivity>=0.9"], 0.4, "at a sensitivity of at least 0.9"),
        (["evaluation.threshold=youden", "split.protocol=published"], 0.4, "selected on the reported fold"),
        (["evaluation.threshold=0.4", "split.protocol=published"], 0.4, "fixed by the recipe"),
        (["evaluation.threshold=youden"], None, "not chosen"),
    ],
)
def test_a_card_says_where_its_threshold_comes_from(tmp_path, settings, threshold, said):
    write_card(tmp_path, Card(toy_models.recipe(*settings), threshold, 1))
    facts = json.loads((tmp_path / "assets.extra" / "serving.json").read_text())
    assert said in facts["threshold_from"]
    assert facts["protocol"] == ("published" if len(settings) > 1 else "nested")


def test_several_modalities_keep_their_order(tmp_path):
    recipe = toy_models.recipe('modalities=["t1w", "flair"]')
    model = toy_models.awaken(build_model(recipe, None, 2, seed=0), channels=2)
    folder = export_saved_model([model], recipe, tmp_path / "two")
    one = raw_slices(toy_models.images(4)[0])
    raw = np.concatenate([one, one[:, ::-1] ** 2], axis=-1)
    planes = [np.stack([to_unit(to_sample(row[:, :, c], recipe.image)) for row in raw]) for c in (0, 1)]
    expected = model(np.stack(planes, axis=-1), training=False).numpy()
    swapped = model(np.stack(planes[::-1], axis=-1), training=False).numpy()
    assert np.abs(expected - swapped).max() > 0.01
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    np.testing.assert_allclose(signature(slices=tf.constant(raw))["probability"], expected, atol=1e-4)
    assert read_card(folder).threshold == 0.5


def test_canvas_and_brain_are_made_in_the_graph(tmp_path):
    recipe = toy_models.recipe("image.canvas=80", "image.over=brain", "image.normalisation=zscore")
    model = toy_models.awaken(build_model(recipe, None, 3, seed=0))
    folder = export_saved_model([model], recipe, tmp_path / "one")
    raw = raw_slices(toy_models.images(4)[0])  # 64x96, shrunk to a canvas of 80
    raw[:, :20] = 0
    plain = recipe.image.model_copy(update={"canvas": None, "over": "all"})
    expected = model(prepared(raw, recipe.image), training=False).numpy()
    assert np.abs(expected - model(prepared(raw, plain), training=False).numpy()).max() > 0.01
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    # An untrained network is sharp: a 65535th more or less, where rounding decides a tie, moves it by 2e-4.
    np.testing.assert_allclose(signature(slices=tf.constant(raw))["probability"], expected, atol=1e-3)
    said = json.loads((folder / "assets.extra" / "serving.json").read_text())["inputs"]
    assert "take away the skull" in said["serving_default"]


@pytest.mark.parametrize("change", ['region={"policy":"box"}', "image.scope=volume"])
def test_what_a_raw_slice_does_not_tell_is_left_to_the_client(tmp_path, change):
    recipe = toy_models.recipe(change)
    model = toy_models.awaken(build_model(recipe, None, 3, seed=0))
    folder = export_saved_model([model], recipe, tmp_path / "crops")
    images, _ = toy_models.images(4)
    expected = model(images, training=False).numpy()[:, 0]
    for signature in ("serving_default", "prepared"):
        np.testing.assert_allclose(open_predictor(str(folder), signature).predict(images), expected, atol=1e-5)
    said = json.loads((folder / "assets.extra" / "serving.json").read_text())["inputs"]
    assert said["serving_default"] == said["prepared"]
    assert "`radiogen predict` prepares it" in said["prepared"]


def test_slices_of_other_modalities_are_refused_by_the_graph_itself(exported):
    # TF Serving checks no shapes; two modalities, repeated, would pass as a grouped convolution.
    signatures = tf.saved_model.load(str(exported.folder)).signatures
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[2,64,96,2\]"):
        signatures["serving_default"](slices=tf.zeros((2, 64, 96, 2)))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[2,32,32,6\]"):
        signatures["prepared"](images=tf.zeros((2, 32, 32, 6)))


def test_a_model_of_another_recipe_is_refused_and_nothing_is_left(exported, tmp_path):
    with pytest.raises(ModelError, match=r"takes images of \(32, 32, 3\), the recipe mgmt gives \(64, 64, 3\)"):
        export_saved_model(exported.models, toy_models.recipe(size=64), tmp_path / "out")
    with pytest.raises(ModelError, match="no model to export"):
        export_saved_model([], exported.recipe, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_an_export_is_never_written_over(exported):
    with pytest.raises(ExistsError, match="export"):
        export_saved_model(exported.models, exported.recipe, exported.folder)


def test_a_failure_leaves_nothing_half_written(exported, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("radiogenomics.serving.export.write_card", full)
    with pytest.raises(OSError, match="the disk is full"):
        export_saved_model(exported.models[:1], exported.recipe, tmp_path / "out")
    assert not list(tmp_path.iterdir())
