"""A run beside a logistic regression on its base's frozen features, on the same folds and the same samples.

    python benchmarks/frozen_features.py RUN [--store DIR]

The regression sees a fold's training patients alone, as the run does (or, in a second line, its validation patients
too); features are standardised on them, C is .01, classes weigh alike, a patient is the mean of its slices. Patients
are pooled as the run's are: the mean over the repeats. The gain is paired: DeLong over patients, and repeat by repeat
its mean, its sd, and the corrected resampled t interval (Nadeau and Bengio 2003, Machine Learning 52), which allows
for the folds' shared patients.
"""

import argparse
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from scipy.stats import t as student
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from radiogenomics.evaluation.comparison import compare_pairs
from radiogenomics.evaluation.decide import Threshold, pool
from radiogenomics.evaluation.estimate import estimate
from radiogenomics.experiment.features import compute_features
from radiogenomics.experiment.plan import make_plan
from radiogenomics.experiment.prepare import prepare
from radiogenomics.imaging.sample import channels
from radiogenomics.models.build import build_model
from radiogenomics.models.halves import fingerprint, halves
from radiogenomics.models.weights import resolve
from radiogenomics.recipe import Recipe
from radiogenomics.records import SILENT, Fold, Prediction, Sample
from radiogenomics.rundir.rows import read_records
from radiogenomics.rundir.run import Run, open_run, read_folds, read_json, read_recipe
from radiogenomics.store import Store

C = 0.01
Who = Callable[[Fold], tuple[str, ...]]


def samples_of(run: Run, store: Store) -> tuple[Sample, ...]:
    """The run's samples, from the store where it has them."""
    from radiogenomics.experiment.cases import Request

    request = Request(**read_json(run.environment)["request"])
    plan = make_plan(request, read_recipe(run), store)
    return prepare(Path(request.data), plan.cases, plan.recipe, store, 0).samples


def features_of(recipe: Recipe, samples: Sequence[Sample], store: Store, orders: str) -> np.ndarray:
    """The pooled features of the pretrained base, [n, F]."""
    model = recipe.model.model_copy(update={"channel_orders": orders})
    recipe = recipe.model_copy(update={"model": model})
    weights = resolve(recipe.model.backbone, recipe.model.weights)
    base, _ = halves(build_model(recipe, weights.path, channels(recipe), 0))
    name = f"frozen_features/{recipe.model.backbone}/{orders}/{fingerprint(base)}"
    return compute_features(base, store, samples, name, turn=0, task="features", progress=SILENT)


def regress(features: np.ndarray, samples: Sequence[Sample], folds: Sequence[Fold], who: Who) -> list[Prediction]:
    """Each test patient's mean probability in each fold."""
    patients, labels = np.array([s.patient_id for s in samples]), np.array([s.label for s in samples])
    predictions = []
    for fold in folds:
        train, test = np.isin(patients, who(fold)), np.isin(patients, fold.test)
        model = make_pipeline(StandardScaler(), LogisticRegression(C=C, class_weight="balanced", max_iter=5000))
        scores = model.fit(features[train], labels[train]).predict_proba(features[test])[:, 1]
        for patient in fold.test:
            own = patients[test] == patient
            predictions.append(
                Prediction(patient, fold.index, 1, "test", int(labels[test][own][0]), float(scores[own].mean()))
            )
    return predictions


def of_repeats(predictions: Sequence[Prediction], folds: int) -> list[float]:
    """The pooled AUC of each repeat."""
    repeats = {row.fold // folds for row in predictions}
    groups = ([row for row in predictions if row.fold // folds == number] for number in sorted(repeats))
    return [float(roc_auc_score([r.label for r in rows], [r.probability for r in rows])) for rows in groups]


def corrected(gains: Sequence[float], share: float) -> tuple[float, float]:
    """The 95% interval of a mean over repeats, their variance corrected by (1/k + test/train)."""
    gains = np.asarray(gains)
    error = math.sqrt(gains.var(ddof=1) * (1 / len(gains) + share))
    reach = float(student.ppf(0.975, len(gains) - 1)) * error
    return float(gains.mean()) - reach, float(gains.mean()) + reach


def report(name: str, ours: Sequence[Prediction], theirs: Sequence[Prediction], recipe: Recipe) -> None:
    """Print a regression and what the run gains over it."""
    flat = [Threshold(row.fold, row.phase, 0.5, "fixed") for row in (*ours, *theirs)]
    mine, other = pool(ours, flat), pool(theirs, flat)
    auc = estimate(other, "patient")["auc"]
    (pair,) = compare_pairs([("run", mine), (name, other)])
    gap = pair.difference
    print(f"{name:38} AUC {auc.value:.3f} ({auc.low:.3f}-{auc.high:.3f})  gain of the run {gap.value:+.3f} "
          f"({gap.low:+.3f} to {gap.high:+.3f}), p {pair.p:.2f}")  # fmt: skip
    if recipe.split.repeats > 1:
        one, two = (of_repeats(rows, recipe.split.folds) for rows in (ours, theirs))
        gains = [a - b for a, b in zip(one, two, strict=True)]
        low, high = corrected(gains, 1 / (recipe.split.folds - 1))
        print(f"{'':38} repeat by repeat {np.mean(one):.3f} against {np.mean(two):.3f}: gain {np.mean(gains):+.3f}, "
              f"sd {np.std(gains, ddof=1):.3f}, {low:+.3f} to {high:+.3f}")  # fmt: skip


def main() -> None:
    """Print the run after each phase, and the regressions beside it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--store", type=Path, default=Path.home() / ".cache" / "radiogen")
    given = parser.parse_args()
    if given.run is None:
        print("skipped: give a run to set beside the regression")
        return
    run, store = open_run(given.run), Store(given.store.absolute())
    recipe, (folds, _) = read_recipe(run), read_folds(run)
    tested = [row for row in read_records(run.predictions, Prediction) if row.split == "test"]
    last = max(row.phase for row in tested)
    for phase in range(1, last + 1):
        rows = [row for row in tested if row.phase == phase]
        auc = estimate(pool(rows, [Threshold(row.fold, phase, 0.5, "fixed") for row in rows]), "patient")["auc"]
        print(
            f"{run.root.name + f', after phase {phase}':38} AUC {auc.value:.3f} ({auc.low:.3f}-{auc.high:.3f}), {auc.n}"
        )
    ours = [row for row in tested if row.phase == last]
    samples = samples_of(run, store)
    for orders in dict.fromkeys(("given", recipe.model.channel_orders)):
        features = features_of(recipe, samples, store, orders)
        own = regress(features, samples, folds, lambda fold: fold.train)
        more = regress(features, samples, folds, lambda fold: (*fold.train, *fold.validation))
        report(f"regression, channel order {orders}", ours, own, recipe)
        report("  with the validation patients too", ours, more, recipe)


if __name__ == "__main__":
    main()
