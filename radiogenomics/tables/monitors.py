"""What may choose an epoch: a metric of history.csv, and whether more of it is better."""

MONITORS: dict[str, bool] = {
    "val_loss": False,
    "val_accuracy": True,
    "val_auc": True,
    "val_f1": True,
}
