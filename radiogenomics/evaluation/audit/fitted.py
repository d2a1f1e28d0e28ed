"""What was fitted, counted or drawn from: whether anything saw the test side."""

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.overlap import COPIED, showing
from radiogenomics.evaluation.audit.tell import NOT_YET, count, some, tell
from radiogenomics.records import Finding

# Of environment["weights"], if known: "run", and of whom the starting weights were trained on the "patients" (their
# ids), "series" (UIDs) and "pixels" (hashes).
TRAINED_ON = "trained_on"
SAW_TEST = frozenset({"all", "test", "everyone", "all patients", "whole cohort"})


def is_trained(facts: Facts) -> bool:
    """Whether the facts are of a training that is over."""
    return bool(facts.scored or facts.predictions or facts.selection)


def _entry(facts: Facts, name: str) -> Mapping[str, Any]:
    entry = facts.selection.get(name)
    return entry if isinstance(entry, Mapping) else {}


def scored_twice(facts: Facts) -> Finding:
    """One slice in several test rows of a fold and phase."""
    check = "scored-twice"
    if not facts.scored:
        if is_trained(facts):
            return tell(check, "unknown", "the slices' probabilities are not known (slice_predictions.csv)")
        return tell(check, "clean", f"{NOT_YET}nothing is scored")
    rows = Counter(
        (row.patient_id, row.lesion_id, row.series_uid, row.slice, row.fold, row.phase)
        for row in facts.scored
        if row.split == "test"
    )
    twice = [key for key, number in rows.items() if number > 1]
    if not twice:
        return tell(check, "clean", f"each of {count(len(rows), 'scored test slice')} counts once")
    who = sorted({key[0] for key in twice})
    folds = some([str(fold) for fold in sorted({key[4] for key in twice})])
    slices = f"{count(len(twice), 'test slice')} of {count(len(who), 'patient')} ({some(who)})"
    sentence = f"{slices} count several times, in fold {folds}"
    return tell(check, "found", sentence, "oversample the training patients alone, after the split", who)


def oversampling(facts: Facts) -> Finding:
    """Slices repeated for balance outside of training."""
    check, balance = "oversampling", facts.recipe.training.balance
    on, by = _entry(facts, "oversampling").get("on"), _entry(facts, "oversampling").get("by", balance)
    if on is None and is_trained(facts):
        return tell(check, "unknown", "selection.json does not say whose slices were repeated (oversampling)")
    if on not in {None, "train"}:
        mend = "repeat slices of training patients alone, after the split"
        return tell(check, "found", f"slices were repeated for balance ({by}) on {on}, not on train alone", mend)
    if not balance.startswith("oversample"):
        return tell(check, "clean", f"nothing is repeated (training.balance {balance})")
    return tell(check, "clean", f"slices are repeated for balance ({balance}) in training patients alone")


def normalisation(facts: Facts) -> Finding:
    """Intensities or features scaled by statistics over everyone."""
    check, entry = "normalisation", _entry(facts, "normalisation")
    on = str(entry.get("on", ""))
    if not on and is_trained(facts):
        return tell(check, "unknown", "selection.json does not say on what images were normalised (normalisation)")
    if on.casefold() in SAW_TEST:
        sentence = f"images were normalised by statistics of {on}, the test patients' images among them"
        mend = "normalise each image by itself, or by statistics of the training patients of its fold"
        return tell(check, "found", f"{sentence} ({entry.get('by', 'no more is said')})", mend)
    return tell(check, "clean", f"images are normalised on {on or f'each {facts.recipe.image.scope}'}")


def pretraining(facts: Facts) -> Finding:
    """Starting weights that another run trained on patients who are tested here."""
    check, source = "pretraining", facts.recipe.model.weights
    if source == "none":
        return tell(check, "clean", "the model starts from random weights")
    name = PurePath(source).name
    if source == "imagenet":
        return tell(check, "clean", "the model starts from Keras' ImageNet weights, in which is no patient")
    weights = facts.environment.get("weights")
    known = weights.get(TRAINED_ON) if isinstance(weights, Mapping) else None
    if not isinstance(known, Mapping):
        # A name proves nothing: any file may bear that of ImageNet's.
        sentence = f"the weights come from {name}, of which it is not known on whom they were trained"
        return tell(check, "unknown", f"{sentence}; if it is ImageNet's file, --weights imagenet says so")
    tested = {patient for fold in facts.folds for patient in fold.test}
    mend, of = "start from weights of other patients, such as --weights imagenet", f"{known.get('run')}/models/{name}"
    if seen := sorted(_pictured(facts, known) & tested):
        sentence = (
            f"the images of {count(len(seen), 'patient')} tested here ({some(seen)}) trained the starting weights"
        )
        return tell(check, "found", f"{sentence}, {of}", mend, seen)
    namesakes = sorted(tested & set(known.get("patients", ())))
    if namesakes and not (facts.slices and known.get("pixels")):
        sentence = (
            f"{count(len(namesakes), 'patient')} tested here ({some(namesakes)}) bear ids of patients who trained"
        )
        sentence = (
            f"{sentence} the starting weights, {of}; whether they are the same nobody can tell without slices.csv"
        )
        return tell(check, "suspected", sentence, mend, namesakes)
    others = f"; {count(len(namesakes), 'id is', 'ids are')} the same, of other images" if namesakes else ""
    return tell(check, "clean", f"{known.get('run')} trained the starting weights on nobody who is tested here{others}")


def _pictured(facts: Facts, known: Mapping[str, Any]) -> set[str]:
    """The patients of whom a series, or most images pixel by pixel, are among those trained on, whatever their ids."""
    series, pixels = frozenset(known.get("series", ())), frozenset(known.get("pixels", ()))
    images: dict[tuple[str, str], set[str]] = {}
    for row in showing(facts.slices):
        images.setdefault((row.patient_id, row.series_uid), set()).add(row.pixel_hash)
    return {patient for (patient, uid), own in images.items() if uid in series or len(own & pixels) > COPIED * len(own)}
