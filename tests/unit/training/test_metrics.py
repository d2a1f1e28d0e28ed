import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from radiogenomics.training.metrics import epoch_metrics


def measured(labels, probabilities):
    metrics = epoch_metrics()
    for metric in metrics:
        for part in np.array_split(np.arange(len(labels)), 3):
            metric.update_state(labels[part], probabilities[part])
    return {metric.name: float(metric.result()) for metric in metrics}


def test_metrics_are_those_of_slices_whatever_the_batches():
    rng = np.random.default_rng(3)
    labels = (rng.random((90, 1)) < 0.3).astype(np.float32)
    probabilities = np.clip(0.3 * labels + 0.7 * rng.random((90, 1)), 0, 1).astype(np.float32)
    decided = probabilities > 0.5
    assert measured(labels, probabilities) == {
        "accuracy": pytest.approx(accuracy_score(labels, decided)),
        "auc": pytest.approx(roc_auc_score(labels, probabilities), abs=0.01),
        "f1": pytest.approx(f1_score(labels, decided)),
    }


def test_mixed_labels_count_as_the_class_they_lie_nearer_to():
    rng = np.random.default_rng(4)
    labels, probabilities = rng.random((60, 1)).astype(np.float32), rng.random((60, 1)).astype(np.float32)
    assert measured(labels, probabilities) == measured((labels >= 0.5).astype(np.float32), probabilities)


def test_f1_is_0_where_nothing_is_called_positive():
    assert measured(np.ones((6, 1), np.float32), np.zeros((6, 1), np.float32))["f1"] == 0
