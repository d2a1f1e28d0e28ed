"""What selection.json says of the epochs."""

import pytest
import toy_models

from radiogenomics.experiment.cross_validate import _write_outcomes, chosen_by
from radiogenomics.experiment.fold import FoldOutcome
from radiogenomics.records import EpochRow
from radiogenomics.rundir.rows import read_csv
from radiogenomics.rundir.run import Run, write_json

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


@pytest.mark.parametrize(("protocol", "noted"), [("nested", None), ("published", "selected on the reported fold")])
def test_the_history_of_the_published_protocol_says_on_whom_it_was_watched(tmp_path, protocol, noted):
    run = Run(tmp_path)
    write_json(run.environment, {"hashes": {}})
    outcome = FoldOutcome(0, (), (EpochRow(0, 1, 1, {"val_auc": 0.9}),), (1, 1), "cpu")
    _write_outcomes(run, toy_models.recipe(f"split.protocol={protocol}"), [outcome], [])
    assert [row.get("note") for row in read_csv(run.history)] == [noted]
