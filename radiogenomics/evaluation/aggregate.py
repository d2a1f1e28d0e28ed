"""Slices to patients: the probabilities of a patient's slices become one."""

from collections.abc import Iterable

from radiogenomics.errors import RunError
from radiogenomics.records import Prediction, SlicePrediction
from radiogenomics.registry import choose, load
from radiogenomics.tables.aggregators import AGGREGATORS

SPLITS = ("train", "validation", "test")


def order(row: SlicePrediction | Prediction) -> tuple[int, int, int, str]:
    """The sorting key of predictions: fold, phase, split (train, validation, test), patient."""
    return row.fold, row.phase, SPLITS.index(row.split) if row.split in SPLITS else len(SPLITS), row.patient_id


def aggregate(slices: Iterable[SlicePrediction], aggregator: str) -> list[Prediction]:
    """One prediction for each (patient, fold, phase, split), sorted; the order of the slices does not matter.

    Args:
        slices: Scored slices; all lesions of a patient count alike.
        aggregator: A name of tables.aggregators.

    Raises:
        UnknownNameError: No such aggregator.
        RunError: A patient's slices carry two labels, or a probability is none.
    """
    function = load(choose(AGGREGATORS, aggregator, "aggregator"))
    groups: dict[tuple[str, int, int, str], list[SlicePrediction]] = {}
    for row in sorted(slices, key=lambda s: (s.lesion_id, s.series_uid, s.slice)):
        groups.setdefault((row.patient_id, row.fold, row.phase, row.split), []).append(row)
    predictions = []
    for (patient, fold, phase, split), rows in groups.items():
        if len({row.label for row in rows}) > 1:
            raise RunError(f"slices of patient {patient} carry two labels: the predictions were changed or mixed up")
        if not all(0 <= row.probability <= 1 for row in rows):
            raise RunError(f"patient {patient} has a slice without a probability from 0 to 1: its model diverged")
        probability = float(function([row.probability for row in rows]))
        predictions.append(Prediction(patient, fold, phase, split, rows[0].label, probability))
    return sorted(predictions, key=order)
