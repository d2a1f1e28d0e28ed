"""Distant metastasis of soft-tissue sarcoma from CT, dose and MRI: Piffer, VGG19 with its dense layers trained anew.

Published (accuracy, sensitivity, specificity, precision, F1) for ten combinations of three of five images, the best of
them Dose-T2w-CE: .90 .85 .84 .78 .81. 61 patients, 2,395 slices. With balanced classes accuracy must lie between
sensitivity and specificity; in none of the ten rows does it: they stand beside ours, never as a target.

    radiogen train --recipe sarcoma-metastasis --data DATA --labels labels.csv --masks DATA
    radiogen sweep --recipe sarcoma-metastasis --channels 3 --of ct,dose,t1w,t2w,t1wce --data DATA --labels labels.csv --masks DATA
"""  # noqa: E501

ASSUMED = "not stated; assumed"
PAPER = "Piffer"
ROWS = (
    # channels, accuracy, sensitivity, specificity, precision, F1: the paper's table, as printed
    ("ct,dose,t1w", 0.78, 0.67, 0.75, 0.73, 0.70),
    ("ct,dose,t1wce", 0.85, 0.81, 0.82, 0.77, 0.79),
    ("ct,dose,t2w", 0.84, 0.75, 0.83, 0.79, 0.77),
    ("ct,t1w,t1wce", 0.80, 0.68, 0.72, 0.69, 0.68),
    ("ct,t1w,t2w", 0.80, 0.71, 0.70, 0.68, 0.69),
    ("ct,t2w,t1wce", 0.86, 0.81, 0.73, 0.71, 0.76),
    ("dose,t1w,t1wce", 0.89, 0.75, 0.84, 0.81, 0.78),
    ("dose,t1w,t2w", 0.85, 0.76, 0.80, 0.77, 0.76),
    ("dose,t2w,t1wce", 0.90, 0.85, 0.84, 0.78, 0.81),
    ("t1w,t2w,t1wce", 0.89, 0.77, 0.86, 0.83, 0.80),
)
FIGURES = ("modality", "accuracy", "sensitivity", "specificity", "precision", "F1")

RECIPE = {
    "name": "sarcoma-metastasis",
    "title": "Distant metastasis of soft-tissue sarcoma after radiotherapy",
    "citation": (
        "Piffer, Soft tissue sarcoma: transfer learning and fine-tuning for prediction of distant metastasis based on "
        "multimodal imaging; 61 patients, 2,395 slices"
    ),
    "positive": "distant metastasis",
    "negative": "none",
    "caution": (
        "The paper's table can't be a target: in none of its ten rows does accuracy lie between sensitivity and "
        "specificity, as it must. Its best combination is the best of ten, chosen on what is reported."
    ),
    "modalities": ["dose", "t2w", "t1wce"],
    "cohort": {"series_policy": "most-slices", "plane": "any"},
    "slices": {"policy": "lesion-extent", "margin_mm": 10.0},
    "region": {"policy": "whole", "drawn_on": "ct", "roi": "GTV"},
    "image": {"size": [224, 224], "normalisation": "minmax", "scope": "slice", "canvas": 512},
    "augmentation": {},
    "split": {"test": 0.1, "validation": 0.15, "folds": 10, "repeats": 1},
    "model": {
        "backbone": "vgg19",
        "weights": "imagenet",
        "head": {"kind": "vgg-dense", "units": [4096, 4096], "dropout": 0.5},
    },
    "training": {
        "phases": [
            {
                "name": "dense layers",
                "freeze": "base",
                "epochs": 50,
                "batch_size": 64,
                "learning_rate": 1e-2,
                "optimizer": "sgd",
                "momentum": 0.9,
                "loss": "binary-crossentropy",
                "early_stopping": {"patience": 8},
            },
        ],
        "monitor": "val_loss",
    },
    "evaluation": {"aggregator": "mean", "lesions": "max", "threshold": 0.5},
    "published": [dict(zip(FIGURES, row, strict=True)) for row in ROWS],
    "demo": {"kind": "limb", "patients": 60, "slices": 16, "size": 64, "lesions": "masks", "set": []},
    # Where each value comes from. The copy at hand has no section numbers: the words name the paper's topic.
    "sources": {
        "caution": "ours, from the paper's table of ten combinations",
        "modalities": f"{PAPER}, channels: three of CT, dose, T1w, T2w, CE-T1w; of the ten these did best",
        "cohort": ASSUMED,
        "slices": f"{PAPER}, slices: those through the tumour, with 1 cm margin above and below",
        "region": f"{PAPER}, contours: carried to CT by registration; the whole slice is used. The name GTV {ASSUMED}",
        "image.size": f"{PAPER}, preprocessing: then 224x224, aspect kept",
        "image.normalisation": f"{PAPER}, preprocessing: min-max to [0, 1]",
        "image.scope": f"by slice or volume {ASSUMED}",
        "image.canvas": f"{PAPER}, preprocessing: each image to 512x512, zero outside the smaller image",
        "augmentation": f"{PAPER}, training: none",
        "split.test": f"{PAPER}, split: 10 folds",
        "split.validation": f"{PAPER}, split: there is a validation split; its size is {ASSUMED}",
        "split.folds": f"{PAPER}, split: 10 folds, stratified",
        "split.repeats": f"{PAPER}, split: one",
        "model.backbone": f"{PAPER}, model: VGG-19",
        "model.weights": f"{PAPER}, model: ImageNet",
        "model.head.kind": f"{PAPER}, model: the last three fully connected layers, the last of them replaced",
        "model.head.units": f"{PAPER}, model: VGG's own",
        "model.head.dropout": f"{ASSUMED} (Simonyan & Zisserman trained these layers with .5)",
        "training.phases.0.name": "ours",
        "training.phases.0.freeze": f"{PAPER}, model: every other weight frozen",
        "training.phases.0.epochs": f"{PAPER}, training: 50",
        "training.phases.0.batch_size": f"{PAPER}, training: 64",
        "training.phases.0.learning_rate": f"{PAPER}, training: .01",
        "training.phases.0.optimizer": f"{PAPER}, training: SGD",
        "training.phases.0.momentum": f"{PAPER}, training: .9",
        "training.phases.0.loss": ASSUMED,
        "training.phases.0.early_stopping": f"{PAPER}, training: after 8 epochs without better validation loss",
        "training.monitor": f"{PAPER}, training: validation loss",
        "evaluation.aggregator": f"{PAPER}: accuracy is slice-based; for patients {ASSUMED}",
        "evaluation.lesions": f"{ASSUMED} (the slices of all contours are taken together)",
        "evaluation.threshold": ASSUMED,
    },
}
