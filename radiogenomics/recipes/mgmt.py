"""MGMT promoter methylation from brain MRI: Spoorthy et al., two-phase EfficientNetB0 on mid-section slices.

Published (accuracy after phase 1 -> after phase 2): FLAIR .524 -> .642, T1w .486 -> .719, T1wCE .467 -> .536,
T2w .540 -> .615. AUC after phase 1: .508, .444, .495, .494; after phase 2 it is not reported.
Honest replications of MGMT from MRI lie at AUC .55-.65: a value above .70 is a reason to look for a leak.

    radiogen train --modality t1w --data DATA --labels train_labels.csv
"""

ASSUMED = "not stated; assumed"

RECIPE = {
    "name": "mgmt",
    "title": "MGMT promoter methylation from one MRI sequence",
    "citation": (
        "Spoorthy et al., Deep Learning Approach for Radiogenomic Classification of Brain Tumor; "
        "cohort: RSNA-MICCAI Brain Tumor Radiogenomic Classification 2021, 585 patients"
    ),
    "positive": "methylated",
    "negative": "unmethylated",
    "caution": (
        "Honest replications of MGMT from MRI lie at AUC .55-.65 (RSNA-MICCAI's winning folds: .54-.66). "
        "A value above .70 is a reason to look for a leak."
    ),
    "modalities": ["t1w"],
    "cohort": {"series_policy": "most-slices", "plane": "any"},
    "slices": {"policy": "mid-section", "fraction": 0.2},
    "image": {"size": [300, 300], "normalisation": "minmax", "scope": "slice"},
    "augmentation": {
        "zoom": [0.8, 1.2],
        "rotation": 15.0,
        "shift": [0.1, 0.1],
        "horizontal_flip": True,
        "brightness": [0.8, 1.2],
    },
    "split": {"test": 0.1, "validation": 0.15, "folds": 1, "repeats": 1},
    "model": {
        "backbone": "efficientnetb0",
        "weights": "imagenet",
        "head": {"kind": "gap-bn-dropout-dense", "dropout": 0.4, "units": 32},
    },
    "training": {
        "phases": [
            {
                "name": "frozen",
                "freeze": "base",
                "epochs": 20,
                "batch_size": 128,
                "learning_rate": 1e-4,
                "optimizer": "adam",
                "loss": "binary-crossentropy",
                "early_stopping": {"patience": 5},
                "reduce_learning_rate": {"factor": 0.2, "patience": 2},
            },
            {
                "name": "fine-tuned",
                "freeze": "batchnorm",
                "epochs": 10,
                "batch_size": 64,
                "learning_rate": 1e-5,
                "optimizer": "adam",
                "loss": "binary-crossentropy",
                "early_stopping": {"patience": 5},
                "reduce_learning_rate": {"factor": 0.2, "patience": 2},
            },
        ],
        "monitor": "val_loss",
        "seed": 0,
        "xla": "auto",
        "mixed_precision": False,
        "threads": 2,
    },
    "evaluation": {"aggregator": "mean", "threshold": 0.5},
    "published": [
        {"modality": "flair", "accuracy after phase 1": 0.524, "accuracy": 0.642, "AUC after phase 1": 0.508},
        {"modality": "t1w", "accuracy after phase 1": 0.486, "accuracy": 0.719, "AUC after phase 1": 0.444},
        {"modality": "t1wce", "accuracy after phase 1": 0.467, "accuracy": 0.536, "AUC after phase 1": 0.495},
        {"modality": "t2w", "accuracy after phase 1": 0.540, "accuracy": 0.615, "AUC after phase 1": 0.494},
        # Backbones at a learning rate of 1e-4, presumably on T1w after fine-tuning: the paper does not say.
        {"modality": "t1w", "backbone": "alexnet", "accuracy": 0.557, "precision": 0.55, "recall": 0.55, "F1": 0.54},
        {"modality": "t1w", "backbone": "mobilenet", "accuracy": 0.52, "precision": 0.52, "recall": 0.52, "F1": 0.51},
        {"modality": "t1w", "backbone": "resnet10", "accuracy": 0.57, "precision": 0.50, "recall": 0.77, "F1": 0.61},
        {"modality": "t1w", "backbone": "resnet50", "accuracy": 0.568, "precision": 0.56, "recall": 0.56, "F1": 0.56},
        {
            "modality": "t1w",
            "backbone": "efficientnetb0",
            "accuracy": 0.70,
            "precision": 0.71,
            "recall": 0.70,
            "F1": 0.69,
        },
        {
            "modality": "t1w",
            "backbone": "efficientnetb3",
            "accuracy": 0.669,
            "precision": 0.58,
            "recall": 0.56,
            "F1": 0.55,
        },
    ],
    # No weights ship with radiogen and none can be fetched offline; from random ones the first epochs are worse than
    # none, as the validation loss falls late: hence no early stopping.
    "demo": {
        "kind": "brain",
        "patients": 100,
        "slices": 24,
        "size": 96,
        "set": [
            "model.backbone=mobilenet-0.25",
            "model.weights=none",
            "image.size=64",
            "slices.fraction=0.4",
            "split.test=0.3",
            "training.phases.0.epochs=8",
            "training.phases.0.batch_size=32",
            "training.phases.0.learning_rate=0.001",
            "training.phases.0.early_stopping=null",
            "training.phases.1.epochs=12",
            "training.phases.1.batch_size=32",
            "training.phases.1.learning_rate=0.001",
            "training.phases.1.early_stopping=null",
        ],
    },
    # Where each value comes from. The copy at hand has no section numbers: the words name the paper's topic.
    "sources": {
        "caution": "not from the paper: published replications, and the winning folds of RSNA-MICCAI",
        "modalities": "Spoorthy et al., data: one model per modality (FLAIR, T1w, T1wCE, T2w); T1w did best",
        "cohort": f"{ASSUMED} (RSNA-MICCAI has one series a role; its planes are mixed)",
        "slices": "Spoorthy et al., preprocessing: 20% of the series around its mid-section",
        "image.size": "Spoorthy et al., preprocessing: 300x300, whole slice",
        "image.normalisation": "Spoorthy et al., preprocessing: rescaled to [0, 1]",
        "image.scope": ASSUMED,
        "augmentation.zoom": "Spoorthy et al., augmentation: .8-1.2, training only",
        "augmentation.rotation": f"{ASSUMED} (the paper's range is garbled)",
        "augmentation.shift": f"{ASSUMED} (horizontal and vertical shift are named, their range is not)",
        "augmentation.horizontal_flip": "Spoorthy et al., augmentation",
        "augmentation.brightness": "Spoorthy et al., augmentation: .8-1.2",
        "split.test": "Spoorthy et al., split: 90% train and validation, 10% test",
        "split.validation": "Spoorthy et al., split: 85% of the 90% train, stratified",
        "split.folds": "Spoorthy et al., split: one",
        "split.repeats": "Spoorthy et al., split: one",
        "model.backbone": "Spoorthy et al., model",
        "model.weights": "Spoorthy et al., model",
        "model.head": (
            "Spoorthy et al., model: pooling, BN, dropout .4, dense 32 relu, BN, dropout .4, dense 1 sigmoid; "
            f"BN momentum .9 {ASSUMED}"
        ),
        "training.phases.0.name": "ours",
        "training.phases.0.freeze": "Spoorthy et al., training: base frozen",
        "training.phases.0.epochs": "Spoorthy et al., training",
        "training.phases.0.batch_size": "Spoorthy et al., training",
        "training.phases.0.learning_rate": "Spoorthy et al., training: Adam 1e-4",
        "training.phases.0.optimizer": "Spoorthy et al., training",
        "training.phases.0.loss": "Spoorthy et al., training",
        "training.phases.0.early_stopping": f"named in the paper, on validation loss; patience {ASSUMED}",
        "training.phases.0.reduce_learning_rate": f"named in the paper, on validation loss; values {ASSUMED}",
        "training.phases.1.name": "ours",
        "training.phases.1.freeze": 'Spoorthy et al., training: "except for Batch Normalization Layer", head too',
        "training.phases.1.epochs": "Spoorthy et al., training",
        "training.phases.1.batch_size": "Spoorthy et al., training",
        "training.phases.1.learning_rate": f'"a very slow learning rate"; {ASSUMED}',
        "training.phases.1.optimizer": "Spoorthy et al., training",
        "training.phases.1.loss": "Spoorthy et al., training",
        "training.phases.1.early_stopping": f"named in the paper, on validation loss; patience {ASSUMED}",
        "training.phases.1.reduce_learning_rate": f"named in the paper, on validation loss; values {ASSUMED}",
        "training.monitor": "Spoorthy et al., training: checkpoint on validation loss",
        "training.seed": ASSUMED,
        "training.xla": ASSUMED,
        "training.mixed_precision": ASSUMED,
        "training.threads": "ours: fixed, so that results do not depend on the machine's cores",
        "evaluation.aggregator": f"{ASSUMED} (whether the paper scores slices or patients is not stated)",
        "evaluation.threshold": ASSUMED,
    },
}
