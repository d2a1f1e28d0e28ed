from pathlib import Path

import keras
import pytest

from radiogenomics.errors import WeightsError
from radiogenomics.models.classics import alexnet, resnet10


def kernels(model):
    return [layer.kernel.shape for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]


def test_alexnet_has_the_papers_convolutions_and_maps():
    model = alexnet((224, 224, 3), None, 0)
    assert kernels(model) == [
        (11, 11, 3, 96), (5, 5, 96, 256), (3, 3, 256, 384), (3, 3, 384, 384), (3, 3, 384, 256),
    ]  # fmt: skip
    assert [model.get_layer(f"conv{n}_conv").output.shape[1] for n in (1, 2, 3, 4, 5)] == [55, 27, 13, 13, 13]
    assert model.output_shape == (None, 6, 6, 256)


def test_resnet10_counts_ten_layers_with_the_classifier():
    model = resnet10((224, 224, 3), None, 0)
    assert len([shape for shape in kernels(model) if shape[0] > 1]) + 1 == 10
    assert len([shape for shape in kernels(model) if shape[0] == 1]) == 3  # shortcuts that change shape
    assert model.output_shape == (None, 7, 7, 512)


@pytest.mark.parametrize("build", [alexnet, resnet10])
def test_weights_of_something_else_are_refused(build):
    with pytest.raises(WeightsError, match="no pretrained weights of it"):
        build((64, 64, 3), Path("resnet50.h5"), 0)
