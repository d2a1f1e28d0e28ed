import keras
import numpy as np
import pytest
import toy_models

from radiogenomics.models.freezing import freeze_base, freeze_batchnorm


def group(variable):
    """Which part of the model a variable is of: base or head, convolution or batch norm, weight or statistic."""
    names = variable.path.split("/")
    part = "head" if names[0].startswith(("head", "probability")) else "base"
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
BASE_BN = {"base bn", "base bn statistics"}


@pytest.mark.parametrize(
    ("freeze", "pretrained", "expected"),
    [
        (freeze_base, True, {"head weights", *HEAD_BN}),
        (freeze_base, False, {"head weights", *HEAD_BN, *BASE_BN}),
        (freeze_batchnorm, True, {"head weights", "base weights"}),
        (freeze_batchnorm, False, {"head weights", "base weights", *BASE_BN}),
    ],
    ids=["base, pretrained", "base, untrained", "batchnorm, pretrained", "batchnorm, untrained"],
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
