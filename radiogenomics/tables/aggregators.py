"""The aggregators: the probabilities of one patient's slices to one probability."""

AGGREGATORS: dict[str, str] = {
    # name: function (probabilities [n]) -> float
    "mean": "numpy:mean",
    "median": "numpy:median",
    "min": "numpy:min",
    "max": "numpy:max",
}
