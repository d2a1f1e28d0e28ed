import functools

import keras
import numpy as np
import pytest
import toy_models

from radiogenomics.errors import ModelError
from radiogenomics.models.freezing import freeze, freeze_base, freeze_batchnorm, freeze_lower_blocks


def group(variable):
    """Which part of the model a variable is of: block or head, convolution or batch norm, weight or statistic."""
    names = variable.path.split("/")
    part = "head" if names[0].startswith(("head", "probability")) else names[-2].partition("_")[0]
    kind = "bn" if "bn" in names[-2] else "weights"
    return f"{part} {kind}{' statistics' if names[-1].startswith('moving') else ''}"


def changed_by_a_step(freeze, pretrained):
    model = toy_models.tiny_model()
    freeze(model, pretrained)
    weights = [v for v in model.variables if "seed" not in v.path]
    before = [v.numpy() for v in weights]
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    pixels, labels = toy_models.images(8)
    model.train_on_batch(pixels, labels)
    changed = {group(v) for v, old in zip(weights, before, strict=True) if not np.array_equal(v.numpy(), old)}
    kept = {group(v) for v, old in zip(weights, before, strict=True) if np.array_equal(v.numpy(), old)}
    assert not changed & kept, "a group must move as one"
    return changed, {group(v) for v in model.trainable_variables}


HEAD_BN = {"head bn", "head bn statistics"}
BASE_BN = {"conv1 bn", "conv1 bn statistics", "conv2 bn", "conv2 bn statistics"}
one_block = functools.partial(freeze_lower_blocks, blocks=1)


@pytest.mark.parametrize(
    ("freeze", "pretrained", "expected"),
    [
        (freeze_base, True, {"head weights", *HEAD_BN}),
        (freeze_base, False, {"head weights", *HEAD_BN, *BASE_BN}),
        (freeze_batchnorm, True, {"head weights", "conv1 weights", "conv2 weights"}),
        (freeze_batchnorm, False, {"head weights", "conv1 weights", "conv2 weights", *BASE_BN}),
        (one_block, True, {"head weights", *HEAD_BN, "conv2 weights"}),
        (one_block, False, {"head weights", *HEAD_BN, "conv2 weights", *BASE_BN}),
    ],
    ids=[f"{policy}, {start}" for policy in ("base", "batchnorm", "blocks") for start in ("pretrained", "untrained")],
)
def test_a_step_changes_what_the_phase_trains_and_nothing_else(freeze, pretrained, expected):
    changed, trainable = changed_by_a_step(freeze, pretrained)
    assert changed == expected
    assert trainable == {name for name in expected if "statistics" not in name}


def test_a_later_phase_does_not_inherit_the_freezing_of_the_one_before():
    one, two = toy_models.tiny_model(), toy_models.tiny_model()
    freeze_base(one, True)
    freeze_batchnorm(one, True)
    freeze_batchnorm(two, True)
    assert [v.path for v in one.trainable_variables] == [v.path for v in two.trainable_variables]


def test_all_blocks_may_be_trained_and_more_than_there_are_is_said_with_their_number():
    model = toy_models.tiny_model()
    phase = toy_models.recipe('training.phases.1.freeze="batchnorm"').training.phases[1]
    freeze(model, phase.model_copy(update={"freeze": "blocks", "blocks": 2}), pretrained=True)
    assert model.get_layer("base").get_layer("conv1_conv").trainable
    with pytest.raises(ModelError, match=r"the base has 2 blocks .*and 3 are to be trained"):
        freeze(model, phase.model_copy(update={"freeze": "blocks", "blocks": 3}), pretrained=True)
