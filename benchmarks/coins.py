"""Labels that nothing can predict, by both protocols: what choosing on the reported fold adds.

    python benchmarks/coins.py DATA --labels CSV --masks DIR --weights FILE --out DIR [--coins 20]

DATA, labels and masks are those that ../shared/data/make_lgg_dicom.py writes, the weights a MobileNet-0.25's. Each coin
is trained twice on the same folds, nested and published, quickly (one slice a patient, 64 px, two phases), with epoch
and aggregator chosen as the protocol says. Then `radiogen compare` shows all of them.
"""

import argparse
from pathlib import Path

import keras

from radiogenomics.evaluation.comparison import mean_optimism
from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.compare import compare
from radiogenomics.experiment.cross_validate import cross_validate, new_run
from radiogenomics.experiment.start import resolve_recipe, start
from radiogenomics.rundir.run import Run
from radiogenomics.store import Store

QUICK = (
    "model.backbone=mobilenet-0.25",
    "slices.reach=0",
    "image.size=64",
    "augmentation={}",
    "split.folds=5",
    "split.validation=0.25",
    'training.phases=[{"name": "frozen", "freeze": "base", "epochs": 15, "batch_size": 16, "learning_rate": 0.01}, '
    '{"name": "fine-tuned", "freeze": "blocks", "blocks": 1, "epochs": 5, "batch_size": 16, "learning_rate": 0.001}]',
    "training.monitor=val_auc",
    "evaluation.aggregator=validation",
    "training.seed=0",
)


def main() -> None:
    """Train every coin twice, and print the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    for name in ("labels", "masks", "weights", "out"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--coins", type=int, default=20)
    given = parser.parse_args()
    if not (given.data and given.labels and given.masks and given.weights and given.out):
        print("skipped: give DATA, --labels, --masks, --weights and --out")
        return
    store, runs = Store((given.out / "store").absolute()), list[Run]()
    for coin in range(given.coins):
        paths = (str(given.data.absolute()), str(given.labels.absolute()))
        request = Request(*paths, label_column=f"coin_{coin}", positive="1", masks=str(given.masks.absolute()))
        for protocol in ("nested", "published"):
            # TCGA-LGG is co-registered and skull-stripped.
            settings = {"split.protocol": protocol, "model.weights": str(given.weights), "preparation.steps": []}
            recipe = resolve_recipe("egfr", settings, QUICK, request)
            run = new_run(given.out / f"coin_{coin}-{protocol}", force=True)
            auc = cross_validate(start(request, recipe, store), run, store, workers=0)["auc"]
            print(f"{run.root.name:20} AUC {auc.value:.3f} ({auc.low:.3f}-{auc.high:.3f})", flush=True)
            runs.append(run)
            keras.backend.clear_session()
    nested, published, optimism = mean_optimism(compare(runs).optimism, "auc")
    print(f"mean of {given.coins}: nested {nested:.3f}, published {published:.3f}, optimism {optimism:+.3f}")
    print(f"radiogen compare {given.out}/coin_*")


if __name__ == "__main__":
    main()
