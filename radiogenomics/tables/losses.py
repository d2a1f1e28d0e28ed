"""The losses and optimizers a phase may name."""

LOSSES: dict[str, str] = {
    # name: class of a keras loss over probabilities
    "binary-crossentropy": "keras.losses:BinaryCrossentropy",
    "focal": "keras.losses:BinaryFocalCrossentropy",
    "soft-f1": "radiogenomics.training.losses:SoftF1",
}

OPTIMIZERS: dict[str, str] = {
    # name: class of a keras optimizer taking learning_rate
    "adam": "keras.optimizers:Adam",
    "sgd": "keras.optimizers:SGD",
}
