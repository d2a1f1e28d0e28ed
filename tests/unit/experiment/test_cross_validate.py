"""What selection.json says of the epochs."""

import pytest
import toy_models

from radiogenomics.experiment.cross_validate import chosen_by

STOP = 'training.phases.0.early_stopping={"patience": 3}'
ALONE = ["training.phases.0.early_stopping=null", "training.phases.0.reduce_learning_rate=null"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([], "lowest val_loss on the fold's validation patients"),
        (["training.monitor=val_auc"], "highest val_auc on the fold's validation patients"),
        (
            ["split.protocol=published", "training.monitor=val_accuracy"],
            "highest val_accuracy on the fold's own test patients, hence selected on the reported fold",
        ),
        (["training.phases.0.keep=last", *ALONE], "the last epoch"),
        (
            ["training.phases.0.keep=mean", *ALONE, STOP],
            "the mean of all epochs' weights; the end by val_loss on the fold's validation patients",
        ),
        (
            ["training.phases.0.keep=last"],
            "the last epoch; the end and the learning rate by val_loss on the fold's validation patients",
        ),
    ],
)
def test_what_chose_an_epoch_is_told(settings, expected):
    recipe = toy_models.recipe(*settings)
    assert chosen_by(recipe, recipe.training.phases[0]) == expected
