import pytest
import toy_models

from radiogenomics.models.blocks import blocks_of
from radiogenomics.models.build import build_model

EFFICIENTNET = ["1a", "2a", "2b", "3a", "3b", "4a", "4b", "4c", "5a", "5b", "5c", "6a", "6b", "6c", "6d", "7a"]
STAGES = {2: 3, 3: 4, 4: 6, 5: 3}  # of ResNet50: residual blocks (He et al. 2016, table 1)
FIRST_LAYERS = {
    "efficientnetb0": [
        "stem_conv",
        *(f"block{n}_{'dwconv' if n == '1a' else 'expand_conv'}" for n in EFFICIENTNET),
        "top_conv",
    ],
    "resnet50": [
        "conv1_conv",
        *(f"conv{n}_block{k}_1_conv" for n, count in STAGES.items() for k in range(1, count + 1)),
    ],
    "vgg19": [f"block{n}_conv1" for n in range(1, 6)],
    "mobilenet-0.25": ["conv1", *(f"conv_dw_{n}" for n in range(1, 14))],
    "alexnet": [f"conv{n}_conv" for n in range(1, 6)],
    "resnet10": ["conv1_conv", *(f"conv{n}_1_conv" for n in range(2, 6))],
}


@pytest.mark.parametrize("backbone", FIRST_LAYERS)
def test_blocks_are_those_of_the_papers_from_the_input_upward(backbone):
    model = build_model(toy_models.recipe(backbone=backbone), None, 3, seed=0)
    blocks = blocks_of(model)
    assert [block[0].name for block in blocks] == FIRST_LAYERS[backbone]
    learnable = list(model.get_layer("base").trainable_variables)
    assert [v for block in blocks for layer in block for v in layer.trainable_variables] == learnable
