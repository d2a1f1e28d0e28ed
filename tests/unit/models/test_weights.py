import hashlib
import subprocess
import sys

import pytest
import toy_models

from radiogenomics.errors import MissingPathError, UnknownNameError, WeightsError
from radiogenomics.models import weights
from radiogenomics.models.weights import Weights, imagenet, notes, resolve, starts_from_top
from radiogenomics.tables.backbones import BACKBONES


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


def cache(home, backbone, top=False):
    row = BACKBONES[backbone]
    path = home / "models" / (row.imagenet_top if top else row.imagenet)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"weights")
    return path


def test_none_starts_from_nothing():
    found = resolve("mobilenet", "none")
    assert (found.path, found.pretrained, found.sha256) == (None, False, "")
    assert "random" in found.source


def test_a_file_is_fingerprinted(tmp_path):
    file = tmp_path / "mine.h5"
    file.write_bytes(b"weights")
    found = resolve("alexnet", str(file))
    assert found.path == file
    assert found.pretrained
    assert found.sha256 == hashlib.sha256(b"weights").hexdigest()
    assert "mine.h5" in found.source


def test_a_missing_file_and_a_folder_are_said(tmp_path):
    with pytest.raises(MissingPathError, match=r"absent\.h5 does not exist"):
        resolve("mobilenet", str(tmp_path / "absent.h5"))
    with pytest.raises(WeightsError, match="is a folder"):
        resolve("mobilenet", str(tmp_path))


def test_an_unknown_backbone_names_the_closest():
    with pytest.raises(UnknownNameError, match="did you mean 'resnet50'"):
        resolve("resnet5", "none")


@pytest.mark.parametrize("backbone", ["alexnet", "resnet10"])
def test_a_backbone_built_here_has_no_imagenet_weights(backbone):
    with pytest.raises(WeightsError, match="--weights none"):
        resolve(backbone, "imagenet")


def test_cached_weights_need_no_network(home, monkeypatch):
    monkeypatch.setattr(weights, "_fetch", lambda row, top: pytest.fail("asked the network"))
    path = cache(home, "mobilenet-0.25")
    found = resolve("mobilenet-0.25", "imagenet")
    assert found.path == path
    assert found.pretrained


def test_a_download_that_fails_says_how_to_bring_a_file(home, monkeypatch):
    def refused(row, top):
        raise Exception("URL fetch failure on somewhere: None -- refused")  # noqa: TRY002 - what Keras raises

    monkeypatch.setattr(weights, "_fetch", refused)
    with pytest.raises(WeightsError, match=r"can't be downloaded \(URL fetch failure.*--weights FILE.*--weights none"):
        resolve("resnet50", "imagenet")


@pytest.mark.parametrize("stop", [OSError("file is truncated"), KeyboardInterrupt()])
def test_half_a_download_does_not_pass_for_a_cached_file(home, monkeypatch, stop):
    def broken(row, top):
        cache(home, "vgg19")
        raise stop

    monkeypatch.setattr(weights, "_fetch", broken)
    with pytest.raises(KeyboardInterrupt if isinstance(stop, KeyboardInterrupt) else WeightsError):
        resolve("vgg19", "imagenet")
    assert not (home / "models" / "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5").exists()


def test_the_real_download_fails_cleanly_where_nothing_answers(home):
    # A process of its own, for Keras reads KERAS_HOME once; nothing listens on port 9, so it fails at once anywhere.
    code = (
        "from radiogenomics.models.weights import resolve\n"
        "from radiogenomics.errors import WeightsError\n"
        "try:\n    resolve('mobilenet-0.25', 'imagenet')\n"
        "except WeightsError as error:\n    print('SAID', error)\n"
    )
    proxies = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    environment = {"KERAS_HOME": str(home), "PATH": "", "TF_CPP_MIN_LOG_LEVEL": "3", "no_proxy": "", **proxies}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.startswith("SAID the ImageNet weights of mobilenet-0.25 can't be downloaded"), done
    assert not [path for path in home.rglob("*") if path.suffix not in {".json", ""}]


def test_the_file_names_of_the_table_are_those_keras_asks_for(monkeypatch):
    asked = []

    def get_file(name, *_, **__):
        asked.append(name)
        raise InterruptedError

    for module in ("mobilenet", "resnet", "vgg19", "efficientnet"):
        monkeypatch.setattr(f"keras.src.applications.{module}.file_utils.get_file", get_file)
    for backbone in ("mobilenet", "mobilenet-0.25", "resnet50", "vgg19", "efficientnetb0"):
        with pytest.raises(InterruptedError):
            weights._fetch(BACKBONES[backbone], top=False)
        assert asked.pop() == BACKBONES[backbone].imagenet
    with pytest.raises(InterruptedError):
        weights._fetch(BACKBONES["vgg19"], top=True)
    assert asked.pop() == BACKBONES["vgg19"].imagenet_top


def test_only_vggs_own_head_at_its_own_size_asks_for_the_file_with_top(home, monkeypatch):
    monkeypatch.setattr(weights, "_fetch", lambda row, top: pytest.fail("asked the network"))
    head = 'model.head={"kind": "vgg-dense"}'
    asks = {
        (backbone, size): starts_from_top(toy_models.recipe(head, backbone=backbone, size=size))
        for backbone in ("vgg19", "resnet50")
        for size in (224, 64)
    }
    assert [key for key, asked in asks.items() if asked] == [("vgg19", 224)]
    assert not starts_from_top(toy_models.recipe(backbone="vgg19", size=224))
    files = [cache(home, "vgg19", top) for top in (False, True)]
    assert [resolve("vgg19", "imagenet", top).path for top in (False, True)] == files
    assert [found.path for found in imagenet("vgg19")] == files


def test_the_user_hears_what_the_start_changes(tmp_path):
    recipe, pretrained, untrained = (
        toy_models.recipe(),
        Weights(tmp_path / "x.h5", "source", "sha"),
        Weights(None, "source", ""),
    )
    assert notes(recipe, pretrained, 3) == ("source",)
    assert "multiplied by 3/4" in notes(recipe, pretrained, 4)[1]
    assert "batch normalization trains" in notes(recipe, untrained, 4)[1]


def test_the_user_hears_what_the_dense_layers_start_from(tmp_path):
    recipe = toy_models.recipe('model.head={"kind": "vgg-dense"}')
    pretrained = Weights(tmp_path / "x.h5", "source", "sha")
    said = {count: notes(recipe, pretrained, 3, ("fc1", "fc2")[:count])[-1] for count in range(3)}
    assert said[2] == "the head's 2 hidden dense layers start from the file's own top"
    assert said[1].startswith(
        "the head's hidden dense layers after fc1 start from random weights (seeded), for x.h5 holds"
    )
    assert said[0].startswith(
        "the head's 2 hidden dense layers start from random weights (seeded), for x.h5 holds no top"
    )
    assert notes(recipe, Weights(None, "source", ""), 3)[-1].endswith("start from random weights (seeded)")


def test_weights_loads_without_tensorflow():
    code = "import sys, radiogenomics.models.weights; sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
