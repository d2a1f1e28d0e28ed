"""Twenty cohorts without signal and twenty with a strong one: what `radiogen signal` says of each.

    python benchmarks/is_there_signal.py DATA --labels CSV --masks DIR --weights FILE [--out DIR]

DATA, labels and masks are those that ../shared/data/make_lgg_dicom.py writes, the weights a MobileNet-0.25's. The
labels are the file's coins, coin_0 to coin_19, which nothing in an image can predict: those are the cohorts without
signal, and all seeds. With signal: the same coins, and a soft spot put into the tumours of 95% of the positives and 5%
of the negatives, so that nobody can do better than an AUC of .95. Sex, age and the like are the file's own; scanner,
echo time and day are drawn without a look at the labels, for the cohort's headers are all alike. Nothing is trained: in
place of a trained model's AUC stands that of scores drawn at random, which is a second chance of being told a signal
where there is none, and the likeliest, for it goes by nothing that the head saw. Prints both counts, and what each
verdict went by.
"""

import argparse
import tempfile
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from radiogenomics.errors import StoreError
from radiogenomics.evaluation.intervals import auc_interval
from radiogenomics.evaluation.signal.control import marked
from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.cross_validate import begin_run
from radiogenomics.experiment.environment import environment
from radiogenomics.experiment.facts import plan_traits, planned_facts
from radiogenomics.experiment.frozen import identity, patient_features
from radiogenomics.experiment.layout import laid_out
from radiogenomics.experiment.lesion_cover import Drawn
from radiogenomics.experiment.plan import Plan, make_plan
from radiogenomics.experiment.prepare import Prepared
from radiogenomics.experiment.signal import signal
from radiogenomics.experiment.start import resolve_recipe
from radiogenomics.imaging.altered import planted
from radiogenomics.imaging.sample import quantise, to_unit
from radiogenomics.models.weights import resolve
from radiogenomics.records import SILENT, Estimate, Plane, PreparedSlice, Trait
from radiogenomics.rundir.features import PatientFeatures, write_features
from radiogenomics.rundir.rows import write_records
from radiogenomics.rundir.run import Run, write_folds, write_json
from radiogenomics.store import Store

COINS = 20
STRONG = 0.95  # the AUC of the mark alone
VISIBLE = 0.7  # of the mark: how far towards white; the control's own is .25
QUICK = (
    *("model.backbone=mobilenet-0.25", "slices.reach=1", "image.size=64", "region.margin_mm=15"),
    *("split.folds=5", "training.seed=0"),
)


def drawn_traits(plan: Plan, seed: int) -> list[Trait]:
    """The labels file's clinical columns, and a scanner, an echo time and a day that follow from nothing."""
    random = np.random.Generator(np.random.Philox([seed, 1]))
    traits = [trait for trait in plan_traits(plan) if trait.kind == "clinical"]
    for patient in sorted(plan.labels):
        drawn = (f"scanner {random.integers(3)}", f"{random.normal(100, 5):.1f}", str(random.integers(2000)))
        names = zip(("scanner", "echo_time", "day"), drawn, strict=True)
        traits += [Trait(patient, "flair", "acquisition", name, value) for name, value in names]
    return traits


def drawn_model(plan: Plan, seed: int) -> Estimate:
    """The AUC of a model that knows nothing."""
    scores = np.random.Generator(np.random.Philox([seed, 2])).normal(size=len(plan.labels))
    return auc_interval([plan.labels[patient] for patient in sorted(plan.labels)], scores)


def marked_store(store: Store, prepared: Prepared, root: Path) -> Store:
    """The same entries under the same names, with the mark in every plane."""
    other = Store(root)
    for key in sorted({plane.entry for sample in prepared.samples for plane in sample.planes}):
        entry = store.find(key)
        if entry is None:
            raise StoreError(f"{store.root} has lost {key}")
        images = (to_unit(store.read(Plane(key, row)))[..., None] for row in range(len(entry.slices)))
        rows = zip(entry.slices, (quantise(planted(image, VISIBLE)[..., 0]) for image in images), strict=True)
        other.write(key, entry.size, len(entry.slices), rows, entry.faults)
    return other


def mixed(plain: PatientFeatures, seen: PatientFeatures, plan: Plan, seed: int) -> PatientFeatures:
    """The features of a cohort in which some patients' tumours carry the mark."""
    labels = np.array([plan.labels[patient] for patient in plain.patients])
    carries = marked(labels, [np.arange(len(labels))], STRONG, seed)[:, None]
    names = ("plain", "planted", "hidden", "radiomics")
    return replace(plain, **{name: np.where(carries, getattr(seen, name), getattr(plain, name)) for name in names})


def main() -> None:
    """Ask forty cohorts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    for name in ("labels", "masks", "weights", "out"):
        parser.add_argument(f"--{name}", type=Path)
    given = parser.parse_args()
    if not (given.data and given.labels and given.masks and given.weights):
        print("skipped: give DATA, --labels, --masks and --weights")
        return
    out = given.out or Path(tempfile.mkdtemp())
    store, paths = Store((out / "store").absolute()), [str(p.absolute()) for p in (given.data, given.labels)]
    weights = resolve("mobilenet-0.25", str(given.weights))
    features: tuple[PatientFeatures, PatientFeatures] | None = None
    counts = {"none": Counter[str](), "strong": Counter[str]()}
    for coin in range(COINS):
        request = Request(*paths, label_column=f"coin_{coin}", positive="1", masks=str(given.masks.absolute()))
        settings = {"model.weights": str(given.weights.absolute()), "preparation.steps": []}
        recipe = resolve_recipe("egfr", settings, QUICK, request)
        plan, prepared = laid_out(make_plan(request, recipe, store), store, 0, SILENT)
        for kind, said in counts.items():
            run = Run(out / f"coin_{coin}-{kind}")
            begun = environment(request, recipe, weights, prepared.samples)
            begin_run(run, plan, planned_facts(plan, prepared, drawn_traits(plan, coin), begun))
            write_folds(run, plan.folds, plan.labels)
            write_records(run.slices, PreparedSlice, prepared.slices)
            if features is None:
                other = marked_store(store, prepared, out / "marked")
                features = patient_features(run, store, workers=0), patient_features(run, other, workers=0)
            own = features[0] if kind == "none" else mixed(*features, plan, coin)
            write_features(run.features, replace(own, of=identity(run, Drawn())))
            write_json(run.metrics, {"auc": asdict(drawn_model(plan, coin))})
            found = signal(run, store, targets=())
            said[found["verdict"]] += 1
            baselines = {name: f"{row['auc']['value']:.2f}/{row['p']:.2f}" for name, row in found["baselines"].items()}
            head, model, hidden = (f"{found[name]['auc']['value']:.2f}" for name in ("head", "model", "hidden"))
            print(
                f"coin_{coin:<2} {kind:6} {found['verdict']:8} head {head} (p {found['head']['p']:.3f}) model {model} "
                f"hidden {hidden} {baselines}", flush=True
            )  # fmt: skip
    for kind, said in counts.items():
        print(f"{kind}: {dict(said)} of {COINS}")


if __name__ == "__main__":
    main()
