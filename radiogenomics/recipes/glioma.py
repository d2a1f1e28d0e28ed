"""A genomic class of lower-grade glioma from lesion crops of three sequences: ours, for small cohorts.

What 364 settings on inner splits of 74 patients of TCGA-LGG left (cluster of clusters 2 against the rest): the input
decides, and no fine-tuning beats a logistic regression on frozen features beyond noise. What keeps it from destroying
them is a small step: few blocks, a tiny rate, few epochs, and no choice of an epoch by two or three validation
patients. benchmarks/frozen_features.py sets a run beside the logistic regression on the same folds.

    radiogen train --recipe glioma --data DATA --labels labels.csv --masks masks
"""

TUNED = "ours: tuned on inner splits of 74 patients of TCGA-LGG, on which it is therefore a little optimistic"
LINEAR = "ours: as a logistic regression on standardised features does it, which nothing beat"
HELD = "ours: larger steps (rate times epochs, or more blocks) lost AUC on inner splits of TCGA-LGG"
OURS = "ours"

RECIPE = {
    "name": "glioma",
    "title": "Genomic class of a lower-grade glioma from lesion crops",
    "citation": (
        "This project's own. Known on 110 patients of the cohort it was tuned on: Buda et al. 2020, Radiology: "
        "Artificial Intelligence, 10.1148/ryai.2019180050"
    ),
    "positive": "cluster of clusters 2",
    "negative": "other clusters",
    "caution": (
        "On TCGA-LGG this recipe was tuned on inner splits of the very patients: there its figures are a little "
        "optimistic. Published there: AUC .73 pretrained on glioblastoma, .68 from scratch, .64 from ImageNet."
    ),
    "label": {"column": "COCCluster", "positive": "2"},
    "modalities": ["t1wce", "flair", "t1w"],
    "cohort": {"series_policy": "most-slices", "plane": "any"},
    "slices": {"policy": "lesion-centre", "reach": 3},
    "region": {"policy": "mask", "margin_mm": 7.5, "square": False},
    "image": {"size": [128, 128], "normalisation": "minmax", "scope": "volume"},
    "augmentation": {},
    "split": {"test": 0.2, "validation": 0.1, "folds": 5, "repeats": 10},
    "model": {
        "backbone": "mobilenet-0.25",
        "weights": "imagenet",
        "channel_orders": "all",
        "head": {"kind": "gap-linear", "l2": 0.15},
    },
    "training": {
        "phases": [
            {
                "name": "linear",
                "freeze": "base",
                "epochs": 60,
                "batch_size": 32,
                "learning_rate": 3e-3,
                "optimizer": "adam",
                "loss": "binary-crossentropy",
                "keep": "last",
            },
            {
                "name": "fine-tuned",
                "freeze": "blocks",
                "blocks": 2,
                "epochs": 5,
                "batch_size": 32,
                "learning_rate": 1e-5,
                "optimizer": "adam",
                "loss": "binary-crossentropy",
                "keep": "last",
            },
        ],
        "monitor": "val_loss",
        "balance": "class-weights",
    },
    "evaluation": {"aggregator": "mean", "lesions": "max", "threshold": 0.5},
    # No weights ship with radiogen and none can be fetched offline: the demo starts from random ones, and a linear head
    # on random features learns nothing, so all is trained.
    "demo": {
        "kind": "brain",
        "patients": 90,
        "slices": 16,
        "size": 96,
        "lesions": "masks",
        "set": [
            "label=null",
            "model.weights=none",
            "model.channel_orders=given",
            "image.size=64",
            "split.folds=1",
            "split.repeats=1",
            "split.test=0.3",
            "training.phases.0.epochs=4",
            "training.phases.1.freeze=batchnorm",
            "training.phases.1.blocks=null",
            "training.phases.1.epochs=20",
            "training.phases.1.learning_rate=0.001",
        ],
    },
    "sources": {
        "label": "the cohort's own: TCGA-LGG, cluster of clusters",
        "caution": "ours; published: Buda et al. 2020, results",
        "modalities": "the sequences of TCGA-LGG; their order is of no account, as all are seen",
        "cohort": OURS,
        "slices": TUNED,
        "region": TUNED,
        "image": TUNED,
        "augmentation": "ours: none, so that frozen features are computed once; it gained .01 at most",
        "split": "ours: 5 folds; 10 repeats, whose probabilities are averaged; few validate, as nothing is chosen",
        "model.backbone": "ours: the smallest; larger ones were not tried",
        "model.weights": OURS,
        "model.channel_orders": TUNED,
        "model.head": LINEAR,
        "training.phases.0": LINEAR,
        "training.phases.1": HELD,
        "training.monitor": "ours: has no effect, as the last epoch is kept",
        "training.balance": TUNED,
        "evaluation.aggregator": TUNED,
        "evaluation.lesions": "ours: the cohort has one lesion a patient",
        "evaluation.threshold": OURS,
    },
}
