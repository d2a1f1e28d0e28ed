"""SCLC against NSCLC from brain metastases: Grossman et al. 2021, EfficientNet on lesion crops of three sequences.

Published (mean and sd over folds): accuracy .90 +- .04 validation, .87 +- .05 test; AUC .90 +- .05 with all three
sequences, .85 +- .07 T1+c, .88 +- .09 T2, .81 +- .07 FLAIR. 69 patients (25 SCLC), 102 tumours, 296 slices.

    radiogen train --recipe lung-subtype --data DATA --labels labels.csv --lesions lesions.csv
    radiogen sweep --recipe lung-subtype --inputs t1wce,flair,t2w,all --data DATA --labels labels.csv --lesions lesions.csv
"""  # noqa: E501

ASSUMED = "not stated; assumed"
FASTAI = "not stated; assumed (fast.ai's default, which the paper's toolkit has)"
PAPER = "Grossman et al. 2021"

RECIPE = {
    "name": "lung-subtype",
    "title": "Small-cell against non-small-cell lung cancer from brain metastases",
    "citation": "Grossman et al. 2021, doi 10.1177/15330338211004919; 69 patients, 102 tumours, 296 slices",
    "positive": "SCLC",
    "negative": "NSCLC",
    "caution": (
        "As far as the paper tells, each epoch was chosen by the accuracy of the fold that it reports as validation; "
        "its held-out test is a tenth of 69 patients."
    ),
    "modalities": ["t1wce", "flair", "t2w"],
    "cohort": {"series_policy": "most-slices", "plane": "any"},
    "preparation": {
        "reference": "t1wce",
        "steps": [{"step": "rigid"}, {"step": "resample"}, {"step": "brain"}, {"step": "n4"}],
    },
    "slices": {"policy": "lesion-centre", "reach": 1, "small_mm": 10.0, "small_reach": 0},
    "region": {"policy": "box", "margin_mm": 0.0, "square": False, "drawn_on": "t1wce"},
    "image": {"size": [64, 64], "normalisation": "zscore", "scope": "volume", "over": "brain"},
    "augmentation": {
        "zoom": [1.0, 1.1],
        "rotation": 10.0,
        "horizontal_flip": True,
        "brightness": [0.8, 1.2],
        "contrast": [0.8, 1.25],
        "mixup": 0.4,
    },
    "split": {"test": 0.1, "validation": 0.2, "folds": 5, "repeats": 1},
    "model": {
        "backbone": "efficientnetb0",
        "weights": "imagenet",
        "head": {"kind": "gap-bn-dropout-dense", "dropout": 0.5, "units": 512},
    },
    "training": {
        "phases": [
            {
                "name": "frozen",
                "freeze": "base",
                "epochs": 20,
                "batch_size": 16,
                "learning_rate": 1e-3,
                "optimizer": "adam",
                "loss": "binary-crossentropy",
            },
            {
                "name": "fine-tuned",
                "freeze": "batchnorm",
                "epochs": 80,
                "batch_size": 16,
                "learning_rate": 1e-3,
                "optimizer": "adam",
                "loss": "binary-crossentropy",
                "reduce_learning_rate": {"factor": 0.2, "patience": 10},
            },
        ],
        "monitor": "val_accuracy",
        "balance": "oversample-slices",
    },
    "evaluation": {"aggregator": "mean", "lesions": "max", "threshold": 0.5},
    "published": [
        {
            "modality": "t1wce,flair,t2w",
            "split": "validation",
            "accuracy": 0.90,
            "accuracy sd": 0.04,
            "F1 NSCLC": 0.92,
            "F1 NSCLC sd": 0.05,
            "F1": 0.87,
            "F1 sd": 0.08,
        },
        {
            "modality": "t1wce,flair,t2w",
            "split": "test",
            "accuracy": 0.87,
            "accuracy sd": 0.05,
            "F1 NSCLC": 0.88,
            "F1": 0.85,
        },
        # Whether these are of validation or of test patients is not stated.
        {"modality": "t1wce,flair,t2w", "AUC": 0.90, "AUC sd": 0.05},
        {"modality": "t1wce", "AUC": 0.85, "AUC sd": 0.07},
        {"modality": "t2w", "AUC": 0.88, "AUC sd": 0.09},
        {"modality": "flair", "AUC": 0.81, "AUC sd": 0.07},
    ],
    # No weights ship with radiogen and none can be fetched offline: the demo starts from random ones.
    "demo": {
        "kind": "brain",
        "patients": 90,
        "slices": 16,
        "size": 96,
        "two_lesions": 0.3,
        "lesions": "boxes",
        "set": [
            "model.backbone=mobilenet-0.25",
            "model.weights=none",
            "split.folds=1",
            "split.test=0.3",
            "training.phases.0.epochs=4",
            "training.phases.1.epochs=25",
        ],
        # The grids are coarse: two levels of registration lose nothing (.8 mm off the truth on average) in a quarter of
        # the time.
        "raw": {
            "patients": 60,
            "slices": 24,
            "size": 96,
            "set": [
                "preparation.steps.0.voxel_mm=[6, 3]",
                "preparation.steps.0.smoothing_mm=[4, 2]",
                "preparation.steps.0.samples=20000",
                "preparation.steps.0.iterations=60",
                "split.folds=2",
            ],
        },
    },
    # Where each value comes from. The copy at hand has no section numbers: the words name the paper's topic.
    "sources": {
        "caution": "ours, inferred from the paper's account of its splits and training",
        "modalities": f"{PAPER}, inputs: T1+c, FLAIR and T2 stacked as one RGB-like image",
        "cohort": ASSUMED,
        "preparation.reference": f"{PAPER}, preprocessing: FLAIR and T2 co-registered to T1+c",
        "preparation.steps": (
            f"{PAPER}, preprocessing: realigned and resized, brain extraction, bias-field correction; the programs' "
            f"settings {ASSUMED}"
        ),
        "slices": f"{PAPER}, slices: the tumour's centre +- 0 or 1 by lesion size; the threshold of size is {ASSUMED}",
        "region": f"{PAPER}, crop: a rectangle drawn on T1+c crops all modalities; aspect {ASSUMED}",
        "image.size": f"{PAPER}, crop: 64x64",
        "image.normalisation": f"{PAPER}, preprocessing: (x - mean) / sd over the extracted brain",
        "image.scope": ASSUMED,
        "image.over": f"{PAPER}, preprocessing: over the extracted brain",
        "augmentation": f"{PAPER}, augmentation: rotation, zoom, brightness, contrast, flip; mixup. Ranges {FASTAI}",
        "split.test": f"{PAPER}, split: 10% of patients are test. Here each patient is tested once in 5 folds instead",
        "split.validation": f"{PAPER}, split: 80/20 of the rest",
        "split.folds": f"{PAPER}, split: 5 folds; here they are the outer ones",
        "split.repeats": f"{PAPER}, split: one",
        "model.backbone": f"{PAPER}, model: EfficientNet b0 (b0-b7 searched)",
        "model.weights": f"{PAPER}, model: ImageNet",
        "model.head": FASTAI,
        "training.phases.0.name": "ours",
        "training.phases.0.freeze": f"{ASSUMED} (freezing is not stated)",
        "training.phases.0.epochs": f"{PAPER}, training: 100 epochs; how many of them frozen is {ASSUMED}",
        "training.phases.0.batch_size": f"{PAPER}, training: 16",
        "training.phases.0.learning_rate": f"{PAPER}, training: .001",
        "training.phases.0.optimizer": FASTAI,
        "training.phases.0.loss": f"{PAPER}, training: cross-entropy",
        "training.phases.1.name": "ours",
        "training.phases.1.freeze": f"{ASSUMED} (freezing is not stated)",
        "training.phases.1.epochs": f"{PAPER}, training: 100 epochs; how many of them frozen is {ASSUMED}",
        "training.phases.1.batch_size": f"{PAPER}, training: 16",
        "training.phases.1.learning_rate": f"{PAPER}, training: .001",
        "training.phases.1.optimizer": FASTAI,
        "training.phases.1.loss": f"{PAPER}, training: cross-entropy",
        "training.phases.1.reduce_learning_rate": f"{ASSUMED} (the schedule is not stated)",
        "training.monitor": f"{PAPER}, training: the epoch of best accuracy is kept",
        "training.balance": f"{PAPER}, training: oversampling to equal classes",
        "evaluation.aggregator": f"{ASSUMED} (whether slices, tumours or patients are scored is not stated)",
        "evaluation.lesions": f"{ASSUMED} (up to 3 tumours a patient)",
        "evaluation.threshold": ASSUMED,
    },
}
