"""The losses and optimizers a phase may name."""

LOSSES: dict[str, str] = {
    # name: class of a keras loss over probabilities
    "binary-crossentropy": "keras.losses:BinaryCrossentropy",
}

OPTIMIZERS: dict[str, str] = {
    # name: class of a keras optimizer taking learning_rate
    "adam": "keras.optimizers:Adam",
}
