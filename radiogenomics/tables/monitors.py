"""What may choose an epoch: a metric of history.csv, and whether more or less of it is better."""

from typing import Literal

MONITORS: dict[str, Literal["min", "max"]] = {
    "val_loss": "min",
    "val_accuracy": "max",
    "val_auc": "max",
    "val_f1": "max",
}
