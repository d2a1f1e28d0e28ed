"""EGFR mutation from brain metastases of lung cancer: Haim et al. 2022, ResNet-50 on lesion crops of T1+c.

Published, pooled over folds by patient at .5: median and mean accuracy .898 (53/59), sensitivity .687 (11/16),
specificity .977 (42/43); min and max .881, .625, .977. AUC, mean over folds: median .91 +- .07, mean .91 +- .09,
min .88 +- .05, max .87 +- .13. 59 patients, 16 of them mutant.

    radiogen train --recipe egfr --data DATA --labels labels.csv --masks masks
"""

ASSUMED = "not stated; assumed"
PAPER = "Haim et al. 2022"

RECIPE = {
    "name": "egfr",
    "title": "EGFR mutation of lung cancer from its brain metastases",
    "citation": (
        "Haim et al. 2022, Journal of Neuro-Oncology, Predicting EGFR mutation status by a deep learning approach; "
        "59 patients, 2 centres"
    ),
    "positive": "EGFR mutant",
    "negative": "wild type",
    "caution": (
        "In the paper's cohort 11 of 16 mutant patients are women against 15 of 43 (p = .02), and there are two "
        "centres: sex and scanner are ready shortcuts. As far as the paper tells, its epochs were chosen by the "
        "accuracy of the fold it reports."
    ),
    "modalities": ["t1wce"],
    "cohort": {"series_policy": "most-slices", "plane": "any"},
    "preparation": {"reference": "t1wce", "steps": [{"step": "resample"}, {"step": "brain"}, {"step": "n4"}]},
    "slices": {"policy": "lesion-centre", "reach": 2},
    "region": {"policy": "mask", "margin_mm": 5.0, "square": True},
    "image": {"size": [96, 96], "normalisation": "zscore", "scope": "volume", "over": "brain"},
    "augmentation": {"zoom": [0.9, 1.1], "rotation": 15.0, "contrast": [0.8, 1.25], "mixup": 0.4},
    "split": {"test": 0.2, "validation": 0.2, "folds": 5, "repeats": 1},
    "model": {
        "backbone": "resnet50",
        "weights": "imagenet",
        "head": {"kind": "gap-bn-dropout-dense", "dropout": 0.5, "units": 512},
    },
    "training": {
        "phases": [
            {
                "name": "frozen",
                "freeze": "base",
                "epochs": 10,
                "batch_size": 32,
                "learning_rate": 4e-2,
                "optimizer": "sgd",
                "momentum": 0.9,
                "loss": "soft-f1",
            },
            {
                "name": "fine-tuned",
                "freeze": "batchnorm",
                "epochs": 30,
                "batch_size": 32,
                "learning_rate": 4e-3,
                "optimizer": "sgd",
                "momentum": 0.9,
                "loss": "soft-f1",
                "reduce_learning_rate": {"factor": 0.2, "patience": 5},
            },
        ],
        "monitor": "val_accuracy",
        "balance": "oversample-patients",
    },
    "evaluation": {"aggregator": "median", "lesions": "max", "threshold": 0.5},
    "published": [
        {
            "modality": "t1wce",
            "aggregator": "median",
            "accuracy": 0.898,
            "sensitivity": 0.687,
            "specificity": 0.977,
            "AUC": 0.91,
            "AUC sd": 0.07,
        },
        {
            "modality": "t1wce",
            "aggregator": "mean",
            "accuracy": 0.898,
            "sensitivity": 0.687,
            "specificity": 0.977,
            "AUC": 0.91,
            "AUC sd": 0.09,
        },
        {
            "modality": "t1wce",
            "aggregator": "min",
            "accuracy": 0.881,
            "sensitivity": 0.625,
            "specificity": 0.977,
            "AUC": 0.88,
            "AUC sd": 0.05,
        },
        {
            "modality": "t1wce",
            "aggregator": "max",
            "accuracy": 0.881,
            "sensitivity": 0.625,
            "specificity": 0.977,
            "AUC": 0.87,
            "AUC sd": 0.13,
        },
    ],
    # No weights ship with radiogen and none can be fetched offline: the demo starts from random ones.
    "demo": {
        "kind": "brain",
        "patients": 90,
        "slices": 16,
        "size": 96,
        "lesions": "masks",
        "set": [
            "model.backbone=mobilenet-0.25",
            "model.weights=none",
            "image.size=64",
            "split.folds=1",
            "split.test=0.3",
            "training.phases.0.epochs=4",
            "training.phases.1.epochs=16",
            "training.phases.1.learning_rate=0.04",
        ],
    },
    # Where each value comes from. The copy at hand has no section numbers: the words name the paper's topic.
    "sources": {
        "caution": f"{PAPER}, cohort (sex by mutation); what chose the epochs is inferred",
        "modalities": f"{PAPER}, data: T1 with contrast",
        "cohort": ASSUMED,
        "preparation.reference": f"{PAPER}: T1+c is the only sequence",
        "preparation.steps": (
            f"{PAPER}, preprocessing: bias-field correction, z-score by the extracted brain; the programs' settings "
            f"{ASSUMED}"
        ),
        "slices": f"{PAPER}, slices: the mid-tumour slice +- 2",
        "region": f"{PAPER}, crop: the mask and its surrounding; margin and shape {ASSUMED}",
        "image.size": f"{PAPER}, crop: 96x96",
        "image.normalisation": f"{PAPER}, preprocessing: z-score by the extracted brain",
        "image.scope": ASSUMED,
        "image.over": f"{PAPER}, preprocessing: the extracted brain",
        "augmentation": f"{PAPER}, augmentation: rotation, zoom, contrast; mixup. Ranges {ASSUMED}",
        "split.test": f"{PAPER}, split: 5 folds",
        "split.validation": f"{ASSUMED} (the paper tells of no validation patients beside the fold it reports)",
        "split.folds": f"{PAPER}, split: 5 folds, stratified, by patient",
        "split.repeats": f"{PAPER}, split: one",
        "model.backbone": f"{PAPER}, model: ResNet-50",
        "model.weights": f"{PAPER}, model: ImageNet",
        "model.head": f"{ASSUMED} (fast.ai's default is pooling, BN, dropout, dense 512, BN, dropout .5, dense)",
        "training.phases.0.name": "ours",
        "training.phases.0.freeze": f"{ASSUMED} (freezing is not stated)",
        "training.phases.0.epochs": f"{PAPER}, training: 40 epochs; how many of them frozen is {ASSUMED}",
        "training.phases.0.batch_size": f"{PAPER}, training: 32",
        "training.phases.0.learning_rate": f"{PAPER}, training: initial rate 4e-2",
        "training.phases.0.optimizer": f"{ASSUMED} (a rate of 4e-2 is one of SGD)",
        "training.phases.0.momentum": ASSUMED,
        "training.phases.0.loss": f"{PAPER}, training: F1 loss",
        "training.phases.1.name": "ours",
        "training.phases.1.freeze": f"{ASSUMED} (freezing is not stated)",
        "training.phases.1.epochs": f"{PAPER}, training: 40 epochs; how many of them frozen is {ASSUMED}",
        "training.phases.1.batch_size": f"{PAPER}, training: 32",
        "training.phases.1.learning_rate": f"{ASSUMED} (only the initial rate is stated)",
        "training.phases.1.optimizer": f"{ASSUMED} (a rate of 4e-2 is one of SGD)",
        "training.phases.1.momentum": ASSUMED,
        "training.phases.1.loss": f"{PAPER}, training: F1 loss",
        "training.phases.1.reduce_learning_rate": f"{ASSUMED} (the schedule is not stated)",
        "training.monitor": f"{PAPER}, training: metric F1; the epoch of best accuracy is kept",
        "training.balance": f"{PAPER}, training: oversampling; of what is {ASSUMED}",
        "evaluation.aggregator": f"{PAPER}, patient score: min, max, median and mean, all reported; median did best",
        "evaluation.lesions": f"{PAPER}, data: one lesion a patient, so this has no effect there",
        "evaluation.threshold": f"{PAPER}, results: .5",
    },
}
